//! Noise, and its level relative to the active speech level.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Samples of one frame when levels are measured: 20 ms.
const FRAME: usize = 320;
/// Frames further below the loudest one count as pauses.
const PAUSE_DB: f32 = 30.0;

/// Mean of the squares; 0 of nothing.
fn mean_square(waveform: &[f32]) -> f32 {
    waveform.iter().map(|x| x * x).sum::<f32>() / waveform.len().max(1) as f32
}

/// The factor that gives a waveform a mean square of 1; a large one for silence.
pub fn to_unit_power(waveform: &[f32]) -> f32 {
    mean_square(waveform).max(1e-12).sqrt().recip()
}

/// Mean square of the frames (20 ms) that are not pauses: those within 30 dB of the loudest. 0 for silence.
pub fn active_level(waveform: &[f32]) -> f32 {
    let powers: Vec<f32> = waveform.chunks(FRAME).map(mean_square).collect();
    let loudest = powers.iter().fold(0.0f32, |a, &b| a.max(b));
    let threshold = loudest * 10f32.powf(-PAUSE_DB / 10.0);
    let active: Vec<f32> = powers.into_iter().filter(|&power| power > 0.0 && power >= threshold).collect();
    active.iter().sum::<f32>() / active.len().max(1) as f32
}

/// `waveform + noise`, the noise so scaled that its mean square lies `snr` dB below the active level of the waveform.
pub fn add(waveform: &[f32], noise: &[f32], snr: f32) -> Vec<f32> {
    let power = mean_square(noise);
    let wanted = active_level(waveform) * 10f32.powf(-snr / 10.0);
    let scale = if power > 0.0 { (wanted / power).sqrt() } else { 0.0 };
    waveform.iter().zip(noise).map(|(x, noise)| x + scale * noise).collect()
}

pub(super) fn white(n: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    (0..n).map(|_| rng.random_range(-1.0..1.0)).collect()
}

/// Sums of white sources that are renewed every 1, 2, 4, … samples (Voss; see Gardner, Scientific American, April 1978).
pub(super) fn pink(n: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let mut sources = [0.0f32; 12];
    let sample = |i: usize| {
        let renewed = (i.trailing_zeros() as usize).min(sources.len() - 1);
        sources[renewed] = rng.random_range(-1.0..1.0);
        sources.iter().sum::<f32>() + rng.random_range(-1.0..1.0)
    };
    (1..=n).map(sample).collect()
}
