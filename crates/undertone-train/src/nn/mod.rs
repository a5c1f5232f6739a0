//! The network and its layers.

pub mod average;
pub mod filter_bank;
pub mod frames;
pub mod front_end;
pub mod layer;
pub mod linear;
pub(crate) mod matrix;
pub mod network;
pub mod pooling;
pub mod tensor;
