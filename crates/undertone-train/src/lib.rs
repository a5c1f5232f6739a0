//! Trains Undertone's models: corpora in, one ONNX file out.
//!
//! Folders depend on each other in one direction only:
//!
//! ```text
//! data → augment → nn → train → export → adaptation → experiment
//!   └─────────────────────────────────────────────────→ reference
//! ```
//!
//! - [`data`]: corpora become clips, and clips become features once (spectrograms, degraded copies, a teacher's features);
//! - [`augment`]: what is done to waveforms and spectrograms so that level, channel and noise are not learned;
//! - [`nn`]: the network, its layers, and the learned bank of filters;
//! - [`train`]: minibatches, the loop, the heads fitted at the end, scores on held-out speakers;
//! - [`export`]: a network as one ONNX file with its metadata, calibrated, converted, or several as one;
//! - [`adaptation`]: the statistics of a model that adaptation to a speaker rests on;
//! - [`experiment`]: cross-validation, cross-corpus tests, and the recipes of the released models;
//! - [`mod@reference`]: simpler systems on the same folds. It uses [`data`] alone.
//!
//! `tests/architecture.rs` holds the order.

pub mod adaptation;
pub mod augment;
pub mod data;
pub mod experiment;
pub mod export;
pub mod nn;
pub mod reference;
pub mod train;
