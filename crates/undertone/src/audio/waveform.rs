//! Mono samples at a known rate.

use crate::units::{SampleRate, Seconds};

/// Mono `f32` samples, nominal −1…1, at a known rate.
#[derive(Clone, Debug, PartialEq)]
pub struct Waveform {
    samples: Vec<f32>,
    rate: SampleRate,
}

impl Waveform {
    /// Samples (nominal −1…1) at `rate`.
    pub fn new(samples: Vec<f32>, rate: SampleRate) -> Self {
        Waveform { samples, rate }
    }

    /// The samples.
    pub fn samples(&self) -> &[f32] {
        &self.samples
    }

    /// Their rate.
    pub fn rate(&self) -> SampleRate {
        self.rate
    }

    /// How long they last.
    pub fn duration(&self) -> Seconds {
        self.rate.seconds(self.samples.len() as u64)
    }

    /// The samples, given away.
    pub fn into_samples(self) -> Vec<f32> {
        self.samples
    }
}
