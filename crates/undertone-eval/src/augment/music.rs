//! Synthetic music: chords, a plucked melody and drums, drawn from a seed.

use std::f32::consts::TAU;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Samples in a second.
const RATE: f32 = 16_000.0;
/// Seconds from one beat to the next.
const BEAT: f32 = 0.25;
/// Semitones of a major scale above its root.
const SCALE: [f32; 7] = [0.0, 2.0, 4.0, 5.0, 7.0, 9.0, 11.0];
/// Strengths of a string's partials.
const PARTIALS: [f32; 5] = [1.0, 0.5, 0.33, 0.2, 0.1];

/// `n` samples: every beat a tune's note and a drum, every eighth beat a new chord of three.
pub(super) fn music(n: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let mut out = vec![0.0; n];
    let root = 130.8 * 2f32.powf(rng.random_range(0.0..1.0));
    let beats = (n as f32 / RATE / BEAT).ceil() as usize;
    for beat in 0..beats {
        let start = (beat as f32 * BEAT * RATE) as usize;
        if beat % 8 == 0 {
            let degree = rng.random_range(0..SCALE.len());
            for third in [0, 2, 4] {
                let semitones = SCALE[(degree + third) % 7] + 12.0 * ((degree + third) / 7) as f32;
                note(&mut out, start, root * 2f32.powf(semitones / 12.0), 8.0 * BEAT, 0.2);
            }
        }
        let semitones = 12.0 + SCALE[rng.random_range(0..SCALE.len())];
        note(&mut out, start, root * 2f32.powf(semitones / 12.0), 2.0 * BEAT, 0.3);
        drum(&mut out, start, if beat % 4 == 0 { 0.5 } else { 0.2 }, rng);
    }
    out
}

/// A plucked string: partials that die away.
fn note(out: &mut [f32], start: usize, hertz: f32, seconds: f32, strength: f32) {
    let length = (seconds * RATE) as usize;
    for (i, x) in out.iter_mut().skip(start).take(length).enumerate() {
        let t = i as f32 / RATE;
        let partial = |(k, a): (usize, &f32)| a * (TAU * hertz * (k + 1) as f32 * t).sin();
        let shape = (-4.0 * t / seconds).exp() * (t * 200.0).min(1.0);
        *x += strength * shape * PARTIALS.iter().enumerate().map(partial).sum::<f32>();
    }
}

/// Noise that dies away within a tenth of a second.
fn drum(out: &mut [f32], start: usize, strength: f32, rng: &mut ChaCha8Rng) {
    for (i, x) in out.iter_mut().skip(start).take((0.1 * RATE) as usize).enumerate() {
        *x += strength * (-40.0 * i as f32 / RATE).exp() * rng.random_range(-1.0..1.0);
    }
}
