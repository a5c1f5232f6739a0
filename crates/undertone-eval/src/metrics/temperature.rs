//! Temperature scaling: one factor for the logits that calibrates the posterior.

/// The temperature T > 0 that minimises the weighted mean of −ln softmax(logits/T) at the truth (Guo et al. 2017).
///
/// Rows are logits over the classes that compete (others −∞); `weights` say how much each counts. Searched in 0.05…20 by
/// golden section on ln T, to 10⁻⁴; 1 where there are no rows.
pub fn fit_temperature(logits: &[Vec<f32>], truth: &[usize], weights: &[f64]) -> f64 {
    if logits.is_empty() {
        return 1.0;
    }
    let loss = |log_t: f64| -> f64 {
        let t = log_t.exp();
        logits.iter().zip(truth).zip(weights).map(|((row, &truth), weight)| weight * nll(row, truth, t)).sum()
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

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!((fit_temperature(&logits, &truth, &[1.0; 100]) - 2.5).abs() < 0.01);
        assert_eq!(fit_temperature(&[], &[], &[]), 1.0);
    }

    #[test]
    fn a_row_of_weight_two_counts_as_two_rows() {
        let row = || vec![2.0, 0.0, 1.0];
        let twice = fit_temperature(&[row(), row(), row()], &[0, 0, 1], &[1.0; 3]);
        assert!((fit_temperature(&[row(), row()], &[0, 1], &[2.0, 1.0]) - twice).abs() < 1e-9);
        assert!((fit_temperature(&[row(), row()], &[0, 1], &[1.0; 2]) - twice).abs() > 0.1);
    }

    #[test]
    fn no_other_temperature_on_a_grid_explains_the_truths_better() {
        let logits: Vec<Vec<f32>> =
            (0..40u16).map(|i| (0..3u16).map(|c| f32::from((i * 7 + c * 13) % 11)).collect()).collect();
        // Three of four are what their logits say.
        let largest =
            |row: &[f32]| if row[0] > row[1].max(row[2]) { 0 } else { 1 + usize::from(row[2] > row[1]) };
        let truth: Vec<usize> =
            logits.iter().enumerate().map(|(i, row)| if i % 4 == 0 { i % 3 } else { largest(row) }).collect();
        let loss = |t: f64| -> f64 {
            let of = |(row, &truth): (&Vec<f32>, &usize)| {
                let exp: Vec<f64> = row.iter().map(|&x| (f64::from(x) / t).exp()).collect();
                -(exp[truth] / exp.iter().sum::<f64>()).ln()
            };
            logits.iter().zip(&truth).map(of).sum()
        };
        let fitted = loss(fit_temperature(&logits, &truth, &[1.0; 40]));
        assert!((1..400).all(|i| fitted <= loss(f64::from(i) * 0.05) + 1e-6));
    }
}
