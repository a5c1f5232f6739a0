//! Degraded copies of a clip for training: a room, other sounds, a line, drawn at random.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use undertone::Result;
use undertone::corrupt::Corruption;

/// One degraded copy; `other` gives the waveform of some other clip (the number is drawn freely).
///
/// # Errors
/// What decoding the other clip answers.
pub fn degrade(clean: &[f32], seed: u64, other: &dyn Fn(usize) -> Result<Vec<f32>>) -> Result<Vec<f32>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut wave = clean.to_vec();
    if rng.random_bool(0.4) {
        wave = Corruption::Reverb(rng.random_range(0.15..0.9)).apply(&wave, &[], rng.random());
    }
    let snr = rng.random_range(3.0..25.0);
    let noise = match rng.random_range(0..4) {
        0 => Some(Corruption::White(snr)),
        1 => Some(Corruption::Pink(snr)),
        2 => Some(Corruption::Other(snr)),
        _ => None,
    };
    if let Some(noise) = noise {
        let babble = match noise {
            Corruption::Other(_) => babble(&mut rng, other)?,
            _ => Vec::new(),
        };
        wave = noise.apply(&wave, &babble, rng.random());
    }
    let line = rng.random_range(0..6);
    if line < 2 {
        let law = if line == 0 { Corruption::MuLaw } else { Corruption::ALaw };
        wave = law.apply(&wave, &[], 0);
    } else if line == 2 {
        let band = Corruption::Band(rng.random_range(50.0..300.0), rng.random_range(3000.0..7000.0));
        wave = band.apply(&wave, &[], 0);
    }
    Ok(wave)
}

/// One to four other clips at once.
fn babble(rng: &mut ChaCha8Rng, other: &dyn Fn(usize) -> Result<Vec<f32>>) -> Result<Vec<f32>> {
    let mut sum = Vec::new();
    for _ in 0..rng.random_range(1..=4) {
        let voice = other(rng.random_range(0..1 << 30))?;
        if voice.len() > sum.len() {
            sum.resize(voice.len(), 0.0);
        }
        sum.iter_mut().zip(voice).for_each(|(sum, x)| *sum += x);
    }
    Ok(sum)
}
