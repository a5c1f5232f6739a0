//! Results in every output format, one file each. Meaning is decided in `analysis`; the formats only write it.

mod audacity;
mod audformat;
mod basis;
mod caption;
mod csv;
mod curve;
mod eaf;
#[cfg(feature = "html")]
mod index;
mod json;
mod label;
mod markdown;
mod markup;
#[cfg(feature = "html")]
mod page;
mod rcs;
mod rttm;
#[cfg(test)]
mod sample;
mod srt;
mod text;
mod textgrid;
mod values;
mod vtt;
mod words;
mod wrap;

pub use audacity::audacity;
pub use audformat::audformat;
pub use csv::{csv, csv_excel};
pub use curve::curve_csv;
pub use eaf::eaf;
#[cfg(feature = "html")]
pub use index::index;
pub use json::{json, json_line, span_line};
pub use label::{distinct, label};
pub use markdown::markdown;
pub use markup::escape;
#[cfg(feature = "html")]
pub use page::{Sound, html, html_below, svg};
pub use rcs::{rcs, rcs_perception, rcs_turn};
pub use rttm::rttm;
pub use srt::{srt, srt_cue};
pub use text::{Style, closing, conclusion, heading, recording, span};
pub use textgrid::textgrid;
pub use vtt::{vtt, vtt_cue, vtt_opening};

/// The style sheet that all pages begin with: colours of the emotions, light and dark.
pub const BASE_STYLE: &str = include_str!("base.css");

/// The limits of the figures, stated in every report.
pub const CAVEAT: &str = "These are probabilities of how a voice sounds to a model trained on acted emotions, \
not of what a person feels. Do not use them to make decisions about people (see `undertone model info`).";
