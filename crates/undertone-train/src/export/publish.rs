//! A finished run → a model file that knows its calibration and its figures, scored through the house's own runtime.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use burn::prelude::*;
use undertone::corpus::Utterance;
use undertone::corpus::joint::JointFold;
use undertone::emotion::{Emotion, EmotionSet};
use undertone::eval::{fit_temperature, fit_threshold, interval, uar};
use undertone::model::{Conditions, FORMAT, Measured, Metadata, Model, Population, TrainedOn};
use undertone::predict::{self, Condition, Prediction};
use undertone::units::{SampleRate, Seconds};
use undertone::{Error, ErrorKind, Result};

use crate::average;
use crate::checkpoint::Checkpoints;
use crate::config::Config;
use crate::memory::Memory;
use crate::network::{Network, STRIDE};
use crate::run::{self, Outcome};
use crate::score::values;

/// Coverages for which conformal thresholds are fitted.
const COVERAGES: [&str; 3] = ["0.80", "0.90", "0.95"];
const CONDITIONS: [Condition; 2] = [Condition::Unadapted, Condition::BaselineAll];

/// What to publish.
pub struct Publish<'a> {
    /// The run's folder.
    pub run: &'a Path,
    /// The corpora it was trained on, for its held-out speakers.
    pub corpora: &'a [PathBuf],
    /// The model's name and version.
    pub name: [&'a str; 2],
    /// Git revision of the code.
    pub revision: &'a str,
}

/// The model file, and the predictions behind its figures.
pub struct Published {
    /// The ONNX file.
    pub model: Vec<u8>,
    /// One set of predictions a condition, with the condition's name.
    pub predictions: Vec<(&'static str, Vec<Prediction>)>,
}

impl Publish<'_> {
    /// Exports the run's averaged network, calibrates it on the held-out speakers and scores them.
    ///
    /// # Errors
    /// `Config` where the run is not finished; what reading corpora, decoding and the runtime answer.
    pub fn publish(&self) -> Result<Published> {
        let (config, outcome) = (Config::open(&self.run.join("config.toml"))?, self.outcome()?);
        let teacher = outcome.teacher.as_ref().map(|_| crate::teacher::WIDTH);
        let network = self.network(&config, teacher)?;
        let mut metadata = self.describe(&network, &config, &outcome);
        let first = Model::from_bytes(super::export(&network, &config.size, &outcome.views, &metadata)?)?;
        let mut predictions = Vec::new();
        if let Some(number) = outcome.held_out {
            let held = JointFold::new(number)?.test;
            let (utterances, known) = held_out(self.corpora, &held)?;
            let pooled = predict::embed(&first, &utterances)?;
            for condition in CONDITIONS {
                let answers = predict::answers(&first, &utterances, &pooled, condition)?;
                let logits: Vec<Vec<f32>> = answers.into_iter().map(|answer| answer.logits).collect();
                let protocol = format!("joint-{number}-held-out");
                let scored = Scored { utterances: &utterances, known: &known, logits: &logits, number };
                predictions.push((condition.name(), scored.calibrate(condition, &protocol, &mut metadata)));
            }
        }
        let model = super::export(&network, &config.size, &outcome.views, &metadata)?;
        Model::from_bytes(model.clone())?;
        Ok(Published { model, predictions })
    }

    fn outcome(&self) -> Result<Outcome> {
        let path = self.run.join("result.json");
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Error::new(ErrorKind::Config, "the run is not finished: it has no result yet")
                .at(&path)
                .because(error)
        })?;
        serde_json::from_str(&text)
            .map_err(|error| Error::new(ErrorKind::Malformed, error.to_string()).at(&path))
    }

    fn network(&self, config: &Config, teacher: Option<usize>) -> Result<Network> {
        let device = Device::flex();
        let fresh = || Network::new(&config.size, teacher, &device);
        let mut memory = Memory::new(&[], config.size.pooled());
        let checkpoint = Checkpoints::new(self.run).load(fresh(), fresh(), &mut memory)?;
        match checkpoint.optimizer {
            Some(_) => Ok(checkpoint.average),
            None => Err(Error::new(ErrorKind::Config, "the run has no checkpoint").at(self.run)),
        }
    }

    fn describe(&self, network: &Network, config: &Config, outcome: &Outcome) -> Metadata {
        let on = |corpus: &run::Trained| TrainedOn {
            name: corpus.name.clone(),
            licence: corpus.licence.clone(),
            citation: corpus.citation.clone(),
            clips: corpus.clips,
        };
        let teachers = outcome.teacher.iter().map(|_| crate::teacher::NAME.to_string()).collect();
        Metadata {
            format: FORMAT,
            name: self.name[0].to_string(),
            version: self.name[1].to_string(),
            classes: Emotion::ALL.to_vec(),
            rate: SampleRate::MODEL,
            shortest_seconds: Seconds(0.5),
            longest_seconds: Seconds(60.0),
            frame_seconds: Seconds(STRIDE as f64 / 100.0),
            receptive_seconds: Seconds(0.5),
            pooled: config.size.pooled(),
            temperature: Conditions { unadapted: 1.0, baseline: 1.0 },
            thresholds: Conditions::default(),
            population: Population {
                mean: values(network.population_mean.value()),
                scale: values(network.population_scale.value()),
            },
            kappa: config.kappa,
            corpora: outcome.corpora.iter().map(on).collect(),
            teachers,
            results: Vec::new(),
            revision: self.revision.to_string(),
            parameters: average::trained_parameters(network),
        }
    }
}

/// The sound utterances of held-out speakers, and what each corpus knows.
fn held_out(corpora: &[PathBuf], held: &BTreeSet<String>) -> Result<(Vec<Utterance>, Vec<EmotionSet>)> {
    let (mut utterances, mut known) = (Vec::new(), Vec::new());
    for corpus in run::open(corpora)? {
        let classes = corpus.emotions();
        for utterance in corpus.utterances {
            if utterance.defect.is_none() && utterance.emotion.is_some() && held.contains(&utterance.speaker)
            {
                utterances.push(utterance);
                known.push(classes);
            }
        }
    }
    Ok((utterances, known))
}

/// Held-out utterances and what the model answered.
struct Scored<'a> {
    utterances: &'a [Utterance],
    known: &'a [EmotionSet],
    logits: &'a [Vec<f32>],
    number: usize,
}

impl Scored<'_> {
    /// Fits temperature and thresholds, puts them and the figures into the metadata, and gives the predictions.
    fn calibrate(&self, condition: Condition, protocol: &str, metadata: &mut Metadata) -> Vec<Prediction> {
        let truth: Vec<usize> =
            self.utterances.iter().map(|u| u.emotion.unwrap_or(Emotion::Neutral) as usize).collect();
        let masked: Vec<Vec<f32>> = self
            .logits
            .iter()
            .zip(self.known)
            .map(|(row, known)| {
                let logit = |(&emotion, &logit): (&Emotion, &f32)| match known.contains(emotion) {
                    true => logit,
                    false => f32::NEG_INFINITY,
                };
                Emotion::ALL.iter().zip(row).map(logit).collect()
            })
            .collect();
        let temperature = fit_temperature(&masked, &truth) as f32;
        let posterior = |(row, &known): (&Vec<f32>, &EmotionSet)| {
            undertone::model::Posterior::new(&Emotion::ALL, row, temperature, known)
        };
        let rows = self.logits.iter().zip(self.known).map(posterior);
        let predictions: Vec<Prediction> = rows
            .zip(self.utterances)
            .map(|(posterior, utterance)| Prediction {
                protocol: protocol.to_string(),
                fold: self.number.to_string(),
                clip: utterance.clip.clone(),
                speaker: utterance.speaker.clone(),
                truth: utterance.emotion.unwrap_or(Emotion::Neutral),
                posterior,
            })
            .collect();
        let right: Vec<f64> =
            predictions.iter().map(|row| f64::from(row.posterior.of_class(row.truth))).collect();
        let threshold = |name: &str| {
            let coverage = name.parse().unwrap_or(0.9);
            (name.to_string(), fit_threshold(&right, coverage) as f32)
        };
        let thresholds = COVERAGES.map(threshold).into();
        match condition {
            Condition::Unadapted => {
                (metadata.temperature.unadapted, metadata.thresholds.unadapted) = (temperature, thresholds);
            }
            Condition::BaselineAll => {
                (metadata.temperature.baseline, metadata.thresholds.baseline) = (temperature, thresholds);
            }
        }
        metadata.results.extend(self.figures(condition, protocol, &predictions));
        predictions
    }

    /// UAR of each corpus, with its interval.
    fn figures(&self, condition: Condition, protocol: &str, predictions: &[Prediction]) -> Vec<Measured> {
        let corpora: BTreeSet<&str> = self.utterances.iter().map(|u| u.corpus.as_str()).collect();
        let of = |corpus: &&str| {
            let rows: Vec<&Prediction> = predictions
                .iter()
                .zip(self.utterances)
                .filter(|(_, utterance)| utterance.corpus == *corpus)
                .map(|(row, _)| row)
                .collect();
            let metric = |rows: &[&Prediction]| {
                let truth: Vec<usize> = rows.iter().map(|row| row.truth as usize).collect();
                let predicted: Vec<usize> = rows.iter().map(|row| row.posterior.top().0 as usize).collect();
                uar(&truth, &predicted)
            };
            let speakers: Vec<&str> = rows.iter().map(|row| row.speaker.as_str()).collect();
            let drawn = |drawn: &[usize]| metric(&drawn.iter().map(|&row| rows[row]).collect::<Vec<_>>());
            Measured {
                corpus: (*corpus).to_string(),
                protocol: protocol.to_string(),
                condition: condition.name().to_string(),
                folds: 1,
                metric: "UAR".to_string(),
                value: metric(&rows),
                interval: interval(&speakers, 0, drawn),
                clips: rows.len(),
                speakers: speakers.iter().collect::<BTreeSet<_>>().len(),
            }
        };
        corpora.iter().map(of).collect()
    }
}
