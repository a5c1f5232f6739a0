//! Results → what a person or a program reads: one file a format. Meaning is decided in `analysis`; here it is only written.

mod audacity;
mod csv;
mod eaf;
pub mod evaluation;
mod json;
mod label;
mod markdown;
mod markup;
mod page;
mod rttm;
#[cfg(test)]
mod sample;
mod srt;
mod text;
mod textgrid;
pub mod timelines;
mod vtt;
mod words;

pub use audacity::audacity;
pub use csv::csv;
pub use eaf::eaf;
pub use json::{json, json_line, span_line};
pub use label::{distinct, label};
pub use markdown::markdown;
pub use markup::escape;
pub use page::{Sound, html, svg};
pub use rttm::rttm;
pub use srt::srt;
pub use text::{Style, closing, conclusion, heading, recording, span};
pub use textgrid::textgrid;
pub use vtt::vtt;

/// What every report says of its own figures.
pub const CAVEAT: &str = "These are probabilities of how a voice sounds to a model trained on acted emotions, \
not of what a person feels; do not decide about people by them (see `undertone model info`).";
