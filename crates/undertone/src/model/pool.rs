//! Frames → pooled, for any number of windows at the cost of two subtractions each.
//!
//! Pooling is the attention-weighted mean and deviation per channel. The attention is a function of its own frame alone, so
//! sums of `e^a`, `e^a·h` and `e^a·h²` from the start (prefix sums, in double precision) give every window by difference.

use std::ops::Range;

use crate::features::exp;

/// Smallest variance, as in the network.
const VARIANCE_FLOOR: f64 = 1e-5;

/// Prefix sums over the frames of one segment.
pub struct Pool {
    channels: usize,
    /// The largest logit per channel, by whose exponential the weights were divided.
    top: Vec<f32>,
    /// Per frame boundary: the sums of all channels' weights, then of weight·value, then of weight·value².
    sums: Vec<f64>,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool")
            .field("channels", &self.channels)
            .field("frames", &self.len())
            .finish_non_exhaustive()
    }
}

impl Pool {
    /// From `frames [t, 2 · channels]`: features, then their attention logits.
    pub fn new(frames: &[f32], width: usize) -> Pool {
        let channels = width / 2;
        let rows = || frames.chunks_exact(width.max(1));
        // The largest logit per channel keeps the exponentials within range.
        let mut top = vec![f32::NEG_INFINITY; channels];
        for row in rows() {
            top.iter_mut().zip(&row[channels..]).for_each(|(top, &a)| *top = top.max(a));
        }
        let wide = 3 * channels;
        let mut sums = vec![0.0; (rows().len() + 1) * wide];
        for (t, row) in rows().enumerate() {
            let (before, now) = sums[t * wide..].split_at_mut(wide);
            let [weights, firsts, seconds] = thirds(before);
            let (values, logits) = row.split_at(channels);
            let (now_weights, rest) = now.split_at_mut(channels);
            let (now_firsts, now_seconds) = rest.split_at_mut(channels);
            for c in 0..channels {
                let (value, weight) = (f64::from(values[c]), f64::from(exp(logits[c] - top[c])));
                let part = weight * value;
                now_weights[c] = weights[c] + weight;
                now_firsts[c] = firsts[c] + part;
                now_seconds[c] = seconds[c] + part * value;
            }
        }
        Pool { channels, top, sums }
    }

    /// How many frames there are.
    pub fn len(&self) -> usize {
        (self.sums.len() / (3 * self.channels).max(1)).saturating_sub(1)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `pooled` of the frames in `window` (not empty, within the segment): means, then deviations.
    pub fn window(&self, window: Range<usize>) -> Vec<f32> {
        self.moments(window).pooled()
    }

    /// What [`Pool::window`] is made of, to be joined with that of frames elsewhere.
    pub fn moments(&self, window: Range<usize>) -> Moments {
        let n = self.channels;
        let mut moments = vec![0.0; 3 * n];
        let [before, after] =
            [window.start, window.end].map(|t| thirds(&self.sums[t.min(self.len()) * 3 * n..][..3 * n]));
        let [weights, means, deviations] = thirds_mut(&mut moments);
        for c in 0..n {
            let [weight, first, second] = [0, 1, 2].map(|k| after[k][c] - before[k][c]);
            let weight = weight.max(f64::MIN_POSITIVE);
            let mean = first / weight;
            let variance = (second / weight - mean * mean).max(VARIANCE_FLOOR);
            weights[c] = self.top[c] + weight.ln() as f32;
            means[c] = mean as f32;
            deviations[c] = variance.sqrt() as f32;
        }
        Moments(moments)
    }
}

/// Weight (its natural logarithm), mean and deviation of each channel over some frames, which can be joined with those of others.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments(Vec<f32>);

impl Moments {
    /// As they were written by [`Moments::row`].
    pub fn of_row(row: Vec<f32>) -> Moments {
        Moments(row)
    }

    /// All logarithms, then means, then deviations.
    pub fn row(&self) -> &[f32] {
        &self.0
    }

    /// Those of the frames of both.
    pub fn join(&mut self, other: &Moments) {
        let [weights, means, deviations] = thirds_mut(&mut self.0);
        let [other_weights, other_means, other_deviations] = thirds(&other.0);
        for c in 0..weights.len().min(other_weights.len()) {
            let top = f64::from(weights[c].max(other_weights[c]));
            let parts = [
                (weights[c], means[c], deviations[c]),
                (other_weights[c], other_means[c], other_deviations[c]),
            ];
            let [a, b] = parts.map(|(weight, mean, deviation)| {
                ((f64::from(weight) - top).exp(), f64::from(mean), f64::from(deviation))
            });
            let weight = a.0 + b.0;
            let mean = (a.0 * a.1 + b.0 * b.1) / weight;
            let square = |(weight, own, deviation): (f64, f64, f64)| {
                weight * (deviation * deviation + (own - mean) * (own - mean))
            };
            weights[c] = (top + weight.ln()) as f32;
            means[c] = mean as f32;
            deviations[c] = ((square(a) + square(b)) / weight).max(VARIANCE_FLOOR).sqrt() as f32;
        }
    }

    /// `pooled` of the frames: means, then deviations.
    pub fn pooled(&self) -> Vec<f32> {
        self.0[self.0.len() / 3..].to_vec()
    }
}

/// Weights and what they weigh, of all channels each: at one boundary the sums of weight·1, weight·value and weight·value².
fn thirds<T>(sums: &[T]) -> [&[T]; 3] {
    let n = sums.len() / 3;
    [&sums[..n], &sums[n..2 * n], &sums[2 * n..]]
}

fn thirds_mut(row: &mut [f32]) -> [&mut [f32]; 3] {
    let (weights, rest) = row.split_at_mut(row.len() / 3);
    let (means, deviations) = rest.split_at_mut(weights.len());
    [weights, means, deviations]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, written out.
    fn literal(frames: &[[f32; 4]], window: Range<usize>) -> Vec<f32> {
        let rows = &frames[window];
        let mut pooled = vec![0.0; 4];
        for c in 0..2 {
            let sum: f32 = rows.iter().map(|row| row[2 + c].exp()).sum();
            let mean: f32 = rows.iter().map(|row| row[2 + c].exp() / sum * row[c]).sum();
            let variance: f32 = rows.iter().map(|row| row[2 + c].exp() / sum * (row[c] - mean).powi(2)).sum();
            (pooled[c], pooled[2 + c]) = (mean, variance.max(1e-5).sqrt());
        }
        pooled
    }

    #[test]
    fn every_window_equals_the_definition() {
        let frames: Vec<[f32; 4]> = (0..50)
            .map(|t| [0, 1, 2, 3].map(|c| ((t * 7 + c * 13) as f32).sin() * if c < 2 { 3.0 } else { 5.0 }))
            .collect();
        let pool = Pool::new(&frames.concat(), 4);
        assert_eq!(pool.len(), 50);
        for window in [0..50, 0..1, 49..50, 10..30, 17..19] {
            for (got, want) in pool.window(window.clone()).iter().zip(literal(&frames, window.clone())) {
                assert!((got - want).abs() < 1e-4, "{window:?}: {got} for {want}");
            }
        }
        let mut joined = pool.moments(3..20);
        joined.join(&pool.moments(20..21));
        joined.join(&pool.moments(21..50));
        for (got, want) in joined.pooled().iter().zip(literal(&frames, 3..50)) {
            assert!((got - want).abs() < 1e-3, "joined: {got} for {want}");
        }
    }
}
