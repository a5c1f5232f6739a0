//! The targets of a minibatch, and the losses.

use burn::prelude::*;
use burn::tensor::activation::{log_softmax, sigmoid};

use crate::augment::mixup::Mixup;
use crate::data::clip::{CLASSES, Clip};
use crate::nn::network::OUTPUTS;
use crate::train::config::Config;

/// Targets of one minibatch.
pub struct Targets {
    /// `[batch, classes]`, rows sum to 1.
    pub target: Tensor<2>,
    /// `[batch, classes]`, 1 for the classes that compete.
    pub known: Tensor<2>,
    /// `[batch, 1]`, and `[batch, 1]` 1 where it is known.
    pub intensity: [Tensor<2>; 2],
}

impl Targets {
    /// Of the clips at `index`. Where crops are mixed their targets are too; the classes of both compete, intensity is left out.
    pub fn of(
        index: &[usize],
        clips: &[Clip],
        mix: Option<&Mixup>,
        config: &Config,
        device: &Device,
    ) -> Targets {
        let clips = || index.iter().map(|&i| &clips[i]);
        let tensor = |values: Vec<f32>, width: usize| {
            Tensor::<2>::from_data(TensorData::new(values, [index.len(), width]), device)
        };
        let mut target: Vec<f32> =
            clips().flat_map(|clip| clip.target(config.votes, config.smoothing)).collect();
        let mut known: Vec<f32> = clips().flat_map(Clip::mask).collect();
        let intensity = clips().map(|clip| clip.intensity.unwrap_or(0.0)).collect();
        let mut has: Vec<f32> = clips().map(|clip| f32::from(u8::from(clip.intensity.is_some()))).collect();
        if let Some(mix) = mix {
            target = mix.means(&target);
            known = mix.blend(&known, f32::max);
            has.fill(0.0);
        }
        Targets {
            target: tensor(target, CLASSES),
            known: tensor(known, CLASSES),
            intensity: [tensor(intensity, 1), tensor(has, 1)],
        }
    }

    /// Cross-entropy of logits `[batch, classes]` among the classes each clip's corpus knows.
    pub fn cross_entropy(&self, logits: Tensor<2>) -> Tensor<1> {
        let n = self.target.dims()[0] as f32;
        let logits = logits + (self.known.clone() - 1.0) * 1e4;
        -(log_softmax(logits, 1) * self.target.clone()).sum() / n
    }

    /// Cross-entropy of a head's outputs `[batch, 9]` among the classes each clip's corpus knows, and the squared error of
    /// intensity where it is known.
    pub fn losses(&self, out: &Tensor<2>) -> [Tensor<1>; 2] {
        let cross_entropy = self.cross_entropy(out.clone().narrow(1, 0, CLASSES));
        let [wanted, known] = self.intensity.clone();
        let error = (sigmoid(out.clone().narrow(1, CLASSES, OUTPUTS - CLASSES)) - wanted).powi_scalar(2);
        [cross_entropy, (error * known.clone()).sum() / known.sum().clamp_min(1.0)]
    }
}
