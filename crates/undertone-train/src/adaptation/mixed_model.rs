//! A linear mixed model: clip = mean of its class + offset of its speaker + residual, both normal, fitted by expectation-maximisation
//! (Laird & Ware, Biometrics 38, 1982).

use std::collections::BTreeMap;

use faer::linalg::solvers::DenseSolveCore;
use faer::{Mat, Side};
use undertone::{Error, ErrorKind, Result};

use super::clips::{Clips, Speaker};

/// Steps of expectation-maximisation.
const STEPS: usize = 12;

/// The parameters.
#[derive(Clone, Debug)]
pub(super) struct MixedModel {
    /// One row a class.
    pub class_means: Mat<f64>,
    /// Covariance of the offsets of speakers.
    pub between: Mat<f64>,
    /// Covariance of clips of one speaker and class.
    pub within: Mat<f64>,
}

impl MixedModel {
    /// Fits it, each speaker by its weight. Every one of `classes` must occur.
    ///
    /// # Errors
    /// `Config` where a covariance is singular: there are too few clips or speakers.
    pub fn fit(clips: &Clips, classes: usize) -> Result<MixedModel> {
        let speakers = clips.speakers();
        let mut weights = vec![0.0; clips.labels.len()];
        for Speaker { rows, weight } in &speakers {
            rows.iter().for_each(|&row| weights[row] = *weight);
        }
        let total = covariance(&clips.rows);
        let mut model = MixedModel {
            class_means: Mat::zeros(classes, clips.width()),
            between: 0.5 * &total,
            within: total,
        };
        for _ in 0..STEPS {
            model = model.step(clips, &speakers, &weights)?;
        }
        Ok(model)
    }

    fn step(&self, clips: &Clips, speakers: &[Speaker], weights: &[f64]) -> Result<MixedModel> {
        let (width, labels) = (clips.width(), &clips.labels);
        let precisions = [inverse(&self.between)?, inverse(&self.within)?];
        let residuals = Mat::from_fn(labels.len(), width, |row, at| {
            clips.rows[(row, at)] - self.class_means[(labels[row].class, at)]
        });
        // The posterior of an offset: its covariance depends on the number of clips alone.
        let mut covariances = BTreeMap::new();
        let mut offsets = Mat::<f64>::zeros(labels.len(), width);
        let mut between = Mat::<f64>::zeros(width, width);
        let mut within = Mat::<f64>::zeros(width, width);
        for Speaker { rows, weight } in speakers {
            let count = rows.len() as f64;
            let covariance = match covariances.entry(rows.len()) {
                std::collections::btree_map::Entry::Occupied(there) => there.into_mut(),
                std::collections::btree_map::Entry::Vacant(empty) => {
                    empty.insert(inverse(&(&precisions[0] + count * &precisions[1]))?)
                }
            };
            let sum =
                Mat::from_fn(width, 1, |at, _| rows.iter().map(|&row| residuals[(row, at)]).sum::<f64>());
            let offset = &*covariance * (&precisions[1] * sum);
            between += *weight * (&*covariance + &offset * offset.transpose());
            within += (weight * count) * &*covariance;
            for &row in rows {
                (0..width).for_each(|at| offsets[(row, at)] = offset[(at, 0)]);
            }
        }
        let errors = &residuals - &offsets;
        let scaled = Mat::from_fn(labels.len(), width, |row, at| weights[row] * errors[(row, at)]);
        within += errors.transpose() * &scaled;
        let mut class_means = Mat::<f64>::zeros(self.class_means.nrows(), width);
        let mut shares = vec![0.0; self.class_means.nrows()];
        for (row, label) in labels.iter().enumerate() {
            shares[label.class] += weights[row];
            for at in 0..width {
                class_means[(label.class, at)] += weights[row] * (clips.rows[(row, at)] - offsets[(row, at)]);
            }
        }
        let speakers_weight: f64 = speakers.iter().map(|speaker| speaker.weight).sum();
        let clips_weight: f64 = weights.iter().sum();
        Ok(MixedModel {
            class_means: Mat::from_fn(shares.len(), width, |class, at| {
                class_means[(class, at)] / shares[class]
            }),
            between: (1.0 / speakers_weight) * between,
            within: (1.0 / clips_weight) * within,
        })
    }
}

/// Of the rows, about their mean.
fn covariance(rows: &Mat<f64>) -> Mat<f64> {
    let count = rows.nrows() as f64;
    let mean: Vec<f64> = (0..rows.ncols()).map(|at| rows.col(at).sum() / count).collect();
    let centred = Mat::from_fn(rows.nrows(), rows.ncols(), |row, at| rows[(row, at)] - mean[at]);
    (1.0 / (count - 1.0).max(1.0)) * (centred.transpose() * &centred)
}

/// Of a symmetric positive definite matrix.
fn inverse(matrix: &Mat<f64>) -> Result<Mat<f64>> {
    let singular = |error| {
        let message = format!(
            "a covariance of speakers or clips is singular ({error:?}): give more labelled clips of more speakers"
        );
        Error::new(ErrorKind::Config, message)
    };
    Ok(matrix.llt(Side::Lower).map_err(singular)?.inverse())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::synthetic::{CLASSES, Synthetic};
    use super::*;

    #[test]
    fn known_covariances_and_class_means_are_recovered() {
        let synthetic = Synthetic { speakers: 300, clips: 24, ..Synthetic::default() };
        let model = MixedModel::fit(&synthetic.clips("a", 1), CLASSES).unwrap();
        for (at, &deviation) in synthetic.offset.iter().enumerate() {
            let (between, within) = (model.between[(at, at)], model.within[(at, at)]);
            let wanted = deviation * deviation;
            assert!((between / wanted - 1.0).abs() < 0.25, "{at}: {between}, not {wanted}");
            assert!((within - 1.0).abs() < 0.1, "{at}: {within}");
        }
        for class in 1..CLASSES {
            // Means share the mean of all offsets; their differences do not.
            let difference = model.class_means[(class, class)] - model.class_means[(0, class)];
            assert!((difference - synthetic.effect).abs() < 0.1, "{class}: {difference}");
        }
    }

    #[test]
    fn a_clip_that_is_there_twice_and_nothing_else_is_refused() {
        let clips = Synthetic { speakers: 1, clips: 1, ..Synthetic::default() }.clips("a", 1);
        let error = MixedModel::fit(&clips, CLASSES).unwrap_err().to_string();
        assert!(error.contains("more labelled clips"), "{error}");
    }
}
