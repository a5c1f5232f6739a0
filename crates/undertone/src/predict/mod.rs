//! Corpus × model × condition → predictions. A clip is scored whole: no speech detection, no smoothing.

mod file;

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::audio;
use crate::corpus::Utterance;
use crate::emotion::{Emotion, EmotionSet};
use crate::error::{Error, Result};
use crate::model::{Answer, Baseline, Model, Pool, Posterior};
use crate::speakers::Usual;

pub use file::{read, write};

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
    /// Sums to 1 over the classes the corpus knows.
    pub posterior: Posterior,
}

/// What is known of the speaker when a clip is scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing: each clip alone.
    Unadapted,
    /// All of the speaker's clips, unlabelled, the clip itself among them.
    BaselineAll,
}

impl Condition {
    /// `unadapted` or `baseline-all`.
    pub fn name(self) -> &'static str {
        match self {
            Condition::Unadapted => "unadapted",
            Condition::BaselineAll => "baseline-all",
        }
    }
}

/// Embeddings of whole utterances, in their order.
///
/// # Errors
/// What decoding a clip answers, or the model.
pub fn embed(model: &Model, utterances: &[Utterance]) -> Result<Vec<Vec<f32>>> {
    let mut pooled = Vec::with_capacity(utterances.len());
    // Clips are decoded side by side; the network spreads each over the cores by itself.
    for group in utterances.chunks(DECODED_AT_ONCE) {
        let waveforms: Vec<Result<Vec<f32>>> = group.par_iter().map(samples).collect();
        for waveform in waveforms {
            let frames = model.frames(&waveform?)?;
            pooled.push(Pool::new(frames.data(), frames.width()).window(0..frames.len()));
        }
    }
    Ok(pooled)
}

/// The samples of an utterance at 16 kHz.
fn samples(utterance: &Utterance) -> Result<Vec<f32>> {
    let waveform = audio::read(utterance.path.as_path())?;
    let (rate, mut samples) = (waveform.rate(), waveform.into_samples());
    if let Some(segment) = utterance.segment {
        samples.truncate(rate.samples(segment.end) as usize);
        samples.drain(..(rate.samples(segment.start) as usize).min(samples.len()));
    }
    if samples.is_empty() {
        return Err(Error::malformed("there are no samples in it").at(&utterance.path));
    }
    Ok(samples)
}

/// The model's answers to embedded utterances under a condition, in their order. Speech and song of one speaker have
/// baselines of their own.
///
/// # Errors
/// `Model` where the network refuses its input.
pub fn answers(
    model: &Model,
    utterances: &[Utterance],
    pooled: &[Vec<f32>],
    condition: Condition,
) -> Result<Vec<Answer>> {
    let metadata = model.metadata();
    let key = |utterance: &Utterance| (utterance.corpus.clone(), utterance.speaker.clone());
    let mut usual: BTreeMap<(String, String), Usual> = BTreeMap::new();
    if condition == Condition::BaselineAll {
        for (utterance, pooled) in utterances.iter().zip(pooled) {
            usual.entry(key(utterance)).or_default().hear(pooled, 1.0);
        }
    }
    let nothing = model.population();
    let baselines: BTreeMap<_, Baseline> = usual
        .iter()
        .map(|(key, usual)| (key, usual.baseline(&metadata.population, metadata.kappa)))
        .collect();
    let of = |utterance: &Utterance| baselines.get(&key(utterance)).unwrap_or(&nothing);
    let baselines: Vec<&Baseline> = utterances.iter().map(of).collect();
    model.answer(pooled, &baselines)
}

/// Posteriors over the classes `known`, at the condition's temperature.
pub fn posterior(model: &Model, answer: &Answer, known: EmotionSet, condition: Condition) -> Posterior {
    let metadata = model.metadata();
    let temperature = match condition {
        Condition::Unadapted => metadata.temperature.unadapted,
        Condition::BaselineAll => metadata.temperature.baseline,
    };
    Posterior::new(&metadata.classes, &answer.logits, temperature, known)
}
