//! Brier score: squared distance between posterior and truth.

/// The mean over clips of `Σ_c (p_c − [c is the truth])²`, 0 (sure and right) … 2 (sure and wrong); lower is better. NaN
/// where there are no rows.
///
/// Brier, Monthly Weather Review 78 (1950), in its form for several classes. A uniform posterior over `C` classes scores
/// `1 − 1/C`.
///
/// ```
/// assert_eq!(undertone_eval::metrics::brier(&[0], &[vec![0.5, 0.5]]), 0.5);
/// ```
pub fn brier(truth: &[usize], posteriors: &[Vec<f64>]) -> f64 {
    let of_row = |(&truth, row): (&usize, &Vec<f64>)| -> f64 {
        // (1 − p)² for the truth instead of p².
        row.iter().map(|p| p * p).sum::<f64>() + 1.0 - 2.0 * row[truth]
    };
    truth.iter().zip(posteriors).map(of_row).sum::<f64>() / truth.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_squared_distance_from_the_truth() {
        let (truth, rows) = ([2, 0], [vec![0.2, 0.3, 0.5], vec![0.9, 0.1, 0.0]]);
        let first: f64 = 0.2 * 0.2 + 0.3 * 0.3 + (0.5 - 1.0) * (0.5 - 1.0);
        let second: f64 = (0.9 - 1.0) * (0.9 - 1.0) + 0.1 * 0.1;
        assert!((brier(&truth, &rows) - (first + second) / 2.0).abs() < 1e-15);
    }

    #[test]
    fn sure_and_right_is_nothing_sure_and_wrong_is_two_and_no_rows_are_no_number() {
        let sure = [vec![1.0, 0.0]];
        assert_eq!((brier(&[0], &sure), brier(&[1], &sure)), (0.0, 2.0));
        assert!(brier(&[], &[]).is_nan());
    }
}
