//! What is known of a finished model: its temperatures, thresholds and figures, from clips of speakers held out of the trainings that
//! scored them, and its name.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;
use undertone::eval::{COVERAGES, Evaluation, Sets, best, ece, fit_threshold, sets};
use undertone::model::{Conditions, Measured, Metadata, Model};
use undertone::predict::{Condition, Prediction};
use undertone::{Error, ErrorKind, Result};

use super::{decoded, entry};
use crate::cv::{self, Scored};

/// The conditions that a model file has a temperature for.
const FITTED: [Condition; 2] = [Condition::Unadapted, Condition::BaselineAll];

/// What makes predictions as sure as they may be.
struct Fitted {
    temperature: f64,
    thresholds: [f32; COVERAGES.len()],
}

impl Fitted {
    /// To predictions made at temperature 1, each speaker counting the same.
    fn to(rows: &[&Prediction]) -> Fitted {
        let (temperature, weights) = (cv::temperature(rows), cv::weights(rows));
        let tempered = rows.iter().map(|row| cv::tempered(row, temperature));
        let right: Vec<f64> = tempered.map(|row| row.posterior[row.truth as usize]).collect();
        let threshold = |coverage| fit_threshold(&right, &weights, coverage) as f32;
        Fitted { temperature, thresholds: COVERAGES.map(threshold) }
    }

    /// By the names that coverages have in a model file.
    fn by_name(&self) -> BTreeMap<String, f32> {
        let names = COVERAGES.map(|coverage| Metadata::coverage_key(coverage as f32));
        names.into_iter().zip(self.thresholds).collect()
    }
}

/// What puts temperatures and thresholds fitted to some predictions into metadata.
fn fit(scored: &[Scored]) -> Result<impl FnOnce(&mut Metadata)> {
    let of = |condition| -> Vec<&Prediction> {
        scored.iter().filter(|scored| scored.condition == condition).flat_map(|scored| &scored.rows).collect()
    };
    if let Some(condition) = FITTED.into_iter().find(|condition| of(*condition).is_empty()) {
        let message = format!("no predictions to calibrate on: there are none for '{condition}'");
        return Err(Error::new(ErrorKind::Config, message));
    }
    let [unadapted, baseline] = FITTED.map(|condition| Fitted::to(&of(condition)));
    let names = scored.iter().filter_map(|scored| scored.rows.first()).map(|row| row.protocol.clone());
    let names: BTreeSet<String> = names.collect();
    Ok(move |metadata: &mut Metadata| {
        metadata.temperature =
            Conditions { unadapted: unadapted.temperature as f32, baseline: baseline.temperature as f32 };
        metadata.thresholds = Conditions { unadapted: unadapted.by_name(), baseline: baseline.by_name() };
        metadata.calibrated_on = names.into_iter().collect();
    })
}

/// How sure a model is on recordings unlike those that its calibration knows: predictions on one corpus, calibrated on the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Elsewhere {
    /// The predictions' protocol.
    pub protocol: String,
    /// What was known of the speakers.
    pub condition: Condition,
    /// The temperature that suits the other corpora.
    pub temperature: f64,
    /// Calibration error at temperature 1, and at that one.
    pub ece: [f64; 2],
    /// Sets for 80, 90 and 95 %, by the other corpora's thresholds.
    pub sets: [Sets; COVERAGES.len()],
}

/// Each of some predictions at temperature 1, calibrated on all others of its condition that share no speaker with it; left out where
/// there are none.
pub fn elsewhere(scored: &[Scored]) -> Vec<Elsewhere> {
    let speakers: Vec<BTreeSet<&str>> =
        scored.iter().map(|one| one.rows.iter().map(|row| &*row.speaker).collect()).collect();
    let of = |(one, own): (&Scored, &BTreeSet<&str>)| {
        let first = one.rows.first()?;
        let others = scored
            .iter()
            .zip(&speakers)
            .filter(|(other, theirs)| other.condition == one.condition && own.is_disjoint(theirs));
        let others: Vec<&Prediction> = others.flat_map(|(other, _)| &other.rows).collect();
        if others.is_empty() {
            return None;
        }
        let Fitted { temperature, thresholds } = Fitted::to(&others);
        let truth: Vec<usize> = one.rows.iter().map(|row| row.truth as usize).collect();
        let at = |temperature| -> Vec<Vec<f64>> {
            one.rows.iter().map(|row| cv::tempered(row, temperature).posterior.to_vec()).collect()
        };
        let calibrated = at(temperature);
        Some(Elsewhere {
            protocol: first.protocol.clone(),
            condition: one.condition,
            temperature,
            ece: [&at(1.0), &calibrated].map(|rows| calibration_error(&truth, rows)),
            sets: thresholds.map(|threshold| sets(&truth, &calibrated, f64::from(threshold))),
        })
    };
    scored.iter().zip(&speakers).filter_map(of).collect()
}

fn calibration_error(truth: &[usize], posteriors: &[Vec<f64>]) -> f64 {
    let top: Vec<usize> = posteriors.iter().map(|row| best(row)).collect();
    let claimed: Vec<f64> = posteriors.iter().zip(&top).map(|(row, &top)| row[top]).collect();
    let right: Vec<bool> = truth.iter().zip(&top).map(|(truth, top)| truth == top).collect();
    ece(&claimed, &right)
}

/// A model file of ours with temperatures and thresholds fitted to other predictions; its network and its figures stay.
///
/// # Errors
/// `Model` where the file was not written by this crate or does not run, `Config` where a condition has no predictions to fit to.
pub fn calibrated(file: &[u8], scored: &[Scored]) -> Result<Vec<u8>> {
    edited(file, fit(scored)?)
}

/// A model file of ours calibrated on what a cross-validation scored, and with its figures.
///
/// # Errors
/// As [`calibrated`].
pub fn measured(file: &[u8], scored: &[Scored]) -> Result<Vec<u8>> {
    let of = |(protocol, condition, rows): (String, Condition, Vec<Prediction>)| {
        let Evaluation { clips, speakers, folds, uar, .. } = Evaluation::of("", &rows, false)?;
        Ok(Measured {
            protocol,
            condition: condition.to_string(),
            folds: folds.len(),
            metric: "UAR".to_string(),
            value: uar.value,
            interval: uar.interval,
            clips,
            speakers,
        })
    };
    let results = cv::assemble(scored).into_iter().map(of).collect::<Result<Vec<_>>>()?;
    let calibrate = fit(scored)?;
    edited(file, |metadata| {
        metadata.results = results;
        calibrate(metadata);
    })
}

/// A model file of ours under another name, version and revision.
///
/// # Errors
/// `Model` where the file was not written by this crate or does not run.
pub fn named(file: &[u8], [name, version, revision]: [&str; 3]) -> Result<Vec<u8>> {
    edited(file, |metadata| {
        (metadata.name, metadata.version, metadata.revision) = (name.into(), version.into(), revision.into());
    })
}

fn edited(file: &[u8], edit: impl FnOnce(&mut Metadata)) -> Result<Vec<u8>> {
    let mut metadata = Model::from_bytes(file.to_vec())?.metadata().clone();
    edit(&mut metadata);
    let mut model = decoded(file)?;
    let entry = entry(&metadata)?;
    model.metadata_props.retain(|other| other.key != entry.key);
    model.metadata_props.push(entry);
    let file = model.encode_to_vec();
    Model::from_bytes(file.clone())?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use undertone::Emotion;

    /// Of one speaker, under both conditions: sure of `happy` as far as told, and right every other time.
    fn both(speaker: &str, clips: usize, happy: f64) -> [Scored; 2] {
        FITTED.map(|condition| Scored { condition, ..scored(speaker, clips, happy) })
    }

    /// The same of each clip alone.
    fn scored(speaker: &str, clips: usize, happy: f64) -> Scored {
        let row = |i: usize| {
            let mut posterior = [0.0; 8];
            (posterior[Emotion::Happy as usize], posterior[Emotion::Sad as usize]) = (happy, 1.0 - happy);
            Prediction {
                protocol: format!("all-but-{speaker}"),
                fold: "1".into(),
                clip: format!("{i}"),
                speaker: speaker.into(),
                truth: if i.is_multiple_of(2) { Emotion::Happy } else { Emotion::Sad },
                posterior,
                agreement: None,
            }
        };
        Scored { condition: Condition::Unadapted, rows: (0..clips).map(row).collect() }
    }

    #[test]
    fn a_model_right_half_the_time_is_made_to_say_so_and_stays_the_same_network() {
        let file =
            std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../undertone/models/default.onnx")).unwrap();
        let before = Model::from_bytes(file.clone()).unwrap();
        let after = Model::from_bytes(
            calibrated(&file, &[both("a", 40, 0.95), both("b", 4, 0.95)].concat()).unwrap(),
        )
        .unwrap();
        let Metadata { temperature, thresholds, calibrated_on, .. } = after.metadata().clone();
        assert!(temperature.unadapted > 19.0 && temperature.baseline > 19.0, "{temperature:?}");
        assert!((thresholds.unadapted["0.90"] - 0.5).abs() < 0.1, "{thresholds:?}");
        assert_eq!(calibrated_on, ["all-but-a", "all-but-b"]);
        let rest = |model: &Model| Metadata {
            temperature: Conditions::default(),
            thresholds: Conditions::default(),
            calibrated_on: Vec::new(),
            ..model.metadata().clone()
        };
        assert_eq!(rest(&before), rest(&after));
        let waveform: Vec<f32> = (0..16000).map(|i| 0.1 * (i as f32 * 0.05).sin()).collect();
        let heard = |model: &Model| model.run_whole(&waveform, &model.population()).unwrap().answer.logits;
        assert_eq!(heard(&before), heard(&after));
    }

    #[test]
    fn a_corpus_is_judged_by_the_others_alone() {
        // One speaker's voice in two corpora, and another's who is never as sure.
        let mut scored = [scored("a", 40, 0.95), scored("a", 20, 0.95), scored("b", 40, 0.6)];
        scored[1].rows.iter_mut().for_each(|row| row.truth = Emotion::Happy);
        let judged = elsewhere(&scored);
        assert!((judged[0].ece[0] - 0.45).abs() < 1e-9, "{judged:?}");
        // By b alone, right half the time at 60 %, all is as good as a guess; the second, always right, has no say.
        assert!(judged[0].temperature > 19.0 && judged[0].ece[1] < 0.1, "{judged:?}");
        assert_eq!(judged[0].temperature, judged[1].temperature);
        // By both others, right in 40 of 60 by clips: the one speaker counts once.
        assert!(judged[2].temperature > 1.0 && judged[2].temperature < 19.0, "{judged:?}");
        assert_eq!(judged[2].sets.map(|sets| sets.coverage), [1.0; 3]);
        assert!(elsewhere(&scored[..2]).is_empty(), "nobody else is there to judge by");
    }

    #[test]
    fn a_file_that_holds_more_than_ours_do_is_refused() {
        let mut file =
            std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../undertone/models/default.onnx")).unwrap();
        // Field 6 of onnx.proto: doc_string.
        file.extend([0x32, 2, b'h', b'i']);
        let error = calibrated(&file, &both("a", 4, 0.9)).unwrap_err().to_string();
        assert!(error.contains("another program"), "{error}");
    }

    #[test]
    fn without_predictions_nothing_is_fitted() {
        let error = calibrated(&[], &[scored("a", 4, 0.9)]).unwrap_err().to_string();
        assert!(error.contains("none for 'baseline-all'"), "{error}");
    }
}
