//! One layer of the network: convolution, batch normalisation and ReLU, written for the sizes we train at.
//!
//! Burn's own convolutions copy whole maps between operations; here patches are cut tile by tile, and normalisation
//! and ReLU happen while a tile is in the cache. The same layer serves two-dimensional maps and frames over time.

mod kernel;
mod op;
mod window;

use burn::backend::Dispatch;
use burn::module::{Initializer, Param, RunningState};
use burn::prelude::*;

use op::LayerBackend;
pub(crate) use op::{Plain, plain, slice};
pub use window::Window;

/// How fast the running statistics follow the minibatches.
const MOMENTUM: f64 = 0.01;

/// Convolution without bias, batch normalisation, ReLU where `relu`: `[batch, time, bands, channels]` to
/// `[batch, ⌈time/stride⌉, ⌈bands/stride⌉, outputs]`.
#[derive(Module, Debug)]
pub struct Layer {
    /// `[patch, outputs]`; a patch runs over time taps, then band taps, then channels.
    pub weight: Param<Tensor<2>>,
    gamma: Param<Tensor<1>>,
    beta: Param<Tensor<1>>,
    mean: RunningState<Tensor<1>>,
    variance: RunningState<Tensor<1>>,
    #[module(skip)]
    window: Window,
    relu: bool,
}

impl Layer {
    /// Random weights (He et al. 2015) for inputs of `channels`.
    pub fn new(window: Window, channels: usize, outputs: usize, relu: bool, device: &Device) -> Layer {
        let patch = window.patch(channels);
        let weight = Initializer::KaimingNormal { gain: std::f64::consts::SQRT_2, fan_out_only: false };
        Layer {
            weight: weight.init_with([patch, outputs], Some(patch), Some(outputs), device),
            gamma: Initializer::Ones.init([outputs], device),
            beta: Initializer::Zeros.init([outputs], device),
            mean: RunningState::new(Tensor::zeros([outputs], device)),
            variance: RunningState::new(Tensor::ones([outputs], device)),
            window,
            relu,
        }
    }

    /// The window, for the exporter.
    pub fn window(&self) -> Window {
        self.window
    }

    /// Whether a ReLU follows, for the exporter.
    pub fn relu(&self) -> bool {
        self.relu
    }

    /// On a training device by the minibatch's own statistics (and the running ones follow), else by the running ones.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        if !input.device().is_autodiff() {
            let (weight, bias) = self.folded();
            let (input, weight, bias) = (input.into_dispatch(), weight.into_dispatch(), bias.into_dispatch());
            return Tensor::from_dispatch(Dispatch::layer_apply(input, weight, bias, self.window, self.relu));
        }
        let kept = Dispatch::layer_train(
            input.into_dispatch(),
            self.weight.val().into_dispatch(),
            self.gamma.val().into_dispatch(),
            self.beta.val().into_dispatch(),
            self.window,
            self.relu,
        );
        follow(&self.mean, Tensor::from_dispatch(kept.mean));
        follow(&self.variance, Tensor::from_dispatch(kept.variance));
        Tensor::from_dispatch(kept.output)
    }

    /// Weight `[patch, outputs]` and bias `[outputs]` with the running normalisation folded in.
    pub fn folded(&self) -> (Tensor<2>, Tensor<1>) {
        let scale = self.gamma.val() / (self.variance.value() + kernel::EPSILON).sqrt();
        let bias = self.beta.val() - self.mean.value() * scale.clone();
        (self.weight.val() * scale.unsqueeze(), bias)
    }
}

fn follow(running: &RunningState<Tensor<1>>, now: Tensor<1>) {
    running.update((running.value() * (1.0 - MOMENTUM) + now.detach() * MOMENTUM).detach());
    // An update counts, and is saved, once it is read.
    running.value_sync();
}
