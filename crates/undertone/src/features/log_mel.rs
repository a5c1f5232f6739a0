//! Log-mel: the power spectrum in 64 bands of the mel scale.
//!
//! Frame *i* is centred on sample 160·*i*: samples 160·*i* − 200 to 160·*i* + 200 (25 ms) under a periodic Hann window, a
//! 512-point power spectrum, 64 triangular filters of peak 1 spaced evenly in mel = 2595·log₁₀(1 + f/700) from 50 to
//! 7800 Hz, and ln(power + 10⁻⁶). Samples outside the waveform are 0.

use super::filter::{BandPowers, bands, hann};
use super::{HOP, frame_count};
use crate::units::SampleRate;

/// Mel bands.
pub const BANDS: usize = 64;
/// Window length in samples: 25 ms at 16 kHz.
pub const WINDOW: usize = 400;
/// Points of the Fourier transform; the window is followed by zeros.
pub const FFT: usize = 512;
/// Bins of its power spectrum.
pub const BINS: usize = FFT / 2 + 1;
/// Added to every power before the logarithm.
pub const FLOOR: f32 = 1e-6;
const LOWEST_HZ: f64 = 50.0;
const HIGHEST_HZ: f64 = 7800.0;

/// The window: [`WINDOW`] values.
pub fn window() -> Vec<f32> {
    hann(WINDOW)
}

/// Edge `i` of the bands in Hz: band `b` rises from edge `b` to edge `b + 1` and falls to edge `b + 2`.
fn edge(i: usize) -> f64 {
    let mel = |hz: f64| 2595.0 * (1.0 + hz / 700.0).log10();
    let hz = |mel: f64| 700.0 * (10f64.powf(mel / 2595.0) - 1.0);
    let step = (mel(HIGHEST_HZ) - mel(LOWEST_HZ)) / (BANDS + 1) as f64;
    hz(mel(LOWEST_HZ) + step * i as f64)
}

/// The frequency at the middle of a band, in Hz.
pub fn centre(band: usize) -> f64 {
    edge(band + 1)
}

/// Weight of a bin of the power spectrum in a band, 0…1.
pub fn weight(band: usize, bin: usize) -> f32 {
    let (low, centre, high) = (edge(band), edge(band + 1), edge(band + 2));
    let f = bin as f64 * f64::from(SampleRate::MODEL.0) / FFT as f64;
    ((f - low) / (centre - low)).min((high - f) / (high - centre)).max(0.0) as f32
}

pub(super) struct LogMel(BandPowers);

impl LogMel {
    pub(super) fn new() -> Self {
        LogMel(BandPowers::new(window(), FFT, bands(BANDS, BINS, weight)))
    }

    /// Writes the bands of every frame into rows `stride` apart.
    pub(super) fn compute(&mut self, waveform: &[f32], rows: &mut [f32], stride: usize) {
        self.0.compute(waveform, HOP, frame_count(waveform.len()), rows, stride);
    }
}
