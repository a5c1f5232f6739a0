//! Times training steps of the default network on random crops, in milliseconds per step.
//!
//! Forward, both heads, the teacher's head, backward, AdamW; 64 crops of 3 s.

use std::time::Instant;

use burn::optim::{AdamWConfig, GradientsParams};
use burn::prelude::*;
use burn::tensor::Distribution;
use undertone::speakers::SpeakerStats;
use undertone_train::nn::frames::Frames;
use undertone_train::nn::front_end::FrontEnd;
use undertone_train::nn::network::Size;
use undertone_train::train::distillation::TeacherFrames;

/// Width of the teacher's features.
const TEACHER: usize = 250;

/// Prints the median of twelve steps.
pub fn run(waveform: bool) -> undertone::Result<()> {
    let device = Device::flex().autodiff();
    let front_end = if waveform { FrontEnd::Waveform } else { FrontEnd::Spectrogram };
    let mut network = front_end.network(&Size::default(), Some(TEACHER), &device)?;
    let mut optimizer = AdamWConfig::new().init();
    let random = |width| Tensor::<2>::random([64 * 300, width], Distribution::Normal(0.0, 0.1), &device);
    let frames = Frames { short: random(400), long: random(256), batch: 64 };
    let spectrogram = random(128).reshape([64, 300, 128]);
    let speaker = SpeakerStats::default().adaptation(&network.population(), 1.0, None);
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
