//! Degraded copies of a clip: reverberation, noise, music or babble, telephone codecs and band limits, drawn at random.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use undertone_eval::augment::Corruption;

/// One degraded copy, the one that `seed` stands for.
pub fn augment(clean: &[f32], seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut wave = clean.to_vec();
    if rng.random_bool(0.4) {
        wave = Corruption::Reverb(rng.random_range(0.15..0.9)).apply(&wave, &[], rng.random());
    }
    let snr = rng.random_range(3.0..25.0);
    let noise = match rng.random_range(0..6) {
        0 => Some(Corruption::White(snr)),
        1 => Some(Corruption::Pink(snr)),
        2 => Some(Corruption::Music(snr)),
        3 | 4 => Some(Corruption::SyntheticBabble(snr)),
        _ => None,
    };
    if let Some(noise) = noise {
        wave = noise.apply(&wave, &[], rng.random());
    }
    let channel = rng.random_range(0..6);
    if channel < 2 {
        let law = if channel == 0 { Corruption::MuLaw } else { Corruption::ALaw };
        wave = law.apply(&wave, &[], 0);
    } else if channel == 2 {
        let band = Corruption::Band(rng.random_range(50.0..300.0), rng.random_range(3000.0..7000.0));
        wave = band.apply(&wave, &[], 0);
    }
    wave
}
