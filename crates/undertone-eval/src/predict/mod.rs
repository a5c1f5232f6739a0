//! Corpus × model × condition → predictions. A clip is scored whole: no speech detection, no smoothing.

mod check;
mod condition;
mod corrupt;
mod file;
mod fuse;
mod score;
mod zstd;

use rayon::prelude::*;

use crate::augment::Corruption;
use crate::corpus::Utterance;
use undertone::emotion::{Emotion, EmotionSet};
use undertone::error::Result;
use undertone::model::{Adaptation, Answer, Model, Pool};
use undertone::speakers::SpeakerStats;

pub use check::{about, check, votes};
pub use condition::Condition;
pub use corrupt::corrupted;
pub use file::{name, open, read, save, write};
pub use fuse::fuse;
pub use score::{known, score, temperature};

/// Clips whose samples are in memory together.
const DECODED_AT_ONCE: usize = 64;

/// One clip of a test part, as it was predicted.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The protocol that cut the corpus.
    pub protocol: String,
    /// Its fold.
    pub fold: String,
    /// The clip's name.
    pub clip: String,
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

/// Embeddings of whole utterances, in their order; each corrupted first where a corruption is given.
///
/// # Errors
/// What decoding a clip answers, or the model.
pub fn embed(
    model: &Model,
    utterances: &[&Utterance],
    corruption: Option<Corruption>,
) -> Result<Vec<Vec<f32>>> {
    let mut pooled = Vec::with_capacity(utterances.len());
    let rows: Vec<usize> = (0..utterances.len()).collect();
    // Clips are decoded side by side; the network spreads each over the cores by itself.
    for group in rows.chunks(DECODED_AT_ONCE) {
        let read = |&row: &usize| match corruption {
            Some(corruption) => corrupted(utterances, row, corruption),
            None => utterances[row].samples(),
        };
        let waveforms: Vec<Result<Vec<f32>>> = group.par_iter().map(read).collect();
        for waveform in waveforms {
            let frames = model.frames(&waveform?)?;
            pooled.push(Pool::new(frames.data(), frames.width()).window(0..frames.len()));
        }
    }
    Ok(pooled)
}

/// The model's answers to embedded utterances under a condition, in their order. Speech and song of one speaker have
/// adaptations of their own.
///
/// # Errors
/// `Model` where the network refuses its input.
pub fn answers(
    model: &Model,
    utterances: &[&Utterance],
    pooled: &[Vec<f32>],
    condition: Condition,
) -> Result<Vec<Answer>> {
    let metadata = model.metadata();
    let adaptation = |enrolled: Vec<usize>| {
        let mut stats = SpeakerStats::default();
        enrolled.iter().for_each(|&row| stats.hear(&pooled[row], 1.0));
        if condition == Condition::AdaptedNeutral {
            stats = stats.moved(&metadata.neutral_offset, &metadata.population);
        }
        stats.adaptation(&metadata.population, metadata.kappa, metadata.kappa_scale)
    };
    let enrolled = condition.enrolled(utterances);
    let adaptations: Vec<Adaptation> = enrolled.into_par_iter().map(adaptation).collect();
    model.answer(pooled, &adaptations.iter().collect::<Vec<_>>())
}

/// softmax(logits / temperature) of one answer over the classes `known`, in the order of [`Emotion::ALL`].
pub fn posterior(
    classes: &[Emotion],
    answer: &Answer,
    temperature: f64,
    known: EmotionSet,
) -> [f64; Emotion::ALL.len()] {
    let competing = || classes.iter().zip(&answer.logits).filter(|(class, _)| known.contains(**class));
    let top = competing().map(|(_, &logit)| f64::from(logit)).fold(f64::NEG_INFINITY, f64::max);
    let mut row = [0.0; Emotion::ALL.len()];
    for (&class, &logit) in competing() {
        row[class as usize] = ((f64::from(logit) - top) / temperature).exp();
    }
    let sum: f64 = row.iter().sum();
    row.map(|p| p / sum)
}
