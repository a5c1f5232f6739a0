//! Posteriors over time → timeline: spans, turns, summary. Typed results, as every output writes them.

mod result;
mod summary;
mod timeline;

pub use result::{
    BaselineUsed, FORMAT, Failure, ModelUsed, Moment, Range, RecordingResult, Report, Share, Span, Speaker,
    Summary,
};
pub use summary::summarise;
pub use timeline::{HOP, Heard, WINDOW, spans, windows};
