//! What kind of line speech came over: a telephone carries nothing above 3.4 kHz.

use crate::error::{Warning, WarningCode};
use crate::features::{Frames, log_mel};
use crate::units::{SampleRate, Seconds};

/// Bands centred within these bounds carry speech on every line, in Hz …
const VOICE: [f64; 2] = [400.0, 3000.0];
/// … and bands centred above this one only on a better line than a telephone, in Hz.
const ABOVE: f64 = 4300.0;
/// A telephone's upper bands stay so far below its speech's, in natural units of power (30 dB). Of eight samples of three clips
/// of each corpus the distance is at most 4.2 in the full band, as hisses come near, and at least 10.3 over G.711.
const APART: f32 = 7.0;
/// Shorter speech may just lack hisses.
const LEAST: Seconds = Seconds(4.0);

/// The loudest moment of a stretch, within and above a telephone's band: natural logarithms of mean power.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Band {
    within: f32,
    above: f32,
}

impl Band {
    /// Of a spectrogram's log-mel bands.
    pub(super) fn of(spectrogram: &Frames) -> Band {
        let first = |hz: f64| (0..log_mel::BANDS).find(|&band| log_mel::centre(band) >= hz).unwrap_or(0);
        let (low, high, above) = (first(VOICE[0]), first(VOICE[1]), first(ABOVE));
        let loudest = |bands: std::ops::Range<usize>| {
            let mean = |row: &[f32]| row[bands.clone()].iter().sum::<f32>() / bands.len() as f32;
            spectrogram.rows().map(mean).fold(f32::NEG_INFINITY, f32::max)
        };
        Band { within: loudest(low..high), above: loudest(above..log_mel::BANDS) }
    }
}

/// Says so where a recording came over a telephone line: by its rate, or because nothing in it ever rises above the band.
pub(super) fn telephone(
    (codec, rate): (&str, SampleRate),
    bands: impl Iterator<Item = Band>,
    speech: f64,
) -> Option<Warning> {
    let slow = rate.0 <= SampleRate(8000).0;
    let loudest = |a: Band, b: Band| Band { within: a.within.max(b.within), above: a.above.max(b.above) };
    let narrow =
        speech >= LEAST.0 && bands.reduce(loudest).is_some_and(|band| band.within - band.above >= APART);
    let line = match (codec, slow) {
        ("pcm_mulaw", _) => "G.711 µ-law",
        ("pcm_alaw", _) => "G.711 A-law",
        (_, true) => "stored at 8 kHz or less",
        _ => "nothing above 3.4 kHz",
    };
    let message = || {
        format!(
            "this sounds like a telephone line ({line}): the model was trained on such lines too, but hears less there \
             than in a full band"
        )
    };
    (slow || narrow).then(|| Warning::new(WarningCode::Telephone, message()))
}

#[cfg(test)]
#[path = "../../tests/it/telephone.rs"]
mod line;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Spectrogram;

    /// Five seconds of harmonics of 204 Hz with hisses between them.
    fn voice() -> Vec<f32> {
        let mut state = 1u32;
        (0..80_000)
            .map(|i| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let hiss = (state >> 8) as f32 / (1 << 23) as f32 - 1.0;
                match i / 4000 % 4 {
                    3 => 0.05 * hiss,
                    _ => (1..18).map(|k| 0.05 * (i as f32 * k as f32 * 0.08).sin()).sum(),
                }
            })
            .collect()
    }

    fn told(waveform: &[f32], rate: u32, speech: f64) -> Option<WarningCode> {
        let band = Band::of(&Spectrogram::default().compute(waveform));
        telephone(("pcm_s16le", SampleRate(rate)), std::iter::once(band), speech).map(|warning| warning.code)
    }

    #[test]
    fn a_telephone_is_known_by_its_band_or_its_rate_and_a_full_band_is_none() {
        // With silence to either side: an edge would hold all frequencies.
        let silence = vec![0.0; 1000];
        let line = line::telephone(&[silence.clone(), voice(), silence].concat());
        assert_eq!(told(&voice(), 16_000, 5.0), None);
        assert_eq!(told(&line, 16_000, 5.0), Some(WarningCode::Telephone));
        assert_eq!(told(&line, 16_000, 1.0), None, "too little to tell");
        assert_eq!(told(&voice(), 8_000, 1.0), Some(WarningCode::Telephone));
    }
}
