//! What a class changes, whoever speaks: a two-way additive model (class + speaker) of each corpus, and the mean over corpora.

use faer::Mat;
use undertone::{Error, ErrorKind, Result};

use super::clips::Clips;

/// Rounds of fitting classes and speakers in turn.
const ROUNDS: usize = 8;
/// Rounds of aligning corpora, whose classes differ.
const ALIGNED: usize = 10;

/// The effects of one corpus's classes; their mean over its classes is 0.
#[derive(Clone, Debug)]
pub(super) struct ClassEffects {
    classes: Vec<usize>,
    /// One row a class, by `classes`.
    effects: Mat<f64>,
}

/// Class effects over corpora.
#[derive(Clone, Debug)]
pub(super) struct Combined {
    /// One row a class; their mean over all classes is 0.
    pub effects: Mat<f64>,
    /// Per dimension, the variance of a corpus's effect about it.
    pub variance: Vec<f64>,
}

impl ClassEffects {
    /// Of the clips of one corpus; none where all are of one class.
    pub fn of(clips: &Clips, classes: usize) -> Option<ClassEffects> {
        let (width, labels) = (clips.width(), &clips.labels);
        let of_class =
            |class| (0..labels.len()).filter(move |&row| labels[row].class == class).collect::<Vec<_>>();
        let (there, rows): (Vec<usize>, Vec<Vec<usize>>) =
            (0..classes).map(|class| (class, of_class(class))).filter(|(_, rows)| !rows.is_empty()).unzip();
        if there.len() < 2 {
            return None;
        }
        let speakers = clips.speakers();
        let place = |class: usize| there.iter().position(|&one| one == class).unwrap_or(0);
        let mut effects = Mat::<f64>::zeros(there.len(), width);
        let mut offsets = Mat::<f64>::zeros(labels.len(), width);
        for _ in 0..ROUNDS {
            effects = Mat::from_fn(there.len(), width, |class, at| {
                let of = |&row: &usize| clips.rows[(row, at)] - offsets[(row, at)];
                rows[class].iter().map(of).sum::<f64>() / rows[class].len() as f64
            });
            centre(&mut effects);
            for speaker in &speakers {
                for at in 0..width {
                    let of = |&row: &usize| clips.rows[(row, at)] - effects[(place(labels[row].class), at)];
                    let mean = speaker.rows.iter().map(of).sum::<f64>() / speaker.rows.len() as f64;
                    speaker.rows.iter().for_each(|&row| offsets[(row, at)] = mean);
                }
            }
        }
        Some(ClassEffects { classes: there, effects })
    }
}

impl Combined {
    /// The mean over corpora, each moved so that it agrees with the mean on the classes it has.
    ///
    /// # Errors
    /// `Config` where a class is in none of them.
    pub fn of(corpora: &[ClassEffects], classes: usize) -> Result<Combined> {
        let mut counts = vec![0.0; classes];
        corpora.iter().flat_map(|corpus| &corpus.classes).for_each(|&class| counts[class] += 1.0);
        if counts.contains(&0.0) {
            let message = "a class of the model is in no corpus that has another class too";
            return Err(Error::new(ErrorKind::Config, message));
        }
        let width = corpora.first().map_or(0, |corpus| corpus.effects.ncols());
        let mut effects = Mat::<f64>::zeros(classes, width);
        for _ in 0..ALIGNED {
            let mut sums = Mat::<f64>::zeros(classes, width);
            for corpus in corpora {
                let aligned = corpus.aligned(&effects);
                for (row, &class) in corpus.classes.iter().enumerate() {
                    (0..width).for_each(|at| sums[(class, at)] += aligned[(row, at)]);
                }
            }
            effects = Mat::from_fn(classes, width, |class, at| sums[(class, at)] / counts[class]);
            centre(&mut effects);
        }
        let (mut variance, mut freedom) = (vec![0.0; width], 0.0);
        for corpus in corpora {
            let aligned = corpus.aligned(&effects);
            freedom += corpus.classes.len() as f64 - 1.0;
            for (row, &class) in corpus.classes.iter().enumerate() {
                for (at, variance) in variance.iter_mut().enumerate() {
                    *variance += (aligned[(row, at)] - effects[(class, at)]).powi(2);
                }
            }
        }
        variance.iter_mut().for_each(|variance| *variance /= freedom);
        Ok(Combined { effects, variance })
    }
}

impl ClassEffects {
    /// Its effects, moved by the mean of the common ones over its classes.
    fn aligned(&self, common: &Mat<f64>) -> Mat<f64> {
        let count = self.classes.len() as f64;
        let shift = |at: usize| self.classes.iter().map(|&class| common[(class, at)]).sum::<f64>() / count;
        let shifts: Vec<f64> = (0..self.effects.ncols()).map(shift).collect();
        Mat::from_fn(self.classes.len(), shifts.len(), |row, at| self.effects[(row, at)] + shifts[at])
    }
}

/// Makes the mean over the rows 0.
fn centre(rows: &mut Mat<f64>) {
    let count = rows.nrows() as f64;
    for at in 0..rows.ncols() {
        let mean = rows.col(at).sum() / count;
        (0..rows.nrows()).for_each(|row| rows[(row, at)] -= mean);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::synthetic::{CLASSES, Synthetic};
    use super::*;

    /// Effects of a corpus whose clips are all of these classes.
    fn of(name: &str, seed: u64, kept: &[usize]) -> ClassEffects {
        let clips = Synthetic { speakers: 60, clips: 40, ..Synthetic::default() }.clips(name, seed);
        let rows: Vec<usize> =
            (0..clips.labels.len()).filter(|&row| kept.contains(&clips.labels[row].class)).collect();
        let part = Clips {
            rows: Mat::from_fn(rows.len(), clips.width(), |row, at| clips.rows[(rows[row], at)]),
            labels: rows.iter().map(|&row| clips.labels[row].clone()).collect(),
        };
        ClassEffects::of(&part, CLASSES).unwrap()
    }

    #[test]
    fn corpora_with_other_classes_are_aligned() {
        let effect = Synthetic::default().effect;
        let corpora = [of("a", 1, &[0, 1, 2]), of("b", 2, &[1, 2, 3]), of("c", 3, &[0, 3])];
        let Combined { effects, variance } = Combined::of(&corpora, CLASSES).unwrap();
        for class in 1..CLASSES {
            for at in 0..CLASSES {
                let wanted = if at == class { effect } else { 0.0 };
                let difference = effects[(class, at)] - effects[(0, at)];
                let wanted = if at == 0 { -effect } else { wanted };
                assert!((difference - wanted).abs() < 0.2, "{class} {at}: {difference}, not {wanted}");
            }
        }
        assert!(variance.iter().all(|&variance| variance < 0.02), "{variance:?}");
    }

    #[test]
    fn what_corpora_disagree_on_is_in_the_variance() {
        let mut other = of("b", 2, &[0, 1, 2, 3]);
        other.effects[(1, 2)] += 2.0;
        other.effects[(0, 2)] -= 2.0;
        let Combined { variance, .. } = Combined::of(&[of("a", 1, &[0, 1, 2, 3]), other], CLASSES).unwrap();
        // Two classes one apart from the mean, in either corpus, over six degrees of freedom.
        assert!((variance[2] - 4.0 / 6.0).abs() < 0.2 && variance[1] < 0.02, "{variance:?}");
    }

    #[test]
    fn one_class_tells_of_no_effect_and_a_class_nowhere_is_an_error() {
        let clips = Synthetic::default().clips("a", 1);
        let corpus = Clips {
            labels: clips
                .labels
                .iter()
                .cloned()
                .map(|l| super::super::clips::Label { class: 2, ..l })
                .collect(),
            ..clips
        };
        assert!(ClassEffects::of(&corpus, CLASSES).is_none());
        let error = Combined::of(&[of("a", 1, &[0, 1, 2])], CLASSES).unwrap_err().to_string();
        assert!(error.contains("a class of the model"), "{error}");
    }
}
