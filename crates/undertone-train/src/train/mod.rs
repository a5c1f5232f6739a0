//! One training: a recipe and clips in, a folder with a network and its figures out.

pub mod checkpoint;
pub mod config;
pub mod correction;
pub mod curve;
pub mod distillation;
pub mod embedding_bank;
pub mod encoder_head;
pub mod epoch;
pub mod head_config;
pub mod heads;
pub mod input;
pub(crate) mod joint_diagonalisation;
pub mod layer_statistics;
pub mod progress;
pub mod run;
pub mod sampler;
pub mod schedule;
pub mod score;
pub mod speaker_lda;
pub mod targets;
pub mod training;
