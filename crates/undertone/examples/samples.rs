//! Samples from anywhere → emotions: `cargo run --release -p undertone --example samples`
//!
//! Here three seconds of a synthetic voice at 44.1 kHz; no file is read, so it works with `--no-default-features --features embedded`.
#![allow(clippy::print_stdout)]

use undertone::{Engine, Result};

const RATE: u32 = 44_100;

fn main() -> Result<()> {
    let analysis = Engine::embedded()?.analyze_samples(&voice(3.0), RATE)?;
    for span in &analysis.spans {
        println!("{:.1}–{:.1} s", span.start, span.end);
        span.posterior().iter().for_each(|(emotion, p)| println!("  {emotion:9} {p:.2}"));
    }
    Ok(())
}

/// Harmonics of a pitch that glides, under a moving resonance, four syllables a second.
fn voice(seconds: f32) -> Vec<f32> {
    let mut phase = 0.0;
    let sample = |i: usize| {
        let t = i as f32 / RATE as f32;
        let hz = 140.0 + 50.0 * (t * 2.1).sin() + 25.0 * (t * 5.3).sin();
        phase += std::f32::consts::TAU * hz / RATE as f32;
        let resonance = 700.0 + 500.0 * (t * 9.0).sin();
        let level = |k: f32| (-((k * hz - resonance) / 500.0).powi(2)).exp() + 0.1 / k;
        let syllable = (t * 4.0 * std::f32::consts::TAU).sin().max(-0.2) + 0.2;
        0.25 * syllable * (1..=20).map(|k| (phase * k as f32).sin() * level(k as f32)).sum::<f32>()
    };
    (0..(seconds * RATE as f32) as usize).map(sample).collect()
}
