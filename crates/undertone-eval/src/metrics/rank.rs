//! Rank correlation (Spearman).

/// Spearman's ρ, −1…1: Pearson's correlation of ranks, equal values sharing the mean of theirs.
///
/// Spearman, American Journal of Psychology 15 (1904). NaN where there are fewer than two pairs or one side is constant.
///
/// ```
/// assert_eq!(undertone_eval::metrics::spearman(&[1.0, 2.0, 9.0], &[0.1, 0.2, 0.3]), 1.0);
/// ```
pub fn spearman(a: &[f64], b: &[f64]) -> f64 {
    let (a, b) = (ranks(a), ranks(b));
    // Ranks 1…n have this mean, ties or not.
    let mean = (a.len() as f64 + 1.0) / 2.0;
    let sum = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| (x - mean) * (y - mean)).sum::<f64>();
    sum(&a, &b) / (sum(&a, &a) * sum(&b, &b)).sqrt()
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    for tied in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let first = order.partition_point(|&at| values[at] < values[tied[0]]);
        for &at in tied {
            ranks[at] = first as f64 + (tied.len() as f64 + 1.0) / 2.0;
        }
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_ties_it_is_the_formula_of_squared_rank_differences() {
        let (a, b) = ([3.0, 1.0, 4.0, 1.5, 9.0], [2.0, 7.0, 1.0, 8.0, 3.0]);
        let (ranks_a, ranks_b) = ([3.0, 1.0, 4.0, 2.0, 5.0], [2.0, 4.0, 1.0, 5.0, 3.0]);
        let squared: f64 = ranks_a.iter().zip(&ranks_b).map(|(a, b): (&f64, &f64)| (a - b).powi(2)).sum();
        let n = 5.0;
        assert!((spearman(&a, &b) - (1.0 - 6.0 * squared / (n * (n * n - 1.0)))).abs() < 1e-12);
    }

    #[test]
    fn equal_values_share_a_rank_and_a_constant_correlates_with_nothing() {
        assert_eq!(ranks(&[5.0, 1.0, 5.0, 7.0]), [2.5, 1.0, 2.5, 4.0]);
        assert!(spearman(&[1.0, 1.0], &[1.0, 2.0]).is_nan() && spearman(&[], &[]).is_nan());
    }
}
