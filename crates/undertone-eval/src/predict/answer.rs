//! The model's answers to the clips of a recording, by what is known of its speaker.

use super::Embedded;
use super::condition::{Known, Recording};
use crate::predict::Condition;
use undertone::emotion::EmotionSet;
use undertone::error::Result;
use undertone::model::{Answer, Model};
use undertone::speakers::{SpeakerStats, self_adapted};

/// The answers to the clips of a recording in their order, and the weight of the speaker's adaptation in them, 0…1. The classes
/// `asked` compete.
///
/// A recording that is heard by itself is adapted as in [`self_adapted`], each clip one window, where the model has the statistics
/// for that. Older models, and enrolled clips, adapt by the mean and deviation of what was heard.
pub(super) fn answers(
    model: &Model,
    clips: &Embedded<'_>,
    condition: Condition,
    recording: &Recording,
    asked: EmotionSet,
) -> Result<(Vec<Answer>, f32)> {
    let metadata = model.metadata();
    let pooled: Vec<Vec<f32>> = recording.clips.iter().map(|&row| clips.pooled[row].clone()).collect();
    let enrolled = match &recording.known {
        Known::Itself if metadata.adaptation.is_some() => {
            return self_adapted(model, &pooled, &vec![1.0; pooled.len()], asked);
        }
        Known::Itself => &recording.clips,
        Known::Enrolled(rows) => rows,
    };
    let mut stats = SpeakerStats::default();
    enrolled.iter().for_each(|&row| stats.hear(&clips.pooled[row], 1.0));
    if condition == Condition::AdaptedNeutral {
        stats = stats.moved(&metadata.neutral_offset, &metadata.population);
    }
    let adaptation = stats.adaptation(&metadata.population, metadata.kappa, metadata.kappa_scale);
    let answers = model.answer(&pooled, &vec![&adaptation; pooled.len()])?;
    Ok((answers, adaptation.weight))
}
