//! Conformal prediction sets with a nominal coverage.

use serde::{Deserialize, Serialize};

use super::best;

/// Split conformal threshold (Vovk et al. 2005; Lei et al. 2018): the smallest of the scores 1 − posterior of the truth that
/// `coverage` of the weights do not exceed, with one clip of mean weight to spare (for equal weights the ⌈(n + 1)·coverage⌉-th
/// smallest). Sets of all classes with posterior ≥ 1 − threshold then hold the truth of exchangeable clips with at least that
/// probability where all `weights` are equal; else they do so in that share of the weights they were fitted on, and nothing is promised.
/// 1 (every class) where there are too few clips.
pub fn fit_threshold(truth_posterior: &[f64], weights: &[f64], coverage: f64) -> f64 {
    let mut scores: Vec<(f64, f64)> =
        truth_posterior.iter().map(|p| 1.0 - p).zip(weights.iter().copied()).collect();
    scores.sort_by(|a, b| a.0.total_cmp(&b.0));
    let all: f64 = scores.iter().map(|(_, weight)| weight).sum();
    // What rounding adds to a sum of weights must not cost a clip.
    let wanted = (all + all / scores.len().max(1) as f64) * coverage * (1.0 - 1e-12);
    let mut so_far = 0.0;
    let reached = scores.iter().find(|(_, weight)| {
        so_far += weight;
        so_far >= wanted
    });
    reached.map_or(1.0, |(score, _)| *score)
}

/// How prediction sets did.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sets {
    /// Share of clips whose set holds the truth, 0…1.
    pub coverage: f64,
    /// Mean number of classes in a set, ≥ 1.
    pub size: f64,
    /// Share of clips whose set is one class, 0…1.
    pub single: f64,
}

/// Coverage and size of the sets of all classes with posterior ≥ 1 − `threshold`, the most probable one always in. NaN where
/// there are no rows.
///
/// ```
/// let sets = undertone_eval::metrics::sets(&[0, 1], &[vec![0.9, 0.1], vec![0.6, 0.4]], 0.7);
/// assert_eq!((sets.coverage, sets.size), (1.0, 1.5));
/// ```
pub fn sets(truth: &[usize], posteriors: &[Vec<f64>], threshold: f64) -> Sets {
    sets_at(truth, posteriors, &vec![threshold; truth.len()])
}

/// As [`sets`], with a threshold for each row.
pub fn sets_at(truth: &[usize], posteriors: &[Vec<f64>], thresholds: &[f64]) -> Sets {
    let (mut held, mut classes, mut single) = (0, 0, 0);
    for ((&truth, row), threshold) in truth.iter().zip(posteriors).zip(thresholds) {
        let top = best(row);
        let inside = |class: usize| class == top || row[class] >= 1.0 - threshold;
        let size = (0..row.len()).filter(|&class| inside(class)).count();
        held += usize::from(inside(truth));
        classes += size;
        single += usize::from(size == 1);
    }
    let n = truth.len() as f64;
    Sets { coverage: held as f64 / n, size: classes as f64 / n, single: single as f64 / n }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_is_the_quantile_with_one_clip_to_spare() {
        let posterior: Vec<f64> = (1..=9).map(|i| f64::from(i) / 10.0).collect();
        // Ten ninths of 90 %: the 9th smallest score, 1 − 0.1.
        assert!((fit_threshold(&posterior, &[1.0; 9], 0.9) - 0.9).abs() < 1e-12);
        assert_eq!(fit_threshold(&posterior, &[1.0; 9], 0.95), 1.0);
        assert_eq!(fit_threshold(&[], &[], 0.9), 1.0);
    }

    #[test]
    fn a_clip_of_weight_three_counts_as_three_clips() {
        let posterior = [0.9, 0.2, 0.7, 0.5, 0.4];
        let thrice = [0.9, 0.2, 0.2, 0.2, 0.7, 0.5, 0.4];
        for coverage in [0.3, 0.5, 0.7] {
            let weighted = fit_threshold(&posterior, &[1.0, 3.0, 1.0, 1.0, 1.0], coverage);
            // One clip of mean weight to spare is 7/5 here, 1 there.
            let listed = fit_threshold(&thrice, &[1.0; 7], coverage * (7.0 + 1.4) / 8.0);
            assert_eq!(weighted, listed, "{coverage}");
        }
    }

    #[test]
    fn sets_made_with_a_fitted_threshold_cover_the_clips_it_was_fitted_on() {
        let row = |i: u32| {
            let p = f64::from(i % 37) / 37.0;
            vec![p, (1.0 - p) * 0.7, (1.0 - p) * 0.3]
        };
        let rows: Vec<Vec<f64>> = (0..200).map(row).collect();
        let truth: Vec<usize> = (0..200).map(|i| i % 3).collect();
        let right: Vec<f64> = rows.iter().zip(&truth).map(|(row, &truth)| row[truth]).collect();
        for coverage in [0.5, 0.8, 0.95] {
            let met = sets(&truth, &rows, fit_threshold(&right, &[1.0; 200], coverage));
            assert!(met.coverage >= coverage, "{coverage}: {met:?}");
        }
    }

    #[test]
    fn a_set_is_never_empty_and_a_threshold_of_one_lets_every_class_in() {
        let rows = [vec![0.5, 0.3, 0.2], vec![0.4, 0.35, 0.25]];
        let narrow = sets(&[0, 1], &rows, 0.0);
        assert_eq!((narrow.coverage, narrow.size, narrow.single), (0.5, 1.0, 1.0));
        let wide = sets(&[0, 1], &rows, 1.0);
        assert_eq!((wide.coverage, wide.size, wide.single), (1.0, 3.0, 0.0));
        assert!(sets(&[], &[], 0.5).coverage.is_nan());
    }
}
