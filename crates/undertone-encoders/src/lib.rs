//! Speech encoders of others: fetched, converted to ONNX, checked, and kept in a cache folder with a description.
//!
//! ```text
//! hub or files ─► weights ─► encoder.onnx + model.toml ─► cache folder
//! ```
//!
//! [`pull()`] fetches a known encoder or a repository of the Hugging Face hub; [`import()`] takes any ONNX file. Both write a folder that
//! [`undertone::model::EncoderSpec`] describes.
#![warn(missing_debug_implementations)]

pub mod cache;
mod graph;
pub mod hub;
pub mod import;
mod inspect;
pub mod onnx;
pub mod preset;
pub mod pull;
pub mod source;
mod weights;
mod whisper;

/// Hz: what every encoder reads.
const RATE: u32 = undertone::units::SampleRate::MODEL.0;

pub use cache::Cache;
pub use hub::Hub;
pub use import::import;
pub use preset::Preset;
pub use pull::pull;
pub use source::Source;
