//! Augmentation of the views of one crop, so that level, channel, noise and vocal tract are not learned: drawn once, then applied to
//! rows of numbers or, where the views depend on what is trained, to tensors.

use std::ops::Range;

use burn::prelude::*;
use burn::tensor::activation::softplus;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::data::feature_cache::{BANDS, ROWS};

/// Largest natural logarithm of the factor by which a vocal tract is lengthened or shortened; and of that by which a pitch is raised or lowered.
const TRACT: f32 = 0.14;
const PITCH: f32 = 0.29;
/// A standardised noise level that adds nothing.
const NO_NOISE: f32 = -30.0;

/// Gain, tilt, slow ripples, another vocal tract and another pitch, a noise floor, and masks over time and bands (SpecAugment, Park et al. 2019).
#[derive(Clone, Debug)]
pub struct SpecAugment {
    /// Frames of the crop that the clip has; those beyond become the crop's quietest values.
    inside: usize,
    /// Where each log-mel band is read …
    mel_at: [f32; BANDS],
    /// … and each band of the pitch view.
    pitch_at: [f32; BANDS],
    /// Added to each log-mel band.
    channel: [f32; BANDS],
    /// Added to the pitch view.
    pitch_gain: f32,
    /// `[inside, 128]`: levels of noise whose power joins that of log-mel, then values added to the pitch view; empty where
    /// there is no noise.
    noise: Vec<f32>,
    masks: [Mask; 2],
}

/// A stretch of time, and bands over all of it, that become 0.
#[derive(Clone, Debug)]
struct Mask {
    time: Range<usize>,
    bands: Range<usize>,
    pitch: bool,
}

fn normal(rng: &mut ChaCha8Rng) -> f32 {
    StandardNormal.sample(rng)
}

impl SpecAugment {
    /// Draws it for a crop of `frames`, of which the clip has `inside`; with another vocal tract and pitch where `other_voice`.
    pub fn draw(frames: usize, inside: usize, other_voice: bool, rng: &mut ChaCha8Rng) -> SpecAugment {
        let [tract, pitch] =
            [TRACT, PITCH].map(|most| if other_voice { rng.random_range(-most..most) } else { 0.0 });
        let (warp, steps) = (tract.exp(), pitch / (1000.0f32 / 60.0).ln() * BANDS as f32);
        let (gain, tilt, ripple) = (0.2 * normal(rng), 0.15 * normal(rng), 0.1 * normal(rng));
        let (waves, pitch_gain) = (rng.random_range(2.0..6.0f32), 0.15 * normal(rng));
        let channel = std::array::from_fn(|band| {
            let x = band as f32 / (BANDS - 1) as f32;
            gain + tilt * (2.0 * x - 1.0) + ripple * (x * waves).cos()
        });
        let noisy = rng.random_bool(0.35);
        let level = rng.random_range(-1.5..0.3f32);
        let floor: [f32; BANDS] = std::array::from_fn(|_| level + 0.2 * normal(rng));
        let mut noise = Vec::new();
        for _ in 0..if noisy { inside } else { 0 } {
            noise.extend(floor.iter().map(|floor| floor + 0.25 * normal(rng)));
            noise.extend((0..BANDS).map(|_| 0.3 * normal(rng)));
        }
        SpecAugment {
            inside,
            mel_at: std::array::from_fn(|band| band as f32 * warp),
            pitch_at: std::array::from_fn(|band| band as f32 - steps),
            channel,
            pitch_gain: gain + pitch_gain,
            noise,
            masks: std::array::from_fn(|_| Mask::draw(frames, rng)),
        }
    }

    /// Does it to standardised views `[frames, 128]`.
    pub fn apply(&self, views: &mut [f32]) {
        let mut floor = [f32::INFINITY; BANDS];
        for row in views.chunks_exact(ROWS).take(self.inside) {
            floor.iter_mut().zip(row).for_each(|(floor, &x)| *floor = floor.min(x));
        }
        let mut moved = [0.0; BANDS];
        for (at, row) in views.chunks_exact_mut(ROWS).take(self.inside).enumerate() {
            let noise = self.noise.get(at * ROWS..(at + 1) * ROWS);
            let (mel, pitch) = row.split_at_mut(BANDS);
            shift(mel, &self.mel_at, &mut moved);
            for band in 0..BANDS {
                let x = moved[band] + self.channel[band];
                mel[band] = noise.map_or(x, |noise| add_powers(x, noise[band]));
            }
            shift(pitch, &self.pitch_at, &mut moved);
            for band in 0..BANDS {
                pitch[band] = moved[band] + self.pitch_gain + noise.map_or(0.0, |noise| noise[BANDS + band]);
            }
        }
        for row in views.chunks_exact_mut(ROWS).skip(self.inside) {
            row[..BANDS].copy_from_slice(&floor);
            row[BANDS..].fill(0.0);
        }
        self.masks.iter().for_each(|mask| mask.each(views.len() / ROWS, |at| views[at].fill(0.0)));
    }
}

impl Mask {
    /// One over time and one over bands (over the pitch view's bands less often).
    fn draw(frames: usize, rng: &mut ChaCha8Rng) -> Mask {
        let width = rng.random_range(0..25.min(frames));
        let start = rng.random_range(0..=frames - width);
        let bands = rng.random_range(0..7);
        let first = rng.random_range(0..=BANDS - bands);
        Mask { time: start..start + width, bands: first..first + bands, pitch: rng.random_bool(0.3) }
    }

    /// Calls `visit` for every run of `[frames, 128]` that becomes 0.
    fn each(&self, frames: usize, mut visit: impl FnMut(Range<usize>)) {
        visit(self.time.start * ROWS..self.time.end * ROWS);
        for row in 0..frames {
            visit(row * ROWS + self.bands.start..row * ROWS + self.bands.end);
            if self.pitch {
                visit(row * ROWS + BANDS + self.bands.start..row * ROWS + BANDS + self.bands.end);
            }
        }
    }
}

/// The sum of two powers given as standardised logarithms (about two natural units each).
fn add_powers(a: f32, b: f32) -> f32 {
    let (high, low) = (a.max(b), a.min(b));
    high + (2.0 * (low - high)).exp().ln_1p() / 2.0
}

/// For a band read at a fractional place: the two it lies between, and the upper one's share.
fn between(at: f32) -> (usize, usize, f32) {
    let at = at.clamp(0.0, (BANDS - 1) as f32);
    (at as usize, (at as usize + 1).min(BANDS - 1), at.fract())
}

/// Reads `row` at fractional bands.
fn shift(row: &[f32], at: &[f32; BANDS], out: &mut [f32; BANDS]) {
    for (out, &at) in out.iter_mut().zip(at) {
        let (low, high, part) = between(at);
        *out = row[low] * (1.0 - part) + row[high] * part;
    }
}

/// What is done to a whole minibatch of views, as tensors.
#[derive(Clone, Debug)]
pub struct SpecAugmentBatch {
    /// `[batch, 64, 64]` over log-mel and over the pitch view: bands in, bands out.
    warp: [Tensor<3>; 2],
    /// `[batch, 1, 64]` each.
    gain: [Tensor<3>; 2],
    /// `[batch, frames, 64]` each.
    noise: [Tensor<3>; 2],
    /// `[batch, frames, 1]`, 1 where the clip has a frame.
    inside: Tensor<3>,
    /// `[batch, frames, 128]`, 0 where masked.
    kept: Tensor<3>,
}

impl SpecAugmentBatch {
    /// One for each crop of `frames`.
    pub fn stack(augments: &[SpecAugment], frames: usize, device: &Device) -> SpecAugmentBatch {
        let tensor = |rows: usize, width: usize, of: &dyn Fn(&SpecAugment, &mut [f32])| {
            let mut values = vec![0.0; augments.len() * rows * width];
            for (augment, part) in augments.iter().zip(values.chunks_exact_mut(rows * width)) {
                of(augment, part);
            }
            Tensor::<3>::from_data(TensorData::new(values, [augments.len(), rows, width]), device)
        };
        let warp = |at: fn(&SpecAugment) -> &[f32; BANDS]| {
            tensor(BANDS, BANDS, &|augment, matrix| {
                for (band, &at) in at(augment).iter().enumerate() {
                    let (low, high, part) = between(at);
                    matrix[low * BANDS + band] += 1.0 - part;
                    matrix[high * BANDS + band] += part;
                }
            })
        };
        let noise = |from: usize, none: f32| {
            tensor(frames, BANDS, &|augment, rows| {
                rows.fill(none);
                for (row, noise) in rows.chunks_exact_mut(BANDS).zip(augment.noise.chunks_exact(ROWS)) {
                    row.copy_from_slice(&noise[from..from + BANDS]);
                }
            })
        };
        SpecAugmentBatch {
            warp: [warp(|augment| &augment.mel_at), warp(|augment| &augment.pitch_at)],
            gain: [
                tensor(1, BANDS, &|augment, row| row.copy_from_slice(&augment.channel)),
                tensor(1, BANDS, &|augment, row| row.fill(augment.pitch_gain)),
            ],
            noise: [noise(0, NO_NOISE), noise(BANDS, 0.0)],
            inside: tensor(frames, 1, &|augment, column| column[..augment.inside].fill(1.0)),
            kept: tensor(frames, ROWS, &|augment, views| {
                views.fill(1.0);
                augment.masks.iter().for_each(|mask| mask.each(frames, |at| views[at].fill(0.0)));
            }),
        }
    }

    /// Does it to standardised views `[batch, frames, 128]`.
    pub fn apply(self, views: Tensor<3>) -> Tensor<3> {
        let SpecAugmentBatch {
            warp: [mel_warp, pitch_warp],
            gain: [mel_gain, pitch_gain],
            noise: [mel_noise, pitch_noise],
            ..
        } = self;
        let (mel, pitch) = (views.clone().narrow(2, 0, BANDS), views.narrow(2, BANDS, BANDS));
        let outside = self.inside.clone().neg() + 1.0;
        let floor = (mel.clone().detach() + outside.clone() * 1e4).min_dim(1);
        let mel = mel.matmul(mel_warp) + mel_gain;
        // The same sum of powers as for single values: a + ln(1 + exp(2(b − a)))/2.
        let mel = mel.clone() + softplus(mel_noise - mel, 2.0);
        let mel = mel * self.inside.clone() + floor * outside;
        let pitch = (pitch.matmul(pitch_warp) + pitch_gain + pitch_noise) * self.inside;
        Tensor::cat(vec![mel, pitch], 2) * self.kept
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn rows_and_tensors_are_augmented_alike() {
        let device = Device::flex();
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let (frames, insides) = (40, [40, 23, 31, 40, 12, 40, 8, 40]);
        let augments = insides.map(|inside| SpecAugment::draw(frames, inside, inside > 20, &mut rng));
        assert!(
            augments.iter().any(|augment| augment.noise.is_empty())
                && augments.iter().any(|s| !s.noise.is_empty())
        );
        let mut views: Vec<f32> =
            (0..insides.len() * frames * ROWS).map(|_| 1.5 * normal(&mut rng)).collect();
        let shape = [insides.len(), frames, ROWS];
        let tensor = Tensor::<3>::from_data(TensorData::new(views.clone(), shape), &device);
        let by_tensors = SpecAugmentBatch::stack(&augments, frames, &device).apply(tensor);
        for (augment, views) in augments.iter().zip(views.chunks_exact_mut(frames * ROWS)) {
            augment.apply(views);
        }
        let by_tensors: Vec<f32> = by_tensors.into_data().try_into_vec().unwrap();
        for (i, (a, b)) in by_tensors.iter().zip(&views).enumerate() {
            assert!((a - b).abs() < 1e-4, "[{i}]: {a} for {b}");
        }
    }
}
