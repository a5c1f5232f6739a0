//! Reference systems: what simpler ways reach on the same folds, through the same figures.
//!
//! Features of an utterance (log-mel, classical prosody, or a teacher's layer), summed up over time, go into a classifier. They
//! are standardised by the training part (*unadapted*), or by each speaker's own clips (*adapted-all*: mean and deviation, unlabelled,
//! test clips included). The strength of the regularisation is chosen on a fifth of the training speakers.

mod classifier;
mod vector;

use std::collections::BTreeMap;
use std::fs;

use undertone::emotion::Emotion;
use undertone::{Error, Result};
use undertone_eval::augment::Corruption;
use undertone_eval::corpus::{Corpus, Utterance};
use undertone_eval::holdout::HeldOut;
use undertone_eval::metrics::{Evaluation, best, uar};
use undertone_eval::predict::{Condition, Prediction};
use undertone_eval::protocol::Protocol;

use crate::data::setup::Setup;
use crate::data::teacher::Teacher;
use classifier::{Classifier, Kind};
use undertone_eval::predict;
use vector::{Features, vectors};

/// What the systems are measured on.
pub struct Reference<'a> {
    /// The corpora (the protocol's among them), the folder of the predictions (`<protocol>.<system>.<condition>.csv`, of corrupted clips
    /// `….<condition>.<corruption>.csv`) and, for the systems on a teacher's layer, the teacher; nothing is kept in its cache.
    pub setup: Setup<'a>,
    /// Cut as it says; each fold is learned from the protocol's own corpus alone.
    pub protocol: &'a Protocol,
    /// Test clips are corrupted by each of these too; what is learned from is always clean.
    pub corruptions: &'a [Corruption],
}

/// Name, features and classifier of each system.
const SYSTEMS: [(&str, Features, Kind); 5] = [
    ("majority", Features::None, Kind::Majority),
    ("log-mel-linear", Features::LogMel, Kind::Linear),
    ("prosody-linear", Features::Prosody, Kind::Linear),
    ("prosody-svm", Features::Prosody, Kind::Svm),
    ("teacher-linear", Features::Teacher, Kind::Linear),
];

/// An utterance with its features.
struct Row<'a> {
    utterance: &'a Utterance,
    truth: Emotion,
    vector: Vec<f64>,
}

/// What one fold learns from and tests, by clip.
struct Fold<'a> {
    number: usize,
    learned: Vec<&'a Utterance>,
    tested: Vec<&'a Utterance>,
}

/// Vectors of all utterances, and of every fold's corrupted test clips: corruption by corruption, fold by fold.
struct Vectors {
    features: Features,
    clean: Vec<Vec<f64>>,
    corrupted: Vec<Vec<Vec<Vec<f64>>>>,
}

impl Reference<'_> {
    /// Measures every system under both conditions; gives the figures of clean clips.
    ///
    /// # Errors
    /// What cutting, decoding and writing answer; `Config` where a classifier cannot be fitted.
    pub fn run(&self) -> Result<Vec<Evaluation>> {
        fs::create_dir_all(self.setup.folder).map_err(|error| Error::from(error).at(self.setup.folder))?;
        let teacher = self.setup.teacher.map(Teacher::open).transpose()?;
        let own: Vec<Corpus> =
            self.setup.corpora.iter().filter(|corpus| corpus.name == self.protocol.corpus).cloned().collect();
        let utterances: Vec<&Utterance> = own
            .iter()
            .flat_map(|corpus| &corpus.utterances)
            .filter(|utterance| utterance.emotion.is_some())
            .collect();
        let folds = self.folds(&own)?;
        let mut found = Vec::new();
        let mut computed: Option<Vectors> = None;
        for (name, features, kind) in SYSTEMS {
            if features == Features::Teacher && teacher.is_none() {
                continue;
            }
            let vectors = match computed.take().filter(|vectors| vectors.features == features) {
                Some(vectors) => vectors,
                None => self.vectors(features, &utterances, &folds, teacher.as_ref())?,
            };
            for condition in [Condition::Unadapted, Condition::AdaptedAll] {
                if kind == Kind::Majority && condition != Condition::Unadapted {
                    continue;
                }
                let name = format!("{}.{name}.{condition}", self.protocol.name);
                let clean = self.measure(&name, &utterances, &vectors, &folds, condition, kind)?;
                eprintln!("{name}: UAR {:.1} %", 100.0 * clean.uar_of_folds);
                found.push(clean);
            }
            computed = Some(vectors);
        }
        Ok(found)
    }

    fn folds<'a>(&self, own: &'a [Corpus]) -> Result<Vec<Fold<'a>>> {
        let fold = |number| {
            let held = HeldOut::fold(std::slice::from_ref(self.protocol), number, false, own)?;
            let parts = held.parts.into_iter().filter(|part| part.protocol == self.protocol.name);
            let labelled = parts.flat_map(|part| part.clips).filter(|clip| clip.emotion.is_some());
            Ok(Fold { number, learned: held.learned, tested: labelled.collect() })
        };
        (1..=self.protocol.folds.len()).map(fold).collect()
    }

    fn vectors(
        &self,
        features: Features,
        utterances: &[&Utterance],
        folds: &[Fold<'_>],
        teacher: Option<&Teacher>,
    ) -> Result<Vectors> {
        let corrupted = |corruption: &Corruption| {
            // Fold by fold: babble is made of the fold's own speakers, as when a model is scored.
            folds.iter().map(|fold| vectors(features, &fold.tested, teacher, Some(*corruption))).collect()
        };
        Ok(Vectors {
            features,
            clean: vectors(features, utterances, teacher, None)?,
            corrupted: self.corruptions.iter().map(corrupted).collect::<Result<_>>()?,
        })
    }

    /// Writes the predictions of one system under one condition.
    fn measure(
        &self,
        name: &str,
        utterances: &[&Utterance],
        vectors: &Vectors,
        folds: &[Fold<'_>],
        condition: Condition,
        kind: Kind,
    ) -> Result<Evaluation> {
        let clean = rows(utterances, &vectors.clean, condition);
        let by_clip: BTreeMap<&str, &Row> =
            clean.iter().map(|row| (row.utterance.clip.as_str(), row)).collect();
        let pick = |clips: &[&Utterance]| -> Vec<&Row> {
            clips.iter().filter_map(|clip| by_clip.get(clip.clip.as_str()).copied()).collect()
        };
        let mut predictions = vec![Vec::new(); 1 + self.corruptions.len()];
        for (at, fold) in folds.iter().enumerate() {
            let learned = pick(&fold.learned);
            let classifier = Classifier::fit(kind, strength(kind, &learned)?, &learned)?;
            predictions[0].extend(self.predict(fold, &classifier, &pick(&fold.tested)));
            for (predictions, corrupted) in predictions[1..].iter_mut().zip(&vectors.corrupted) {
                let rows = rows(&fold.tested, &corrupted[at], condition);
                predictions.extend(self.predict(fold, &classifier, &rows.iter().collect::<Vec<_>>()));
            }
        }
        for (corruption, predictions) in self.corruptions.iter().zip(&predictions[1..]) {
            let name = format!("{name}.{}.csv", corruption.file_name());
            predict::save(&self.setup.folder.join(name), predictions)?;
        }
        predict::save(&self.setup.folder.join(format!("{name}.csv")), &predictions[0])?;
        Evaluation::of(name, &predictions[0], self.protocol.speaker_dependent)
    }

    fn predict(&self, fold: &Fold<'_>, classifier: &Classifier, tested: &[&Row<'_>]) -> Vec<Prediction> {
        let of = |(row, posterior): (&&Row<'_>, _)| Prediction {
            protocol: self.protocol.name.clone(),
            fold: fold.number.to_string(),
            clip: row.utterance.clip.clone(),
            draw: None,
            speaker: row.utterance.speaker.clone(),
            truth: row.truth,
            posterior,
            agreement: None,
        };
        tested.iter().zip(classifier.posteriors(tested)).map(of).collect()
    }
}

/// The strength that does best on a fifth of the speakers, learned from the others; the kind's middle one where there are too
/// few speakers.
fn strength(kind: Kind, learned: &[&Row<'_>]) -> Result<f64> {
    let mut speakers: Vec<&str> = learned.iter().map(|row| row.utterance.speaker.as_str()).collect();
    speakers.sort_unstable();
    speakers.dedup();
    let dev: Vec<&str> = speakers.iter().copied().step_by(5).collect();
    let strengths = kind.strengths();
    if strengths.len() < 2 || speakers.len() < 3 {
        return Ok(strengths.get(strengths.len() / 2).copied().unwrap_or(1.0));
    }
    let (held, rest): (Vec<&Row>, Vec<&Row>) =
        learned.iter().partition(|row| dev.contains(&row.utterance.speaker.as_str()));
    let truth: Vec<usize> = held.iter().map(|row| row.truth as usize).collect();
    let mut chosen = (f64::NEG_INFINITY, 1.0);
    for &strength in strengths {
        let posteriors = Classifier::fit(kind, strength, &rest)?.posteriors(&held);
        let predicted: Vec<usize> = posteriors.iter().map(|row| best(row)).collect();
        let score = uar(&truth, &predicted);
        if score > chosen.0 {
            chosen = (score, strength);
        }
    }
    Ok(chosen.1)
}

/// Vectors as a condition standardises them: as they are, or by their speaker's mean and deviation.
fn rows<'a>(utterances: &[&'a Utterance], values: &[Vec<f64>], condition: Condition) -> Vec<Row<'a>> {
    let mut speakers = BTreeMap::<&str, Vec<usize>>::new();
    for (at, utterance) in utterances.iter().enumerate() {
        speakers.entry(&utterance.speaker).or_default().push(at);
    }
    let own: BTreeMap<&str, classifier::Scale> = speakers
        .iter()
        .map(|(speaker, rows)| {
            (*speaker, classifier::Scale::of(rows.iter().map(|&at| values[at].as_slice())))
        })
        .collect();
    let row = |(utterance, vector): (&&'a Utterance, &Vec<f64>)| {
        let vector = match condition {
            Condition::Unadapted => vector.clone(),
            _ => own[utterance.speaker.as_str()].apply(vector),
        };
        Row { utterance, truth: utterance.emotion.unwrap_or(Emotion::Neutral), vector }
    };
    utterances.iter().zip(values).map(row).collect()
}
