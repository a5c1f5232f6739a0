//! Which sounds pass for a voice: spoken, or sung over music.

use std::ops::Range;

use super::not_speech;
use crate::features::{Modulation, Modulations};
use crate::speech;
use crate::units::Seconds;

/// A voice holds its strongest partial for at most this share of its frames.
const HELD: f32 = 0.5;

/// What a stretch that the detector takes for speech must be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// A speaking voice, by the evidence of [`not_speech`].
    Speech,
    /// A singing voice, which moves more than held notes do; music plays beside it.
    Song,
}

impl Gate {
    /// The evidence that some frames hold a voice, in natural logarithms of odds; none where nothing can be told, or a song's
    /// stretch does not move.
    pub(super) fn evidence(self, modulations: &Modulations, frames: Range<usize>) -> Option<f32> {
        match self {
            Gate::Speech if modulations.within(frames.clone())?.held > HELD => Some(-not_speech::MOST),
            Gate::Speech => modulations.measures(frames).map(|measures| not_speech::evidence(&measures)),
            Gate::Song => modulations.within(frames).filter(sings).map(|_| not_speech::MOST),
        }
    }
}

/// Whether harmonics and timbre move more than those of held notes and noise, and the strongest partial is not
/// held.
fn sings(moved: &Modulation) -> bool {
    moved.harmonics >= 0.6 && moved.timbre >= 0.26 && moved.held <= HELD
}

/// How a singing voice is found: it begins softer under music, and holds its breath longer between phrases.
pub(super) fn of_song() -> speech::Options {
    speech::Options { open: 0.5, hold: 0.25, join: Seconds(0.8), ..speech::Options::default() }
}
