//! Linear layers: what they add, and layers of zeros.

use burn::module::Initializer;
use burn::nn::{Linear, LinearConfig};
use burn::prelude::*;

/// What a layer adds, zeros where it has no bias.
pub fn bias(layer: &Linear) -> Tensor<1> {
    let weight = layer.weight.val();
    let none = || Tensor::zeros([weight.dims()[1]], &weight.device());
    layer.bias.as_ref().map_or_else(none, |bias| bias.val())
}

/// A layer of zeros, to be fitted.
pub fn blank(inputs: usize, outputs: usize, device: &Device) -> Linear {
    LinearConfig::new(inputs, outputs).with_initializer(Initializer::Zeros).init(device)
}
