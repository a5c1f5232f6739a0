//! How sure a finished model is, and what it was measured at: temperatures, thresholds and figures, from clips of speakers held out of
//! the trainings that scored them.

use std::collections::{BTreeMap, BTreeSet};

use undertone::model::{Conditions, Measured, Metadata};
use undertone::{Error, ErrorKind, Result};
use undertone_eval::metrics::{COVERAGES, Evaluation, Sets, best, ece, fit_threshold, sets};
use undertone_eval::predict::{Condition, Prediction};

use super::ModelFile;
use super::predictions::{self, Scored};

/// The conditions that a model file has a temperature for.
const FITTED: [Condition; 2] = [Condition::Unadapted, Condition::AdaptedAll];

/// Temperature and thresholds that suit some predictions.
struct Fitted {
    temperature: f64,
    thresholds: [f32; COVERAGES.len()],
}

impl Fitted {
    /// To predictions made at temperature 1, each speaker counting the same.
    fn to(rows: &[&Prediction]) -> Fitted {
        let (temperature, weights) = (predictions::temperature(rows), predictions::weights(rows));
        let tempered = rows.iter().map(|row| predictions::tempered(row, temperature));
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

impl ModelFile {
    /// Fits temperatures and thresholds to predictions made at temperature 1; network and figures stay.
    ///
    /// # Errors
    /// `Config` where a condition has no predictions to fit to.
    pub fn calibrate(&mut self, scored: &[Scored]) -> Result<()> {
        let of = |condition| -> Vec<&Prediction> {
            let scored = scored.iter().filter(|scored| scored.condition == condition);
            scored.flat_map(|scored| &scored.rows).collect()
        };
        if let Some(condition) = FITTED.into_iter().find(|condition| of(*condition).is_empty()) {
            let message = format!("no predictions to calibrate on: there are none for '{condition}'");
            return Err(Error::new(ErrorKind::Config, message));
        }
        let [unadapted, adapted] = FITTED.map(|condition| Fitted::to(&of(condition)));
        let names = scored.iter().filter_map(|scored| scored.rows.first()).map(|row| row.protocol.clone());
        let names: BTreeSet<String> = names.collect();
        let metadata = self.metadata_mut();
        metadata.temperature =
            Conditions { unadapted: unadapted.temperature as f32, adapted: adapted.temperature as f32 };
        metadata.thresholds = Conditions { unadapted: unadapted.by_name(), adapted: adapted.by_name() };
        metadata.calibrated_on = names.into_iter().collect();
        metadata.thresholds_fitted_on.clear();
        Ok(())
    }

    /// Takes its figures from what a cross-validation scored, each fold at the temperature fitted on the others.
    ///
    /// # Errors
    /// What [`Evaluation::of`] answers.
    pub fn set_results(&mut self, scored: &[Scored]) -> Result<()> {
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
        let results = predictions::assemble(scored).into_iter().map(of).collect::<Result<_>>()?;
        self.metadata_mut().results = results;
        Ok(())
    }
}

/// How well calibrated a model is on a corpus that its calibration does not know: predictions on one corpus, calibrated on the others.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldOutCalibration {
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
pub fn held_out_calibration(scored: &[Scored]) -> Vec<HeldOutCalibration> {
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
            one.rows.iter().map(|row| predictions::tempered(row, temperature).posterior.to_vec()).collect()
        };
        let calibrated = at(temperature);
        Some(HeldOutCalibration {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use undertone::Emotion;

    /// Of one speaker, under both conditions: `happy` with that probability, and right every other time.
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
                draw: None,
                speaker: speaker.into(),
                truth: if i.is_multiple_of(2) { Emotion::Happy } else { Emotion::Sad },
                posterior,
                agreement: None,
            }
        };
        Scored { condition: Condition::Unadapted, rows: (0..clips).map(row).collect() }
    }

    fn shipped() -> ModelFile {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../undertone-models/models/default.onnx");
        ModelFile::open(path.as_ref()).unwrap()
    }

    #[test]
    fn calibration_changes_nothing_but_temperatures_and_thresholds() {
        let (before, mut after) = (shipped(), shipped());
        after.calibrate(&[both("a", 40, 0.95), both("b", 4, 0.95)].concat()).unwrap();
        let Metadata { temperature, thresholds, calibrated_on, .. } = after.metadata().clone();
        // Right half of the time.
        assert!(temperature.unadapted > 19.0 && temperature.adapted > 19.0, "{temperature:?}");
        assert!((thresholds.unadapted["0.90"] - 0.5).abs() < 0.1, "{thresholds:?}");
        assert_eq!(calibrated_on, ["all-but-a", "all-but-b"]);
        assert!(after.metadata().thresholds_fitted_on.is_empty(), "the thresholds are others now");
        let metadata = after.metadata_mut();
        (metadata.temperature, metadata.thresholds) = (Conditions::default(), Conditions::default());
        metadata.calibrated_on.clear();
        let mut rest = before.clone();
        let metadata = rest.metadata_mut();
        (metadata.temperature, metadata.thresholds) = (Conditions::default(), Conditions::default());
        metadata.calibrated_on.clear();
        metadata.thresholds_fitted_on.clear();
        assert!(rest == after);
    }

    #[test]
    fn a_corpus_is_judged_by_the_others_alone() {
        // One speaker in two corpora, and another whose posteriors are flatter.
        let mut scored = [scored("a", 40, 0.95), scored("a", 20, 0.95), scored("b", 40, 0.6)];
        scored[1].rows.iter_mut().for_each(|row| row.truth = Emotion::Happy);
        let judged = held_out_calibration(&scored);
        assert!((judged[0].ece[0] - 0.45).abs() < 1e-9, "{judged:?}");
        // By b alone, right half the time at 60 %, all is as good as a guess; the second, always right, has no say.
        assert!(judged[0].temperature > 19.0 && judged[0].ece[1] < 0.1, "{judged:?}");
        assert_eq!(judged[0].temperature, judged[1].temperature);
        // By both others, right in 40 of 60 by clips: the one speaker counts once.
        assert!(judged[2].temperature > 1.0 && judged[2].temperature < 19.0, "{judged:?}");
        assert_eq!(judged[2].sets.map(|sets| sets.coverage), [1.0; 3]);
        assert!(held_out_calibration(&scored[..2]).is_empty(), "nobody else is there to judge by");
    }

    #[test]
    fn without_predictions_nothing_is_fitted() {
        let error = shipped().calibrate(&[scored("a", 4, 0.9)]).unwrap_err().to_string();
        assert!(error.contains("none for 'adapted-all'"), "{error}");
    }
}
