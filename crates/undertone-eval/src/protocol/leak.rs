//! Check that no test speaker of a fold is in its training part.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::Fold;
use crate::corpus::Utterance;
use undertone::error::{Error, Result};

/// Refuses a fold with a speaker, or a recording, on two of its sides. Speakers are compared by their keys, which RAVDESS
/// speech and song share.
///
/// # Errors
/// `Config` naming the speakers, or the recording.
pub fn audit(fold: &Fold<'_>) -> Result<()> {
    let sides = [("train", &fold.train), ("dev", &fold.dev), ("test", &fold.test)];
    for (at, (name, side)) in sides.iter().enumerate() {
        for (other_name, other) in &sides[at + 1..] {
            let shared = both(side, other, |utterance| utterance.speaker.clone());
            if !shared.is_empty() {
                let first = shared.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
                return Err(Error::config(format!(
                    "a leak: {} speakers are in {name} and in {other_name} ({first}); declare the protocol \
                     speaker_dependent if that is meant",
                    shared.len()
                )));
            }
            if let Some(path) = both(side, other, |utterance| utterance.path.clone()).first() {
                let message = format!("a leak: one recording is in {name} and in {other_name}");
                return Err(Error::config(message).at(path));
            }
        }
    }
    Ok(())
}

/// Refuses two files of the same bytes, whatever they are called, one on either side. Only files of equal size are read.
///
/// # Errors
/// `Config` naming both.
pub fn audit_contents(a: &[&Utterance], b: &[&Utterance]) -> Result<()> {
    let sizes = |side: &[&Utterance]| -> BTreeMap<u64, BTreeSet<PathBuf>> {
        let mut sizes = BTreeMap::<u64, BTreeSet<PathBuf>>::new();
        for utterance in side {
            if let Some(size) = std::fs::metadata(&utterance.path).ok().map(|file| file.len()) {
                sizes.entry(size).or_default().insert(utterance.path.clone());
            }
        }
        sizes
    };
    let (of_a, of_b) = (sizes(a), sizes(b));
    let alike: Vec<(&BTreeSet<PathBuf>, &BTreeSet<PathBuf>)> = of_a
        .iter()
        .filter(|(size, _)| **size > 0)
        .filter_map(|(size, paths)| Some((paths, of_b.get(size)?)))
        .collect();
    let hash = |path: &PathBuf| Some((Sha256::digest(std::fs::read(path).ok()?), path.clone()));
    let leak = alike.par_iter().find_map_any(|(here, there)| {
        let known: HashMap<_, PathBuf> = here.iter().filter_map(hash).collect();
        there.iter().filter_map(hash).find_map(|(sum, path)| Some((known.get(&sum)?.clone(), path)))
    });
    match leak {
        Some((one, other)) => {
            let message = format!(
                "a leak: the same recording is learned from and tested on, there as {}",
                one.display()
            );
            Err(Error::config(message).at(other))
        }
        None => Ok(()),
    }
}

fn both<K: Ord>(a: &[&Utterance], b: &[&Utterance], key: impl Fn(&Utterance) -> K) -> BTreeSet<K> {
    let there: BTreeSet<K> = a.iter().map(|utterance| key(utterance)).collect();
    b.iter().map(|utterance| key(utterance)).filter(|key| there.contains(key)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::corpus::tests::fake;

    #[test]
    fn a_song_of_a_tested_actor_is_a_leak_whatever_the_corpus_is_called() {
        let corpora =
            fake(&["03-01-01-01-01-01-01.wav", "03-02-01-01-01-01-01.wav", "03-01-01-01-01-01-02.wav"]);
        let of = |corpus: usize, clip: usize| vec![&corpora[corpus].utterances[clip]];
        let fold = |train| Fold { number: 1, train, dev: vec![], test: of(0, 0) };
        assert!(audit(&fold(of(0, 1))).is_ok());
        let error = audit(&fold(of(1, 0))).unwrap_err().to_string();
        assert!(error.contains("ravdess/01"), "{error}");
    }

    #[test]
    fn one_file_under_two_speakers_names_is_a_leak() {
        let corpora = fake(&["03-01-01-01-01-01-01.wav"]);
        let first = &corpora[0].utterances[0];
        let again = Utterance { speaker: "ravdess/99".into(), ..first.clone() };
        let error =
            audit(&Fold { number: 1, train: vec![&again], dev: vec![], test: vec![first] }).unwrap_err();
        assert!(error.message().contains("one recording"), "{error}");
    }

    #[test]
    fn the_same_bytes_under_another_name_are_a_leak() {
        let folder = tempfile::tempdir().unwrap();
        let corpora = fake(&["03-01-01-01-01-01-01.wav", "03-01-01-01-01-01-02.wav"]);
        let at = |name: &str, bytes: &[u8], which: usize| {
            std::fs::write(folder.path().join(name), bytes).unwrap();
            Utterance { path: folder.path().join(name), ..corpora[0].utterances[which].clone() }
        };
        let (one, same, other) = (at("a", b"voice", 0), at("b", b"voice", 1), at("c", b"other", 1));
        assert!(audit_contents(&[&one], &[&other]).is_ok());
        let error = audit_contents(&[&one], &[&other, &same]).unwrap_err().to_string();
        assert!(error.contains("same recording") && error.contains("/a"), "{error}");
    }
}
