//! Labelled clips of a part → their embeddings, which every condition is scored from.

use rayon::prelude::*;

use super::corrupted;
use crate::augment::Corruption;
use crate::corpus::Utterance;
use crate::holdout::Part;
use undertone::emotion::{Emotion, EmotionSet};
use undertone::error::Result;
use undertone::model::{Model, Pool};
use undertone::units::SampleRate;

/// Clips whose samples are in memory together.
const DECODED_AT_ONCE: usize = 64;

/// An utterance's embedding, and its length in seconds.
pub type ClipEmbedding = (Vec<f32>, f64);

/// The labelled clips of a part of a corpus, embedded whole: no speech detection.
#[derive(Clone, Debug)]
pub struct Embedded<'a> {
    pub(super) protocol: String,
    pub(super) fold: usize,
    pub(super) clips: Vec<&'a Utterance>,
    /// Their labels.
    pub(super) truth: Vec<Emotion>,
    /// The classes each is known by.
    pub(super) known: Vec<EmotionSet>,
    pub(super) pooled: Vec<Vec<f32>>,
    /// Their lengths.
    pub(super) seconds: Vec<f64>,
}

impl<'a> Embedded<'a> {
    /// The clips of a part whose label is among the classes they are `known` by, corrupted first where a corruption is given.
    ///
    /// # Errors
    /// What decoding a clip answers, or the model.
    pub fn of(
        model: &Model,
        part: &Part<'a>,
        known: &dyn Fn(&Utterance) -> EmotionSet,
        corruption: Option<Corruption>,
    ) -> Result<Embedded<'a>> {
        let Labelled { clips, truth, known } = Labelled::of(part, known);
        let (pooled, seconds) = hear(model, &clips, corruption)?.into_iter().unzip();
        let (protocol, fold) = (part.protocol.clone(), part.fold);
        Ok(Embedded { protocol, fold, clips, truth, known, pooled, seconds })
    }

    /// The same clips, embedded before: `embedding` gives each clip's embedding and its length in seconds.
    ///
    /// # Errors
    /// What `embedding` answers.
    pub fn before(
        part: &Part<'a>,
        known: &dyn Fn(&Utterance) -> EmotionSet,
        embedding: impl Fn(&Utterance) -> Result<ClipEmbedding>,
    ) -> Result<Embedded<'a>> {
        let Labelled { clips, truth, known } = Labelled::of(part, known);
        let embedded: Vec<(Vec<f32>, f64)> =
            clips.iter().map(|clip| embedding(clip)).collect::<Result<_>>()?;
        let (pooled, seconds) = embedded.into_iter().unzip();
        let (protocol, fold) = (part.protocol.clone(), part.fold);
        Ok(Embedded { protocol, fold, clips, truth, known, pooled, seconds })
    }
}

/// The clips of a part whose label is among the classes they are known by.
struct Labelled<'a> {
    clips: Vec<&'a Utterance>,
    truth: Vec<Emotion>,
    known: Vec<EmotionSet>,
}

impl<'a> Labelled<'a> {
    fn of(part: &Part<'a>, known: &dyn Fn(&Utterance) -> EmotionSet) -> Labelled<'a> {
        let mut labelled = Labelled { clips: Vec::new(), truth: Vec::new(), known: Vec::new() };
        for &clip in &part.clips {
            let (Some(truth), known) = (clip.emotion, known(clip)) else { continue };
            if known.contains(truth) {
                labelled.clips.push(clip);
                labelled.truth.push(truth);
                labelled.known.push(known);
            }
        }
        labelled
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
    Ok(hear(model, utterances, corruption)?.into_iter().map(|(pooled, _)| pooled).collect())
}

/// [`embed`], and the utterances' lengths in seconds.
fn hear(
    model: &Model,
    utterances: &[&Utterance],
    corruption: Option<Corruption>,
) -> Result<Vec<ClipEmbedding>> {
    let mut heard = Vec::with_capacity(utterances.len());
    let rows: Vec<usize> = (0..utterances.len()).collect();
    // Clips are decoded side by side; the network spreads each over the cores by itself.
    for group in rows.chunks(DECODED_AT_ONCE) {
        let read = |&row: &usize| match corruption {
            Some(corruption) => corrupted(utterances, row, corruption),
            None => utterances[row].samples(),
        };
        let waveforms: Vec<Result<Vec<f32>>> = group.par_iter().map(read).collect();
        for waveform in waveforms {
            let waveform = waveform?;
            let frames = model.frames(&waveform)?;
            let seconds = waveform.len() as f64 / f64::from(SampleRate::MODEL.0);
            heard.push((Pool::new(frames.data(), frames.width()).window(0..frames.len()), seconds));
        }
    }
    Ok(heard)
}
