//! A room: noise that decays exponentially after the direct sound (Polack's model of late reverberation).

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use realfft::RealFftPlanner;

/// Share of the direct sound in the energy of the response.
const DIRECT: f32 = 0.5;

/// Convolves with a synthetic impulse response of reverberation time `seconds` (to −60 dB); the level stays.
pub(super) fn reverberate(waveform: &[f32], seconds: f32, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let n = waveform.len();
    if n == 0 || seconds <= 0.0 {
        return waveform.to_vec();
    }
    let response = response(seconds.min(5.0), rng);
    let length = (n + response.len()).next_power_of_two();
    let mut planner = RealFftPlanner::new();
    let (forward, inverse) = (planner.plan_fft_forward(length), planner.plan_fft_inverse(length));
    let transform = |signal: &[f32]| {
        let (mut time, mut spectrum) = (forward.make_input_vec(), forward.make_output_vec());
        time[..signal.len()].copy_from_slice(signal);
        // The lengths are the plan's own, so the transform cannot fail.
        let done = forward.process(&mut time, &mut spectrum);
        debug_assert!(done.is_ok());
        spectrum
    };
    let mut product = transform(waveform);
    for (x, room) in product.iter_mut().zip(transform(&response)) {
        *x = *x * room / length as f32;
    }
    // The first and last bins of a real signal are real.
    product[0].im = 0.0;
    product[length / 2].im = 0.0;
    let mut out = inverse.make_output_vec();
    let done = inverse.process(&mut product, &mut out);
    debug_assert!(done.is_ok());
    out.truncate(n);
    out
}

/// Direct sound, then decaying noise; unit energy.
fn response(seconds: f32, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let n = (seconds * 16_000.0) as usize;
    // 60 dB of energy in `seconds`: amplitude falls by 10⁻³.
    let decay = -(1000f32.ln()) / (seconds * 16_000.0);
    let mut tail: Vec<f32> =
        (0..n).map(|i| rng.random_range(-1.0..1.0f32) * (decay * i as f32).exp()).collect();
    let energy: f32 = tail.iter().map(|x| x * x).sum();
    let scale = ((1.0 - DIRECT) / energy.max(f32::MIN_POSITIVE)).sqrt();
    tail.iter_mut().for_each(|x| *x *= scale);
    if let Some(first) = tail.first_mut() {
        *first += DIRECT.sqrt();
    }
    tail
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn energy_falls_by_sixty_decibels_in_the_time_asked_for() {
        let response = response(0.6, &mut ChaCha8Rng::seed_from_u64(3));
        let energy = |from: f32| response[(from * 16_000.0) as usize..].iter().map(|x| x * x).sum::<f32>();
        // Over 0.3 s the energy left falls by half of 60 dB (Schroeder's backward integral).
        let fall = 10.0 * (energy(0.05) / energy(0.35)).log10();
        assert!((fall - 30.0).abs() < 1.5, "{fall} dB");
    }

    #[test]
    fn the_echo_follows_the_sound() {
        let mut click = vec![0.0; 8000];
        click[100] = 1.0;
        let wet = reverberate(&click, 0.3, &mut ChaCha8Rng::seed_from_u64(1));
        assert!(wet[..99].iter().all(|x| x.abs() < 1e-4));
        assert!(wet[100] > 0.5 && wet[101..3000].iter().any(|x| x.abs() > 1e-3));
    }
}
