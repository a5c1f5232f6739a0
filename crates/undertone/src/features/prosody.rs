//! Classical prosody: pitch, energy, voicing and the spectrum's shape, a value each every 10 ms.

use std::f32::consts::PI;

use super::{Frames, HOP, Spectrogram, frame_count, log_mel};

/// Contours of one frame, in the order of [`NAMES`].
pub const WIDTH: usize = 7 + CEPSTRUM;
/// Cepstral coefficients of log-mel.
const CEPSTRUM: usize = 12;
/// Samples of a pitch window at 8 kHz: 40 ms.
const WINDOW: usize = 320;
/// Lags at 8 kHz: 500 down to 60 Hz.
const LAGS: std::ops::RangeInclusive<usize> = 16..=133;
/// A frame is voiced when its autocorrelation is at least this.
pub const VOICED: f32 = 0.5;
/// Frames quieter than this (mean square) have no pitch: −70 dB.
const QUIET: f32 = 1e-7;

/// The contours: energy (dB), voicing (0…1), pitch (semitones above 27.5 Hz; 0 where unvoiced), spectral centroid (mel bands),
/// alpha ratio and Hammarberg index (nepers), spectral flux (nepers), then cepstral coefficients 1…12.
pub const NAMES: [&str; WIDTH] = [
    "energy",
    "voicing",
    "pitch",
    "centroid",
    "alpha",
    "hammarberg",
    "flux",
    "cepstrum1",
    "cepstrum2",
    "cepstrum3",
    "cepstrum4",
    "cepstrum5",
    "cepstrum6",
    "cepstrum7",
    "cepstrum8",
    "cepstrum9",
    "cepstrum10",
    "cepstrum11",
    "cepstrum12",
];

/// Contours of a waveform at 16 kHz: `[frame_count(samples), 19]`, one row every 10 ms.
///
/// Voicing is the largest normalised autocorrelation `Σ x(n)·x(n+l) / √(Σ x(n)² · Σ x(n+l)²)` of 40 ms at 8 kHz over lags of 60 to 500
/// Hz, pitch its lag (the shortest within 15 % of the largest, refined by a parabola; after Boersma 1993). Alpha ratio: ln of the
/// power of 50–1000 Hz over 1–5 kHz; Hammarberg index: ln of the strongest band below 2 kHz over that of 2–5 kHz
/// (Eyben et al. 2016); flux: mean absolute change of the log-mel bands since the frame before. Silence is unvoiced, −100 dB.
pub fn prosody(waveform: &[f32]) -> Frames {
    let spectrogram = Spectrogram::default().compute(waveform);
    let half: Vec<f32> = waveform.chunks_exact(2).map(|pair| 0.5 * (pair[0] + pair[1])).collect();
    let frames = frame_count(waveform.len());
    let mut data = Vec::with_capacity(frames * WIDTH);
    let mut before: Option<&[f32]> = None;
    for (at, row) in spectrogram.rows().enumerate() {
        let bands = &row[..log_mel::BANDS];
        let centre = at * HOP / 2;
        let frame = |from: usize| half.get(from..(from + WINDOW).min(half.len())).unwrap_or_default();
        let start = centre.saturating_sub(WINDOW / 2);
        let power = frame(start).iter().map(|x| x * x).sum::<f32>() / WINDOW as f32;
        let (voicing, hertz) = if power < QUIET { (0.0, 0.0) } else { pitch(&half, start) };
        let semitones = if voicing >= VOICED { 12.0 * (hertz / 27.5).log2() } else { 0.0 };
        data.extend([10.0 * (power + 1e-10).log10(), voicing, semitones]);
        data.extend(shape(bands));
        let flux = before.map_or(0.0, |before| {
            bands.iter().zip(before).map(|(now, then)| (now - then).abs()).sum::<f32>()
                / log_mel::BANDS as f32
        });
        data.push(flux);
        data.extend(cepstrum(bands));
        before = Some(bands);
    }
    Frames::of_rows(data, WIDTH)
}

/// Voicing and pitch in Hz of the window that begins at `start`, at 8 kHz.
fn pitch(signal: &[f32], start: usize) -> (f32, f32) {
    let end = (start + WINDOW + LAGS.end()).min(signal.len());
    let piece = signal.get(start..end).unwrap_or_default();
    let strength = |lag: usize| {
        let n = WINDOW.min(piece.len().saturating_sub(lag));
        let (mut product, mut own, mut later) = (0.0f32, 1e-9f32, 1e-9f32);
        for (x, y) in piece[..n].iter().zip(&piece[lag.min(piece.len())..]) {
            (product, own, later) = (product + x * y, own + x * x, later + y * y);
        }
        if n < WINDOW / 2 { 0.0 } else { product / (own * later).sqrt() }
    };
    let strengths: Vec<f32> = LAGS.map(strength).collect();
    let most = strengths.iter().fold(0.0f32, |a, &b| a.max(b));
    let peak = |at: &usize| {
        let near = |at: usize| strengths.get(at).copied().unwrap_or(f32::NEG_INFINITY);
        let here = strengths[*at];
        here >= 0.85 * most && here >= near(at.wrapping_sub(1)) && here >= near(at + 1)
    };
    let Some(at) = (0..strengths.len()).find(peak) else { return (0.0, 0.0) };
    let refined = match (at.checked_sub(1).map(|before| strengths[before]), strengths.get(at + 1)) {
        (Some(before), Some(&after)) if before - 2.0 * strengths[at] + after < 0.0 => {
            0.5 * (before - after) / (before - 2.0 * strengths[at] + after)
        }
        _ => 0.0,
    };
    (most.clamp(0.0, 1.0), 8000.0 / ((LAGS.start() + at) as f32 + refined))
}

/// Centroid, alpha ratio and Hammarberg index of one frame's log-mel bands.
fn shape(bands: &[f32]) -> [f32; 3] {
    let power: Vec<f32> = bands.iter().map(|x| x.exp()).collect();
    let sum: f32 = power.iter().sum();
    let centroid = power.iter().enumerate().map(|(band, p)| band as f32 * p).sum::<f32>() / sum;
    let [one, two, five] = [1000.0, 2000.0, 5000.0].map(band_of);
    let ratio = |low: f32, high: f32| (low / high).ln();
    let alpha = ratio(power[..one].iter().sum(), power[one..five].iter().sum());
    let most = |bands: &[f32]| bands.iter().fold(0.0f32, |a, &b| a.max(b));
    [centroid, alpha, ratio(most(&power[..two]), most(&power[two..five]))]
}

/// The first log-mel band that lies above a frequency in Hz (50 to 7800 Hz in 64 steps of the HTK mel scale).
fn band_of(hertz: f32) -> usize {
    let mel = |hertz: f32| 1127.0 * (1.0 + hertz / 700.0).ln();
    let step = (mel(7800.0) - mel(50.0)) / (log_mel::BANDS + 1) as f32;
    ((mel(hertz) - mel(50.0)) / step) as usize
}

/// Coefficients 1…12 of the cosine transform of the log-mel bands, as amplitudes of the cosines.
fn cepstrum(bands: &[f32]) -> [f32; CEPSTRUM] {
    let n = bands.len() as f32;
    std::array::from_fn(|k| {
        let wave = |band: usize| (PI * (k + 1) as f32 * (band as f32 + 0.5) / n).cos();
        bands.iter().enumerate().map(|(band, x)| x * wave(band)).sum::<f32>() * 2.0 / n
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    fn buzz(hz: f32, n: usize) -> Vec<f32> {
        let sample = |i: usize| {
            let phase = TAU * hz * i as f32 / 16_000.0;
            (1..=10).map(|k| (k as f32 * phase).sin() / k as f32).sum::<f32>() * 0.2
        };
        (0..n).map(sample).collect()
    }

    #[test]
    fn the_pitch_of_a_buzz_is_found_within_a_quarter_of_a_semitone() {
        for hz in [80.0, 120.0, 233.0, 410.0] {
            let frames = prosody(&buzz(hz, 16_000));
            let row: Vec<f32> = frames.rows().nth(50).map(<[f32]>::to_vec).unwrap_or_default();
            assert!((row[2] - 12.0 * (hz / 27.5f32).log2()).abs() < 0.25, "{hz}: {}", row[2]);
            assert!(row[1] > 0.95, "{hz}: {}", row[1]);
        }
    }

    #[test]
    fn silence_and_noise_have_no_pitch_and_any_length_has_its_frames() {
        let mut state = 1u32;
        let noise: Vec<f32> = (0..16_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / 8_388_608.0 - 1.0
            })
            .collect();
        let voiced =
            |wave: &[f32]| prosody(wave).rows().filter(|row| row[1] >= VOICED).count() as f32 / 101.0;
        assert_eq!(voiced(&[0.0; 16_000]), 0.0);
        assert!(voiced(&noise) < 0.1, "{}", voiced(&noise));
        for n in [0, 1, 159, 500, 1601] {
            let frames = prosody(&buzz(150.0, n));
            assert_eq!((frames.len(), frames.width()), (n / 160 + 1, WIDTH));
            assert!(frames.data().iter().all(|x| x.is_finite()), "{n}");
        }
    }

    #[test]
    fn louder_is_more_decibels_and_a_duller_sound_has_more_alpha() {
        let (soft, loud) =
            (buzz(150.0, 8000), buzz(150.0, 8000).iter().map(|x| x * 10.0).collect::<Vec<_>>());
        let row = |wave: &[f32]| prosody(wave).rows().nth(20).map(<[f32]>::to_vec).unwrap_or_default();
        assert!((row(&loud)[0] - row(&soft)[0] - 20.0).abs() < 0.1);
        let dull: Vec<f32> = (0..8000).map(|i| (TAU * 150.0 * i as f32 / 16_000.0).sin()).collect();
        assert!(row(&dull)[4] > row(&soft)[4] + 1.0);
    }
}
