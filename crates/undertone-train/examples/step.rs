//! Times training steps of the default network on random crops: `cargo run --release -p undertone-train --example step`; with
//! `-- waveform` of the one that reads waveforms through a learned bank.
//!
//! Prints milliseconds a step: forward, both heads, the teacher's head, backward, AdamW; 64 crops of 3 s.
#![allow(clippy::print_stdout)]
use std::time::Instant;

use burn::optim::{AdamWConfig, GradientsParams};
use burn::prelude::*;
use burn::tensor::Distribution;
use undertone::speakers::Usual;
use undertone_train::distil::TeacherFrames;
use undertone_train::front_end::{Frames, FrontEnd};
use undertone_train::network::Size;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Width of the teacher's features.
const TEACHER: usize = 250;

fn main() -> undertone::Result<()> {
    let device = Device::flex().autodiff();
    let front_end = match std::env::args().nth(1).as_deref() {
        Some("waveform") => FrontEnd::Waveform,
        _ => FrontEnd::Spectrogram,
    };
    let mut network = front_end.network(&Size::default(), Some(TEACHER), &device)?;
    let mut optimizer = AdamWConfig::new().init();
    let random = |width| Tensor::<2>::random([64 * 300, width], Distribution::Normal(0.0, 0.1), &device);
    let frames = Frames { short: random(400), long: random(256), batch: 64 };
    let spectrogram = random(128).reshape([64, 300, 128]);
    let speaker = Usual::default().baseline(&network.population(), 1.0, None);
    let teacher = TeacherFrames { values: vec![0.0; 64 * 75 * TEACHER], used: vec![1.0; 64 * 75] };
    let mut times = Vec::new();
    for _ in 0..12 {
        let begin = Instant::now();
        let views = network.bank.as_ref().map(|bank| bank.forward(frames.clone()));
        let features = network.trunk(views.unwrap_or_else(|| spectrogram.clone()));
        let pooled = network.pool(features.clone());
        let heads =
            network.unadapted(pooled.clone()) + network.adapted(pooled, std::slice::from_ref(&speaker));
        let teacher = network.distil.as_ref().map(|head| teacher.distance(head, features));
        let loss = heads.powi_scalar(2).mean();
        let loss = teacher.map_or(loss.clone(), |teacher| loss + teacher);
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        network = optimizer.step(1e-3, network, gradients);
        times.push(begin.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    println!("{:.1}", times[times.len() / 2]);
    Ok(())
}
