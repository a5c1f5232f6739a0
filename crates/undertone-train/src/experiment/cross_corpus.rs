//! Cross-corpus tests: trained on one corpus (or on all but one), tested on the others, over the classes both know.
//!
//! Corpora that share speakers (RAVDESS's speech and song) stay together, on one side. The folder holds a run a training and,
//! for each pair, `<learned>-to-<tested>.<condition>.csv` at temperature 1.

use std::collections::BTreeSet;
use std::path::Path;

use undertone::emotion::EmotionSet;
use undertone::model::Model;
use undertone::{Error, ErrorKind, Result};
use undertone_eval::corpus::{Corpus, Utterance};
use undertone_eval::holdout::{HeldOut, Part};
use undertone_eval::metrics::Evaluation;
use undertone_eval::predict::{self, Condition};

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
        let message = "no corpus was left out here: expected what `cross-corpus --leave-one-out` writes";
        return Err(Error::new(ErrorKind::Config, message).at(folder));
    }
    Ok(scored)
}

/// Does the trainings that are not done yet and gives the figures of every pair, named `<learned>-to-<tested>.<condition>`.
/// Each training learns from one corpus or, with `leave_one_out`, from all but one.
///
/// # Errors
/// `Config` where fewer than two groups of corpora share no speakers; what training and scoring answer.
pub fn cross_corpus(setup: Setup<'_>, configs: &[Config], leave_one_out: bool) -> Result<Vec<Evaluation>> {
    let groups = groups(setup.corpora);
    if groups.len() < 2 {
        let message = "cross-corpus tests need at least two corpora that share no speakers";
        return Err(Error::new(ErrorKind::Config, message));
    }
    let mut evaluations = Vec::new();
    for group in &groups {
        let (name, inside): (String, Vec<&Corpus>) = match leave_one_out {
            true => (
                format!("{ALL_BUT}{}", group[0].name),
                setup.corpora.iter().filter(|one| group.iter().all(|own| own.name != one.name)).collect(),
            ),
            false => (group[0].name.clone(), group.clone()),
        };
        evaluations.extend(train_and_test(setup, configs, &name, &inside)?);
    }
    Ok(evaluations)
}

/// Trains on some corpora and tests on all others.
fn train_and_test(
    setup: Setup<'_>,
    configs: &[Config],
    name: &str,
    inside: &[&Corpus],
) -> Result<Vec<Evaluation>> {
    eprintln!("learning from {name}");
    let is_inside = |corpus: &Corpus| inside.iter().any(|own| own.name == corpus.name);
    let tested: Vec<&Corpus> = setup.corpora.iter().filter(|corpus| !is_inside(corpus)).collect();
    let held_out = HeldOut {
        learned: inside.iter().flat_map(|corpus| sound(corpus)).collect(),
        parts: tested.iter().map(|corpus| part(name, corpus)).collect(),
    };
    let own = Setup { folder: &setup.folder.join(name), ..setup };
    let model = Model::from_bytes(networks::train(own, configs, &held_out, name)?.to_bytes()?)?;
    let taught: EmotionSet = inside.iter().flat_map(|corpus| corpus.emotions().iter()).collect();
    let mut evaluations = Vec::new();
    for (part, corpus) in held_out.parts.iter().zip(&tested) {
        let both = |_: &Utterance| taught.and(corpus.emotions());
        let scored = predict::score(&model, part, &both, &CONDITIONS, None)?;
        for (condition, rows) in CONDITIONS.into_iter().zip(scored) {
            let name = format!("{name}-to-{}.{condition}", corpus.name);
            predict::save(&setup.folder.join(format!("{name}.csv")), &rows)?;
            evaluations.push(Evaluation::of(&name, &rows, false)?);
        }
    }
    Ok(evaluations)
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
