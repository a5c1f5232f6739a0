//! Times training steps of the default network on random crops: `cargo run --release -p undertone-train --example step`
//!
//! Prints milliseconds a step: forward, both heads, the teacher's head, backward, AdamW; 64 crops of 3 s.
#![allow(clippy::print_stdout)]
use std::time::Instant;

use burn::optim::{AdamWConfig, GradientsParams};
use burn::prelude::*;
use burn::tensor::Distribution;
use undertone_train::network::{Network, Size};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Width of the teacher's features.
const TEACHER: usize = 250;

fn main() {
    let device = Device::flex().autodiff();
    let mut network = Network::new(&Size::default(), Some(TEACHER), &device);
    let mut optimizer = AdamWConfig::new().init();
    let spectrogram = Tensor::<3>::random([64, 300, 128], Distribution::Normal(0.0, 1.0), &device);
    let mut times = Vec::new();
    for _ in 0..12 {
        let begin = Instant::now();
        let trunk = network.trunk(spectrogram.clone());
        let pooled = network.pool(&trunk);
        let heads =
            network.unadapted(pooled.clone()) + network.adapted(pooled.clone(), pooled.detach() * 0.5);
        let teacher = network.distil.as_ref().map(|head| head.forward(trunk.features).powi_scalar(2).mean());
        let loss = heads.powi_scalar(2).mean();
        let loss = teacher.map_or(loss.clone(), |teacher| loss + teacher);
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        network = optimizer.step(1e-3, network, gradients);
        times.push(begin.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    println!("{:.1}", times[times.len() / 2]);
}
