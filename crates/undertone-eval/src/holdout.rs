//! What a training run holds out: a fold of one protocol, or of several at once (a joint fold).
//!
//! Joint fold *k* holds out the test speakers of fold *k* of each protocol named, wherever they occur, so that one training
//! serves them all. RAVDESS's songs share their speakers with its speech: those of held-out actors are scored too, as a part
//! of their own. To choose anything in fold *k*, fold *k* + 1 (cyclic) is held out as well and is the part that is scored; a
//! protocol of two folds has none to spare. A protocol's own dev part is used for training, since the schedule is fixed.

use std::collections::BTreeSet;

use crate::corpus::{Corpus, Utterance};
use crate::protocol::{Protocol, audit, audit_contents};
use undertone::error::{Error, Result};

/// The protocols whose joint folds Undertone's own figures come from.
pub const JOINT: [&str; 4] = ["emobox-ravdess", "emobox-savee", "emosuperb-cremad", "loso-tess"];
/// The part of the songs of held-out RAVDESS actors.
pub const SONG: &str = "ravdess-song";
/// The corpus of RAVDESS's songs.
pub(super) const SONGS: &str = "ravdess_song";

/// The clips of one protocol's fold.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// The protocol, or [`SONG`].
    pub protocol: String,
    /// Its fold, from 1.
    pub fold: usize,
    /// Its clips, defective ones included.
    pub clips: Vec<&'a Utterance>,
}

/// What is learned from, and what is scored.
#[derive(Clone, Debug)]
pub struct HeldOut<'a> {
    /// Sound, labelled clips to learn from.
    pub learned: Vec<&'a Utterance>,
    /// Scored at the end: a part a protocol.
    pub parts: Vec<Part<'a>>,
}

impl<'a> HeldOut<'a> {
    /// Holds nothing out.
    pub fn nothing(corpora: &'a [Corpus]) -> HeldOut<'a> {
        HeldOut { learned: sound(corpora).collect(), parts: Vec::new() }
    }

    /// Holds out fold `number` of every protocol that has so many, to score it. With `dev` the next fold is held out and
    /// scored instead, and fold `number` is left alone.
    ///
    /// # Errors
    /// `Config` where no protocol has that fold, a corpus is not there or not complete, or a speaker would be on both sides
    /// of a protocol that is not declared speaker-dependent.
    pub fn fold(
        protocols: &[Protocol],
        number: usize,
        dev: bool,
        corpora: &'a [Corpus],
    ) -> Result<HeldOut<'a>> {
        let (mut parts, mut out, mut speakers) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        let count = protocols.iter().map(|protocol| protocol.folds.len()).max().unwrap_or(1);
        let next = number % count + 1;
        let (scored, held) = if dev { (next, vec![number, next]) } else { (number, vec![number]) };
        for protocol in protocols {
            let folds = protocol.cut(corpora)?;
            for &at in &held {
                let spare = at == number || folds.len() > 2;
                let Some(fold) = folds.get(at.wrapping_sub(1)).filter(|_| spare) else { continue };
                out.extend(fold.test.iter().map(|utterance| key(utterance)));
                if !protocol.speaker_dependent {
                    speakers.extend(fold.test.iter().map(|utterance| utterance.speaker.as_str()));
                }
                if at == scored {
                    parts.push(Part { protocol: protocol.name.clone(), fold: at, clips: fold.test.clone() });
                    parts.extend(songs(&fold.test, at, corpora));
                }
            }
        }
        if parts.is_empty() {
            return Err(Error::config(format!("no protocol here has a fold {number}")));
        }
        let learned: Vec<&Utterance> = sound(corpora)
            .filter(|u| !out.contains(&key(u)) && !speakers.contains(u.speaker.as_str()))
            .collect();
        if learned.is_empty() {
            return Err(Error::config("nothing is left to learn from"));
        }
        if protocols.iter().all(|protocol| !protocol.speaker_dependent) {
            for Part { clips, .. } in &parts {
                audit(&crate::protocol::Fold {
                    number,
                    train: learned.clone(),
                    dev: Vec::new(),
                    test: clips.clone(),
                })?;
                audit_contents(&learned, clips)?;
            }
        }
        Ok(HeldOut { learned, parts })
    }
}

fn key(utterance: &Utterance) -> (&str, &str) {
    (&utterance.corpus, &utterance.clip)
}

/// What may be learned from, before anybody is held out.
fn sound(corpora: &[Corpus]) -> impl Iterator<Item = &Utterance> {
    let all = corpora.iter().flat_map(|corpus| &corpus.utterances);
    all.filter(|utterance| utterance.defect.is_none() && utterance.emotion.is_some())
}

/// The songs of the actors of a fold of RAVDESS's speech.
fn songs<'a>(test: &[&Utterance], fold: usize, corpora: &'a [Corpus]) -> Option<Part<'a>> {
    let spoken = test.iter().filter(|utterance| utterance.corpus == "ravdess");
    let actors: BTreeSet<&str> = spoken.map(|utterance| utterance.speaker.as_str()).collect();
    let clips: Vec<&Utterance> = sound(corpora)
        .filter(|utterance| utterance.corpus == SONGS && actors.contains(utterance.speaker.as_str()))
        .collect();
    (!clips.is_empty()).then(|| Part { protocol: SONG.to_string(), fold, clips })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::corpus::tests::fake;
    use crate::protocol::Rule;

    fn protocol(name: &str, corpus: &str, clips: usize, folds: &[&[&str]]) -> Protocol {
        let rule = |test: &&[&str]| Rule {
            test: test.iter().map(|name| (*name).to_string()).collect(),
            ..Rule::default()
        };
        Protocol {
            name: name.into(),
            corpus: corpus.into(),
            clips,
            folds: folds.iter().map(rule).collect(),
            ..Protocol::default()
        }
    }

    fn corpora() -> Vec<Corpus> {
        fake(&[
            "03-01-01-01-01-01-01.wav",
            "03-01-03-01-01-01-02.wav",
            "03-01-04-01-01-01-03.wav",
            "03-02-01-01-01-01-01.wav",
            "03-02-03-01-01-01-02.wav",
            "OAF_back_fear.wav",
            "YAF_back_fear.wav",
        ])
    }

    fn names(clips: &[&Utterance]) -> Vec<String> {
        clips.iter().map(|utterance| utterance.clip.clone()).collect()
    }

    #[test]
    fn a_joint_fold_holds_out_speakers_of_all_protocols_with_their_songs() {
        let corpora = corpora();
        let both = [
            protocol("r", "ravdess", 3, &[&["01"], &["02"], &["03"]]),
            protocol("t", "tess", 2, &[&["OAF"], &["YAF"]]),
        ];
        let first = HeldOut::fold(&both, 1, false, &corpora).unwrap();
        let parts: Vec<(&str, usize, Vec<String>)> =
            first.parts.iter().map(|part| (part.protocol.as_str(), part.fold, names(&part.clips))).collect();
        assert_eq!(
            parts,
            [
                ("r", 1, vec!["03-01-01-01-01-01-01".to_string()]),
                (SONG, 1, vec!["03-02-01-01-01-01-01".to_string()]),
                ("t", 1, vec!["OAF_back_fear".to_string()]),
            ]
        );
        assert_eq!(names(&first.learned).len(), 4);
        let third = HeldOut::fold(&both, 3, false, &corpora).unwrap();
        assert_eq!((third.parts.len(), third.learned.len()), (1, 6));
        assert!(HeldOut::fold(&both, 4, false, &corpora).is_err());
        assert_eq!(HeldOut::nothing(&corpora).learned.len(), 7);
    }

    #[test]
    fn what_is_chosen_on_is_the_next_fold_and_the_test_fold_stays_untouched() {
        let corpora = corpora();
        let both = [
            protocol("r", "ravdess", 3, &[&["01"], &["02"], &["03"]]),
            protocol("t", "tess", 2, &[&["OAF"], &["YAF"]]),
        ];
        let chosen = HeldOut::fold(&both, 1, true, &corpora).unwrap();
        assert_eq!(names(&chosen.parts[0].clips), ["03-01-03-01-01-01-02"]);
        assert_eq!(chosen.parts.len(), 2, "the speech and the song of one actor");
        assert_eq!(names(&chosen.learned), ["03-01-04-01-01-01-03", "YAF_back_fear"]);
        let last = HeldOut::fold(&both, 3, true, &corpora).unwrap();
        assert_eq!(names(&last.parts[0].clips), ["03-01-01-01-01-01-01"]);
    }

    #[test]
    fn joint_folds_test_every_speaker_of_their_protocols_once() {
        let mut tested = BTreeSet::new();
        for name in JOINT {
            let protocol = Protocol::known(name).unwrap();
            for speaker in protocol.folds.iter().flat_map(|rule| &rule.test) {
                assert!(tested.insert(format!("{}/{speaker}", protocol.corpus)), "{speaker} twice");
            }
        }
        assert_eq!(tested.len(), 24 + 4 + 91 + 2);
    }
}
