//! The network, defined once: views of the spectrogram → frames → pooled → two heads.

use burn::module::{Module, RunningState};
use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
use burn::prelude::*;
use serde::{Deserialize, Serialize};
use undertone::Emotion;
use undertone::model::{Adaptation, Population};

use crate::data::feature_cache::BANDS;
use crate::nn::filter_bank::Bank;
use crate::nn::layer::{Layer, Window};
use crate::nn::linear::blank;
use crate::nn::pooling;
use crate::nn::tensor::values;

/// Analysis frames (10 ms) that make one frame of the network.
pub const STRIDE: usize = 4;
/// Outputs of a head: the emotions' logits, then intensity before its sigmoid.
pub const OUTPUTS: usize = Emotion::ALL.len() + 1;
/// Dilations of the residual blocks.
pub const DILATIONS: [usize; 4] = [1, 2, 3, 4];

/// The sizes of the network.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Size {
    /// Maps of the first convolution over log-mel; the next two have twice as many.
    pub mel_maps: usize,
    /// Maps of the first convolution over the pitch view.
    pub pitch_maps: usize,
    /// Channels of the residual blocks.
    pub width: usize,
    /// Channels of `frames`; `pooled` has twice as many.
    pub frames: usize,
    /// Channels inside the attention.
    pub attention: usize,
    /// Share of `pooled` dropped before the heads in training, 0…1.
    pub dropout: f64,
}

impl Default for Size {
    fn default() -> Self {
        Size { mel_maps: 16, pitch_maps: 8, width: 192, frames: 256, attention: 64, dropout: 0.4 }
    }
}

impl Size {
    /// The smallest network that has every part: for tests.
    pub fn tiny() -> Self {
        Size { mel_maps: 2, pitch_maps: 2, width: 8, frames: 8, attention: 4, dropout: 0.4 }
    }

    /// Length of `pooled`: mean and deviation of every channel of `frames`.
    pub fn pooled(&self) -> usize {
        2 * self.frames
    }
}

/// Three convolutions over one view: `[batch, t, 64, 1]` to `[batch, t/4, 8 · 2·maps]`.
#[derive(Module, Debug)]
pub struct Stem {
    /// In order.
    pub layers: Vec<Layer>,
}

impl Stem {
    fn new(maps: usize, device: &Device) -> Stem {
        let window = |kernel, stride| Window { kernel, stride, dilation: 1 };
        Stem {
            layers: vec![
                Layer::new(window([5, 5], [2, 2]), 1, maps, true, device),
                Layer::new(window([3, 3], [1, 2]), maps, 2 * maps, true, device),
                Layer::new(window([3, 3], [STRIDE / 2, 2]), 2 * maps, 2 * maps, true, device),
            ],
        }
    }

    fn forward(&self, view: Tensor<3>) -> Tensor<3> {
        let [batch, time, bands] = view.dims();
        let maps =
            self.layers.iter().fold(view.reshape([batch, time, bands, 1]), |x, layer| layer.forward(x));
        let [_, time, bands, channels] = maps.dims();
        maps.reshape([batch, time, bands * channels])
    }
}

/// `ReLU(x + layer(layer(x)))` over time.
#[derive(Module, Debug)]
pub struct Block {
    /// Three taps, dilated.
    pub wide: Layer,
    /// One tap, no ReLU of its own.
    pub point: Layer,
}

impl Block {
    fn new(width: usize, dilation: usize, device: &Device) -> Block {
        Block {
            wide: Layer::new(Window::over_time(3, dilation), width, width, true, device),
            point: Layer::new(Window::POINT, width, width, false, device),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        burn::tensor::activation::relu(x.clone() + self.point.forward(self.wide.forward(x)))
    }
}

/// The whole network; see the model contract in `docs/reference/models.md`.
#[derive(Module, Debug)]
pub struct Network {
    /// Makes the views of the waveform; none where they are the built-in spectrogram.
    pub bank: Option<Bank>,
    /// Over the log-mel view.
    pub mel: Stem,
    /// Over the pitch view.
    pub pitch: Stem,
    /// Joins the two.
    pub mix: Layer,
    /// Over time.
    pub blocks: Vec<Block>,
    /// From all blocks' outputs side by side to `frames`.
    pub frames: Layer,
    /// Attention of each frame by itself: in …
    pub attention_in: Linear,
    /// … and out, after tanh.
    pub attention_out: Linear,
    /// To the teacher's frame features; dropped when the model is exported.
    pub distil: Option<Linear>,
    dropout: Dropout,
    /// Reads `pooled` against the population.
    pub head: Linear,
    /// Reads `pooled` against the speaker's adaptation.
    pub speaker_head: Linear,
    /// Reads `pooled` against the population: logits of the emotions that listeners name. Not trained, but fitted at the end
    /// ([`crate::train::heads`]).
    pub listeners: Linear,
    /// The population's mean of `pooled`.
    pub population_mean: RunningState<Tensor<1>>,
    /// The population's deviation of `pooled`.
    pub population_scale: RunningState<Tensor<1>>,
}

impl Network {
    /// A network with random weights; `teacher` is the width of the teacher's features where there is one.
    pub fn new(size: &Size, teacher: Option<usize>, device: &Device) -> Network {
        let joined = BANDS / 8 * 2 * (size.mel_maps + size.pitch_maps);
        let linear = |inputs, outputs| LinearConfig::new(inputs, outputs).init(device);
        Network {
            bank: None,
            mel: Stem::new(size.mel_maps, device),
            pitch: Stem::new(size.pitch_maps, device),
            mix: Layer::new(Window::POINT, joined, size.width, true, device),
            blocks: DILATIONS.map(|dilation| Block::new(size.width, dilation, device)).into(),
            frames: Layer::new(Window::POINT, DILATIONS.len() * size.width, size.frames, true, device),
            attention_in: linear(size.frames, size.attention),
            attention_out: linear(size.attention, size.frames),
            distil: teacher.map(|width| linear(size.frames, width)),
            dropout: DropoutConfig::new(size.dropout).init(),
            head: linear(size.pooled(), OUTPUTS),
            speaker_head: linear(size.pooled(), OUTPUTS),
            listeners: blank(size.pooled(), Emotion::ALL.len(), device),
            population_mean: RunningState::new(Tensor::zeros([size.pooled()], device)),
            population_scale: RunningState::new(Tensor::ones([size.pooled()], device)),
        }
    }

    /// `[batch, t, 128]` (each band standardised by the population) to frames of 40 ms: `[batch, t/4, frames]`.
    pub fn trunk(&self, spectrogram: Tensor<3>) -> Tensor<3> {
        let mel = self.mel.forward(spectrogram.clone().narrow(2, 0, BANDS));
        let pitch = self.pitch.forward(spectrogram.narrow(2, BANDS, BANDS));
        let joined = Tensor::cat(vec![mel, pitch], 2);
        let [batch, time, width] = joined.dims();
        let mut x = self.mix.forward(joined.reshape([batch, time, 1, width]));
        let mut outputs = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            x = block.forward(x);
            outputs.push(x.clone());
        }
        self.frames.forward(Tensor::cat(outputs, 3)).squeeze_dim(2)
    }

    /// Attention-weighted mean and deviation of frames over time: `[batch, pooled]`.
    pub fn pool(&self, features: Tensor<3>) -> Tensor<2> {
        pooling::pool(features, &self.attention_in, &self.attention_out)
    }

    /// Logits and intensity (before its sigmoid) against the population: `[batch, 9]`.
    pub fn unadapted(&self, pooled: Tensor<2>) -> Tensor<2> {
        let centred = pooled - self.population_mean.value().unsqueeze();
        self.head.forward(self.dropout.forward(centred / self.population_scale.value().unsqueeze()))
    }

    /// The same against each row's own speaker, or one speaker for all.
    pub fn adapted(&self, pooled: Tensor<2>, speakers: &[Adaptation]) -> Tensor<2> {
        self.speaker_head.forward(self.dropout.forward(standardised(pooled, speakers)))
    }

    /// The population's mean and deviation of `pooled`.
    pub fn population(&self) -> Population {
        Population {
            mean: values(self.population_mean.value()),
            scale: values(self.population_scale.value()),
        }
    }
}

/// `(pooled − mean) / scale` of each row's own speaker, or of one speaker for all.
pub fn standardised(pooled: Tensor<2>, speakers: &[Adaptation]) -> Tensor<2> {
    let (device, width) = (pooled.device(), pooled.dims()[1]);
    let stack = |part: fn(&Adaptation) -> &[f32]| {
        let rows: Vec<f32> = speakers.iter().flat_map(part).copied().collect();
        Tensor::<2>::from_data(TensorData::new(rows, [speakers.len(), width]), &device)
    };
    (pooled - stack(|speaker| &speaker.mean)) / stack(|speaker| &speaker.scale)
}
