//! Calibration: expected calibration error and the reliability curve.

use serde::{Deserialize, Serialize};

/// Bins of [`ece`] and [`reliability`], of equal width.
pub const BINS: usize = 15;

/// One bin of a reliability diagram: clips whose top posterior lies in `(b/15, (b + 1)/15]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// How many clips.
    pub clips: usize,
    /// Their mean top posterior, 0…1; 0 where there are none.
    pub claimed: f64,
    /// The share of them predicted right, 0…1; 0 where there are none.
    pub met: f64,
}

/// What was claimed and what was met, in 15 bins of the top posterior.
///
/// `top` holds each row's largest posterior, `right` whether that class was the truth.
pub fn reliability(top: &[f64], right: &[bool]) -> [Bin; BINS] {
    let edge = |b: usize| b as f64 / BINS as f64;
    let mut bins = [Bin::default(); BINS];
    for (&top, &right) in top.iter().zip(right) {
        let bin = &mut bins[(1..BINS).filter(|&b| top > edge(b)).count()];
        bin.clips += 1;
        bin.claimed += top;
        bin.met += f64::from(u8::from(right));
    }
    bins.map(|bin| {
        let n = bin.clips.max(1) as f64;
        Bin { claimed: bin.claimed / n, met: bin.met / n, ..bin }
    })
}

/// Expected calibration error, 0…1: over 15 bins of equal width of the top posterior,
/// `Σ_b n_b/n · |share right in b − mean top posterior in b|`. NaN where there are no rows.
///
/// Naeini, Cooper & Hauskrecht, AAAI 2015; Guo et al., ICML 2017. Arguments as for [`reliability`].
///
/// ```
/// assert_eq!(undertone_eval::metrics::ece(&[0.75; 4], &[true, true, true, false]), 0.0);
/// ```
pub fn ece(top: &[f64], right: &[bool]) -> f64 {
    let off = |bin: &Bin| bin.clips as f64 * (bin.met - bin.claimed).abs();
    reliability(top, right).iter().map(off).sum::<f64>() / top.len() as f64
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
        assert!(ece(&[], &[]).is_nan());
    }

    #[test]
    fn it_is_the_weighted_gap_of_each_fifteenth() {
        let top: Vec<f64> = (1..=120).map(|i| f64::from(i) / 120.0).collect();
        let right: Vec<bool> = (1..=120).map(|i| i % 3 != 0).collect();
        let mut expected = 0.0;
        for b in 0..15 {
            let (low, high) = (f64::from(b) / 15.0, f64::from(b + 1) / 15.0);
            let inside: Vec<usize> = (0..120).filter(|&i| top[i] > low && top[i] <= high).collect();
            let n = inside.len() as f64;
            let claimed = inside.iter().map(|&i| top[i]).sum::<f64>() / n;
            let met = inside.iter().filter(|&&i| right[i]).count() as f64 / n;
            expected += n / 120.0 * (met - claimed).abs();
        }
        assert!((ece(&top, &right) - expected).abs() < 1e-12);
    }

    #[test]
    fn a_value_on_an_edge_belongs_to_the_bin_below_it() {
        let bins = reliability(&[0.2, 1.0 / 15.0, 1.0, 0.0], &[true; 4]);
        let filled: Vec<usize> = (0..BINS).filter(|&b| bins[b].clips > 0).collect();
        assert_eq!(filled, [0, 2, 14]);
        assert_eq!(bins[0].clips, 2);
    }
}
