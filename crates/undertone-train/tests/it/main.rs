//! The trainer: gradients against finite differences, the exported file against the network, one seed one model.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod export;
mod layer;
mod teacher;
mod training;
