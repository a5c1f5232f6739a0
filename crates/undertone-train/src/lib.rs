//! Trains Undertone's models: corpora in, one ONNX file out.
//!
//! Clips become [`material`] once (spectrograms, degraded copies, a [`teacher`]'s features); [`draw`] makes minibatches of
//! it; [`train`] is the loop over the [`network`]; [`score`] looks at held-out speakers.

pub mod across;
pub mod average;
pub mod babble;
pub mod checkpoint;
pub mod clip;
pub mod config;
pub mod corpora;
pub mod curve;
pub mod cv;
pub mod degrade;
pub mod distil;
pub mod draw;
pub mod export;
pub mod front_end;
pub mod heads;
pub mod input;
pub mod layer;
pub mod material;
mod matrix;
pub mod memory;
pub mod network;
pub mod networks;
pub mod pooling;
pub mod population;
pub mod recipe;
pub mod reference;
pub mod run;
pub mod score;
pub mod spoil;
pub mod targets;
pub mod teacher;
pub mod train;
pub mod voices;
