//! Reference systems: what simpler ways reach on the same folds, through the same figures.
//!
//! Features of an utterance (log-mel, classical prosody, or a teacher's layer), summed up over time, go into a classifier. They
//! are standardised by the training part (*unadapted*), or by each speaker's own clips (*baseline-all*: mean and deviation, unlabelled,
//! test clips included). The strength of the regularisation is chosen on a fifth of the training speakers.

mod classifier;
mod vector;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use undertone::corpus::held::HeldOut;
use undertone::corpus::protocol::Protocol;
use undertone::corpus::{Corpus, Utterance};
use undertone::emotion::Emotion;
use undertone::eval::{Evaluation, best, uar};
use undertone::predict::{Condition, Prediction};
use undertone::{Error, Result};

use crate::cv;
use crate::teacher::Teacher;
use classifier::{Classifier, Kind};
use vector::{Features, vectors};

/// What the systems are measured on.
pub struct Reference<'a> {
    /// The corpora, the protocol's among them.
    pub corpora: &'a [Corpus],
    /// Cut as it says; each fold is learned from the protocol's own corpus alone.
    pub protocol: &'a Protocol,
    /// For the systems on a teacher's layer, where given.
    pub teacher: Option<&'a Path>,
    /// Where predictions are kept: `<protocol>.<system>.<condition>.csv`.
    pub folder: &'a Path,
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

impl Reference<'_> {
    /// Measures every system under both conditions.
    ///
    /// # Errors
    /// What cutting, decoding and writing answer; `Config` where a classifier cannot be fitted.
    pub fn run(&self) -> Result<Vec<Evaluation>> {
        fs::create_dir_all(self.folder).map_err(|error| Error::from(error).at(self.folder))?;
        let teacher = self.teacher.map(Teacher::open).transpose()?;
        let own: Vec<&Corpus> =
            self.corpora.iter().filter(|corpus| corpus.name == self.protocol.corpus).collect();
        let utterances: Vec<&Utterance> = own
            .iter()
            .flat_map(|corpus| &corpus.utterances)
            .filter(|utterance| utterance.emotion.is_some())
            .collect();
        let mut found = Vec::new();
        let mut computed: Option<(Features, Vec<Vec<f64>>)> = None;
        for (name, features, kind) in SYSTEMS {
            if features == Features::Teacher && teacher.is_none() {
                continue;
            }
            let values = match computed {
                Some((of, values)) if of == features => values,
                _ => vectors(features, &utterances, teacher.as_ref())?,
            };
            for condition in [Condition::Unadapted, Condition::BaselineAll] {
                if kind == Kind::Majority && condition != Condition::Unadapted {
                    continue;
                }
                let rows = rows(&utterances, &values, condition);
                let predictions = self.predict(&rows, kind)?;
                let name = format!("{}.{name}.{condition}", self.protocol.name);
                cv::write(&self.folder.join(format!("{name}.csv")), &predictions)?;
                let evaluation = Evaluation::of(&name, &predictions, self.protocol.speaker_dependent)?;
                eprintln!("{name}: UAR {:.1} %", 100.0 * evaluation.uar_of_folds);
                found.push(evaluation);
            }
            computed = Some((features, values));
        }
        Ok(found)
    }

    /// Fold by fold.
    fn predict(&self, rows: &[Row<'_>], kind: Kind) -> Result<Vec<Prediction>> {
        let by_clip: BTreeMap<&str, &Row> =
            rows.iter().map(|row| (row.utterance.clip.as_str(), row)).collect();
        let own: Vec<Corpus> =
            self.corpora.iter().filter(|corpus| corpus.name == self.protocol.corpus).cloned().collect();
        let mut predictions = Vec::new();
        for number in 1..=self.protocol.folds.len() {
            let held = HeldOut::fold(std::slice::from_ref(self.protocol), number, false, &own)?;
            let pick = |clips: &[&Utterance]| -> Vec<&Row> {
                clips.iter().filter_map(|clip| by_clip.get(clip.clip.as_str()).copied()).collect()
            };
            let learned = pick(&held.learned);
            let classifier = Classifier::fit(kind, strength(kind, &learned)?, &learned)?;
            for part in held.parts.iter().filter(|part| part.protocol == self.protocol.name) {
                let tested = pick(&part.clips);
                for (row, posterior) in tested.iter().zip(classifier.posteriors(&tested)) {
                    predictions.push(Prediction {
                        protocol: self.protocol.name.clone(),
                        fold: number.to_string(),
                        clip: row.utterance.clip.clone(),
                        speaker: row.utterance.speaker.clone(),
                        truth: row.truth,
                        posterior,
                    });
                }
            }
        }
        Ok(predictions)
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
