//! Embedded clips × a model × a condition → predictions.

use std::collections::BTreeMap;

use super::answer::answers;
use super::{Condition, Embedded, Prediction};
use crate::augment::Corruption;
use crate::corpus::{Corpus, Utterance};
use crate::holdout::Part;
use undertone::emotion::{Emotion, EmotionSet};
use undertone::error::Result;
use undertone::model::{Answer, Conditions, Model, Posterior};
use undertone::prior::{self, Prior};
use undertone::timeline::WINDOW;

/// Posteriors in the order of [`Emotion::ALL`].
type Row = [f64; Emotion::ALL.len()];

/// How answers become posteriors.
#[derive(Clone, Debug)]
pub struct Answering {
    /// What logits are divided by, by what is known of the speaker.
    pub temperature: Conditions<f32>,
    /// How common the emotions are.
    pub prior: Prior,
    /// Which classes compete.
    pub competing: Competing,
}

/// Which classes compete for a clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Competing {
    /// Those that its corpus knows: what it cannot be is no error.
    Known,
    /// All of the model's, as in an analysis.
    All,
}

/// Clips as scored under a condition.
#[derive(Clone, Debug)]
pub struct Scored {
    /// A row a clip; a row a clip and draw where the condition selects clips. In the order of the draws and the clips.
    pub predictions: Vec<Prediction>,
    /// For each row the weight of the speaker's adaptation, 0…1.
    pub weights: Vec<f32>,
}

impl Answering {
    /// At temperature 1 and an even prior: what calibrations are fitted to.
    pub fn raw() -> Answering {
        let temperature = Conditions { unadapted: 1.0, adapted: 1.0 };
        Answering { temperature, prior: Prior::Even, competing: Competing::Known }
    }

    /// At the temperatures that a model was given.
    pub fn deployed(model: &Model, prior: Prior, competing: Competing) -> Answering {
        Answering { temperature: model.metadata().temperature.clone(), prior, competing }
    }

    fn temperature_at(&self, weight: f32) -> f64 {
        let Conditions { unadapted, adapted } = self.temperature;
        f64::from(unadapted + weight * (adapted - unadapted))
    }
}

impl Embedded<'_> {
    /// Scores the clips under a condition.
    ///
    /// # Errors
    /// `Model` where the network refuses its input.
    pub fn score(&self, model: &Model, condition: Condition, how: &Answering) -> Result<Scored> {
        let mut rows = Vec::new();
        for recording in condition.recordings(&self.clips) {
            let asked = match (how.competing, recording.clips.first()) {
                (Competing::Known, Some(&first)) => self.known[first],
                _ => EmotionSet::ALL,
            };
            let (answers, weight) = answers(model, self, condition, &recording, asked)?;
            let posteriors = self.posteriors(model, &recording.clips, &answers, weight, asked, how);
            for ((&clip, answer), posterior) in recording.clips.iter().zip(&answers).zip(posteriors) {
                rows.push((recording.draw, clip, self.row(clip, recording.draw, posterior, answer), weight));
            }
        }
        rows.sort_by_key(|(draw, clip, ..)| (*draw, *clip));
        let (predictions, weights) = rows.into_iter().map(|(.., row, weight)| (row, weight)).unzip();
        Ok(Scored { predictions, weights })
    }

    fn row(&self, clip: usize, draw: Option<u32>, posterior: Row, answer: &Answer) -> Prediction {
        Prediction {
            protocol: self.protocol.clone(),
            fold: self.fold.to_string(),
            clip: self.clips[clip].clip.clone(),
            draw,
            speaker: self.clips[clip].speaker.clone(),
            truth: self.truth[clip],
            posterior,
            agreement: answer.agreement.map(f64::from),
        }
    }

    /// The posteriors of a recording's clips: calibrated for classes that are equally common, then by the prior, to which each clip
    /// counts by its length.
    fn posteriors(
        &self,
        model: &Model,
        clips: &[usize],
        answers: &[Answer],
        weight: f32,
        asked: EmotionSet,
        how: &Answering,
    ) -> Vec<Row> {
        let (classes, temperature) = (&model.metadata().classes, how.temperature_at(weight));
        let even = answers.iter().map(|answer| posterior(classes, answer, temperature, asked));
        if how.prior == Prior::Even {
            return even.collect();
        }
        let asked: EmotionSet = classes.iter().copied().filter(|class| asked.contains(*class)).collect();
        let even: Vec<Posterior> = even.map(|row| Posterior::of(asked, row.map(|p| p as f32))).collect();
        let share = |&clip: &usize| self.seconds[clip] / WINDOW.0;
        let heard: Vec<(f64, &Posterior)> = clips.iter().map(share).zip(&even).collect();
        let shares = how.prior.of_voice(&heard, WINDOW.0, asked);
        even.iter().map(|row| prior::apply(row, &shares).probabilities().map(f64::from)).collect()
    }
}

/// The classes each utterance's corpus (one of `corpora`) knows.
pub fn known(corpora: &[Corpus]) -> impl Fn(&Utterance) -> EmotionSet {
    let sets: BTreeMap<String, EmotionSet> =
        corpora.iter().map(|corpus| (corpus.name.clone(), corpus.emotions())).collect();
    move |utterance| sets.get(&utterance.corpus).copied().unwrap_or(EmotionSet::ALL)
}

/// The labelled clips of a part under some conditions, [raw](Answering::raw), each among the classes it is `known` by (its corpus's,
/// [`known`], or fewer); clips with other labels are left out.
///
/// # Errors
/// What decoding a clip answers, or the model.
pub fn score(
    model: &Model,
    part: &Part<'_>,
    known: &dyn Fn(&Utterance) -> EmotionSet,
    conditions: &[Condition],
    corruption: Option<Corruption>,
) -> Result<Vec<Vec<Prediction>>> {
    let clips = Embedded::of(model, part, known, corruption)?;
    let under = |&condition: &Condition| Ok(clips.score(model, condition, &Answering::raw())?.predictions);
    conditions.iter().map(under).collect()
}

/// The rows of `all` that predict the clips of `selected`, a row for each of its rows and draws; none where one is missing.
pub fn matched(all: &[Prediction], selected: &[Prediction]) -> Option<Vec<Prediction>> {
    let key = |row: &Prediction| (row.fold.clone(), row.speaker.clone(), row.clip.clone());
    let rows: BTreeMap<_, &Prediction> = all.iter().map(|row| (key(row), row)).collect();
    let of = |row: &Prediction| Some(Prediction { draw: row.draw, ..(*rows.get(&key(row))?).clone() });
    selected.iter().map(of).collect()
}

/// softmax(logits / temperature) of one answer over the classes `known`, in the order of [`Emotion::ALL`].
fn posterior(classes: &[Emotion], answer: &Answer, temperature: f64, known: EmotionSet) -> Row {
    let competing = || classes.iter().zip(&answer.logits).filter(|(class, _)| known.contains(**class));
    let top = competing().map(|(_, &logit)| f64::from(logit)).fold(f64::NEG_INFINITY, f64::max);
    let mut row = Row::default();
    for (&class, &logit) in competing() {
        row[class as usize] = ((f64::from(logit) - top) / temperature).exp();
    }
    let sum: f64 = row.iter().sum();
    row.map(|p| p / sum)
}
