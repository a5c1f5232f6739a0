//! Across corpora: trained on one (or on all but one), tested on the others, over the classes both know.
//!
//! Corpora that share speakers (RAVDESS's speech and song) stay together, on one side. The folder holds a run a training and,
//! for each pair, `<learned>-to-<tested>.<condition>.csv` at temperature 1.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use undertone::corpus::held::{HeldOut, Part};
use undertone::corpus::{Corpus, Utterance};
use undertone::emotion::EmotionSet;
use undertone::eval::Evaluation;
use undertone::model::Model;
use undertone::predict::{self, Condition, Prediction};
use undertone::{Error, ErrorKind, Result};

use crate::config::Config;
use crate::cv::{self, Scored};
use crate::networks::Networks;

/// Begins the name of a training on all corpora but one.
const ALL_BUT: &str = "all-but-";
/// The conditions that are scored.
const CONDITIONS: [Condition; 2] = [Condition::Unadapted, Condition::BaselineAll];

/// What a matrix needs.
pub struct Across<'a> {
    /// At least two corpora of different speakers.
    pub corpora: &'a [Corpus],
    /// Learn from all but one, instead of from one.
    pub leave_one_out: bool,
    /// The recipe; a model is as many networks side by side as there are recipes.
    pub recipes: &'a [Config],
    /// A teacher's folder, for distillation.
    pub teacher: Option<&'a Path>,
    /// Where the runs and predictions are kept.
    pub folder: &'a Path,
    /// Where computed spectrograms are kept.
    pub cache: &'a Path,
}

/// The predictions of a matrix's folder on corpora that were left out of a training on all others: what a model makes of recordings
/// unlike those it learned from.
///
/// # Errors
/// `Io`, or `Malformed` naming the file; `Config` where there are none.
pub fn left_out(folder: &Path) -> Result<Vec<Scored>> {
    let mut scored = cv::files(folder)?;
    scored.retain(|scored| scored.rows.first().is_some_and(|row| row.protocol.starts_with(ALL_BUT)));
    if scored.is_empty() {
        let message = "no corpus was left out here: expected what `across --leave-one-out` writes";
        return Err(Error::new(ErrorKind::Config, message).at(folder));
    }
    Ok(scored)
}

impl Across<'_> {
    /// Does the trainings that are not done yet and gives every cell of the matrix, named `<learned>-to-<tested>.<condition>`.
    ///
    /// # Errors
    /// `Config` where fewer than two groups of corpora share no speakers; what training and scoring answer.
    pub fn run(&self) -> Result<Vec<Evaluation>> {
        let groups = groups(self.corpora);
        if groups.len() < 2 {
            let message = "a matrix needs at least two corpora that share no speakers";
            return Err(Error::new(ErrorKind::Config, message));
        }
        let mut cells = Vec::new();
        for group in &groups {
            let (name, inside): (String, Vec<&Corpus>) = match self.leave_one_out {
                true => (
                    format!("{ALL_BUT}{}", group[0].name),
                    self.corpora.iter().filter(|one| group.iter().all(|own| own.name != one.name)).collect(),
                ),
                false => (group[0].name.clone(), group.clone()),
            };
            cells.extend(self.row(&name, &inside)?);
        }
        Ok(cells)
    }

    /// Trains on some corpora and tests on all others.
    fn row(&self, name: &str, inside: &[&Corpus]) -> Result<Vec<Evaluation>> {
        eprintln!("learning from {name}");
        let is_inside = |corpus: &Corpus| inside.iter().any(|own| own.name == corpus.name);
        let tested: Vec<&Corpus> = self.corpora.iter().filter(|corpus| !is_inside(corpus)).collect();
        let held_out = HeldOut {
            learned: inside.iter().flat_map(|corpus| sound(corpus)).collect(),
            parts: tested.iter().map(|corpus| part(name, corpus)).collect(),
        };
        let folder = self.folder.join(name);
        let Across { corpora, recipes, teacher, cache, .. } = *self;
        let networks = Networks { corpora, held_out: &held_out, recipes, teacher, folder: &folder, cache };
        let model = Model::from_bytes(networks.train(name)?)?;
        let taught: EmotionSet = inside.iter().flat_map(|corpus| corpus.emotions().iter()).collect();
        let mut cells = Vec::new();
        for (part, corpus) in held_out.parts.iter().zip(&tested) {
            let both = |_: &Utterance| taught.and(corpus.emotions());
            let scored = predict::score(&model, part, &both, &CONDITIONS, None, &|_| 1.0)?;
            for (condition, rows) in CONDITIONS.into_iter().zip(scored) {
                cells.push(self.cell(name, corpus, condition, &rows)?);
            }
        }
        Ok(cells)
    }

    fn cell(
        &self,
        learned: &str,
        tested: &Corpus,
        condition: Condition,
        rows: &[Prediction],
    ) -> Result<Evaluation> {
        let name = format!("{learned}-to-{}.{condition}", tested.name);
        fs::create_dir_all(self.folder)?;
        predict::save(&self.folder.join(format!("{name}.csv")), rows)?;
        Evaluation::of(&name, rows, false)
    }
}

/// Corpora that share speakers, together.
fn groups(corpora: &[Corpus]) -> Vec<Vec<&Corpus>> {
    let speakers = |corpus: &Corpus| -> BTreeSet<String> {
        corpus.utterances.iter().map(|utterance| utterance.speaker.clone()).collect()
    };
    let mut groups: Vec<(BTreeSet<String>, Vec<&Corpus>)> = Vec::new();
    for corpus in corpora {
        let own = speakers(corpus);
        match groups.iter_mut().find(|(there, _)| !there.is_disjoint(&own)) {
            Some((there, together)) => {
                there.extend(own);
                together.push(corpus);
            }
            None => groups.push((own, vec![corpus])),
        }
    }
    groups.into_iter().map(|(_, together)| together).collect()
}

fn sound(corpus: &Corpus) -> impl Iterator<Item = &Utterance> {
    corpus.utterances.iter().filter(|utterance| utterance.defect.is_none() && utterance.emotion.is_some())
}

fn part<'a>(learned: &str, corpus: &'a Corpus) -> Part<'a> {
    Part { protocol: format!("{learned}-to-{}", corpus.name), fold: 1, clips: sound(corpus).collect() }
}
