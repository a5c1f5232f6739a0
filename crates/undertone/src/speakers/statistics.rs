//! Frames → statistics of short windows: how the spectrum and the pitch view lie on average, and how much they move.
//!
//! Every second frame gives 24 cepstra, `c_k = √(2/64)·Σ_b log-mel_b·cos(π·k·(b + ½)/64)` for k = 1…24 (c₀, the level, is left out), and the 64
//! bands of the pitch view less their own mean. A window's statistics are their means, then their deviations, over the frames within 20 dB
//! of the stretch's loud ones (the 90th percentile). They are differences of prefix sums, so a window costs the same whatever its length.

use std::f64::consts::PI;
use std::ops::Range;

use crate::features::{Frames, log_mel, pitch_view};

/// Cepstra kept.
const CEPSTRA: usize = 24;
/// Values of one frame.
const VALUES: usize = CEPSTRA + pitch_view::BANDS;
/// Statistics of one window: means, then deviations.
pub const WIDTH: usize = 2 * VALUES;
/// Only every so many frames are read.
const STRIDE: usize = 2;
/// Frames (of those read) in a window: 1.2 s.
const WINDOW: usize = 60;
/// Frames (of those read) from one window to the next: 0.4 s.
const STEP: usize = 20;
/// Frames (of those read) that must be loud for a window to tell anything: 0.3 s.
const FEWEST: f64 = 15.0;
/// How far below the stretch's loud frames a frame may lie, in natural logarithms of power: 20 dB.
const BELOW: f32 = 4.6;
/// Smallest variance.
const VARIANCE_FLOOR: f64 = 1e-3;

/// One window's statistics.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// The window, in frames of the spectrogram.
    pub frames: Range<usize>,
    /// [`WIDTH`] values.
    pub values: Vec<f32>,
}

/// Statistics of the windows of one stretch of speech: of 1.2 s, every 0.4 s, the last ending with the stretch; a shorter stretch is one
/// window. Windows that are nearly all quiet are left out. `spectrogram` has 128 columns ([`crate::features::Spectrogram`]); `frames` are
/// those of the stretch.
pub fn statistics(spectrogram: &Frames, frames: Range<usize>) -> Vec<Statistics> {
    let end = frames.end.min(spectrogram.len());
    let rows: Vec<&[f32]> = spectrogram.rows().take(end).skip(frames.start).step_by(STRIDE).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let sums = prefix_sums(&rows);
    let window = |span: Range<usize>| {
        let frames = frames.start + span.start * STRIDE..(frames.start + span.end * STRIDE).min(end);
        summary(&sums, span).map(|values| Statistics { frames, values })
    };
    spans(rows.len()).into_iter().filter_map(window).collect()
}

/// The windows of so many frames.
fn spans(count: usize) -> Vec<Range<usize>> {
    if count <= WINDOW {
        return vec![0..count];
    }
    let mut starts: Vec<usize> = (0..=count - WINDOW).step_by(STEP).collect();
    if starts.last().is_some_and(|&last| last + WINDOW < count) {
        starts.push(count - WINDOW);
    }
    starts.into_iter().map(|start| start..start + WINDOW).collect()
}

/// Per frame boundary: how many loud frames came before, the sums of their values, and of the squares.
fn prefix_sums(rows: &[&[f32]]) -> Vec<f64> {
    let cosines = cosines();
    let levels: Vec<f32> = rows.iter().map(|row| level(row)).collect();
    let mut sorted = levels.clone();
    sorted.sort_unstable_by(f32::total_cmp);
    let least = sorted[(sorted.len() - 1) * 9 / 10] - BELOW;
    let width = 1 + WIDTH;
    let mut sums = vec![0.0; width];
    for (t, row) in rows.iter().enumerate() {
        sums.extend_from_within(t * width..);
        if levels[t] < least {
            continue;
        }
        let now = &mut sums[(t + 1) * width..];
        now[0] += 1.0;
        for (at, x) in values(row, &cosines).enumerate() {
            now[1 + at] += x;
            now[1 + VALUES + at] += x * x;
        }
    }
    sums
}

fn summary(sums: &[f64], span: Range<usize>) -> Option<Vec<f32>> {
    let width = 1 + WIDTH;
    let at = |t: usize| &sums[t * width..(t + 1) * width];
    let (before, after) = (at(span.start), at(span.end));
    let count = after[0] - before[0];
    if count < FEWEST.min(span.len() as f64 / 4.0).max(1.0) {
        return None;
    }
    let mean = |i: usize| (after[i] - before[i]) / count;
    let deviation = |i: usize| (mean(VALUES + i) - mean(i) * mean(i)).max(VARIANCE_FLOOR).sqrt();
    let both = (1..=VALUES).map(mean).chain((1..=VALUES).map(deviation));
    Some(both.map(|x| x as f32).collect())
}

/// How loud a frame is: the logarithm of its power over all bands.
fn level(row: &[f32]) -> f32 {
    row[..log_mel::BANDS].iter().map(|x| x.exp()).sum::<f32>().ln()
}

/// `[CEPSTRA, 64]`.
fn cosines() -> Vec<f64> {
    let bands = log_mel::BANDS as f64;
    let turn = |k: usize, b: usize| (PI / bands * k as f64 * (b as f64 + 0.5)).cos();
    let row = |k: usize| (0..log_mel::BANDS).map(move |b| (2.0 / bands).sqrt() * turn(k, b));
    (1..=CEPSTRA).flat_map(row).collect()
}

/// The values of one frame.
fn values(row: &[f32], cosines: &[f64]) -> impl Iterator<Item = f64> {
    let (mel, pitch) = row.split_at(log_mel::BANDS);
    let mean = pitch.iter().map(|&x| f64::from(x)).sum::<f64>() / pitch.len() as f64;
    let cepstra = cosines
        .chunks_exact(log_mel::BANDS)
        .map(move |cosines| cosines.iter().zip(mel).map(|(c, &x)| c * f64::from(x)).sum());
    cepstra.chain(pitch.iter().map(move |&x| f64::from(x) - mean))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(frames: usize) -> Vec<f32> {
        (0..frames * 128).map(|i| ((i * 7919 % 1013) as f32 * 0.37).sin() + (i % 128) as f32 / 40.0).collect()
    }

    #[test]
    fn windows_cover_the_stretch_to_its_last_frame() {
        let spectrogram = Frames::of_rows(noise(400), 128);
        let found: Vec<Range<usize>> =
            statistics(&spectrogram, 10..400).into_iter().map(|window| window.frames).collect();
        assert_eq!(found, [10..130, 50..170, 90..210, 130..250, 170..290, 210..330, 250..370, 280..400]);
        assert_eq!(statistics(&spectrogram, 0..61).len(), 1);
        assert!(statistics(&spectrogram, 5..5).is_empty());
        assert!(statistics(&Frames::default(), 0..9).is_empty());
    }

    #[test]
    fn statistics_equal_their_definition() {
        let data = noise(200);
        let spectrogram = Frames::of_rows(data.clone(), 128);
        let window = &statistics(&spectrogram, 0..200)[1];
        let rows: Vec<&[f32]> = data.chunks(128).skip(40).step_by(2).take(60).collect();
        let third = |row: &[f32]| -> f64 {
            let turn = |b: usize| (PI * 3.0 * (b as f64 + 0.5) / 64.0).cos();
            (0..64).map(|b| (2.0f64 / 64.0).sqrt() * f64::from(row[b]) * turn(b)).sum()
        };
        let ninth = |row: &[f32]| {
            f64::from(row[64 + 9]) - row[64..].iter().map(|&x| f64::from(x)).sum::<f64>() / 64.0
        };
        let of = |value: &dyn Fn(&[f32]) -> f64| {
            let mean = rows.iter().map(|row| value(row)).sum::<f64>() / 60.0;
            (mean, (rows.iter().map(|row| (value(row) - mean).powi(2)).sum::<f64>() / 60.0).sqrt())
        };
        let (mean, deviation) = of(&third);
        assert!((f64::from(window.values[2]) - mean).abs() < 1e-4, "{} {mean}", window.values[2]);
        assert!((f64::from(window.values[88 + 2]) - deviation.max(1e-3f64.sqrt())).abs() < 1e-4);
        let (mean, deviation) = of(&ninth);
        assert!((f64::from(window.values[24 + 9]) - mean).abs() < 1e-4);
        assert!((f64::from(window.values[88 + 24 + 9]) - deviation).abs() < 1e-4);
    }

    #[test]
    fn a_louder_copy_has_the_same_statistics() {
        let louder: Vec<f32> = noise(150).iter().map(|x| x + 3.0).collect();
        let [one, other] = [noise(150), louder].map(|data| statistics(&Frames::of_rows(data, 128), 0..150));
        for (a, b) in one[0].values.iter().zip(&other[0].values) {
            assert!((a - b).abs() < 1e-3, "{a} {b}");
        }
    }
}
