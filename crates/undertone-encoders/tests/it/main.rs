//! Encoders as they come: from a server that answers as the hub does, from files, and in ONNX.
#![allow(clippy::unwrap_used)]

mod download;
mod graph;
mod pulled;
mod server;
mod tiny;
