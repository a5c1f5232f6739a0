//! Vectors → posteriors: the training's majority, multinomial logistic regression, or support vectors with a Gaussian kernel.

use linfa::prelude::*;
use linfa_logistic::{MultiFittedLogisticRegression, MultiLogisticRegression};
use linfa_svm::Svm;
use ndarray::{Array1, Array2};
use undertone::emotion::Emotion;
use undertone::{Error, ErrorKind, Result};

use super::Row;

/// Classes there are.
const CLASSES: usize = Emotion::ALL.len();

/// A classifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Always the training's shares of the classes.
    Majority,
    /// Multinomial logistic regression with L2.
    Linear,
    /// One class against the rest each, Gaussian kernel, Platt's probabilities, divided by their sum.
    Svm,
}

impl Kind {
    /// What is chosen from: the weight of L2 for the linear, C for the support vectors.
    pub fn strengths(self) -> &'static [f64] {
        match self {
            Kind::Majority => &[],
            Kind::Linear => &[10.0, 100.0, 1000.0],
            Kind::Svm => &[1.0, 10.0],
        }
    }
}

/// Mean and deviation of each value.
pub struct Scale {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

impl Scale {
    /// Of vectors of one length; values that do not vary are left unscaled.
    pub fn of<'a>(vectors: impl Iterator<Item = &'a [f64]>) -> Scale {
        let vectors: Vec<&[f64]> = vectors.collect();
        let (n, width) = (vectors.len().max(1) as f64, vectors.first().map_or(0, |first| first.len()));
        let mean: Vec<f64> =
            (0..width).map(|at| vectors.iter().map(|row| row[at]).sum::<f64>() / n).collect();
        let deviation = (0..width)
            .map(|at| {
                let square = vectors.iter().map(|row| (row[at] - mean[at]).powi(2)).sum::<f64>() / n;
                if square > 1e-12 { square.sqrt() } else { 1.0 }
            })
            .collect();
        Scale { mean, deviation }
    }

    /// `(x − mean) / deviation`.
    pub fn apply(&self, vector: &[f64]) -> Vec<f64> {
        vector.iter().zip(&self.mean).zip(&self.deviation).map(|((x, mean), d)| (x - mean) / d).collect()
    }
}

/// A fitted classifier.
pub struct Classifier {
    scale: Scale,
    fitted: Fitted,
}

enum Fitted {
    Majority([f64; CLASSES]),
    Linear(MultiFittedLogisticRegression<f64, usize>),
    Svm(Vec<(usize, Svm<f64, Pr>)>),
}

impl Classifier {
    /// Fits a classifier to rows.
    ///
    /// # Errors
    /// `Config` where the fit fails.
    pub fn fit(kind: Kind, strength: f64, rows: &[&Row<'_>]) -> Result<Classifier> {
        let scale = Scale::of(rows.iter().map(|row| row.vector.as_slice()));
        let truth: Vec<usize> = rows.iter().map(|row| row.truth as usize).collect();
        let fitted = match kind {
            Kind::Majority => {
                let share = |class| truth.iter().filter(|t| **t == class).count() as f64 / truth.len() as f64;
                Fitted::Majority(std::array::from_fn(share))
            }
            Kind::Linear => {
                let data = Dataset::new(matrix(&scale, rows), Array1::from(truth));
                let fit = MultiLogisticRegression::default().alpha(strength).max_iterations(200).fit(&data);
                Fitted::Linear(fit.map_err(failed)?)
            }
            Kind::Svm => Fitted::Svm(against_the_rest(strength, &matrix(&scale, rows), &truth)?),
        };
        Ok(Classifier { scale, fitted })
    }

    /// Posteriors over all classes; 0 for those never learned.
    pub fn posteriors(&self, rows: &[&Row<'_>]) -> Vec<[f64; CLASSES]> {
        let values = matrix(&self.scale, rows);
        match &self.fitted {
            Fitted::Majority(shares) => vec![*shares; rows.len()],
            Fitted::Linear(model) => {
                let found = model.predict_probabilities(&values);
                let spread = |row: ndarray::ArrayView1<f64>| {
                    let mut posterior = [0.0; CLASSES];
                    for (&class, &p) in model.classes().iter().zip(row) {
                        posterior[class] = p;
                    }
                    posterior
                };
                found.rows().into_iter().map(spread).collect()
            }
            Fitted::Svm(models) => {
                let mut posteriors = vec![[0.0; CLASSES]; rows.len()];
                for (class, model) in models {
                    for (posterior, p) in posteriors.iter_mut().zip(model.predict(&values)) {
                        posterior[*class] = f64::from(*p);
                    }
                }
                let divided = |row: [f64; CLASSES]| row.map(|p| p / row.iter().sum::<f64>());
                posteriors.into_iter().map(divided).collect()
            }
        }
    }
}

fn against_the_rest(c: f64, values: &Array2<f64>, truth: &[usize]) -> Result<Vec<(usize, Svm<f64, Pr>)>> {
    let mut models = Vec::new();
    for class in (0..CLASSES).filter(|class| truth.contains(class)) {
        let own: Array1<bool> = truth.iter().map(|t| *t == class).collect();
        let width = values.ncols().max(1) as f64;
        let data = Dataset::new(values.clone(), own);
        let model = Svm::<f64, Pr>::params().gaussian_kernel(width).pos_neg_weights(c, c).fit(&data);
        models.push((class, model.map_err(failed)?));
    }
    Ok(models)
}

fn matrix(scale: &Scale, rows: &[&Row<'_>]) -> Array2<f64> {
    let width = rows.first().map_or(0, |row| row.vector.len());
    let values: Vec<f64> = rows.iter().flat_map(|row| scale.apply(&row.vector)).collect();
    Array2::from_shape_vec((rows.len(), width), values).unwrap_or_default()
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Config, format!("the classifier cannot be fitted: {error}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use undertone_eval::corpus::Utterance;

    fn utterance() -> Utterance {
        Utterance {
            corpus: "c".into(),
            clip: "a".into(),
            path: "a".into(),
            segment: None,
            speaker: "c/s".into(),
            label: String::new(),
            emotion: None,
            intensity: None,
            votes: None,
            about: Default::default(),
            defect: None,
        }
    }

    #[test]
    fn each_kind_learns_what_two_values_tell() {
        let utterance = utterance();
        let row = |i: usize| {
            let (truth, side) = [(Emotion::Happy, 1.0), (Emotion::Sad, -1.0)][i % 2];
            let vector = vec![side + 0.3 * (i as f64).sin(), 5.0 - 2.0 * side + 0.3 * (i as f64).cos()];
            Row { utterance: &utterance, truth, vector }
        };
        let rows: Vec<Row> = (0..60).map(row).collect();
        let rows: Vec<&Row> = rows.iter().collect();
        for kind in [Kind::Linear, Kind::Svm] {
            let posteriors = Classifier::fit(kind, 1.0, &rows).unwrap().posteriors(&rows);
            for (posterior, row) in posteriors.iter().zip(&rows) {
                assert!((posterior.iter().sum::<f64>() - 1.0).abs() < 1e-6, "{kind:?}: {posterior:?}");
                assert!(posterior[row.truth as usize] > 0.5, "{kind:?}: {posterior:?}");
            }
        }
        let shares = Classifier::fit(Kind::Majority, 0.0, &rows).unwrap().posteriors(&rows[..1]);
        assert_eq!(shares[0][Emotion::Sad as usize], 0.5);
    }
}
