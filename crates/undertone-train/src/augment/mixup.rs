//! Crops mixed in pairs (mixup, Zhang et al. 2018).

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Beta, Distribution};

/// Mixup: every crop becomes a mean of two.
#[derive(Clone)]
pub struct Mixup {
    /// Share of the crop itself.
    pub part: f32,
    /// For each crop the other one.
    pub other: Vec<usize>,
}

impl Mixup {
    /// Draws shares and pairs for `n` crops.
    pub fn draw(n: usize, rng: &mut ChaCha8Rng) -> Mixup {
        let part = Beta::new(0.4f32, 0.4).map_or(1.0, |beta| beta.sample(rng));
        let mut other: Vec<usize> = (0..n).collect();
        other.shuffle(rng);
        Mixup { part, other }
    }

    /// Joins each of the equal parts of `values` with its other one.
    pub fn blend(&self, values: &[f32], join: impl Fn(f32, f32) -> f32) -> Vec<f32> {
        let width = values.len() / self.other.len();
        let mut out = Vec::with_capacity(values.len());
        for (i, &j) in self.other.iter().enumerate() {
            let pairs = values[i * width..][..width].iter().zip(&values[j * width..][..width]);
            out.extend(pairs.map(|(&a, &b)| join(a, b)));
        }
        out
    }

    /// The means of each of the equal parts of `values` with its other one.
    pub fn means(&self, values: &[f32]) -> Vec<f32> {
        self.blend(values, |a, b| self.part * a + (1.0 - self.part) * b)
    }
}
