//! The bank of mel filters and the Fourier transform of Whisper's log-mel spectrogram, as constants of a graph.

use std::f64::consts::PI;

/// Samples of a frame.
pub const FFT: usize = 400;
/// Samples from one frame to the next.
pub const HOP: usize = 160;
/// Frequencies of its spectrum.
pub const BINS: usize = FFT / 2 + 1;
const RATE: f64 = 16_000.0;

/// Slaney's scale is linear below this frequency and logarithmic above.
const KNEE: f64 = 1000.0;
/// Hz of one mel below the knee.
const STEP: f64 = 200.0 / 3.0;
/// Mels in which the frequency grows by 6.4 above the knee.
const GROWTH: f64 = 27.0;

fn hz(mel: f64) -> f64 {
    let knee = KNEE / STEP;
    if mel < knee { mel * STEP } else { KNEE * 6.4_f64.powf((mel - knee) / GROWTH) }
}

/// Triangles of equal area, `[bands, BINS]`.
pub fn mel_bank(bands: usize) -> Vec<f32> {
    let top = KNEE / STEP + (RATE / 2.0 / KNEE).ln() / 6.4_f64.ln() * GROWTH;
    let edge = |number: usize| hz(top * number as f64 / (bands + 1) as f64);
    let mut bank = Vec::with_capacity(bands * BINS);
    for band in 0..bands {
        let [low, centre, high] = [0, 1, 2].map(|next| edge(band + next));
        bank.extend((0..BINS).map(|bin| {
            let frequency = RATE / FFT as f64 * bin as f64;
            let rising = (frequency - low) / (centre - low);
            let falling = (high - frequency) / (high - centre);
            (rising.min(falling).max(0.0) * 2.0 / (high - low)) as f32
        }));
    }
    bank
}

/// The Hann-windowed cosines and sines of every frequency, each `[BINS, 1, FFT]`: filters of a convolution.
pub fn fourier() -> [Vec<f32>; 2] {
    // Angles within one turn: the same bytes on every platform, as no sine is taken of a large number.
    let turn = |steps: usize| 2.0 * PI * (steps % FFT) as f64 / FFT as f64;
    let filters = |wave: fn(f64) -> f64| {
        let filter = |bin: usize| {
            (0..FFT).map(move |n| {
                let hann = 0.5 - 0.5 * turn(n).cos();
                (hann * wave(turn(bin * n))) as f32
            })
        };
        (0..BINS).flat_map(filter).collect()
    };
    [filters(f64::cos), filters(f64::sin)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filters_have_equal_areas_and_cover_the_band() {
        let bank = mel_bank(80);
        assert_eq!(bank.len(), 80 * BINS);
        // Wide filters are sampled finely enough to see their area, 1 for each hertz: 40 Hz a bin.
        for band in 50..80 {
            let area: f32 = bank[band * BINS..][..BINS].iter().sum::<f32>() * 40.0;
            assert!((area - 1.0).abs() < 0.02, "{band}: {area}");
        }
        let loudest =
            |band: usize| (0..BINS).max_by(|&a, &b| bank[band * BINS + a].total_cmp(&bank[band * BINS + b]));
        assert!((1..80).all(|band| loudest(band) >= loudest(band - 1)) && loudest(79) > loudest(0));
    }

    #[test]
    fn the_transform_finds_a_tone() {
        let [re, im] = fourier();
        let tone: Vec<f32> =
            (0..FFT).map(|n| (2.0 * PI * 25.0 * n as f64 / FFT as f64).sin() as f32).collect();
        let power = |bin: usize| -> f32 {
            let dot = |filters: &[f32]| {
                filters[bin * FFT..][..FFT].iter().zip(&tone).map(|(a, b)| a * b).sum::<f32>()
            };
            dot(&re).powi(2) + dot(&im).powi(2)
        };
        // The Hann window's sum is 200: half of it for each of the tone's two sides.
        assert!((power(25) - 1e4).abs() < 1.0, "{}", power(25));
        assert!(power(40) < 1e-3);
    }
}
