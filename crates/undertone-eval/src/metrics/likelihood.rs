//! Negative log likelihood of the truth under the posterior.

/// A posterior of 0 counts as this much, so that one sure mistake does not make the mean infinite.
const SMALLEST: f64 = 1e-12;

/// The mean over clips of `−ln max(p_truth, 10⁻¹²)`, 0 … 27.6 nats; lower is better. NaN where there are no rows.
///
/// Also called log loss or cross entropy. Always saying `1/C` scores `ln C`.
///
/// ```
/// assert!((undertone_eval::metrics::nll(&[1], &[vec![0.5, 0.5]]) - 2f64.ln()).abs() < 1e-15);
/// ```
pub fn nll(truth: &[usize], posteriors: &[Vec<f64>]) -> f64 {
    let of_row = |(&truth, row): (&usize, &Vec<f64>)| -row[truth].max(SMALLEST).ln();
    truth.iter().zip(posteriors).map(of_row).sum::<f64>() / truth.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_log_of_the_geometric_mean_of_the_truths_posteriors() {
        let rows = [vec![0.2, 0.8], vec![0.6, 0.4], vec![0.1, 0.9]];
        let geometric: f64 = (0.8f64 * 0.6 * 0.9).powf(1.0 / 3.0);
        assert!((nll(&[1, 0, 1], &rows) + geometric.ln()).abs() < 1e-12);
    }

    #[test]
    fn an_impossible_truth_costs_much_but_not_everything() {
        assert!((nll(&[0], &[vec![0.0, 1.0]]) - 27.631_021_115_928_547).abs() < 1e-12);
        assert!(nll(&[], &[]).is_nan());
    }
}
