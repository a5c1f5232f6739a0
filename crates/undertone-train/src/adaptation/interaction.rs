//! How the means of classes vary from speaker to speaker, beyond the speaker's offset and what few clips explain.

use std::collections::BTreeMap;

use faer::Mat;
use undertone::{Error, ErrorKind, Result};

use super::clips::Clips;

/// The least variance that is told from the noise of means, where clips vary by 1.
const LEAST: f64 = 0.02;

/// Variance of the interaction speaker × class per dimension, of speakers heard in two classes or more, each by its weight:
/// the variance of class means about the speaker's own mean of them, less that of the residuals divided by the clips in a mean.
///
/// # Errors
/// `Config` where no speaker is heard in two classes, or no class of theirs in two clips.
pub(super) fn variance(clips: &Clips, class_means: &Mat<f64>) -> Result<Vec<f64>> {
    let width = clips.width();
    let (mut means, mut residuals) = (vec![0.0; width], vec![0.0; width]);
    let (mut means_freedom, mut residuals_freedom, mut noise) = (0.0, 0.0, 0.0);
    for speaker in clips.speakers() {
        let mut cells = BTreeMap::<usize, Vec<usize>>::new();
        for &row in &speaker.rows {
            cells.entry(clips.labels[row].class).or_default().push(row);
        }
        if cells.len() < 2 {
            continue;
        }
        let (weight, classes) = (speaker.weight, cells.len() as f64);
        for at in 0..width {
            let mean = |rows: &[usize]| {
                rows.iter().map(|&row| clips.rows[(row, at)]).sum::<f64>() / rows.len() as f64
            };
            let deviations: Vec<f64> =
                cells.iter().map(|(&class, rows)| mean(rows) - class_means[(class, at)]).collect();
            let own = deviations.iter().sum::<f64>() / classes;
            means[at] += weight * deviations.iter().map(|x| (x - own).powi(2)).sum::<f64>();
            for rows in cells.values() {
                let mean = mean(rows);
                let squares = rows.iter().map(|&row| (clips.rows[(row, at)] - mean).powi(2));
                residuals[at] += weight * squares.sum::<f64>();
            }
        }
        means_freedom += weight * (classes - 1.0);
        residuals_freedom += weight * cells.values().map(|rows| rows.len() as f64 - 1.0).sum::<f64>();
        let reciprocals = cells.values().map(|rows| 1.0 / rows.len() as f64);
        noise += weight * (classes - 1.0) * reciprocals.sum::<f64>() / classes;
    }
    if means_freedom == 0.0 || residuals_freedom == 0.0 {
        let message = "no speaker is heard in two clips of a class, and in another class: \
                       how classes vary from speaker to speaker cannot be estimated";
        return Err(Error::new(ErrorKind::Config, message));
    }
    let of = |(means, residuals): (&f64, &f64)| {
        let explained = residuals / residuals_freedom * noise / means_freedom;
        (means / means_freedom - explained).max(LEAST)
    };
    Ok(means.iter().zip(&residuals).map(of).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::synthetic::{CLASSES, Synthetic};
    use super::*;

    #[test]
    fn the_variance_of_class_means_is_recovered_and_few_clips_do_not_raise_it() {
        for clips in [8, 40] {
            let synthetic = Synthetic { speakers: 2000, clips, interaction: 0.5, ..Synthetic::default() };
            let variance = variance(&synthetic.clips("a", 1), &synthetic.class_means()).unwrap();
            assert!(variance.iter().all(|x| (x - 0.25).abs() < 0.05), "{clips}: {variance:?}");
        }
        let synthetic = Synthetic { speakers: 2000, ..Synthetic::default() };
        let variance = variance(&synthetic.clips("a", 1), &synthetic.class_means()).unwrap();
        assert!(variance.iter().all(|&x| x < 0.06), "{variance:?}");
    }

    #[test]
    fn speakers_of_one_class_each_tell_nothing() {
        let synthetic = Synthetic { clips: 1, ..Synthetic::default() };
        let clips = synthetic.clips("a", 1);
        let error = variance(&clips, &Mat::zeros(CLASSES, clips.width())).unwrap_err().to_string();
        assert!(error.contains("no speaker"), "{error}");
    }
}
