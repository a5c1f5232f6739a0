//! The confusion matrix, and figures derived from it.

use serde::{Deserialize, Serialize};

/// How often each class (row) was taken for each other (column).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Confusion(Vec<Vec<usize>>);

impl Confusion {
    /// Counts clips over `classes` classes; indices beyond are left out.
    pub fn count(truth: &[usize], predicted: &[usize], classes: usize) -> Confusion {
        let mut counts = vec![vec![0; classes]; classes];
        for (&truth, &predicted) in truth.iter().zip(predicted) {
            if let Some(cell) = counts.get_mut(truth).and_then(|row| row.get_mut(predicted)) {
                *cell += 1;
            }
        }
        Confusion(counts)
    }

    /// `[truth][predicted]`, in clips.
    pub fn counts(&self) -> &[Vec<usize>] {
        &self.0
    }

    /// How many clips are of `class`.
    pub fn support(&self, class: usize) -> usize {
        self.0[class].iter().sum()
    }

    /// Share of the clips of `class` that were predicted so, 0…1. None where the class does not occur.
    pub fn recall(&self, class: usize) -> Option<f64> {
        share(self.0[class][class], self.support(class))
    }

    /// Share of the clips predicted to be of `class` that are, 0…1. None where it is never predicted.
    pub fn precision(&self, class: usize) -> Option<f64> {
        share(self.0[class][class], self.0.iter().map(|row| row[class]).sum())
    }

    /// Harmonic mean of recall and precision, `2·hits/(of the class + predicted so)`, 0…1; 0 where the class occurs but is
    /// never predicted. None where it neither occurs nor is predicted.
    pub fn f1(&self, class: usize) -> Option<f64> {
        let predicted: usize = self.0.iter().map(|row| row[class]).sum();
        share(2 * self.0[class][class], self.support(class) + predicted)
    }

    /// The mean of [`Confusion::f1`] over the classes that occur, 0…1. NaN where none does.
    pub fn macro_f1(&self) -> f64 {
        let occurring = (0..self.0.len()).filter(|&class| self.support(class) > 0);
        let scores: Vec<f64> = occurring.filter_map(|class| self.f1(class)).collect();
        scores.iter().sum::<f64>() / scores.len() as f64
    }
}

/// Macro-F1: the mean over the classes that occur in `truth` of the harmonic mean of recall and precision, 0…1. NaN where
/// `truth` is empty.
///
/// Opitz & Burst (2019), arXiv:1911.03347, "averaged F1". Classes that never occur do not count, but being predicted they
/// lower the recall of the others.
///
/// ```
/// let f1 = undertone_eval::metrics::macro_f1(&[0, 0, 1], &[0, 1, 1]);
/// assert!((f1 - 2.0 / 3.0).abs() < 1e-15);
/// ```
pub fn macro_f1(truth: &[usize], predicted: &[usize]) -> f64 {
    let classes = truth.iter().chain(predicted).max().map_or(0, |most| most + 1);
    Confusion::count(truth, predicted, classes).macro_f1()
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUTH: [usize; 7] = [0, 0, 0, 1, 1, 2, 2];
    const PREDICTED: [usize; 7] = [0, 0, 1, 1, 3, 0, 2];

    #[test]
    fn each_figure_is_its_formula_on_counted_clips() {
        let table = Confusion::count(&TRUTH, &PREDICTED, 5);
        assert_eq!(table.counts()[2], [1, 0, 1, 0, 0]);
        for class in 0..3 {
            let pairs = || TRUTH.iter().zip(&PREDICTED);
            let hits = pairs().filter(|(t, p)| **t == class && **p == class).count() as f64;
            let of = TRUTH.iter().filter(|t| **t == class).count() as f64;
            let said = PREDICTED.iter().filter(|p| **p == class).count() as f64;
            let (recall, precision) = (hits / of, hits / said);
            assert_eq!((table.recall(class), table.precision(class)), (Some(recall), Some(precision)));
            let f1 = 2.0 * recall * precision / (recall + precision);
            assert!((table.f1(class).unwrap_or(f64::NAN) - f1).abs() < 1e-15);
        }
    }

    #[test]
    fn classes_that_do_not_occur_do_not_count() {
        let table = Confusion::count(&TRUTH, &PREDICTED, 5);
        assert_eq!((table.recall(3), table.precision(3), table.f1(3)), (None, Some(0.0), Some(0.0)));
        assert_eq!((table.recall(4), table.precision(4), table.f1(4)), (None, None, None));
        let of_three = (0..3).filter_map(|class| table.f1(class)).sum::<f64>() / 3.0;
        assert_eq!(macro_f1(&TRUTH, &PREDICTED), of_three);
        assert_eq!(table.macro_f1(), of_three);
    }

    #[test]
    fn a_class_never_predicted_has_a_score_of_nothing() {
        assert_eq!(macro_f1(&[0, 1], &[0, 0]), (2.0 / 3.0 + 0.0) / 2.0);
        assert!(macro_f1(&[], &[]).is_nan());
    }
}
