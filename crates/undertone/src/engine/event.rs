//! What a stream tells while it listens.

use serde::{Deserialize, Serialize};

use crate::timeline::Span;
use crate::units::Seconds;

/// What a live stream tells while it listens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// Somebody begins to speak.
    #[non_exhaustive]
    SpeechStarted {
        /// The channel, from 0.
        channel: usize,
        /// When, from the stream's start.
        at: Seconds,
    },
    /// A guess about the speech that goes on: a span whose end is not known yet. The next one of its channel replaces it.
    Provisional(Span),
    /// A span whose end has been heard, at most 1 s ago, by what is known so far. [`super::Stream::finish`] predicts anew for all, and
    /// may draw the bounds otherwise.
    Span(Span),
    /// Nobody speaks any more.
    #[non_exhaustive]
    SpeechEnded {
        /// The channel, from 0.
        channel: usize,
        /// When, from the stream's start.
        at: Seconds,
    },
}

/// How far an analysis is.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// How much has been heard.
    pub heard: Seconds,
    /// The whole length, where it is known.
    pub whole: Option<Seconds>,
}
