//! What both views share: windows, sparse triangular filters, power spectra frame by frame.

use std::f64::consts::PI;
use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

/// Periodic Hann window of `n` samples: `0.5 − 0.5·cos(2πi/n)`.
pub(super) fn hann(n: usize) -> Vec<f32> {
    (0..n).map(|i| (0.5 - 0.5 * (2.0 * PI * i as f64 / n as f64).cos()) as f32).collect()
}

/// One band: the weights of the bins from `first` on.
pub(super) struct Band {
    pub first: usize,
    pub weights: Vec<f32>,
}

/// Bands without their zeros; `weight(band, bin)` is 0 outside one run of bins.
pub(super) fn bands(count: usize, bins: usize, weight: impl Fn(usize, usize) -> f32) -> Vec<Band> {
    let band = |band| {
        let all: Vec<f32> = (0..bins).map(|bin| weight(band, bin)).collect();
        let first = all.iter().position(|&w| w > 0.0).unwrap_or(0);
        let last = all.iter().rposition(|&w| w > 0.0).map_or(first, |last| last + 1);
        Band { first, weights: all[first..last].to_vec() }
    };
    (0..count).map(band).collect()
}

/// Windowed power spectra of one signal, summed into bands.
pub(super) struct BandPowers {
    window: Vec<f32>,
    bands: Vec<Band>,
    fft: Arc<dyn RealToComplex<f32>>,
    input: Vec<f32>,
    output: Vec<Complex32>,
    scratch: Vec<Complex32>,
    powers: Vec<f32>,
}

impl BandPowers {
    pub(super) fn new(window: Vec<f32>, length: usize, bands: Vec<Band>) -> Self {
        let fft = RealFftPlanner::new().plan_fft_forward(length);
        let highest = bands.iter().map(|band| band.first + band.weights.len()).max().unwrap_or(0);
        BandPowers {
            input: fft.make_input_vec(),
            output: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            powers: vec![0.0; highest],
            window,
            bands,
            fft,
        }
    }

    /// Band powers of the frame whose window begins at `start` (which may lie outside the signal: zeros there).
    pub(super) fn frame(&mut self, signal: &[f32], start: isize, out: &mut [f32]) {
        self.input.fill(0.0);
        let skip = start.min(0).unsigned_abs().min(self.window.len());
        let from = start.max(0).unsigned_abs().min(signal.len());
        let taps = self.window[skip..].iter().zip(&signal[from..]);
        for (input, (window, sample)) in self.input[skip..].iter_mut().zip(taps) {
            *input = window * sample;
        }
        // The lengths are the plan's own, so the transform cannot fail.
        let done = self.fft.process_with_scratch(&mut self.input, &mut self.output, &mut self.scratch);
        debug_assert!(done.is_ok());
        for (power, bin) in self.powers.iter_mut().zip(&self.output) {
            *power = bin.norm_sqr();
        }
        for (out, band) in out.iter_mut().zip(&self.bands) {
            let bins = &self.powers[band.first..];
            *out = band.weights.iter().zip(bins).map(|(weight, power)| weight * power).sum();
        }
    }
}
