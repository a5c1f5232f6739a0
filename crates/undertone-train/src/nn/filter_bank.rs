//! A learned bank of filters: what stands for the spectrogram in a network that reads waveforms.
//!
//! Every band of log-mel or of the pitch view is a sum of powers of windowed Fourier bins, `Σₖ wₖ·|⟨bin k, frame⟩|²`: a
//! quadratic form of the frame. A bank computes bands as quadratic forms too, `Σᵣ ⟨filter r, frame⟩²` with four real filters of
//! the window's length a band (two complex ones), 10 ms apart, and ln(power + 10⁻⁶). They begin as the four principal components of
//! the band's bins, scaled so that white noise gives the band's own power, and are trained from there. Zeghidour et al. (2018) and
//! LEAF (Zeghidour et al. 2021) begin at mel likewise, with Gabor filters and a low-pass; over one frame of 25 ms the principal
//! components keep more of a wide band's power.

use burn::module::Param;
use burn::prelude::*;
use faer::{Mat, Side};
use undertone::features::{log_mel, pitch_view};
use undertone::{Error, ErrorKind, Result};

use crate::data::feature_cache::{BANDS, ROWS};
use crate::nn::frames::Frames;

/// Real filters a band.
pub const FILTERS: usize = 4;

/// The filters of one view.
#[derive(Module, Debug)]
pub struct Half {
    /// `[taps, 64 · 4]`, the filters of a band side by side, over `unit`.
    pub weight: Param<Tensor<2>>,
    unit: f32,
}

impl Half {
    /// `unit` says how far a step of the optimizer moves a tap: a tap is `unit` times its weight.
    fn new(
        window: &[f32],
        fft: usize,
        bins: usize,
        band: Band<'_>,
        unit: f32,
        device: &Device,
    ) -> Result<Half> {
        let taps = window.len();
        let mut values = vec![0.0; taps * BANDS * FILTERS];
        for at in 0..BANDS {
            for (r, filter) in principal(window, fft, bins, &|bin| band(at, bin))?.iter().enumerate() {
                for (tap, x) in filter.iter().enumerate() {
                    values[tap * BANDS * FILTERS + at * FILTERS + r] = x / unit;
                }
            }
        }
        let weight = Tensor::from_data(TensorData::new(values, [taps, BANDS * FILTERS]), device);
        Ok(Half { weight: Param::from_tensor(weight), unit })
    }

    /// `[taps, 64 · 4]`.
    pub fn taps(&self) -> Tensor<2> {
        self.weight.val() * self.unit
    }

    /// `[rows, taps]` → band powers `[rows, 64]`.
    fn powers(&self, frames: Tensor<2>) -> Tensor<2> {
        let filtered = frames.matmul(self.taps());
        let [rows, _] = filtered.dims();
        let squares = (filtered.clone() * filtered).reshape([rows, BANDS, FILTERS]);
        squares.sum_dim(2).squeeze_dim(2)
    }
}

/// Weight of a bin in a band.
type Band<'a> = &'a dyn Fn(usize, usize) -> f32;

/// Both views' filters.
#[derive(Module, Debug)]
pub struct Bank {
    /// Over 25 ms: begins as log-mel.
    pub mel: Half,
    /// Over 64 ms of the decimated signal: begins as the pitch view.
    pub pitch: Half,
}

impl Bank {
    /// The bank that training begins with.
    ///
    /// # Errors
    /// `Config` where the principal components cannot be found, which the built-in windows and bands do not cause.
    pub fn new(device: &Device) -> Result<Bank> {
        let band: Band<'_> = &|band, bin| pitch_view::GAIN * pitch_view::weight(band, bin);
        let (mel, pitch) = (log_mel::window(), pitch_view::window());
        // Taps are about 0.5 and 2.5: a training's steps may move them by a tenth if they all go one way.
        Ok(Bank {
            mel: Half::new(&mel, log_mel::FFT, log_mel::BINS, &log_mel::weight, 0.1, device)?,
            pitch: Half::new(&pitch, pitch_view::FFT, pitch_view::BINS, band, 0.5, device)?,
        })
    }

    /// Natural logarithms of powers, as the spectrogram's: `[batch, frames, 128]`.
    pub fn forward(&self, frames: Frames) -> Tensor<3> {
        let (mel, pitch) = (self.mel.powers(frames.short), self.pitch.powers(frames.long));
        let [rows, _] = mel.dims();
        let views = (Tensor::cat(vec![mel, pitch], 1) + log_mel::FLOOR).log();
        views.reshape([frames.batch, rows / frames.batch.max(1), ROWS])
    }
}

/// The [`FILTERS`] principal components of one band's windowed bins: with A the matrix whose rows are √wₖ·window·cos and √wₖ·window·sin
/// of each bin, the rows of UᵀA that belong to the largest eigenvalues of AAᵀ = UΛUᵀ, times √(ΣΛ / Σ of those kept).
fn principal(
    window: &[f32],
    fft: usize,
    bins: usize,
    weight: &dyn Fn(usize) -> f32,
) -> Result<Vec<Vec<f32>>> {
    let mut rows: Vec<Vec<f64>> = Vec::new();
    for bin in (0..bins).filter(|&bin| weight(bin) > 0.0) {
        for part in [f64::cos, f64::sin] {
            let turn = |i: usize| std::f64::consts::TAU * ((bin * i) % fft) as f64 / fft as f64;
            let scale = f64::from(weight(bin)).sqrt();
            rows.push(
                window.iter().enumerate().map(|(i, &w)| scale * f64::from(w) * part(turn(i))).collect(),
            );
        }
    }
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let gram = Mat::from_fn(rows.len(), rows.len(), |a, b| product(&rows[a], &rows[b]));
    let eigen = gram.self_adjoint_eigen(Side::Lower).map_err(|error| {
        Error::new(ErrorKind::Config, format!("a band's filters have no principal components: {error:?}"))
    })?;
    // Eigenvalues come in nondecreasing order.
    let values: Vec<f64> = (0..rows.len()).rev().map(|at| eigen.S().column_vector()[at].max(0.0)).collect();
    let kept: f64 = values.iter().take(FILTERS).sum();
    let scale = (values.iter().sum::<f64>() / kept).sqrt();
    let component = |r: usize| -> Vec<f32> {
        let own: Vec<f64> = (0..rows.len()).map(|row| eigen.U()[(row, rows.len() - 1 - r)]).collect();
        let tap = |i: usize| rows.iter().zip(&own).map(|(row, u)| u * row[i]).sum::<f64>() * scale;
        (0..window.len()).map(|i| tap(i) as f32).collect()
    };
    Ok((0..FILTERS.min(rows.len())).map(component).collect())
}
