//! Times a training step of the default network on random input: `cargo run --release --example step`.
use std::time::Instant;

use burn::optim::{AdamWConfig, GradientsParams};
use burn::prelude::*;
use burn::tensor::Distribution;
use undertone_train::network::{Network, Size};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let device = Device::flex().autodiff();
    let mut network = Network::new(&Size::default(), Some(250), &device);
    println!("{} parameters", network.num_params());
    let x = Tensor::<3>::random([64, 300, 128], Distribution::Normal(0.0, 1.0), &device);
    let target = Tensor::<2>::random([64, 9], Distribution::Normal(0.0, 1.0), &device);
    let mut optimizer = AdamWConfig::new().with_weight_decay(0.05).init();
    for _ in 0..8 {
        let t = Instant::now();
        let trunk = network.trunk(x.clone());
        let pooled = network.pool(&trunk);
        let out = network.unadapted(pooled);
        let distil = network.distil.as_ref().unwrap().forward(trunk.features);
        let loss = (out - target.clone()).powi_scalar(2).mean() + distil.powi_scalar(2).mean();
        let value: f32 = loss.clone().into_scalar();
        let a = t.elapsed();
        let grads = GradientsParams::from_grads(loss.backward(), &network);
        let b = t.elapsed();
        network = optimizer.step(1e-3, network, grads);
        println!(
            "loss {value:.3}  forward {a:.0?}  backward {:.0?}  optimizer {:.0?}",
            b - a,
            t.elapsed() - b
        );
    }
}
