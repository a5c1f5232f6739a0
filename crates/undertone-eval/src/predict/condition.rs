//! Adaptation conditions: which clips of a speaker give the speaker statistics when a clip is scored.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use rand::SeedableRng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

use crate::corpus::Utterance;
use undertone::emotion::Emotion;
use undertone::error::{Error, Result};

/// What is known of the speaker when a clip is scored. Its name is part of a predictions file's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing: each clip alone.
    Unadapted,
    /// All of the speaker's clips, unlabelled, the clip itself among them.
    AdaptedAll,
    /// So many of the speaker's other clips, unlabelled, drawn anew for every clip.
    AdaptedRandom(usize),
    /// The speaker's other neutral clips: this uses their labels.
    AdaptedNeutral,
}

impl Condition {
    /// Every condition that is reported.
    pub const ALL: [Condition; 6] = [
        Condition::Unadapted,
        Condition::AdaptedAll,
        Condition::AdaptedRandom(10),
        Condition::AdaptedRandom(5),
        Condition::AdaptedRandom(3),
        Condition::AdaptedNeutral,
    ];

    /// For each utterance the rows of those that give its speaker's statistics; none where nothing is known.
    /// The draws follow from the clip's name, so that they are the same in every order and selection of other speakers.
    pub(super) fn enrolled(self, utterances: &[&Utterance]) -> Vec<Vec<usize>> {
        let mut rows = BTreeMap::<(&str, &str), Vec<usize>>::new();
        for (row, utterance) in utterances.iter().enumerate() {
            rows.entry((&utterance.corpus, &utterance.speaker)).or_default().push(row);
        }
        let of = |(row, utterance): (usize, &&Utterance)| {
            let own = &rows[&(utterance.corpus.as_str(), utterance.speaker.as_str())];
            let others = || own.iter().copied().filter(|&other| other != row);
            match self {
                Condition::Unadapted => Vec::new(),
                Condition::AdaptedAll => own.clone(),
                Condition::AdaptedRandom(k) => {
                    let mut others: Vec<usize> = others().collect();
                    others.sort_by_key(|&other| &utterances[other].clip);
                    let drawn = index::sample(&mut rng(&utterance.clip), others.len(), k.min(others.len()));
                    drawn.iter().map(|at| others[at]).collect()
                }
                Condition::AdaptedNeutral => {
                    others().filter(|&other| utterances[other].emotion == Some(Emotion::Neutral)).collect()
                }
            }
        };
        utterances.iter().enumerate().map(of).collect()
    }
}

fn rng(clip: &str) -> ChaCha8Rng {
    ChaCha8Rng::from_seed(Sha256::digest(clip).into())
}

impl fmt::Display for Condition {
    /// `unadapted`, `adapted-all`, `adapted-k5`, `adapted-neutral`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Unadapted => write!(f, "unadapted"),
            Condition::AdaptedAll => write!(f, "adapted-all"),
            Condition::AdaptedRandom(k) => write!(f, "adapted-k{k}"),
            Condition::AdaptedNeutral => write!(f, "adapted-neutral"),
        }
    }
}

impl FromStr for Condition {
    type Err = Error;

    fn from_str(text: &str) -> Result<Condition> {
        Condition::ALL.into_iter().find(|condition| condition.to_string() == text).ok_or_else(|| {
            let known: Vec<String> = Condition::ALL.iter().map(ToString::to_string).collect();
            Error::config(format!("'{text}' is not a condition; known are {}", known.join(", ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::tests::fake;

    #[test]
    fn a_speakers_own_clips_are_enrolled_and_never_the_clip_itself_but_in_all() {
        let corpora = fake(&[
            "03-01-01-01-01-01-01.wav",
            "03-01-03-01-01-01-01.wav",
            "03-01-04-01-01-01-01.wav",
            "03-01-05-01-01-01-02.wav",
        ]);
        let clips: Vec<&Utterance> = corpora[0].utterances.iter().collect();
        assert_eq!(Condition::Unadapted.enrolled(&clips), vec![Vec::<usize>::new(); 4]);
        assert_eq!(Condition::AdaptedAll.enrolled(&clips)[1], [0, 1, 2]);
        assert_eq!(Condition::AdaptedNeutral.enrolled(&clips), [vec![], vec![0], vec![0], vec![]]);
        for (row, drawn) in Condition::AdaptedRandom(2).enrolled(&clips).iter().enumerate() {
            assert_eq!(drawn.len(), if row < 3 { 2 } else { 0 });
            assert!(!drawn.contains(&row) && drawn.iter().all(|&other| other < 3));
        }
        let one = Condition::AdaptedRandom(1);
        let names = |clips: &[&Utterance]| -> Vec<(String, String)> {
            let drawn = one.enrolled(clips);
            let mut named: Vec<(String, String)> =
                (0..3).map(|row| (clips[row].clip.clone(), clips[drawn[row][0]].clip.clone())).collect();
            named.sort();
            named
        };
        let turned = [clips[2], clips[0], clips[1], clips[3]];
        assert_eq!(names(&clips), names(&turned), "whatever the order");
    }
}
