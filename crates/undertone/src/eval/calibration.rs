//! Whether probabilities mean what they say, and what makes them: one temperature, conformal thresholds.

/// Bins of [`ece`].
const BINS: usize = 15;

/// Expected calibration error (Naeini et al. 2015): over 15 bins of equal width of the top posterior,
/// `Σ_b n_b/n · |share right in b − mean top posterior in b|`, 0…1. 0 where there are no rows.
///
/// `top` holds each row's largest posterior, `right` whether that class was the truth.
pub fn ece(top: &[f64], right: &[bool]) -> f64 {
    let mut bins = [(0.0, 0.0, 0.0); BINS];
    for (&top, &right) in top.iter().zip(right) {
        // Bin b holds (b/15, (b+1)/15].
        let bin = &mut bins[((top * BINS as f64).ceil() as usize).clamp(1, BINS) - 1];
        *bin = (bin.0 + 1.0, bin.1 + top, bin.2 + f64::from(u8::from(right)));
    }
    bins.iter().filter(|bin| bin.0 > 0.0).map(|bin| (bin.2 - bin.1).abs()).sum::<f64>()
        / top.len().max(1) as f64
}

/// The temperature T > 0 that minimises the mean of −ln softmax(logits/T)[truth] (Guo et al. 2017).
///
/// Rows are logits over the classes that compete (others −∞). Searched in 0.05…20 by golden section on ln T, to 10⁻⁴;
/// 1 where there are no rows.
pub fn fit_temperature(logits: &[Vec<f32>], truth: &[usize]) -> f64 {
    if logits.is_empty() {
        return 1.0;
    }
    let loss = |log_t: f64| -> f64 {
        let t = log_t.exp();
        logits.iter().zip(truth).map(|(row, &truth)| nll(row, truth, t)).sum()
    };
    let golden = (5f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (0.05f64.ln(), 20f64.ln());
    while high - low > 1e-4 {
        let (a, b) = (high - golden * (high - low), low + golden * (high - low));
        if loss(a) < loss(b) { high = b } else { low = a }
    }
    ((low + high) / 2.0).exp()
}

fn nll(row: &[f32], truth: usize, t: f64) -> f64 {
    let scaled = |x: f32| f64::from(x) / t;
    let top = row.iter().fold(f64::NEG_INFINITY, |top, &x| top.max(scaled(x)));
    let sum: f64 = row.iter().map(|&x| (scaled(x) - top).exp()).sum();
    top + sum.ln() - scaled(row[truth])
}

/// Split conformal threshold (Vovk et al. 2005; Lei et al. 2018): the ⌈(n + 1)·coverage⌉-th smallest of the scores
/// 1 − posterior[truth], so that sets of all classes with posterior ≥ 1 − threshold hold the truth with at least that
/// probability on exchangeable clips. 1 (every class) where there are too few clips.
pub fn fit_threshold(truth_posterior: &[f64], coverage: f64) -> f64 {
    let mut scores: Vec<f64> = truth_posterior.iter().map(|p| 1.0 - p).collect();
    scores.sort_by(f64::total_cmp);
    let rank = ((scores.len() + 1) as f64 * coverage).ceil() as usize;
    scores.get(rank.max(1) - 1).copied().unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forecast_that_keeps_its_word_has_no_calibration_error() {
        let top = [0.7; 10];
        let right = [true, true, true, true, true, true, true, false, false, false];
        assert!(ece(&top, &right) < 1e-12);
        assert!((ece(&[0.95; 4], &[true, false, true, false]) - 0.45).abs() < 1e-12);
        assert_eq!(ece(&[], &[]), 0.0);
    }

    #[test]
    fn the_temperature_of_scaled_logits_is_the_scale() {
        // Truths drawn in proportion to softmax(row): of 100 rows the shares are exact.
        let p = [0.6f32, 0.3, 0.1];
        let (mut logits, mut truth) = (Vec::new(), Vec::new());
        for (class, &share) in p.iter().enumerate() {
            for _ in 0..(share * 100.0).round() as usize {
                logits.push(p.iter().map(|p| 2.5 * p.ln()).collect());
                truth.push(class);
            }
        }
        assert!((fit_temperature(&logits, &truth) - 2.5).abs() < 0.01);
        assert_eq!(fit_temperature(&[], &[]), 1.0);
    }

    #[test]
    fn the_threshold_is_the_quantile_with_one_clip_to_spare() {
        let posterior: Vec<f64> = (1..=9).map(|i| f64::from(i) / 10.0).collect();
        // Ten ninths of 90 %: the 9th smallest score, 1 − 0.1.
        assert!((fit_threshold(&posterior, 0.9) - 0.9).abs() < 1e-12);
        assert_eq!(fit_threshold(&posterior, 0.95), 1.0);
    }
}
