//! Concordance correlation: agreement of numbers including level and scale.

/// Concordance correlation coefficient, −1…1:
/// `2·cov(x, y) / (var x + var y + (mean x − mean y)²)` with moments over n.
///
/// Lin, Biometrics 45 (1989) 255–268. Unlike Pearson's it falls when predictions are shifted or scaled. NaN where there are
/// no pairs, and where both sides are the same constant; 0 where one side alone is constant.
///
/// ```
/// assert_eq!(undertone_eval::metrics::ccc(&[0.0, 1.0], &[0.0, 1.0]), 1.0);
/// ```
pub fn ccc(truth: &[f64], predicted: &[f64]) -> f64 {
    let n = truth.len() as f64;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
    let (x, y) = (mean(truth), mean(predicted));
    let (mut covariance, mut spread) = (0.0, 0.0);
    for (a, b) in truth.iter().zip(predicted) {
        covariance += (a - x) * (b - y);
        spread += (a - x).powi(2) + (b - y).powi(2);
    }
    2.0 * covariance / (spread + n * (x - y).powi(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_less_the_squared_difference_over_what_chance_would_leave() {
        let (x, y) = ([0.1, 0.9, 0.4, -0.5], [0.2, 0.6, 0.5, 0.1]);
        let squared =
            |pairs: &mut dyn Iterator<Item = (f64, f64)>| pairs.map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        let met = squared(&mut x.iter().copied().zip(y)) / 4.0;
        let chance = squared(&mut x.iter().flat_map(|&a| y.iter().map(move |&b| (a, b)))) / 16.0;
        assert!((ccc(&x, &y) - (1.0 - met / chance)).abs() < 1e-12);
    }

    #[test]
    fn a_shift_lowers_it_and_what_does_not_vary_decides_nothing() {
        assert!(ccc(&[0.0, 1.0], &[0.5, 1.5]) < 1.0);
        assert_eq!(ccc(&[0.0, 1.0], &[0.5, 0.5]), 0.0);
        assert_eq!(ccc(&[0.0, 1.0], &[1.0, 0.0]), -1.0);
        assert!(ccc(&[0.5, 0.5], &[0.5, 0.5]).is_nan() && ccc(&[], &[]).is_nan());
    }
}
