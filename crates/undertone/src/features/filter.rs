//! What both views share: windows, sparse triangular filters, logarithmic band powers frame by frame.

use std::f64::consts::PI;
use std::sync::Arc;

use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftPlanner};

use super::exponential::ln;
use super::log_mel::FLOOR;

/// Frames summed into bands side by side; even, as two frames share a transform.
const LANES: usize = 8;

/// Periodic Hann window of `n` samples: `0.5 − 0.5·cos(2πi/n)`.
pub(super) fn hann(n: usize) -> Vec<f32> {
    (0..n).map(|i| (0.5 - 0.5 * (2.0 * PI * i as f64 / n as f64).cos()) as f32).collect()
}

/// One band: the weights of the bins from `first` on.
pub(super) struct Band {
    pub first: usize,
    pub weights: Vec<f32>,
}

/// Bands without their zeros; `weight(band, bin)` is 0 outside one run of bins, and at bin 0.
pub(super) fn bands(count: usize, bins: usize, weight: impl Fn(usize, usize) -> f32) -> Vec<Band> {
    let band = |band| {
        let all: Vec<f32> = (0..bins).map(|bin| weight(band, bin)).collect();
        let first = all.iter().position(|&w| w > 0.0).unwrap_or(1);
        let last = all.iter().rposition(|&w| w > 0.0).map_or(first, |last| last + 1);
        Band { first, weights: all[first..last].to_vec() }
    };
    (0..count).map(band).collect()
}

/// Windowed power spectra of one signal, summed into bands: `ln(Σ weight·|X|² + 10⁻⁶)`.
pub(super) struct BandPowers {
    window: Vec<f32>,
    bands: Vec<Band>,
    fft: Arc<dyn Fft<f32>>,
    /// The signal between zeros.
    padded: Vec<f32>,
    input: Vec<Complex32>,
    output: Vec<Complex32>,
    scratch: Vec<Complex32>,
    /// The lowest bin that a band reads, above 0 Hz.
    lowest: usize,
    /// From the lowest bin on, [`LANES`] frames.
    powers: Vec<[f32; LANES]>,
}

impl BandPowers {
    pub(super) fn new(window: Vec<f32>, length: usize, bands: Vec<Band>) -> Self {
        let fft = FftPlanner::new().plan_fft_forward(length);
        let highest = bands.iter().map(|band| band.first + band.weights.len()).max().unwrap_or(1);
        let lowest = bands.iter().map(|band| band.first).min().unwrap_or(1);
        BandPowers {
            padded: Vec::new(),
            input: vec![Complex32::default(); length],
            output: vec![Complex32::default(); length],
            scratch: vec![Complex32::default(); fft.get_immutable_scratch_len()],
            lowest,
            powers: vec![[0.0; LANES]; highest - lowest],
            window,
            bands,
            fft,
        }
    }

    /// Band powers of `count` frames `hop` samples apart, the first centred on the first sample, into rows `stride` apart. What lies
    /// outside the signal counts as 0.
    pub(super) fn compute(
        &mut self,
        signal: &[f32],
        hop: usize,
        count: usize,
        rows: &mut [f32],
        stride: usize,
    ) {
        let length = count.next_multiple_of(LANES) * hop + self.window.len();
        self.padded.clear();
        self.padded.resize(self.window.len() / 2, 0.0);
        self.padded.extend_from_slice(&signal[..signal.len().min(length - self.padded.len())]);
        self.padded.resize(length, 0.0);
        for first in (0..count).step_by(LANES) {
            for lane in (0..LANES).step_by(2) {
                self.spectra((first + lane) * hop, hop, lane);
            }
            for (number, band) in self.bands.iter().enumerate() {
                let mut sums = [FLOOR; LANES];
                for (weight, powers) in band.weights.iter().zip(&self.powers[band.first - self.lowest..]) {
                    sums.iter_mut().zip(powers).for_each(|(sum, power)| *sum += weight * power);
                }
                sums.iter_mut().for_each(|sum| *sum = ln(*sum));
                for (lane, &power) in sums.iter().enumerate().take(count - first) {
                    rows[(first + lane) * stride + number] = power;
                }
            }
        }
    }

    /// The power spectra of the frames at `start` and `start + hop`, into two lanes.
    ///
    /// One complex transform Z of a + ib holds those of two real signals: A(k) = (Z(k) + Z*(−k)) / 2, B(k) = (Z(k) − Z*(−k)) / 2i.
    fn spectra(&mut self, start: usize, hop: usize, lane: usize) {
        let frames = self.padded[start..].iter().zip(&self.padded[start + hop..]);
        for ((input, window), (a, b)) in self.input.iter_mut().zip(&self.window).zip(frames) {
            *input = Complex32 { re: window * a, im: window * b };
        }
        self.fft.process_immutable_with_scratch(&self.input, &mut self.output, &mut self.scratch);
        let (from, to) = (self.lowest, self.lowest + self.powers.len());
        let mirrored = self.output[self.output.len() + 1 - to..=self.output.len() - from].iter().rev();
        for (powers, (z, mirror)) in self.powers.iter_mut().zip(self.output[from..to].iter().zip(mirrored)) {
            let mirror = mirror.conj();
            powers[lane] = 0.25 * (z + mirror).norm_sqr();
            powers[lane + 1] = 0.25 * (z - mirror).norm_sqr();
        }
    }
}
