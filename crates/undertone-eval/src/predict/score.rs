//! A part of a corpus × a model → predictions, under one or more conditions.

use std::collections::BTreeMap;

use super::{Condition, Prediction, answers, embed, posterior};
use crate::augment::Corruption;
use crate::corpus::{Corpus, Utterance};
use crate::holdout::Part;
use undertone::emotion::{Emotion, EmotionSet};
use undertone::error::Result;
use undertone::model::{Answer, Model};

/// The temperature a model was given for a condition.
pub fn temperature(model: &Model, condition: Condition) -> f64 {
    let temperature = &model.metadata().temperature;
    f64::from(match condition {
        Condition::Unadapted => temperature.unadapted,
        _ => temperature.adapted,
    })
}

/// The classes each utterance's corpus (one of `corpora`) knows.
pub fn known(corpora: &[Corpus]) -> impl Fn(&Utterance) -> EmotionSet {
    let sets: BTreeMap<String, EmotionSet> =
        corpora.iter().map(|corpus| (corpus.name.clone(), corpus.emotions())).collect();
    move |utterance| sets.get(&utterance.corpus).copied().unwrap_or(EmotionSet::ALL)
}

/// Scores the labelled clips of a part, each among the classes it is `known` by (its corpus's, [`known`], or fewer); clips
/// with other labels are left out. A set of predictions a condition, in their order. Each clip is embedded once, corrupted first
/// where a corruption is given.
///
/// # Errors
/// What decoding a clip answers, or the model.
pub fn score(
    model: &Model,
    part: &Part<'_>,
    known: &dyn Fn(&Utterance) -> EmotionSet,
    conditions: &[Condition],
    corruption: Option<Corruption>,
    temperature: &dyn Fn(Condition) -> f64,
) -> Result<Vec<Vec<Prediction>>> {
    let labelled: Vec<(&Utterance, Emotion)> = part
        .clips
        .iter()
        .filter_map(|&utterance| Some((utterance, utterance.emotion?)))
        .filter(|(utterance, emotion)| known(utterance).contains(*emotion))
        .collect();
    let clips: Vec<&Utterance> = labelled.iter().map(|(utterance, _)| *utterance).collect();
    let pooled = embed(model, &clips, corruption)?;
    let under = |&condition: &Condition| {
        let answers = answers(model, &clips, &pooled, condition)?;
        let row = |(&(utterance, truth), answer): (&(&Utterance, Emotion), &Answer)| Prediction {
            protocol: part.protocol.clone(),
            fold: part.fold.to_string(),
            clip: utterance.clip.clone(),
            speaker: utterance.speaker.clone(),
            truth,
            posterior: posterior(&model.metadata().classes, answer, temperature(condition), known(utterance)),
            agreement: answer.agreement.map(f64::from),
        };
        Ok(labelled.iter().zip(&answers).map(row).collect())
    };
    conditions.iter().map(under).collect()
}
