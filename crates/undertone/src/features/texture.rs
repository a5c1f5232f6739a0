//! What tells speech from music and noise in a stretch of sound: its level, its rhythm, its bands, its partials.

use std::f32::consts::TAU;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftPlanner};

use super::lanes::sum_of_pairs;
use super::modulation::{FLOOR, Modulations};

/// Measures of one stretch.
pub const MEASURES: usize = 16;
/// Groups of neighbouring log-mel bands whose levels are followed over time.
pub(super) const GROUPS: usize = 8;
/// Frames whose levels a change is measured between: 20 ms.
const LEVELS_APART: usize = 2;
/// Frames between the two whose partials are compared: 100 ms.
pub(super) const PARTIALS_APART: usize = 10;
/// Fewer loud frames give no answer.
const FEWEST_LOUD: usize = 12;
/// A change of level counts at most so much, in natural units of power.
const STEEPEST: f32 = 4.0;
/// Points of the Fourier transform of a group's level; longer stretches are read up to here.
const POINTS: usize = 256;
/// Its bins that make up the whole: 0.4 to 35 Hz.
const WHOLE: Range<usize> = 1..90;
/// Its bins of each rate: 0.4 to 1.5 Hz, to 3 Hz, to 6 Hz; 20 to 40 Hz.
const RATES: [Range<usize>; 4] = [1..4, 4..8, 8..16, 52..103];

/// The transform of a group's level, planned once.
static TRANSFORM: LazyLock<Arc<dyn Fft<f32>>> = LazyLock::new(|| FftPlanner::new().plan_fft_forward(POINTS));

impl Modulations {
    /// Measures some frames; none where fewer than twelve are loud. In order: deviation of the loud frames' level; skewness of
    /// its changes (a struck note rises fast and dies away slowly: above 0, which speech is less); share of frames within
    /// 9 dB of the loudest, taken from 1; [`super::Modulation::harmonics`]; deviation of the strongest partial, in bands; mean correlation of
    /// the pitch view with itself 100 ms before; logarithms of the deviations of the third and sixth cepstral coefficient; mean
    /// centre and mean entropy of the mel bands; correlation of the levels of the second and fourth group of bands, and mean
    /// correlation of groups at least four apart (drums and noise rise in all bands together, vowels and hisses take turns); logarithms of
    /// the share of the levels' modulation below 1.5 Hz, from 1.5 to 3 Hz, from 3 to 6 Hz, and from 20 to 40 Hz.
    pub fn measures(&self, frames: Range<usize>) -> Option<[f32; MEASURES]> {
        let frames = frames.start.min(self.levels.len())..frames.end.min(self.levels.len());
        let levels = &self.levels[frames.clone()];
        let top = levels.iter().fold(f32::NEG_INFINITY, |a, &b| a.max(b));
        let loud: Vec<bool> = levels.iter().map(|&level| level > top - FLOOR).collect();
        let these = || (0..loud.len()).filter(|&t| loud[t]);
        if these().count() < FEWEST_LOUD {
            return None;
        }
        let harmonics = self.within(frames.clone())?.harmonics;
        let start = frames.start;
        let quiet = levels.iter().filter(|&&level| level < top - 2.0).count() as f32 / levels.len() as f32;
        let (_, spread) = moments(these().map(|t| levels[t]));
        let (_, strays) = moments(these().map(|t| self.strongest[start + t]));
        let [third, sixth] = [2, 5].map(|k| moments(these().map(|t| self.timbre[start + t][k])).1);
        let (centre, _) = moments(these().map(|t| self.shapes[start + t][0]));
        let (entropy, _) = moments(these().map(|t| self.shapes[start + t][1]));
        let alike = (PARTIALS_APART..loud.len()).filter(|&t| loud[t] && loud[t - PARTIALS_APART]);
        let (alike, _) = moments(alike.map(|t| self.alike[start + t]));
        let groups = self.followed(frames);
        let together = |a: usize, b: usize| correlation(&groups[a], &groups[b]);
        let far = (0..GROUPS).flat_map(|a| (a + 4..GROUPS).map(move |b| (a, b)));
        let (far, _) = moments(far.map(|(a, b)| together(a, b)));
        let [slow, slower, syllables, rough] = rates(&groups);
        Some([
            spread,
            skewness(levels, &loud),
            quiet,
            harmonics,
            strays,
            alike,
            (third + 0.02).ln(),
            (sixth + 0.02).ln(),
            centre,
            entropy,
            together(1, 3),
            far,
            slow,
            slower,
            syllables,
            rough,
        ])
    }

    /// The level of each group over some frames, nothing further below its loudest than [`FLOOR`], its mean taken out.
    fn followed(&self, frames: Range<usize>) -> [Vec<f32>; GROUPS] {
        std::array::from_fn(|group| {
            let levels = || self.groups[frames.clone()].iter().map(|levels| levels[group]);
            let floor = levels().fold(f32::NEG_INFINITY, f32::max) - FLOOR;
            let (mean, _) = moments(levels().map(|level| level.max(floor)));
            levels().map(|level| level.max(floor) - mean).collect()
        })
    }
}

/// Mean and deviation; 0 of nothing.
fn moments(values: impl Iterator<Item = f32> + Clone) -> (f32, f32) {
    let count = values.clone().count().max(1) as f32;
    let mean = values.clone().sum::<f32>() / count;
    (mean, (values.map(|x| (x - mean).powi(2)).sum::<f32>() / count).sqrt())
}

/// Skewness of the changes of level from or to loud frames.
fn skewness(levels: &[f32], loud: &[bool]) -> f32 {
    let changes = (LEVELS_APART..levels.len())
        .filter(|&t| loud[t] || loud[t - LEVELS_APART])
        .map(|t| (levels[t] - levels[t - LEVELS_APART]).clamp(-STEEPEST, STEEPEST));
    let (mean, deviation) = moments(changes.clone());
    let (third, _) = moments(changes.map(|change| (change - mean).powi(3)));
    third / (deviation.powi(3) + 1e-6)
}

/// Of two levels without their means; 0 where one does not vary.
fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let product = |a: &[f32], b: &[f32]| sum_of_pairs(a, b, |x, y| x * y);
    product(a, b) / ((product(a, a) * product(b, b)).sqrt() + 1e-4)
}

/// Logarithms of the shares of [`RATES`] in the modulation of the groups' levels, averaged over the groups.
fn rates(groups: &[Vec<f32>; GROUPS]) -> [f32; RATES.len()] {
    let mut rates = [0.0; RATES.len()];
    for levels in groups {
        let last = levels.len().saturating_sub(1).max(1) as f32;
        let hann = |t: usize| 0.5 - 0.5 * (TAU * t as f32 / last).cos();
        let mut points = [Complex32::default(); POINTS];
        points.iter_mut().zip(levels).enumerate().for_each(|(t, (point, level))| point.re = level * hann(t));
        TRANSFORM.process(&mut points);
        let power = |bins: &Range<usize>| points[bins.clone()].iter().map(Complex32::norm_sqr).sum::<f32>();
        let whole = power(&WHOLE) + 1e-6;
        for (rate, bins) in rates.iter_mut().zip(&RATES) {
            *rate += (power(bins) / whole + 0.003).ln() / GROUPS as f32;
        }
    }
    rates
}
