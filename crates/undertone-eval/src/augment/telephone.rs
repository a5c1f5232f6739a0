//! A telephone line: 300–3400 Hz, 8 kHz, G.711.

use audio_codec_algorithms::{decode_alaw, decode_ulaw, encode_alaw, encode_ulaw};

use super::band;

const LOW: f32 = 300.0;
const HIGH: f32 = 3400.0;

/// Band limit, 8 kHz, one byte a sample by `code`, and back to 16 kHz.
pub(super) fn through(waveform: &[f32], code: fn(f32) -> f32) -> Vec<f32> {
    let mut narrow = band::limit(waveform, LOW, HIGH);
    for (i, x) in narrow.iter_mut().enumerate() {
        // Every second sample stands for 8 kHz; the others are filled in by the band limit below.
        *x = if i % 2 == 0 { 2.0 * code(*x) } else { 0.0 };
    }
    band::limit(&narrow, 0.0, 3900.0)
}

/// µ-law there and back: 8 bits for −1…1.
pub(super) fn mu_law(x: f32) -> f32 {
    sample(decode_ulaw(encode_ulaw(linear(x))))
}

/// A-law there and back: 8 bits for −1…1.
pub(super) fn a_law(x: f32) -> f32 {
    sample(decode_alaw(encode_alaw(linear(x))))
}

/// −1…1 in 16 bits.
fn linear(x: f32) -> i16 {
    (x * 32768.0).round() as i16
}

fn sample(linear: i16) -> f32 {
    f32::from(linear) / 32768.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantisation_noise_lies_where_g711_puts_it() {
        for (name, code) in [("µ-law", mu_law as fn(f32) -> f32), ("A-law", a_law)] {
            for level in [1.0f32, 0.1, 0.01] {
                let wave: Vec<f32> = (0..8000).map(|i| level * (i as f32 * 0.37).sin()).collect();
                let noise: f32 = wave.iter().map(|&x| (code(x) - x).powi(2)).sum();
                let signal: f32 = wave.iter().map(|x| x * x).sum();
                let snr = 10.0 * (signal / noise).log10();
                assert!((30.0..43.0).contains(&snr), "{name} at {level}: {snr} dB");
            }
            let codes: std::collections::BTreeSet<i64> =
                (-4000..=4000).map(|i| (code(i as f32 / 4000.0) * 1e6) as i64).collect();
            assert!((240..=256).contains(&codes.len()), "{name}: {} values", codes.len());
        }
    }

    #[test]
    fn a_line_keeps_speech_and_drops_the_rest() {
        let tone = |hz: f32| -> Vec<f32> {
            (0..16_000).map(|i| 0.5 * (i as f32 * hz * std::f32::consts::TAU / 16_000.0).sin()).collect()
        };
        let power = |x: &[f32]| x.iter().map(|x| x * x).sum::<f32>() / x.len() as f32;
        assert!(power(&through(&tone(1000.0), mu_law)) > 0.11);
        assert!(power(&through(&tone(5000.0), mu_law)) < 1e-4);
    }
}
