//! Corpus × model × condition → predictions. A clip is scored whole: no speech detection, no smoothing.

mod answer;
mod check;
mod condition;
mod corrupt;
mod embed;
mod file;
mod fuse;
mod score;
mod zstd;

use undertone::emotion::Emotion;

pub use check::{about, check, votes};
pub use condition::Condition;
pub use corrupt::corrupted;
pub use embed::{ClipEmbedding, Embedded, embed};
pub use file::{name, open, read, save, write};
pub use fuse::fuse;
pub use score::{Answering, Competing, Scored, known, matched, score};

/// One clip of a test part, as it was predicted.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The protocol that cut the corpus.
    pub protocol: String,
    /// Its fold.
    pub fold: String,
    /// The clip's name.
    pub clip: String,
    /// Which draw of its condition the row belongs to, from 1, where the condition selects clips ([`Condition::selects`]).
    pub draw: Option<u32>,
    /// The speaker's key.
    pub speaker: String,
    /// The label, mapped.
    pub truth: Emotion,
    /// In the order of [`Emotion::ALL`]; sums to 1, and is 0 for classes the corpus does not know.
    pub posterior: [f64; Emotion::ALL.len()],
    /// Share of listeners expected to name the same emotion, 0…1, where the model says so.
    pub agreement: Option<f64>,
}

impl Prediction {
    /// Counts `from` as `to`, in truth and prediction.
    pub fn merge(&mut self, from: Emotion, to: Emotion) {
        if self.truth == from {
            self.truth = to;
        }
        self.posterior[to as usize] += std::mem::take(&mut self.posterior[from as usize]);
    }
}
