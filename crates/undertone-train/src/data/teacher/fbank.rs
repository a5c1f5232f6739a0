//! The front end of phone-trained acoustic models: Kaldi's filter bank, stacked and standardised.
//!
//! 80 mel bands (1127·ln(1 + f/700)) from 20 to 8000 Hz over whole frames of 25 ms every 10 ms; samples scaled as 16-bit
//! integers, mean removed, pre-emphasis 0.97, Hamming window, 512-point power spectrum, natural logarithm. Povey et al., The
//! Kaldi speech recognition toolkit, ASRU 2011 (`compute-fbank-feats` with dither 0).

use std::f64::consts::PI;
use std::sync::Arc;

use realfft::{RealFftPlanner, RealToComplex};
use undertone::{Error, ErrorKind, Result};

/// Mel bands.
pub const BANDS: usize = 80;
/// Frames side by side in one input of the teacher.
pub const STACK: usize = 5;
const WINDOW: usize = 400;
const HOP: usize = 160;
const FFT: usize = 512;
const FLOOR: f32 = 1.192_092_9e-7;

/// Plans, window and filters of the front end.
pub struct FilterBank {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    filters: Vec<Vec<f32>>,
}

impl Default for FilterBank {
    fn default() -> Self {
        let hamming = |i: usize| 0.54 - 0.46 * (2.0 * PI * i as f64 / (WINDOW - 1) as f64).cos();
        let mel = |hz: f64| 1127.0 * (1.0 + hz / 700.0).ln();
        let step = (mel(8000.0) - mel(20.0)) / (BANDS + 1) as f64;
        let weight = |band: usize, bin: usize| {
            let at = (mel(bin as f64 * 16_000.0 / FFT as f64) - mel(20.0)) / step - band as f64;
            at.min(2.0 - at).max(0.0) as f32
        };
        FilterBank {
            fft: RealFftPlanner::new().plan_fft_forward(FFT),
            window: (0..WINDOW).map(|i| hamming(i) as f32).collect(),
            // The bin at half the sampling rate is left out, as in Kaldi.
            filters: (0..BANDS).map(|band| (0..FFT / 2).map(|bin| weight(band, bin)).collect()).collect(),
        }
    }
}

impl FilterBank {
    /// `[frames, 80]` of a waveform at 16 kHz; whole frames only, so less than 25 ms give none.
    pub fn compute(&self, waveform: &[f32]) -> Vec<f32> {
        let (mut input, mut spectrum) = (self.fft.make_input_vec(), self.fft.make_output_vec());
        let mut bands = Vec::with_capacity(waveform.len() / HOP * BANDS);
        for frame in waveform.windows(WINDOW).step_by(HOP) {
            let mean = frame.iter().sum::<f32>() * 32768.0 / WINDOW as f32;
            let at = |i: usize| frame[i] * 32768.0 - mean;
            input.fill(0.0);
            for (i, (x, window)) in input.iter_mut().zip(&self.window).enumerate() {
                *x = (at(i) - 0.97 * at(i.saturating_sub(1))) * window;
            }
            // The lengths are the plan's own, so the transform cannot fail.
            let done = self.fft.process(&mut input, &mut spectrum);
            debug_assert!(done.is_ok());
            let powers: Vec<f32> = spectrum.iter().map(|bin| bin.norm_sqr()).collect();
            bands.extend(self.filters.iter().map(|filter| {
                let power: f32 = filter.iter().zip(&powers).map(|(weight, power)| weight * power).sum();
                power.max(FLOOR).ln()
            }));
        }
        bands
    }
}

/// A shift and a scale per column of the stacked frames: Kaldi's `am.mvn`.
pub struct Standard {
    add: Vec<f32>,
    scale: Vec<f32>,
}

impl Standard {
    /// Reads the two vectors of 400 numbers in a Kaldi network file with `<AddShift>` and `<Rescale>`.
    ///
    /// # Errors
    /// `Malformed` where one is missing.
    pub fn parse(text: &str) -> Result<Standard> {
        let vector = |name: &str| -> Option<Vec<f32>> {
            let rest = text.split_once(name)?.1.split_once('[')?.1.split_once(']')?.0;
            let numbers: Vec<f32> = rest.split_whitespace().map(str::parse).collect::<Result<_, _>>().ok()?;
            (numbers.len() == STACK * BANDS).then_some(numbers)
        };
        let missing =
            || Error::new(ErrorKind::Malformed, "expected <AddShift> and <Rescale> with 400 numbers each");
        Ok(Standard {
            add: vector("<AddShift>").ok_or_else(missing)?,
            scale: vector("<Rescale>").ok_or_else(missing)?,
        })
    }

    /// Frames t − 2 … t + 2 side by side (the first and last repeated at the ends), shifted and scaled: `[frames, 400]`.
    pub fn stack(&self, bands: &[f32]) -> Vec<f32> {
        let frames = bands.len() / BANDS;
        let mut stacked = Vec::with_capacity(frames * STACK * BANDS);
        for t in 0..frames {
            for (k, columns) in self.add.chunks(BANDS).zip(self.scale.chunks(BANDS)).enumerate() {
                let at = (t + k).saturating_sub(STACK / 2).min(frames - 1);
                let row = bands[at * BANDS..][..BANDS].iter();
                stacked.extend(row.zip(columns.0).zip(columns.1).map(|((x, add), scale)| (x + add) * scale));
            }
        }
        stacked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_frames_only() {
        let bank = FilterBank::default();
        assert!(bank.compute(&[0.1; 399]).is_empty());
        assert_eq!(bank.compute(&[0.1; 560]).len(), 2 * BANDS);
    }

    #[test]
    fn silence_is_the_floor() {
        assert!(FilterBank::default().compute(&[0.0; 400]).iter().all(|&x| x == FLOOR.ln()));
    }

    #[test]
    fn ends_are_repeated() {
        let ones = |x: &str| format!("{x} 400 400 <LearnRateCoef> 0 [ {}]", "1 ".repeat(400));
        let standard = Standard::parse(&format!("{}\n{}", ones("<AddShift>"), ones("<Rescale>")));
        let bands: Vec<f32> = [0.0f32, 10.0].iter().flat_map(|&x| [x; BANDS]).collect();
        let stacked = standard.map(|standard| standard.stack(&bands)).unwrap_or_default();
        let first: Vec<f32> = stacked[..400].iter().step_by(BANDS).copied().collect();
        assert_eq!(first, [1.0, 1.0, 1.0, 11.0, 11.0]);
        assert!(Standard::parse("<AddShift> [ 1 2 ]").is_err());
    }
}
