//! A custom protocol: speakers distributed over folds.

use std::collections::{BTreeMap, BTreeSet};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::{Protocol, Rule};
use crate::corpus::Corpus;
use undertone::error::{Error, Result};

impl Protocol {
    /// Cuts a corpus by speaker into `folds` folds of equally many speakers (or one more). Choices are made on the next fold's speakers
    /// where there are three folds or more. The same seed gives the same folds.
    ///
    /// # Errors
    /// `Config` where there are fewer than two folds, or fewer speakers than folds.
    pub fn by_speaker(corpus: &Corpus, folds: usize, seed: u64) -> Result<Protocol> {
        let labelled = corpus.utterances.iter().filter(|utterance| utterance.emotion.is_some());
        let mut clips = BTreeMap::<&str, usize>::new();
        for utterance in labelled.clone() {
            let speaker = utterance.speaker.split_once('/').map_or("", |(_, speaker)| speaker);
            *clips.entry(speaker).or_default() += 1;
        }
        if folds < 2 || clips.len() < folds {
            let (name, most) = (&corpus.name, clips.len());
            let message =
                format!("{name} has {most} speakers with labels: from 2 to {most} folds, not {folds}");
            return Err(Error::config(message));
        }
        let held = share_out(clips.into_iter().collect(), folds, seed);
        let dev = |at: usize| if folds < 3 { BTreeSet::new() } else { held[(at + 1) % folds].clone() };
        Ok(Protocol {
            name: format!("{}-by-speaker-{folds}", corpus.name),
            title: format!("{}: {folds} folds of speakers drawn with seed {seed}", corpus.name),
            corpus: corpus.name.clone(),
            clips: labelled.count(),
            folds: (0..folds)
                .map(|at| Rule { test: held[at].clone(), dev: dev(at), ..Rule::default() })
                .collect(),
            ..Protocol::default()
        })
    }
}

/// Speakers in random order, each to the fold that has the fewest speakers, and of those the fewest clips.
fn share_out(mut speakers: Vec<(&str, usize)>, folds: usize, seed: u64) -> Vec<BTreeSet<String>> {
    speakers.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let mut parts = vec![(0, BTreeSet::new()); folds];
    for (speaker, clips) in speakers {
        if let Some((held, names)) = parts.iter_mut().min_by_key(|(held, names)| (names.len(), *held)) {
            *held += clips;
            names.insert(speaker.to_string());
        }
    }
    parts.into_iter().map(|(_, names)| names).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::corpus::tests::fake;

    fn ravdess(actors: usize) -> Vec<Corpus> {
        let names: Vec<String> = (1..=actors)
            .flat_map(|actor| {
                (0..=actor).map(move |take| {
                    format!("a{take}/03-01-01-01-0{}-0{}-{actor:02}.wav", take / 9 + 1, take % 9 + 1)
                })
            })
            .collect();
        fake(&names.iter().map(String::as_str).collect::<Vec<_>>())
    }

    #[test]
    fn every_speaker_is_tested_on_once_in_folds_of_equally_many() {
        let corpora = ravdess(12);
        let protocol = Protocol::by_speaker(&corpora[0], 4, 1).unwrap();
        let folds = protocol.cut(&corpora).unwrap();
        assert_eq!(folds.iter().map(|fold| fold.test.len()).sum::<usize>(), protocol.clips);
        assert!(protocol.folds.iter().all(|rule| rule.test.len() == 3));
        assert!(folds.iter().all(|fold| !fold.dev.is_empty()));
    }

    #[test]
    fn the_seed_decides() {
        let corpora = ravdess(12);
        let cut = |seed| Protocol::by_speaker(&corpora[0], 3, seed).unwrap().folds;
        assert_eq!(cut(1), cut(1));
        assert_ne!(cut(1), cut(2));
    }

    #[test]
    fn more_folds_than_speakers_are_refused() {
        let corpora = ravdess(3);
        let error = Protocol::by_speaker(&corpora[0], 4, 1).unwrap_err().to_string();
        assert!(error.contains("3 speakers"), "{error}");
        assert!(Protocol::by_speaker(&corpora[0], 1, 1).is_err());
        assert!(Protocol::by_speaker(&corpora[0], 2, 1).unwrap().folds[0].dev.is_empty());
    }
}
