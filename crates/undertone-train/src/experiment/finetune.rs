//! A model and a user's labelled corpus → the model with its logits corrected for it, and what that brings on speakers left out.
//!
//! Speakers are dealt to folds. Each fold's speakers are scored by a correction learned from all others; how strong it is, is chosen on
//! some of those others in turn (dev speakers), the released model itself being one of the choices.

mod gain;

use std::collections::BTreeMap;

use undertone::emotion::Emotion;
use undertone::model::{Adaptation, Answer, Metadata, Model, TrainedOn};
use undertone::prior::Prior;
use undertone::speakers::SpeakerStats;
use undertone::{Error, ErrorKind, Result};
use undertone_eval::corpus::{Corpus, Utterance};
use undertone_eval::holdout::Part;
use undertone_eval::metrics::Figure;
use undertone_eval::predict::{self, Answering, Competing, Condition, Embedded, Prediction};

use crate::export::{ModelFile, Scored};
use crate::train::correction::{Correction, Example, loss, present};
use gain::Both;

/// Strengths of the penalty that are tried, from the strongest.
const STRENGTHS: [f64; 8] = [1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003];
/// Folds of speakers, at most.
const FOLDS: usize = 5;
/// Fewest speakers: some to learn from, some to choose on, some to report on.
const FEWEST_SPEAKERS: usize = 3;
/// From so many clips on one other fold is dev, not each in turn.
const MANY: usize = 400;
/// What is compared.
const CONDITIONS: [Condition; 2] = [Condition::Unadapted, Condition::AdaptedAll];
/// A model and the corpus it is tuned on.
pub struct Finetune<'a> {
    file: ModelFile,
    corpus: &'a Corpus,
    clips: Vec<&'a Utterance>,
    pooled: Vec<Vec<f32>>,
    /// Each clip as it is answered alone, then each as it is answered by its speaker's statistics.
    examples: Vec<Example>,
    /// The fold of each clip.
    folds: Vec<usize>,
    /// Labelled clips of classes that the model does not know.
    left_out: usize,
}

/// What tuning brought.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Tuned {
    /// The corrected model; none where dev speakers chose the released one.
    pub file: Option<ModelFile>,
    /// The chosen strength of the penalty.
    pub strength: Option<f64>,
    /// Of each condition: before, after, and the difference.
    pub conditions: Vec<(Condition, [Figure; 3])>,
    /// The difference in the mean of both conditions.
    pub gain: Figure,
    /// Clips, speakers, and labelled clips of classes that the model does not know, which were left out.
    pub counts: [usize; 3],
    /// The classes of the clips.
    pub classes: Vec<Emotion>,
}

impl Tuned {
    /// Whether the gain can be told from noise.
    pub fn is_gain(&self) -> bool {
        self.gain.interval[0] > 0.0
    }
}

impl<'a> Finetune<'a> {
    /// Hears the corpus's labelled clips.
    ///
    /// # Errors
    /// `Config` where there are too few speakers or classes; what decoding a clip answers, and the model.
    pub fn new(file: ModelFile, corpus: &'a Corpus) -> Result<Finetune<'a>> {
        let classes = &file.metadata().classes;
        let labelled =
            corpus.utterances.iter().filter(|clip| clip.emotion.is_some() && clip.defect.is_none());
        let known = |clip: &&Utterance| clip.emotion.is_some_and(|emotion| classes.contains(&emotion));
        let (clips, others): (Vec<&Utterance>, Vec<&Utterance>) = labelled.partition(known);
        let refuse =
            |message: String| Err(Error::new(ErrorKind::Config, format!("{}: {message}", corpus.name)));
        let speakers = distinct(clips.iter().map(|clip| clip.speaker.as_str()));
        let emotions = distinct(clips.iter().filter_map(|clip| clip.emotion));
        if clips.is_empty() {
            return refuse(
                "no clip has a label that the model knows; it needs path, speaker and label".into(),
            );
        }
        if speakers.len() < FEWEST_SPEAKERS {
            return refuse(format!(
                "{} of {} speakers: some learn, some choose, some report; add clips of others",
                speakers.len(),
                FEWEST_SPEAKERS
            ));
        }
        if emotions.len() < 2 {
            return refuse("all clips have the same label; add clips of other emotions".into());
        }
        let model = file.to_model()?.1;
        let pooled = predict::embed(&model, &clips, None)?;
        let examples = examples(&model, &clips, &pooled)?;
        let fold = |clip: &&Utterance| {
            speakers.keys().position(|name| *name == clip.speaker).unwrap_or(0) % FOLDS.min(speakers.len())
        };
        let folds = clips.iter().map(fold).collect();
        let left_out = others.len();
        Ok(Finetune { file, corpus, clips, pooled, examples, folds, left_out })
    }

    /// Tunes, and scores the speakers of each fold by what the others give.
    ///
    /// # Errors
    /// What the model answers.
    pub fn run(&self, name: &str, progress: &dyn Fn(usize, usize)) -> Result<Tuned> {
        let folds = self.folds.iter().max().map_or(0, |last| last + 1);
        let (mut before, mut after) =
            (vec![Vec::new(); CONDITIONS.len()], vec![Vec::new(); CONDITIONS.len()]);
        let released = self.file.to_model()?.1;
        for fold in 0..folds {
            progress(fold, folds + 1);
            let others: Vec<usize> = (0..folds).filter(|&other| other != fold).collect();
            let tuned = match self.tuned(&others)? {
                Some((_, correction)) => Some(self.file.corrected(&correction).to_model()?.1),
                None => None,
            };
            for (at, condition) in CONDITIONS.into_iter().enumerate() {
                let scored = self.score(&released, fold, condition)?;
                after[at].extend(match &tuned {
                    Some(model) => self.score(model, fold, condition)?,
                    None => scored.clone(),
                });
                before[at].extend(scored);
            }
        }
        progress(folds, folds + 1);
        let chosen = self.tuned(&(0..folds).collect::<Vec<_>>())?;
        let strength = chosen.as_ref().map(|(strength, _)| *strength);
        let file = match chosen {
            Some((_, correction)) => Some(self.named(self.file.corrected(&correction), name, &after)?),
            None => None,
        };
        let both: Vec<Both<'_>> =
            before.iter().zip(&after).map(|(before, after)| [&before[..], &after[..]]).collect();
        let speakers = distinct(self.clips.iter().map(|clip| &clip.speaker)).len();
        Ok(Tuned {
            file,
            strength,
            conditions: CONDITIONS.into_iter().zip(both.iter().map(|both| gain::figures(*both))).collect(),
            gain: gain::difference(&both),
            counts: [self.clips.len(), speakers, self.left_out],
            classes: distinct(self.clips.iter().filter_map(|clip| clip.emotion)).into_keys().collect(),
        })
    }

    /// The correction learned from the clips of some folds, with the strength that suits each of these folds best when it is learned
    /// from the others; none where that is none.
    fn tuned(&self, folds: &[usize]) -> Result<Option<(f64, Correction)>> {
        let devs = if self.clips.len() > MANY { &folds[..1] } else { folds };
        let (mut released, mut losses) = (0.0, [0.0; STRENGTHS.len()]);
        for &dev in devs {
            let learned: Vec<&Example> = self.of(|fold| folds.contains(&fold) && fold != dev);
            let heard: Vec<&Example> = self.of(|fold| fold == dev);
            let known = present(&self.examples.iter().collect::<Vec<_>>());
            released += loss(None, &heard, &known);
            let path = Correction::path(&learned, &STRENGTHS)?;
            path.iter().zip(&mut losses).for_each(|(one, sum)| *sum += loss(Some(one), &heard, &known));
        }
        let best = (0..STRENGTHS.len()).min_by(|&a, &b| losses[a].total_cmp(&losses[b]));
        let Some(best) = best.filter(|&best| losses[best] < released) else { return Ok(None) };
        let learned: Vec<&Example> = self.of(|fold| folds.contains(&fold));
        let path = Correction::path(&learned, &STRENGTHS[..=best])?;
        Ok(path.into_iter().last().map(|correction| (STRENGTHS[best], correction)))
    }

    /// The examples of the clips in some folds.
    fn of(&self, wanted: impl Fn(usize) -> bool) -> Vec<&Example> {
        let folds = self.folds.iter().cycle();
        self.examples
            .iter()
            .zip(folds)
            .filter(|(_, fold)| wanted(**fold))
            .map(|(example, _)| example)
            .collect()
    }

    /// A model's predictions of a fold's clips, among the classes of the corpus.
    fn score(&self, model: &Model, fold: usize, condition: Condition) -> Result<Vec<Prediction>> {
        let rows: Vec<usize> = (0..self.clips.len()).filter(|&row| self.folds[row] == fold).collect();
        let places: BTreeMap<&str, usize> = rows.iter().map(|&row| (&*self.clips[row].clip, row)).collect();
        let part = Part {
            protocol: format!("{}-by-speaker", self.corpus.name),
            fold: fold + 1,
            clips: rows.iter().map(|&row| self.clips[row]).collect(),
        };
        let classes = distinct(self.clips.iter().filter_map(|clip| clip.emotion)).into_keys().collect();
        // By an even prior the length of a clip does not count.
        let heard = |clip: &Utterance| Ok((self.pooled[places[&*clip.clip]].clone(), 1.0));
        let clips = Embedded::before(&part, &|_| classes, heard)?;
        let how = Answering::deployed(model, Prior::Even, Competing::Known);
        Ok(clips.score(model, condition, &how)?.predictions)
    }

    /// What the corrected model says of itself.
    fn named(&self, mut file: ModelFile, name: &str, after: &[Vec<Prediction>]) -> Result<ModelFile> {
        let scored: Vec<Scored> = CONDITIONS
            .into_iter()
            .zip(after)
            .map(|(condition, rows)| Scored { condition, rows: rows.clone() })
            .collect();
        file.set_results(&scored)?;
        file.set_name(name, "1");
        file.add_corpus(TrainedOn {
            name: self.corpus.name.clone(),
            licence: self.corpus.card.licence.clone(),
            citation: self.corpus.card.citation.clone(),
            clips: self.clips.len(),
        });
        Ok(file)
    }
}

/// The clips as the model answers them: each alone, then each by its speaker's statistics.
fn examples(model: &Model, clips: &[&Utterance], pooled: &[Vec<f32>]) -> Result<Vec<Example>> {
    let Metadata { population, kappa, kappa_scale, classes, .. } = model.metadata();
    let mut speakers = BTreeMap::<&str, SpeakerStats>::new();
    for (clip, pooled) in clips.iter().zip(pooled) {
        speakers.entry(&clip.speaker).or_default().hear(pooled, 1.0);
    }
    let everyone = model.population();
    let of = |stats: &SpeakerStats| stats.adaptation(population, *kappa, *kappa_scale);
    let own: BTreeMap<&str, _> = speakers.iter().map(|(name, stats)| (*name, of(stats))).collect();
    let alone = clips.iter().map(|_| &everyone);
    let adaptations: Vec<_> = alone.chain(clips.iter().map(|clip| &own[&*clip.speaker])).collect();
    let twice = [pooled, pooled].concat();
    let answers = model.answer(&twice, &adaptations)?;
    let rows = twice.iter().zip(&adaptations).zip(answers).zip(clips.iter().cycle());
    let example = |(((pooled, by), answer), clip): (((&Vec<f32>, &&Adaptation), Answer), &&Utterance)| {
        let standard =
            pooled.iter().zip(&by.mean).zip(&by.scale).map(|((x, mean), scale)| (x - mean) / scale);
        Example {
            embedding: standard.collect(),
            logits: answer.logits,
            temperature: model.metadata().temperature_at(by.weight),
            class: classes.iter().position(|class| Some(*class) == clip.emotion).unwrap_or(0),
        }
    };
    Ok(rows.map(example).collect())
}

/// How often each occurs.
fn distinct<T: Ord>(all: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    all.for_each(|one| *counts.entry(one).or_default() += 1);
    counts
}

#[cfg(test)]
mod tests;
