//! A protocol expanded over a corpus: its rows as published, and folds for training and testing.

use std::collections::BTreeSet;
use std::io::Write;

use serde::Serialize;

use super::{Protocol, Rule, audit};
use crate::corpus::{Corpus, Utterance};
use undertone::emotion::Emotion;
use undertone::error::{Error, Result};

/// The role of a clip in a fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Choices are made on it.
    Dev,
    /// It is scored once, at the end.
    Test,
    /// It is learned from.
    Train,
}

/// A line of a protocol as published: which clip has which role in which fold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// From 1.
    pub fold: usize,
    /// Its role.
    pub split: Split,
    /// Its name in the corpus.
    pub clip: String,
    /// The speaker, without the corpus's name.
    pub speaker: String,
    /// The label, mapped.
    pub label: Emotion,
}

/// One numbered division of a corpus.
#[derive(Clone, Debug)]
pub struct Fold<'a> {
    /// From 1.
    pub number: usize,
    /// Learned from; without defective clips.
    pub train: Vec<&'a Utterance>,
    /// Chosen on; without defective clips. Empty where the protocol names none.
    pub dev: Vec<&'a Utterance>,
    /// Scored once; every clip the protocol names.
    pub test: Vec<&'a Utterance>,
}

impl Protocol {
    /// Its folds over one of `corpora`, checked for leaks.
    ///
    /// # Errors
    /// `Config` where the corpus is not there or not complete, or where a speaker is on two sides of a protocol that is not
    /// declared speaker-dependent.
    pub fn cut<'a>(&self, corpora: &'a [Corpus]) -> Result<Vec<Fold<'a>>> {
        let utterances = self.utterances(corpora)?;
        let fold = |(at, rule): (usize, &Rule)| {
            let part = |split| utterances.iter().copied().filter(move |u| rule.split(self, u) == split);
            let fold = Fold {
                number: at + 1,
                train: part(Split::Train).filter(|utterance| utterance.defect.is_none()).collect(),
                dev: part(Split::Dev).filter(|utterance| utterance.defect.is_none()).collect(),
                test: part(Split::Test).collect(),
            };
            let named =
                |error: Error| Error::config(format!("{} {}: {}", self.name, at + 1, error.message()));
            if fold.test.is_empty() || fold.train.is_empty() {
                return Err(named(Error::config("a fold needs clips to learn from and clips to test on")));
            }
            if !self.speaker_dependent {
                audit(&fold).map_err(named)?;
            }
            Ok(fold)
        };
        self.folds.iter().enumerate().map(fold).collect()
    }

    /// Its rows as published, defective clips included, sorted by fold, split and clip.
    ///
    /// # Errors
    /// `Config` where the corpus is not there or not complete.
    pub fn rows(&self, corpora: &[Corpus]) -> Result<Vec<Row>> {
        let utterances = self.utterances(corpora)?;
        let mut rows = Vec::new();
        for (at, rule) in self.folds.iter().enumerate() {
            rows.extend(utterances.iter().filter_map(|utterance| {
                Some(Row {
                    fold: at + 1,
                    split: rule.split(self, utterance),
                    clip: utterance.clip.clone(),
                    speaker: self.speaker(utterance).to_string(),
                    label: utterance.emotion?,
                })
            }));
        }
        rows.sort_by(|a, b| (a.fold, a.split, &a.clip).cmp(&(b.fold, b.split, &b.clip)));
        Ok(rows)
    }

    /// The labelled clips it cuts.
    fn utterances<'a>(&self, corpora: &'a [Corpus]) -> Result<Vec<&'a Utterance>> {
        let corpus = corpora.iter().find(|corpus| corpus.name == self.corpus).ok_or_else(|| {
            let there = corpora.iter().map(|corpus| corpus.name.as_str()).collect::<Vec<_>>().join(", ");
            Error::config(format!("{} cuts the corpus '{}'; there is {there}", self.name, self.corpus))
        })?;
        let labelled = corpus.utterances.iter().filter(|utterance| utterance.emotion.is_some());
        let cut: Vec<&Utterance> =
            labelled.filter(|utterance| !self.except.contains(&utterance.clip)).collect();
        self.refuse_unknown(&cut)?;
        if cut.len() != self.clips {
            return Err(Error::config(format!(
                "{} cuts {} clips of {}; {} are here: the corpus is not complete, or another edition",
                self.name,
                self.clips,
                self.corpus,
                cut.len()
            )));
        }
        Ok(cut)
    }

    /// Refuses rules that name speakers or clips the corpus does not have.
    fn refuse_unknown(&self, utterances: &[&Utterance]) -> Result<()> {
        let speakers: BTreeSet<&str> = utterances.iter().map(|utterance| self.speaker(utterance)).collect();
        let clips: BTreeSet<&str> = utterances.iter().map(|utterance| utterance.clip.as_str()).collect();
        let unknown = self.folds.iter().find_map(|rule| {
            let speaker = rule.test.iter().chain(&rule.dev).find(|name| !speakers.contains(name.as_str()));
            let clip = rule.test_clips.iter().chain(&rule.dev_clips);
            speaker.or_else(|| clip.into_iter().find(|name| !clips.contains(name.as_str())))
        });
        match unknown {
            Some(name) => Err(Error::config(format!(
                "{} names '{name}', which is not in the corpus '{}' here",
                self.name, self.corpus
            ))),
            None => Ok(()),
        }
    }

    fn speaker<'a>(&self, utterance: &'a Utterance) -> &'a str {
        utterance.speaker.split_once('/').map_or(&utterance.speaker, |(_, speaker)| speaker)
    }
}

impl Rule {
    fn split(&self, protocol: &Protocol, utterance: &Utterance) -> Split {
        let speaker = protocol.speaker(utterance);
        if self.test.contains(speaker) || self.test_clips.contains(&utterance.clip) {
            Split::Test
        } else if self.dev.contains(speaker) || self.dev_clips.contains(&utterance.clip) {
            Split::Dev
        } else {
            Split::Train
        }
    }
}

impl<'a> Fold<'a> {
    /// What may be learned from besides: sound, labelled clips of other corpora, whose speakers are not held out.
    /// RAVDESS song comes without the actors whose speech is.
    pub fn others(&self, corpora: &'a [Corpus]) -> Vec<&'a Utterance> {
        let held: BTreeSet<&str> =
            self.test.iter().chain(&self.dev).map(|utterance| utterance.speaker.as_str()).collect();
        let own = self.test.first().map(|utterance| utterance.corpus.as_str());
        let all = corpora.iter().filter(|corpus| Some(corpus.name.as_str()) != own);
        all.flat_map(|corpus| &corpus.utterances)
            .filter(|utterance| utterance.defect.is_none() && utterance.emotion.is_some())
            .filter(|utterance| !held.contains(utterance.speaker.as_str()))
            .collect()
    }
}

/// Writes rows as CSV: `fold,split,clip,speaker,label`.
///
/// # Errors
/// `Io` where it cannot be written.
pub fn write_rows(to: impl Write, rows: &[Row]) -> Result<()> {
    let mut writer = csv::Writer::from_writer(to);
    for row in rows {
        writer.serialize(row).map_err(|error| Error::from(std::io::Error::from(error)))?;
    }
    Ok(writer.flush()?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::corpus::tests::fake;

    fn rule(test: &[&str], dev: &[&str]) -> Rule {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_string()).collect();
        Rule { test: set(test), dev: set(dev), ..Rule::default() }
    }

    fn protocol(clips: usize, folds: Vec<Rule>) -> Protocol {
        Protocol { name: "mine".into(), corpus: "ravdess".into(), clips, folds, ..Protocol::default() }
    }

    #[test]
    fn speakers_of_the_rule_are_held_out_and_the_rest_is_learned_from() {
        let corpora =
            fake(&["03-01-01-01-01-01-01.wav", "03-01-03-01-01-01-02.wav", "03-01-04-01-01-01-03.wav"]);
        let folds = protocol(3, vec![rule(&["01"], &["02"]), rule(&["02"], &[])]).cut(&corpora).unwrap();
        let speakers = |part: &[&Utterance]| part.iter().map(|u| u.speaker.clone()).collect::<Vec<_>>();
        assert_eq!(speakers(&folds[0].test), ["ravdess/01"]);
        assert_eq!(speakers(&folds[0].dev), ["ravdess/02"]);
        assert_eq!(speakers(&folds[0].train), ["ravdess/03"]);
        assert_eq!(speakers(&folds[1].train), ["ravdess/01", "ravdess/03"]);
    }

    #[test]
    fn songs_of_an_actor_who_is_held_out_are_not_learned_from() {
        let corpora = fake(&[
            "03-01-01-01-01-01-01.wav",
            "03-01-01-01-01-01-02.wav",
            "03-02-01-01-01-01-01.wav",
            "03-02-01-01-01-01-02.wav",
            "OAF_back_fear.wav",
        ]);
        let folds = protocol(2, vec![rule(&["01"], &[])]).cut(&corpora).unwrap();
        let others: Vec<&str> = folds[0].others(&corpora).iter().map(|u| u.clip.as_str()).collect();
        assert_eq!(others, ["03-02-01-01-01-01-02", "OAF_back_fear"]);
    }

    #[test]
    fn defective_clips_are_tested_on_but_not_learned_from() {
        let corpora = fake(&["1076_MTI_SAD_XX.wav", "1076_MTI_ANG_XX.wav", "1001_MTI_ANG_XX.wav"]);
        let mut cut = protocol(3, vec![rule(&["1001"], &[]), rule(&["1076"], &[])]);
        cut.corpus = "cremad".into();
        let folds = cut.cut(&corpora).unwrap();
        assert_eq!((folds[0].train.len(), folds[1].test.len()), (1, 2));
        assert_eq!(cut.rows(&corpora).unwrap().len(), 6);
    }

    #[test]
    fn a_speaker_on_both_sides_is_refused_unless_that_is_declared() {
        let corpora = fake(&["03-01-01-01-01-01-01.wav", "03-01-03-01-01-01-01.wav"]);
        let mixed = Rule { test_clips: ["03-01-01-01-01-01-01".to_string()].into(), ..Rule::default() };
        let mut protocol = protocol(2, vec![mixed]);
        let error = protocol.cut(&corpora).unwrap_err().to_string();
        assert!(error.contains("ravdess/01") && error.contains("mine 1"), "{error}");
        protocol.speaker_dependent = true;
        assert_eq!(protocol.cut(&corpora).unwrap()[0].train.len(), 1);
    }

    #[test]
    fn a_corpus_that_is_not_there_or_not_complete_is_refused() {
        let corpora = fake(&["03-01-01-01-01-01-01.wav", "03-01-03-01-01-01-02.wav"]);
        for (protocol, word) in [
            (Protocol::known("emobox-savee").unwrap(), "there is ravdess"),
            (protocol(3, vec![rule(&["01"], &[])]), "2 are here"),
            (protocol(2, vec![rule(&["09"], &[])]), "'09'"),
            (protocol(2, vec![rule(&["01", "02"], &[])]), "to learn from"),
        ] {
            let error = protocol.cut(&corpora).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn rows_are_written_as_the_published_files_are() {
        let corpora = fake(&["03-01-01-01-01-01-01.wav", "03-01-03-01-01-01-02.wav"]);
        let rows = protocol(2, vec![rule(&["02"], &[])]).rows(&corpora).unwrap();
        let mut file = Vec::new();
        write_rows(&mut file, &rows).unwrap();
        let expected = "fold,split,clip,speaker,label\n1,test,03-01-03-01-01-01-02,02,happy\n\
                        1,train,03-01-01-01-01-01-01,01,neutral\n";
        assert_eq!(String::from_utf8(file).unwrap(), expected);
    }
}
