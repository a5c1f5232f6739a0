//! Results → what a person or a program reads: one file a format. Meaning is decided in `analysis`; here it is only written.

mod csv;
pub mod evaluation;
mod json;
mod text;
pub mod timelines;

pub use csv::csv;
pub use json::{json, json_line};
pub use text::{Style, closing, heading, recording};

/// What every report says of its own figures.
pub const CAVEAT: &str = "These are probabilities of how a voice sounds to a model trained on acted emotions, \
not of what a person feels; do not decide about people by them (see `undertone model info`).";
