//! What is learned from: corpora, their clips, and the features computed of them.

pub mod clip;
pub mod corpora;
pub mod feature_cache;
pub mod layer_cache;
pub mod normalization;
pub mod setup;
pub mod teacher;
