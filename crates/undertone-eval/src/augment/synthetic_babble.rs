//! Synthetic babble: syllables from a formant synthesiser (pulses and breath noise through four moving resonances; Klatt 1980, much
//! simplified), without any words. A background of voices for training that needs no recordings.

use std::f32::consts::{PI, TAU};

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::to_unit_power;

/// Samples in a second.
const RATE: f32 = 16_000.0;
/// Hertz between which each resonance of a tract of middle length lies, and its bandwidth.
const FORMANTS: [(f32, f32, f32); 4] =
    [(280.0, 800.0, 80.0), (850.0, 2300.0, 110.0), (2400.0, 3100.0, 160.0), (3400.0, 4000.0, 250.0)];

/// `n` samples of one to six voices at once, of equal power.
pub(super) fn babble(n: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let mut sum = vec![0.0; n];
    for _ in 0..rng.random_range(1..=6) {
        let voice = voice(n, rng);
        let scale = to_unit_power(&voice);
        sum.iter_mut().zip(voice).for_each(|(sum, x)| *sum += scale * x);
    }
    sum
}

/// Syllables one after another, a pause between some.
fn voice(n: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    // Small heads speak high, by and large.
    let height = rng.random_range(-1.0..1.0f32);
    let (pitch, tract) =
        (150.0 * 2f32.powf(0.9 * height), 1.0 + 0.12 * height + rng.random_range(-0.05..0.05));
    let place = |rng: &mut ChaCha8Rng| FORMANTS.map(|(low, high, _)| tract * rng.random_range(low..high));
    let mut out = Vec::with_capacity(n);
    let mut tube = Tube::default();
    let mut from = place(rng);
    while out.len() < n {
        if rng.random_bool(0.15) {
            out.resize(out.len() + length(0.1..0.5, rng), 0.0);
        }
        if rng.random_bool(0.6) {
            hiss(&mut out, rng);
        }
        let to = place(rng);
        let melody = [0, 1].map(|_| pitch * 2f32.powf(rng.random_range(-0.5..0.5)));
        tube.syllable(&mut out, melody, [from, to], rng);
        from = to;
    }
    out.truncate(n);
    out
}

/// A consonant: noise without its low frequencies.
fn hiss(out: &mut Vec<f32>, rng: &mut ChaCha8Rng) {
    let (n, strength) = (length(0.03..0.1, rng), rng.random_range(0.004..0.04f32));
    let mut before = 0.0;
    out.extend((0..n).map(|i| {
        let now: f32 = rng.random_range(-1.0..1.0);
        let rising = now - std::mem::replace(&mut before, now);
        strength * (PI * i as f32 / n as f32).sin() * rising
    }));
}

fn length(seconds: std::ops::Range<f32>, rng: &mut ChaCha8Rng) -> usize {
    (rng.random_range(seconds) * RATE) as usize
}

/// The glottis and the resonances above it.
#[derive(Default)]
struct Tube {
    /// Where in its period the glottis is, 0…1.
    phase: f32,
    flow: f32,
    /// The last two values of each resonance.
    past: [[f32; 2]; FORMANTS.len()],
}

impl Tube {
    /// A vowel: the pitch glides from one height to another, the resonances reach their place halfway.
    fn syllable(
        &mut self,
        out: &mut Vec<f32>,
        pitch: [f32; 2],
        formants: [[f32; FORMANTS.len()]; 2],
        rng: &mut ChaCha8Rng,
    ) {
        let (n, strength) = (length(0.12..0.35, rng), rng.random_range(0.4..1.0f32));
        let breath = rng.random_range(0.001..0.008f32);
        let radii = FORMANTS.map(|(_, _, bandwidth)| (-PI * bandwidth / RATE).exp());
        for i in 0..n {
            let done = i as f32 / n as f32;
            let there = (2.0 * done).min(1.0);
            self.phase = (self.phase + (pitch[0] + (pitch[1] - pitch[0]) * done) / RATE).fract();
            let flow = flow(self.phase);
            let mut x =
                flow - std::mem::replace(&mut self.flow, flow) + breath * rng.random_range(-1.0..1.0f32);
            for (k, (past, radius)) in self.past.iter_mut().zip(radii).enumerate() {
                let hertz = formants[0][k] + (formants[1][k] - formants[0][k]) * there;
                let (first, second) = (2.0 * radius * (TAU * hertz / RATE).cos(), -radius * radius);
                x = (1.0 - first - second) * x + first * past[0] + second * past[1];
                *past = [x, past[0]];
            }
            out.push(strength * (PI * done).sin() * x);
        }
    }
}

/// Air through the glottis within a period: opens, closes faster, rests (Rosenberg 1971).
fn flow(phase: f32) -> f32 {
    const OPEN: f32 = 0.4;
    const CLOSED: f32 = 0.56;
    if phase < OPEN {
        let t = phase / OPEN;
        t * t * (3.0 - 2.0 * t)
    } else if phase < CLOSED {
        1.0 - ((phase - OPEN) / (CLOSED - OPEN)).powi(2)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn they_have_a_pitch_and_fall_towards_high_frequencies_as_voices_do() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let wave = voice(48_000, &mut rng);
        let power = |x: &[f32]| x.iter().map(|x| x * x).sum::<f32>();
        // Half of the tenths of a second repeat themselves within 2.5 to 16 ms.
        let periodic = |part: &&[f32]| {
            let alike = |lag: usize| {
                let (a, b) = (&part[..1600 - lag], &part[lag..]);
                let product: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
                product / (power(a) * power(b)).sqrt().max(1e-9)
            };
            (40..256).map(alike).fold(0.0, f32::max) > 0.7
        };
        let voiced = wave.chunks_exact(1600).filter(periodic).count();
        assert!((12..30).contains(&voiced), "{voiced} of 30");
        let rising: Vec<f32> = wave.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(power(&rising) < 0.3 * power(&wave), "{} of {}", power(&rising), power(&wave));
    }
}
