//! Posteriors against shares of votes: divergence and entropy.

/// Entropy in nats, `−Σ p ln p`, 0 (one class) … ln C (all alike).
pub fn entropy(row: &[f64]) -> f64 {
    row.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum()
}

/// A posterior of 0 counts as this much where listeners did vote for the class.
const SMALLEST: f64 = 1e-12;

/// Mean over clips of the Kullback–Leibler divergence of the posterior from the votes, `Σ v ln(v / max(p, 10⁻¹²))` in nats;
/// 0 where they agree, lower is better. NaN where there are no rows.
///
/// Kullback & Leibler, Annals of Mathematical Statistics 22 (1951). Rows of both sum to 1 over the same classes.
///
/// ```
/// assert_eq!(undertone_eval::metrics::divergence(&[vec![0.5, 0.5]], &[vec![0.5, 0.5]]), 0.0);
/// ```
pub fn divergence(votes: &[Vec<f64>], posteriors: &[Vec<f64>]) -> f64 {
    let of_row = |(votes, row): (&Vec<f64>, &Vec<f64>)| -> f64 {
        let voted = votes.iter().zip(row).filter(|(v, _)| **v > 0.0);
        voted.map(|(v, p)| v * (v / p.max(SMALLEST)).ln()).sum()
    };
    votes.iter().zip(posteriors).map(of_row).sum::<f64>() / votes.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_cross_entropy_less_entropy() {
        let (votes, posterior) = (vec![0.7, 0.3, 0.0], vec![0.2, 0.5, 0.3]);
        let cross = -(0.7 * 0.2f64.ln() + 0.3 * 0.5f64.ln());
        let expected = cross - entropy(&votes);
        assert!((divergence(std::slice::from_ref(&votes), &[posterior]) - expected).abs() < 1e-12);
        assert!(divergence(&[], &[]).is_nan());
    }

    #[test]
    fn entropy_runs_from_one_class_to_all_alike() {
        assert_eq!(entropy(&[0.0, 1.0]), 0.0);
        assert!((entropy(&[0.25; 4]) - 4f64.ln()).abs() < 1e-15);
    }
}
