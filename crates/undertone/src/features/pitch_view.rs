//! The pitch view: the power spectrum below 1 kHz in 64 bands, fine enough to tell the harmonics of a voice apart.
//!
//! A shift of pitch is a shift along its rows. The waveform is low-passed and decimated to 4 kHz,
//! `y[m] = Σₖ h[k]·x[4m + k − 16]` for m = 0…n/4, with 33 taps of a Blackman-windowed sinc (cut-off 1.7 kHz, sum 1). Frame *i* is centred on
//! `y[40·i]`: 256 samples (64 ms) under a periodic Hann window, a 1024-point power spectrum, times 16 (which gives the level
//! of the same window at 16 kHz), 64 triangles at logarithmic steps from 60 to 1000 Hz, at least 4 Hz wide to each
//! side, and ln(power + 10⁻⁶). Samples outside `x` and `y` are 0.

use std::f64::consts::PI;

use super::filter::{BandPowers, bands, hann};
use super::{HOP, frame_count};
use crate::units::SampleRate;

/// Bands.
pub const BANDS: usize = 64;
/// Samples of the waveform for one of the decimated signal.
pub const DECIMATION: usize = 4;
/// Taps of the low-pass before decimation.
pub const TAPS: usize = 33;
/// Window length in decimated samples: 64 ms at 4 kHz.
pub const WINDOW: usize = 256;
/// Points of the Fourier transform of the decimated signal.
pub const FFT: usize = 1024;
/// Bins of its power spectrum up to 1 kHz, the rest is not used.
pub const BINS: usize = FFT / 4 + 2;
/// What the powers are multiplied by.
pub const GAIN: f32 = (DECIMATION * DECIMATION) as f32;
const DECIMATED_RATE: f64 = 4000.0;
const CUTOFF_HZ: f64 = 1700.0;
const LOWEST_HZ: f64 = 60.0;
const HIGHEST_HZ: f64 = 1000.0;
const NARROWEST_HZ: f64 = 4.0;
/// Decimated samples summed side by side: few enough to stay in the nearest cache.
const RUN: usize = 512;

/// The window: [`WINDOW`] values.
pub fn window() -> Vec<f32> {
    hann(WINDOW)
}

/// The low-pass: [`TAPS`] values, symmetric, sum 1.
pub fn taps() -> Vec<f32> {
    let middle = (TAPS / 2) as f64;
    let tap = |i: usize| {
        let x = i as f64 - middle;
        let turn = 2.0 * PI * CUTOFF_HZ / f64::from(SampleRate::MODEL.0) * x;
        let sinc = if x == 0.0 { 1.0 } else { turn.sin() / turn };
        let turn = 2.0 * PI * (i as f64 + 1.0) / (TAPS as f64 + 1.0);
        sinc * (0.42 - 0.5 * turn.cos() + 0.08 * (2.0 * turn).cos())
    };
    let sum: f64 = (0..TAPS).map(tap).sum();
    (0..TAPS).map(|i| (tap(i) / sum) as f32).collect()
}

/// The waveform at 16 kHz, low-passed by `taps` ([`taps`]) and decimated to 4 kHz: `y` of the module's first lines.
pub fn decimate(waveform: &[f32], taps: &[f32]) -> Vec<f32> {
    // Every tap adds a whole run of samples at once; the waveform is read as one signal for each phase.
    let mut padded = vec![0.0; waveform.len() + TAPS];
    padded[TAPS / 2..][..waveform.len()].copy_from_slice(waveform);
    let phase = |from| padded.iter().skip(from).step_by(DECIMATION).copied().collect();
    let phases: [Vec<f32>; DECIMATION] = std::array::from_fn(phase);
    let mut low = vec![0.0; waveform.len() / DECIMATION + 1];
    for (start, run) in (0..).step_by(RUN).zip(low.chunks_mut(RUN)) {
        for (k, tap) in taps.iter().enumerate() {
            let samples = &phases[k % DECIMATION][start + k / DECIMATION..];
            run.iter_mut().zip(samples).for_each(|(sum, x)| *sum += tap * x);
        }
    }
    low
}

/// Weight of a bin of the power spectrum in a band, 0…1.
pub fn weight(band: usize, bin: usize) -> f32 {
    let edge = |i: usize| LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ).powf(i as f64 / (BANDS + 1) as f64);
    let (low, centre) = (edge(band), edge(band + 1));
    let f = bin as f64 * DECIMATED_RATE / FFT as f64;
    (1.0 - (f - centre).abs() / (centre - low).max(NARROWEST_HZ)).max(0.0) as f32
}

pub(super) struct PitchView {
    taps: Vec<f32>,
    powers: BandPowers,
}

impl PitchView {
    pub(super) fn new() -> Self {
        let bands = bands(BANDS, BINS, |band, bin| GAIN * weight(band, bin));
        PitchView { taps: taps(), powers: BandPowers::new(window(), FFT, bands) }
    }

    /// Writes the bands of every frame into rows `stride` apart.
    pub(super) fn compute(&mut self, waveform: &[f32], rows: &mut [f32], stride: usize) {
        let low = decimate(waveform, &self.taps);
        self.powers.compute(&low, HOP / DECIMATION, frame_count(waveform.len()), rows, stride);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_low_pass_keeps_the_voice_and_drops_what_would_fold_onto_it() {
        let gain = |hz: f64| {
            let turn = |i: usize| 2.0 * PI * hz * i as f64 / 16_000.0;
            let (re, im) = taps().iter().enumerate().fold((0.0, 0.0), |(re, im), (i, &tap)| {
                (re + f64::from(tap) * turn(i).cos(), im + f64::from(tap) * turn(i).sin())
            });
            10.0 * (re * re + im * im).log10()
        };
        assert!(gain(1000.0) > -1.0, "{}", gain(1000.0));
        for hz in [3000.0, 3500.0, 4000.0, 5000.0] {
            assert!(gain(hz) < -60.0, "{hz} Hz: {} dB", gain(hz));
        }
    }
}
