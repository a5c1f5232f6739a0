//! The typed result of a recording, as every output writes it, and its summary.

mod curve;
mod envelope;
mod label;
mod result;
mod summary;

pub use crate::timeline::{Cell, Span};
pub use curve::CurvePoint;
pub use envelope::Envelope;
pub use label::Label;
pub(crate) use label::joined;
pub use result::{
    AdaptationSource, AdaptationUsed, Analysis, FORMAT, Failure, ModelUsed, Moment, Range, Reaction, Report,
    Share, Speaker, SpeakerSummary, Summary, Unanswered, UnansweredReason,
};
pub use summary::{MoodChange, Sentiment, summarise};
