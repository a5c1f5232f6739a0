//! Posteriors over time → timeline: spans, turns, summary. Typed results, as every output writes them.

mod cell;
mod envelope;
mod result;
mod smooth;
mod summary;
mod timeline;

pub use cell::Cell;
pub use envelope::Envelope;
pub use result::{
    BaselineUsed, FORMAT, Failure, ModelUsed, Moment, Range, Reaction, RecordingResult, Report, Share, Span,
    Speaker, SpeakerSummary, Summary,
};
pub use smooth::smooth;
pub use summary::summarise;
pub use timeline::{HOP, Heard, WINDOW, cells, spans, windows};
