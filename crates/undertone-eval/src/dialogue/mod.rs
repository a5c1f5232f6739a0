//! Synthetic dialogues of corpus clips: two speakers in turns, with a reference annotation that is exact to the sample.
//!
//! Corpora hold one emotion per clip, so they cannot measure a *timeline*. Here clips of two speakers follow one another, each
//! trimmed to its speech, with pauses, overlaps and changes of emotion drawn from a seed. The result is no conversation: sentences
//! do not answer each other and emotions change at random. It measures where emotions begin and end.

mod plan;
mod render;
mod trim;
mod truth;

use std::fmt;

pub use plan::{Dialogue, SpeakerClips};
pub use truth::{Spoken, read_truth, write_rttm, write_truth};

/// How a dialogue is recorded. All variants of one dialogue have the same words at the same times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// One channel.
    Mono,
    /// A channel each; in half of the dialogues the other voice leaks in 25 dB softer.
    Stereo,
    /// One channel, over a telephone line (300–3400 Hz, G.711 µ-law).
    Telephone,
    /// One channel, with pink noise 15 dB below the speech.
    Noise,
}

impl Variant {
    /// All of them.
    pub const ALL: [Variant; 4] = [Variant::Mono, Variant::Stereo, Variant::Telephone, Variant::Noise];
}

impl fmt::Display for Variant {
    /// `mono`, `stereo`, `telephone`, `noise`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Variant::Mono => "mono",
            Variant::Stereo => "stereo",
            Variant::Telephone => "telephone",
            Variant::Noise => "noise",
        })
    }
}
