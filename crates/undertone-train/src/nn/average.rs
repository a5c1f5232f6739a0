//! The averaged network: every parameter and running statistic follows the trained one slowly (Polyak & Juditsky 1992).

use std::collections::VecDeque;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::prelude::*;

use crate::nn::network::Network;
use crate::nn::tensor::plain;

struct Collect(VecDeque<Tensor<1>>);

impl ModuleVisitor for Collect {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.push_back(plain(param.val()).reshape([-1]));
    }
}

struct Follow {
    targets: VecDeque<Tensor<1>>,
    keep: f64,
}

impl ModuleMapper for Follow {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(target) = self.targets.pop_front() else { return param };
        let keep = self.keep;
        param.map(|tensor| {
            let target = target.reshape(tensor.dims());
            tensor * keep + target * (1.0 - keep)
        })
    }
}

/// Moves every parameter of `average` towards `network`, keeping the share `keep`.
pub fn follow(average: Network, network: &Network, keep: f64) -> Network {
    let mut targets = Collect(VecDeque::new());
    network.visit(&mut targets);
    average.map(&mut Follow { targets: targets.0, keep })
}

/// Trained parameters without the head that is dropped when the model is exported.
pub fn trained_parameters(network: &Network) -> usize {
    network.num_params() - network.distil.as_ref().map_or(0, Module::num_params)
}
