//! Cross-corpus tests: trained on one corpus (or on all but one), tested on the others, over the classes both know.
//!
//! Corpora that share speakers (RAVDESS's speech and song) stay together, on one side. The folder holds a run a training and,
//! for each pair, `<learned>-to-<tested>.<condition>.csv` at temperature 1.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use undertone::emotion::EmotionSet;
use undertone::model::Model;
use undertone::{Error, ErrorKind, Result};
use undertone_eval::corpus::{Corpus, Utterance};
use undertone_eval::holdout::{HeldOut, Part};
use undertone_eval::metrics::Evaluation;
use undertone_eval::predict::{self, Answering, Condition, Embedded};

use crate::data::setup::Setup;
use crate::experiment::networks;
use crate::export::predictions::{self, Scored};
use crate::train::config::Config;

/// Begins the name of a training on all corpora but one.
const ALL_BUT: &str = "all-but-";
/// The conditions that are scored.
const CONDITIONS: [Condition; 2] = [Condition::Unadapted, Condition::AdaptedAll];

/// The predictions in a folder of cross-corpus tests on corpora that were left out of a training on all others.
///
/// # Errors
/// `Io`, or `Malformed` naming the file; `Config` where there are none.
pub fn left_out(folder: &Path) -> Result<Vec<Scored>> {
    let mut scored = predictions::files(folder)?;
    scored.retain(|scored| scored.rows.first().is_some_and(|row| row.protocol.starts_with(ALL_BUT)));
    if scored.is_empty() {
        let message = "no corpus was left out here: expected what `cross-corpus` or `head` writes with `--leave-one-out`";
        return Err(Error::new(ErrorKind::Config, message).at(folder));
    }
    Ok(scored)
}

/// The classes that a clip is known by.
type Known<'a> = dyn Fn(&Utterance) -> EmotionSet + 'a;

/// A training on some corpora, and tests on all others.
pub struct Split<'a> {
    /// What it learns from: a corpus, or all but one.
    pub name: String,
    /// What is learned from, and a part for each corpus that is tested.
    pub held_out: HeldOut<'a>,
    tested: Vec<&'a Corpus>,
    /// The classes that are learned.
    taught: EmotionSet,
}

/// Does the trainings that are not done yet and gives the figures of every pair, named `<learned>-to-<tested>.<condition>`.
/// Each training learns from one corpus or, with `leave_one_out`, from all but one.
///
/// # Errors
/// `Config` where fewer than two groups of corpora share no speakers; what training and scoring answer.
pub fn cross_corpus(setup: Setup<'_>, configs: &[Config], leave_one_out: bool) -> Result<Vec<Evaluation>> {
    let groups = several(setup.corpora)?;
    let mut evaluations = Vec::new();
    for group in &groups {
        let split = match leave_one_out {
            true => Split::all_but(setup.corpora, group),
            false => Split::of(group[0].name.clone(), setup.corpora, group.clone()),
        };
        eprintln!("learning from {}", split.name);
        let own = Setup { folder: &setup.folder.join(&split.name), ..setup };
        let file = networks::train(own, configs, &split.held_out, &split.name)?;
        let model = Model::from_bytes(file.to_bytes()?)?;
        split.score(setup.folder, &model, &|part, known| Embedded::of(&model, part, known, None))?;
        evaluations.extend(split.evaluations(setup.folder)?);
    }
    Ok(evaluations)
}

/// A split for each of the corpora that are named: it is left out, and those that share speakers with it.
///
/// # Errors
/// `Config` where there is none of that name, or fewer than two groups of corpora share no speakers.
pub fn leave_out<'a>(corpora: &'a [Corpus], names: &[&str]) -> Result<Vec<Split<'a>>> {
    let groups = several(corpora)?;
    let mut splits: Vec<Split> = Vec::new();
    for name in names {
        let Some(group) = groups.iter().find(|group| group.iter().any(|corpus| corpus.name == *name)) else {
            let there: Vec<&str> = corpora.iter().map(|corpus| corpus.name.as_str()).collect();
            let message = format!(
                "the corpus '{name}' cannot be left out: it is not here; there is {}",
                there.join(", ")
            );
            return Err(Error::new(ErrorKind::Config, message));
        };
        let split = Split::all_but(corpora, group);
        if splits.iter().all(|there| there.name != split.name) {
            splits.push(split);
        }
    }
    Ok(splits)
}

impl<'a> Split<'a> {
    fn all_but(corpora: &'a [Corpus], group: &[&'a Corpus]) -> Split<'a> {
        let others = corpora.iter().filter(|one| group.iter().all(|own| own.name != one.name)).collect();
        Split::of(format!("{ALL_BUT}{}", group[0].name), corpora, others)
    }

    fn of(name: String, corpora: &'a [Corpus], inside: Vec<&'a Corpus>) -> Split<'a> {
        let is_inside = |corpus: &&Corpus| inside.iter().any(|own| own.name == corpus.name);
        let tested: Vec<&Corpus> = corpora.iter().filter(|corpus| !is_inside(corpus)).collect();
        let held_out = HeldOut {
            learned: inside.iter().flat_map(|corpus| sound(corpus)).collect(),
            parts: tested.iter().map(|corpus| part(&name, corpus)).collect(),
        };
        let taught = inside.iter().flat_map(|corpus| corpus.emotions().iter()).collect();
        Split { name, held_out, tested, taught }
    }

    /// Scores each corpus that is tested over the classes that both sides know, and writes the predictions.
    ///
    /// # Errors
    /// What `embedded` and the model answer; `Io` where a file cannot be written.
    pub fn score(
        &self,
        folder: &Path,
        model: &Model,
        embedded: &dyn Fn(&Part<'a>, &Known<'_>) -> Result<Embedded<'a>>,
    ) -> Result<()> {
        for (part, corpus) in self.held_out.parts.iter().zip(&self.tested) {
            let clips = embedded(part, &|_: &Utterance| self.taught.and(corpus.emotions()))?;
            for condition in CONDITIONS {
                let rows = clips.score(model, condition, &Answering::raw())?.predictions;
                predict::save(&self.file(folder, corpus, condition), &rows)?;
            }
        }
        Ok(())
    }

    /// Whether all predictions were written.
    pub fn is_done(&self, folder: &Path) -> bool {
        let written =
            |corpus: &Corpus| CONDITIONS.into_iter().all(|one| self.file(folder, corpus, one).exists());
        self.tested.iter().all(|corpus| written(corpus))
    }

    /// The figures of the predictions that were written.
    ///
    /// # Errors
    /// `Io`, or `Malformed` naming the file.
    pub fn evaluations(&self, folder: &Path) -> Result<Vec<Evaluation>> {
        let of = |(corpus, condition): (&Corpus, Condition)| {
            let path = self.file(folder, corpus, condition);
            let name = format!("{}-to-{}.{condition}", self.name, corpus.name);
            Evaluation::of(&name, &predict::open(&path)?, false)
        };
        let pairs = self.tested.iter().flat_map(|&corpus| CONDITIONS.map(|condition| (corpus, condition)));
        pairs.map(of).collect()
    }

    fn file(&self, folder: &Path, corpus: &Corpus, condition: Condition) -> PathBuf {
        folder.join(format!("{}-to-{}.{condition}.csv", self.name, corpus.name))
    }
}

/// Groups of corpora that share no speakers, two or more.
fn several(corpora: &[Corpus]) -> Result<Vec<Vec<&Corpus>>> {
    let groups = groups(corpora);
    if groups.len() < 2 {
        let message = "cross-corpus tests need at least two corpora that share no speakers";
        return Err(Error::new(ErrorKind::Config, message));
    }
    Ok(groups)
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
