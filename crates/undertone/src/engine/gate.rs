//! Which sounds pass for a voice: spoken, or sung over music.

use crate::features::Modulation;
use crate::speech;
use crate::units::Seconds;

/// Within what bounds a stretch of sound moves as a voice does; see [`Modulation`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounds {
    /// Windows whose harmonics move less hold notes.
    harmonics: f32,
    /// Windows whose timbre moves less are noise.
    timbre: f32,
    /// At most this share of a voice's frames may hold its strongest partial.
    held: f32,
}

impl Bounds {
    /// A speaking voice: of the windows of the five corpora 99.9 % are within.
    pub(super) const SPEECH: Bounds = Bounds { harmonics: 0.6, timbre: 0.26, held: 0.35 };
    /// A singing voice holds notes longer, and music plays beside it.
    pub(super) const SONG: Bounds = Bounds { harmonics: 0.6, timbre: 0.26, held: 0.5 };

    /// Whether a stretch that the detector takes for speech moves as a voice does.
    pub(super) fn hold(self, moved: Option<Modulation>) -> bool {
        moved.is_some_and(|moved| {
            moved.harmonics >= self.harmonics && moved.timbre >= self.timbre && moved.held <= self.held
        })
    }
}

/// How a singing voice is found: it begins softer under music, and holds its breath longer between phrases.
pub(super) fn of_song() -> speech::Options {
    speech::Options { open: 0.5, hold: 0.25, join: Seconds(0.8), ..speech::Options::default() }
}
