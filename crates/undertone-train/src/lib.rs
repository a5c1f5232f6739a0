//! Trains Undertone's models: corpora in, one ONNX file out.

pub mod layer;
pub mod network;
