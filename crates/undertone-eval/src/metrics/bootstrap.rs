//! Bootstrap intervals over speakers, the unit of independence.

use std::collections::BTreeMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Draws.
const DRAWS: usize = 1000;

/// The 95 % interval (2.5th and 97.5th percentile) of a metric over 1000 draws of as many speakers as there are, with
/// replacement, all of a drawn speaker's rows counting (Efron & Tibshirani 1993; Ferrer & Riera 2024). Seeded: the same
/// rows give the same interval. Both ends NaN where there are no rows.
pub fn interval(speakers: &[&str], seed: u64, metric: impl Fn(&[usize]) -> f64) -> [f64; 2] {
    let mut rows: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (row, speaker) in speakers.iter().enumerate() {
        rows.entry(speaker).or_default().push(row);
    }
    let rows: Vec<Vec<usize>> = rows.into_values().collect();
    if rows.is_empty() {
        return [f64::NAN; 2];
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut draw = || {
        let drawn: Vec<usize> =
            (0..rows.len()).flat_map(|_| &rows[rng.random_range(0..rows.len())]).copied().collect();
        metric(&drawn)
    };
    let mut values: Vec<f64> = (0..DRAWS).map(|_| draw()).collect();
    values.sort_by(f64::total_cmp);
    [percentile(&values, 0.025), percentile(&values, 0.975)]
}

/// The 95 % interval of how much `b` is above `a`, both measured on the same drawn speakers each time: where it leaves out 0
/// the difference is more than the choice of speakers would make.
pub fn difference(
    speakers: &[&str],
    seed: u64,
    a: impl Fn(&[usize]) -> f64,
    b: impl Fn(&[usize]) -> f64,
) -> [f64; 2] {
    interval(speakers, seed, |rows| b(rows) - a(rows))
}

/// The value below which the share `q` of the sorted values lies, by straight lines between them.
fn percentile(sorted: &[f64], q: f64) -> f64 {
    let at = q * (sorted.len() - 1) as f64;
    let (low, part) = (at as usize, at.fract());
    sorted[low] * (1.0 - part) + sorted[(low + 1).min(sorted.len() - 1)] * part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speakers_that_agree_leave_no_doubt_and_two_that_do_not_leave_much() {
        let mean = |values: &'static [f64]| {
            move |rows: &[usize]| rows.iter().map(|&row| values[row]).sum::<f64>() / rows.len() as f64
        };
        assert_eq!(interval(&["a", "a", "b"], 0, mean(&[0.5, 0.5, 0.5])), [0.5, 0.5]);
        assert_eq!(interval(&["a", "b"], 0, mean(&[0.0, 1.0])), [0.0, 1.0]);
        assert!(interval(&[], 0, mean(&[]))[0].is_nan());
    }

    #[test]
    fn the_same_seed_draws_the_same_speakers() {
        let values = [0.1, 0.9, 0.4, 0.6, 0.3];
        let mean = |rows: &[usize]| rows.iter().map(|&row| values[row]).sum::<f64>() / rows.len() as f64;
        let of = |seed| interval(&["a", "b", "c", "d", "e"], seed, mean);
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        assert!(of(1)[0] < 0.46 && 0.46 < of(1)[1]);
    }

    #[test]
    fn a_difference_every_speaker_shows_is_certain_however_much_speakers_differ() {
        let level = [0.1, 0.5, 0.9];
        let mean = |plus: f64| {
            move |rows: &[usize]| rows.iter().map(|&r| level[r] + plus).sum::<f64>() / rows.len() as f64
        };
        let [low, high] = difference(&["a", "b", "c"], 0, mean(0.0), mean(0.05));
        assert!((low - 0.05).abs() < 1e-12 && (high - 0.05).abs() < 1e-12);
    }
}
