//! The input of a minibatch: spectrograms that are ready, or waveforms and what is to be done to their views.

use burn::prelude::*;

use crate::augment::mixup::Mixup;
use crate::augment::spec_augment::SpecAugmentBatch;
use crate::nn::filter_bank::Bank;
use crate::nn::frames::Frames;

/// The crops, as the recipe's front end wants them.
#[derive(Clone)]
pub enum Input {
    /// `[batch, crop, 128]`: standardised, augmented and mixed.
    Spectrogram(Box<Tensor<3>>),
    /// Cut waveforms, whose views are then standardised, augmented and mixed likewise.
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
    pub augments: SpecAugmentBatch,
    /// Mixup, last.
    pub mix: Option<Mixup>,
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
        let views = self.augments.apply(bank.forward(self.frames) * scale + shift);
        match self.mix {
            None => views,
            Some(Mixup { part, other }) => {
                let other: Vec<i64> = other.iter().map(|&row| row as i64).collect();
                let other = Tensor::<1, Int>::from_data(TensorData::from(other.as_slice()), &views.device());
                views.clone() * part + views.select(0, other) * (1.0 - part)
            }
        }
    }
}
