//! Dialogues made of corpus clips: two voices in turns, emotions that are held and change, and the truth to the sample.
//!
//! Corpora hold one emotion a clip, so nothing in them tells how well a *timeline* is drawn. Here clips of two speakers are laid
//! one after the other, each trimmed to its speech, with pauses, overlaps and changes of emotion drawn from a seed. What is
//! made is no conversation: sentences do not answer each other, and emotions change as the dice fall. It measures where
//! emotions begin and end, on voices whose emotions are known.

mod plan;
mod render;
mod trim;
mod truth;

use std::fmt;

pub use plan::{Dialogue, Voices};
pub use truth::{Spoken, read_truth, write_rttm, write_truth};

/// How a dialogue is recorded. All variants of one dialogue have the same words at the same times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// One channel.
    Mono,
    /// A channel each; in half of the dialogues the other voice is heard 25 dB softer.
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
