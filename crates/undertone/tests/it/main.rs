//! The house through its front doors: real bytes in, results out.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod analyze;
mod corpora;
mod decode_matrix;
mod model;
mod mutations;
mod sound;
