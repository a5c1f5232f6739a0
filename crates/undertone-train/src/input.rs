//! What a minibatch lets the network hear: spectrograms that are ready, or waveforms and what is to be done to their views.

use burn::prelude::*;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Beta, Distribution};

use crate::front_end::{Bank, Frames};
use crate::spoil::Spoils;

/// The crops, as the recipe's front end wants them.
#[derive(Clone)]
pub enum Input {
    /// `[batch, crop, 128]`: standardised, spoiled and mixed.
    Spectrogram(Box<Tensor<3>>),
    /// Cut waveforms, whose views are then standardised, spoiled and mixed likewise.
    Waveform(Box<Waveforms>),
}

/// Waveforms, and what is to be done to the views that a bank makes of them.
#[derive(Clone)]
pub struct Waveforms {
    /// What the filters see.
    pub frames: Frames,
    /// `[batch, 1, 128]`: scale and shift of the views.
    pub standard: [Tensor<3>; 2],
    /// What is done to the views then.
    pub spoils: Spoils,
    /// Mixup, last.
    pub mix: Option<Mix>,
}

impl Input {
    /// What the trunk reads: `[batch, crop, 128]`. A bank is needed, and used, for waveforms alone.
    pub fn views(self, bank: Option<&Bank>) -> Tensor<3> {
        match (self, bank) {
            (Input::Spectrogram(views), _) => *views,
            (Input::Waveform(waveforms), Some(bank)) => waveforms.views(bank),
            (Input::Waveform(_), None) => unreachable!("the recipe's network has a bank for waveforms"),
        }
    }
}

impl Waveforms {
    fn views(self, bank: &Bank) -> Tensor<3> {
        let [scale, shift] = self.standard;
        let views = self.spoils.apply(bank.forward(self.frames) * scale + shift);
        match self.mix {
            None => views,
            Some(Mix { part, other }) => {
                let other: Vec<i64> = other.iter().map(|&row| row as i64).collect();
                let other = Tensor::<1, Int>::from_data(TensorData::from(other.as_slice()), &views.device());
                views.clone() * part + views.select(0, other) * (1.0 - part)
            }
        }
    }
}

/// Mixup: every crop becomes a mean of two.
#[derive(Clone)]
pub struct Mix {
    /// Share of the crop itself.
    pub part: f32,
    /// For each crop the other one.
    pub other: Vec<usize>,
}

impl Mix {
    /// Draws shares and pairs for `n` crops.
    pub fn draw(n: usize, rng: &mut ChaCha8Rng) -> Mix {
        let part = Beta::new(0.4f32, 0.4).map_or(1.0, |beta| beta.sample(rng));
        let mut other: Vec<usize> = (0..n).collect();
        other.shuffle(rng);
        Mix { part, other }
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
