//! Change of speed by resampling: tempo and pitch change together.

use std::f32::consts::PI;

/// Taps on either side of a sample.
const TAPS: isize = 24;

/// `out[i] = waveform(i · factor)`, interpolated by a windowed sinc (Hann) below the lower of both Nyquist rates. `factor` times
/// faster: the result has `len / factor` samples.
pub(super) fn speed(waveform: &[f32], factor: f32) -> Vec<f32> {
    let n = (waveform.len() as f32 / factor) as usize;
    let cut = (1.0 / factor).min(1.0);
    let sample = |i: usize| {
        let centre = i as f32 * factor;
        let (whole, part) = (centre.floor() as isize, centre.fract());
        let tap = |k: isize| {
            let x = usize::try_from(whole + k).ok().and_then(|at| waveform.get(at))?;
            let distance = k as f32 - part;
            let window = 0.5 + 0.5 * (PI * distance / (TAPS + 1) as f32).cos();
            Some(x * cut * sinc(cut * distance) * window)
        };
        (-TAPS..=TAPS).filter_map(tap).sum()
    };
    (0..n).map(sample).collect()
}

fn sinc(x: f32) -> f32 {
    if x.abs() < 1e-6 { 1.0 } else { (PI * x).sin() / (PI * x) }
}
