//! Adaptation conditions: which clips of a speaker are scored, and what is known of the speaker then.

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

/// A recording of one emotion has at least so many clips.
const FEWEST_OF_ONE: usize = 3;
/// A mostly neutral recording has at least so many neutral and calm clips …
const FEWEST_NEUTRAL: usize = 8;
/// … and one other clip for so many of them.
const NEUTRAL_TO_OTHER: usize = 4;
/// Mostly neutral recordings drawn of a speaker.
const DRAWS: u32 = 5;

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
    /// The speaker's clips of the same emotion, unlabelled, as if they were one recording; only where there are three or more.
    AdaptedOne,
    /// The speaker's neutral and calm clips and a quarter as many others, unlabelled, as if they were one recording, drawn five
    /// times; only where there are eight neutral and calm clips or more.
    AdaptedNeutral80,
}

/// Clips of one speaker that are scored together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recording {
    /// Which draw it belongs to, from 1, in conditions that select clips.
    pub draw: Option<u32>,
    /// Rows of the clips that are scored.
    pub clips: Vec<usize>,
    /// What is known of the speaker.
    pub known: Known,
}

/// What the speaker's statistics come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// The recording itself, whatever its clips are.
    Itself,
    /// Enrolled clips, by row; nothing where there are none.
    Enrolled(Vec<usize>),
}

impl Condition {
    /// Every condition that is reported.
    pub const ALL: [Condition; 8] = [
        Condition::Unadapted,
        Condition::AdaptedAll,
        Condition::AdaptedRandom(10),
        Condition::AdaptedRandom(5),
        Condition::AdaptedRandom(3),
        Condition::AdaptedNeutral,
        Condition::AdaptedOne,
        Condition::AdaptedNeutral80,
    ];

    /// Whether only some of the clips are scored: its rows have a draw, and are compared with others of the same clips.
    pub fn selects(self) -> bool {
        matches!(self, Condition::AdaptedOne | Condition::AdaptedNeutral80)
    }

    /// The recordings that utterances make. Draws follow from the names of clips and speakers, so that they are the same in
    /// every order and selection of other speakers.
    pub(super) fn recordings(self, utterances: &[&Utterance]) -> Vec<Recording> {
        let mut speakers = BTreeMap::<(&str, &str), Vec<usize>>::new();
        for (row, utterance) in utterances.iter().enumerate() {
            speakers.entry((&utterance.corpus, &utterance.speaker)).or_default().push(row);
        }
        let itself = |draw, clips| Recording { draw, clips, known: Known::Itself };
        match self {
            Condition::AdaptedAll => speakers.into_values().map(|own| itself(None, own)).collect(),
            Condition::AdaptedOne => {
                let of = |emotion| {
                    let speakers = speakers.values();
                    speakers.map(move |own| {
                        own.iter().copied().filter(move |&row| utterances[row].emotion == Some(emotion))
                    })
                };
                let recordings = Emotion::ALL.into_iter().flat_map(of).map(Iterator::collect::<Vec<usize>>);
                recordings
                    .filter(|clips| clips.len() >= FEWEST_OF_ONE)
                    .map(|clips| itself(Some(1), clips))
                    .collect()
            }
            Condition::AdaptedNeutral80 => {
                let drawn = |draw| {
                    let speakers = speakers.values();
                    speakers.filter_map(move |own| {
                        Some(itself(Some(draw), mostly_neutral(utterances, own, draw)?))
                    })
                };
                (1..=DRAWS).flat_map(drawn).collect()
            }
            Condition::Unadapted | Condition::AdaptedRandom(_) | Condition::AdaptedNeutral => {
                let of = |(row, utterance): (usize, &&Utterance)| {
                    let own = &speakers[&(utterance.corpus.as_str(), utterance.speaker.as_str())];
                    let known = Known::Enrolled(self.enrolled(utterances, own, row));
                    Recording { draw: None, clips: vec![row], known }
                };
                utterances.iter().enumerate().map(of).collect()
            }
        }
    }

    /// Which of the speaker's `own` clips are enrolled when the one in `row` is scored.
    fn enrolled(self, utterances: &[&Utterance], own: &[usize], row: usize) -> Vec<usize> {
        let others = || own.iter().copied().filter(|&other| other != row);
        match self {
            Condition::AdaptedRandom(k) => draw(utterances, others().collect(), k, &utterances[row].clip),
            Condition::AdaptedNeutral => {
                others().filter(|&other| utterances[other].emotion == Some(Emotion::Neutral)).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// A speaker's neutral and calm clips and a quarter as many others; none where there are too few.
fn mostly_neutral(utterances: &[&Utterance], own: &[usize], number: u32) -> Option<Vec<usize>> {
    let is_neutral = |row: &usize| matches!(utterances[*row].emotion, Some(Emotion::Neutral | Emotion::Calm));
    let (mut clips, others): (Vec<usize>, Vec<usize>) = own.iter().copied().partition(is_neutral);
    if clips.len() < FEWEST_NEUTRAL {
        return None;
    }
    let Utterance { corpus, speaker, .. } = utterances[clips[0]];
    let seed = format!("{corpus} {speaker} neutral80 {number}");
    clips.extend(draw(utterances, others, clips.len() / NEUTRAL_TO_OTHER, &seed));
    clips.sort_unstable();
    Some(clips)
}

/// So many of some rows, or all where there are fewer, by what the seed says and whatever their order.
fn draw(utterances: &[&Utterance], mut from: Vec<usize>, count: usize, seed: &str) -> Vec<usize> {
    from.sort_by_key(|&row| &utterances[row].clip);
    let mut rng = ChaCha8Rng::from_seed(Sha256::digest(seed).into());
    let drawn = index::sample(&mut rng, from.len(), count.min(from.len()));
    drawn.iter().map(|at| from[at]).collect()
}

impl fmt::Display for Condition {
    /// `unadapted`, `adapted-all`, `adapted-k5`, `adapted-neutral`, `adapted-one`, `adapted-neutral80`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Unadapted => write!(f, "unadapted"),
            Condition::AdaptedAll => write!(f, "adapted-all"),
            Condition::AdaptedRandom(k) => write!(f, "adapted-k{k}"),
            Condition::AdaptedNeutral => write!(f, "adapted-neutral"),
            Condition::AdaptedOne => write!(f, "adapted-one"),
            Condition::AdaptedNeutral80 => write!(f, "adapted-neutral80"),
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

    fn enrolled(condition: Condition, clips: &[&Utterance]) -> Vec<Vec<usize>> {
        let of = |recording: Recording| match recording.known {
            Known::Enrolled(rows) => rows,
            Known::Itself => recording.clips,
        };
        condition.recordings(clips).into_iter().map(of).collect()
    }

    #[test]
    fn a_speakers_own_clips_are_enrolled_and_never_the_clip_itself_but_in_all() {
        let corpora = fake(&[
            "03-01-01-01-01-01-01.wav",
            "03-01-03-01-01-01-01.wav",
            "03-01-04-01-01-01-01.wav",
            "03-01-05-01-01-01-02.wav",
        ]);
        let clips: Vec<&Utterance> = corpora[0].utterances.iter().collect();
        assert_eq!(enrolled(Condition::Unadapted, &clips), vec![Vec::<usize>::new(); 4]);
        assert_eq!(enrolled(Condition::AdaptedAll, &clips), [vec![0, 1, 2], vec![3]]);
        assert_eq!(enrolled(Condition::AdaptedNeutral, &clips), [vec![], vec![0], vec![0], vec![]]);
        for (row, drawn) in enrolled(Condition::AdaptedRandom(2), &clips).iter().enumerate() {
            assert_eq!(drawn.len(), if row < 3 { 2 } else { 0 });
            assert!(!drawn.contains(&row) && drawn.iter().all(|&other| other < 3));
        }
        let names = |clips: &[&Utterance]| -> Vec<(String, String)> {
            let drawn = enrolled(Condition::AdaptedRandom(1), clips);
            let mut named: Vec<(String, String)> =
                (0..3).map(|row| (clips[row].clip.clone(), clips[drawn[row][0]].clip.clone())).collect();
            named.sort();
            named
        };
        let turned = [clips[2], clips[0], clips[1], clips[3]];
        assert_eq!(names(&clips), names(&turned), "whatever the order");
    }

    /// Names of RAVDESS clips of an actor: so many of an emotion (01 neutral, 02 calm, 03 happy, 05 angry).
    fn named(actor: usize, emotion: usize, count: usize) -> impl Iterator<Item = String> {
        let part = |i: usize| format!("{:02}-{:02}-{:02}", 1 + i / 4, 1 + i % 2, 1 + i / 2 % 2);
        (0..count).map(move |i| format!("03-01-{emotion:02}-{}-{actor:02}.wav", part(i)))
    }

    #[test]
    fn three_clips_of_one_emotion_are_a_recording_and_two_are_not_scored() {
        let names: Vec<String> = named(1, 3, 4).chain(named(1, 5, 2)).chain(named(2, 5, 3)).collect();
        let corpora = fake(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let clips: Vec<&Utterance> = corpora[0].utterances.iter().collect();
        let recordings = Condition::AdaptedOne.recordings(&clips);
        assert_eq!(recordings.iter().map(|one| one.clips.len()).collect::<Vec<_>>(), [4, 3]);
        for Recording { draw, clips: rows, known } in recordings {
            assert_eq!((draw, known), (Some(1), Known::Itself));
            let first = clips[rows[0]];
            assert!(
                rows.iter()
                    .all(|&row| (clips[row].emotion, &clips[row].speaker) == (first.emotion, &first.speaker))
            );
        }
    }

    #[test]
    fn a_mostly_neutral_recording_has_all_neutral_and_calm_clips_and_a_quarter_as_many_others_in_five_draws()
    {
        let first = named(1, 1, 4).chain(named(1, 2, 5)).chain(named(1, 3, 6)).chain(named(1, 5, 6));
        // Of the second actor there are seven.
        let names: Vec<String> = first.chain(named(2, 2, 7)).chain(named(2, 5, 6)).collect();
        let corpora = fake(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let clips: Vec<&Utterance> = corpora[0].utterances.iter().collect();
        let recordings = Condition::AdaptedNeutral80.recordings(&clips);
        assert_eq!(recordings.iter().filter_map(|one| one.draw).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        let mut others = Vec::new();
        for Recording { clips: rows, .. } in &recordings {
            let neutral =
                |row: &&usize| matches!(clips[**row].emotion, Some(Emotion::Neutral | Emotion::Calm));
            assert_eq!((rows.iter().filter(neutral).count(), rows.len()), (9, 11));
            assert!(rows.iter().all(|&row| clips[row].speaker.ends_with("01")), "{rows:?}");
            others.push(rows.iter().filter(|row| !neutral(row)).copied().collect::<Vec<_>>());
        }
        assert!(others.iter().any(|drawn| drawn != &others[0]), "the draws differ: {others:?}");
        assert_eq!(Condition::AdaptedNeutral80.recordings(&clips), recordings, "and are the same every time");
    }
}
