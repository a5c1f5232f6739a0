//! The weights of a model's two linear heads, and an orthonormal basis of the space they span: an offset of a speaker outside of it changes
//! no logit.

use faer::Mat;
use undertone::model::{Adaptation, Model, Population};
use undertone::{Error, ErrorKind, Result};

/// Smaller singular values of the weights, relative to the largest, are rounding.
const SMALLEST: f64 = 1e-6;
/// How far logits may be from linear in the embedding, relative to the largest of them.
const LINEAR: f64 = 1e-3;

/// What a standardised embedding is multiplied by, one column a class.
#[derive(Clone, Debug)]
pub(super) struct Heads {
    /// Of the head for unknown speakers.
    pub unadapted: Mat<f64>,
    /// Of the head for known speakers.
    pub adapted: Mat<f64>,
}

impl Heads {
    /// Those of a model, read from its answers to the population's mean and to embeddings one deviation away from it along each axis:
    /// this holds for any graph, ensembles of networks too.
    ///
    /// # Errors
    /// `Model` where the network refuses its input or its logits are not linear in the embedding.
    pub fn of(model: &Model) -> Result<Heads> {
        let of = |weight| weights(model, &Adaptation { weight, ..model.population() });
        Ok(Heads { unadapted: of(0.0)?, adapted: of(1.0)? })
    }

    /// An orthonormal basis of the columns of both.
    ///
    /// # Errors
    /// `Model` where the weights are all 0 or not finite.
    pub fn basis(&self) -> Result<Mat<f64>> {
        let (rows, classes) = (self.unadapted.nrows(), self.unadapted.ncols());
        let both = Mat::from_fn(rows, 2 * classes, |row, column| match column.checked_sub(classes) {
            None => self.unadapted[(row, column)],
            Some(column) => self.adapted[(row, column)],
        });
        let damaged = || Error::new(ErrorKind::Model, "the weights of the model's heads are 0 or not finite");
        let svd = both.thin_svd().map_err(|_| damaged())?;
        let values = svd.S().column_vector();
        let rank = (0..values.nrows()).take_while(|&at| values[at] > SMALLEST * values[0]).count();
        if rank == 0 {
            return Err(damaged());
        }
        Ok(svd.U().subcols(0, rank).to_owned())
    }
}

/// Logits' change by each axis of the standardised embedding under one adaptation.
fn weights(model: &Model, adaptation: &Adaptation) -> Result<Mat<f64>> {
    let Population { mean, scale } = &model.metadata().population;
    let moved = |axis: usize| -> Vec<f32> {
        let step = |(at, (mean, scale)): (usize, (&f32, &f32))| if at == axis { mean + scale } else { *mean };
        mean.iter().zip(scale).enumerate().map(step).collect()
    };
    let mut probes = vec![mean.clone(), mean.iter().zip(scale).map(|(mean, scale)| mean + scale).collect()];
    probes.extend((0..mean.len()).map(moved));
    let answers = model.answer(&probes, &vec![adaptation; probes.len()])?;
    let classes = model.metadata().classes.len();
    let change = |probe: usize, class: usize| {
        f64::from(answers[probe].logits[class]) - f64::from(answers[0].logits[class])
    };
    let weights = Mat::from_fn(mean.len(), classes, |axis, class| change(axis + 2, class));
    for class in 0..classes {
        let column = || (0..mean.len()).map(|axis| weights[(axis, class)]);
        let (sum, size) = (column().sum::<f64>(), column().map(f64::abs).sum::<f64>());
        // A comparison that is false for what is not a number.
        let linear = (change(1, class) - sum).abs() <= LINEAR * size.max(1.0);
        if !linear {
            let message =
                "its logits are not linear in the embedding: adaptation statistics are for linear heads";
            return Err(Error::new(ErrorKind::Model, message));
        }
    }
    Ok(weights)
}
