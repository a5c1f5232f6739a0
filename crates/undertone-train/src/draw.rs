//! Draws the crops of one step and spoils their spectrograms, so that level, channel, noise and vocal tract are not learned.

use burn::prelude::*;
use half::slice::HalfFloatSliceExt;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::weighted::WeightedIndex;
use rand_distr::{Beta, Distribution, StandardNormal};
use rayon::prelude::*;
use undertone::{Error, ErrorKind, Result};

use crate::clip::{CLASSES, Clip};
use crate::config::Config;
use crate::material::{Material, Place, ROWS};
use crate::network::{BANDS, STRIDE};
use crate::population::Population;

/// Natural logarithm of power in one decibel.
const NATURAL: f32 = std::f32::consts::LN_10 / 10.0;
/// What the spectrogram holds where there is nothing: ln 1e-6.
const SILENCE: f32 = -13.815_511;

/// One step's crops.
pub struct Minibatch {
    /// Which clips, as indices into the training's clips.
    pub clips: Vec<usize>,
    /// Whether crops were mixed in pairs; then only the unadapted head learns from them.
    pub mixed: bool,
    /// `[batch, crop, 128]`, standardised.
    pub spectrogram: Tensor<3>,
    /// `[batch, classes]`, rows sum to 1.
    pub target: Tensor<2>,
    /// `[batch, classes]`, 1 for the classes that compete.
    pub known: Tensor<2>,
    /// `[batch, 1]`, and `[batch, 1]` 1 where it is known.
    pub intensity: [Tensor<2>; 2],
    /// The teacher's features at the network's frames `[batch, crop/4, width]`, standardised, and `[batch, crop/4, 1]`
    /// 1 where there is one.
    pub teacher: Option<[Tensor<3>; 2]>,
}

/// Draws minibatches of `clips[i]` at `material.places[place[i]]`.
pub struct Draw<'a> {
    /// The clips to learn from.
    pub clips: &'a [Clip],
    /// Where each lies in the material.
    pub places: Vec<Place>,
    /// Their frames.
    pub material: &'a Material,
    /// Means and deviations to standardise by.
    pub population: &'a Population,
    config: &'a Config,
    weights: WeightedIndex<f64>,
}

/// One crop, before it joins a minibatch.
struct Crop {
    views: Vec<f32>,
    teacher: Vec<f32>,
    used: Vec<f32>,
}

impl<'a> Draw<'a> {
    /// `places[i]` is where `clips[i]` lies.
    ///
    /// # Errors
    /// `Config` where the corpora's weights leave nothing to draw.
    pub fn new(
        clips: &'a [Clip],
        places: Vec<Place>,
        material: &'a Material,
        population: &'a Population,
        config: &'a Config,
    ) -> Result<Draw<'a>> {
        let weight = |clip: &Clip| config.draw.get(&clip.corpus).copied().unwrap_or(1.0);
        let weights = WeightedIndex::new(clips.iter().map(weight)).map_err(|error| {
            Error::new(ErrorKind::Config, "nothing to train on: no clip has a weight above 0").because(error)
        })?;
        Ok(Draw { clips, places, material, population, config, weights })
    }

    /// The minibatch that `seed` stands for.
    pub fn minibatch(&self, seed: u64, device: &Device) -> Minibatch {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let n = self.config.minibatch;
        let clips: Vec<usize> = (0..n).map(|_| self.weights.sample(&mut rng)).collect();
        let seeds: Vec<u64> = clips.iter().map(|_| rng.random()).collect();
        let crops: Vec<Crop> =
            clips.par_iter().zip(&seeds).map(|(&clip, &seed)| self.crop(clip, seed)).collect();
        let mixed = rng.random_bool(self.config.mixup);
        let mut rows = Rows::of(&clips, self.clips, self.config);
        let mut views: Vec<f32> = crops.iter().flat_map(|crop| &crop.views).copied().collect();
        if mixed {
            mix(&mut views, &mut rows, n, &mut rng);
        }
        let (crop, width) = (self.config.crop_frames(), self.material.teacher_width);
        let tensor = |values: Vec<f32>, width: usize| {
            Tensor::<2>::from_data(TensorData::new(values, [n, width]), device)
        };
        let teacher = (width > 0 && !mixed).then(|| {
            let gather = |part: fn(&Crop) -> &Vec<f32>, width| {
                let values: Vec<f32> = crops.iter().flat_map(part).copied().collect();
                Tensor::<3>::from_data(TensorData::new(values, [n, crop / STRIDE, width]), device)
            };
            [gather(|crop| &crop.teacher, width), gather(|crop| &crop.used, 1)]
        });
        Minibatch {
            mixed,
            spectrogram: Tensor::from_data(TensorData::new(views, [n, crop, ROWS]), device),
            target: tensor(rows.target, CLASSES),
            known: tensor(rows.known, CLASSES),
            intensity: [tensor(rows.intensity, 1), tensor(rows.has_intensity, 1)],
            teacher,
            clips,
        }
    }

    fn crop(&self, clip: usize, seed: u64) -> Crop {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (place, crop) = (self.places[clip], self.config.crop_frames());
        let start = rng.random_range(0..=place.frames.saturating_sub(crop) / 3) * 3;
        let inside = crop.min(place.frames - start);
        let copies = self.material.copies.len();
        let copy =
            if copies > 1 && rng.random_bool(self.config.degraded) { rng.random_range(1..copies) } else { 0 };
        let distant = rng.random_bool(self.config.distance);
        let gain = if distant { rng.random_range(-25.0..10.0f32) * NATURAL } else { 0.0 };
        let mut views = vec![0.0; crop * ROWS];
        for (at, row) in views.chunks_exact_mut(ROWS).take(inside).enumerate() {
            self.material.frame(copy, place, start + at).convert_to_f32_slice(row);
            row.iter_mut().for_each(|x| *x = (*x + gain).max(SILENCE));
            self.population.standardise(row);
        }
        if rng.random_bool(self.config.own_level)
            && let Some(level) = self.population.levels.get(&self.clips[clip].level_key())
        {
            views.chunks_exact_mut(ROWS).take(inside).for_each(|row| level.apply(row));
        }
        spoil(&mut views, inside, &mut rng);
        let (teacher, used) = self.teacher(place, start);
        Crop { views, teacher, used }
    }

    /// The teacher's features (every 30 ms) at the network's frames (every 40 ms), by straight lines.
    fn teacher(&self, place: Place, start: usize) -> (Vec<f32>, Vec<f32>) {
        let (width, frames) = (self.material.teacher_width, self.config.crop_frames() / STRIDE);
        let (mut values, mut used) = (vec![0.0; frames * width], vec![0.0; frames]);
        if width == 0 || place.teacher_frames == 0 {
            return (values, used);
        }
        let (mut low, mut high) = (vec![0.0; width], vec![0.0; width]);
        let last = place.teacher_frames - 1;
        for (frame, row) in values.chunks_exact_mut(width).enumerate() {
            let at = (start + frame * STRIDE) as f32 / 3.0;
            if at.floor() as usize > last || start + frame * STRIDE >= place.frames {
                break;
            }
            let part = at.fract();
            self.material.teacher_frame(place, at as usize).convert_to_f32_slice(&mut low);
            self.material.teacher_frame(place, (at as usize + 1).min(last)).convert_to_f32_slice(&mut high);
            for (i, value) in row.iter_mut().enumerate() {
                *value = low[i] * (1.0 - part) + high[i] * part;
            }
            self.population.teacher.apply(row);
            used[frame] = 1.0;
        }
        (values, used)
    }
}

/// The targets of a minibatch, row after row.
struct Rows {
    target: Vec<f32>,
    known: Vec<f32>,
    intensity: Vec<f32>,
    has_intensity: Vec<f32>,
}

impl Rows {
    fn of(index: &[usize], clips: &[Clip], config: &Config) -> Rows {
        let clips = || index.iter().map(|&i| &clips[i]);
        Rows {
            target: clips().flat_map(|clip| clip.target(config.votes, config.smoothing)).collect(),
            known: clips().flat_map(Clip::mask).collect(),
            intensity: clips().map(|clip| clip.intensity.unwrap_or(0.0)).collect(),
            has_intensity: clips().map(|clip| f32::from(u8::from(clip.intensity.is_some()))).collect(),
        }
    }
}

/// Mixup: every crop and target becomes a mean of two; the classes of both compete, intensity is left out.
fn mix(views: &mut Vec<f32>, rows: &mut Rows, n: usize, rng: &mut ChaCha8Rng) {
    let part: f32 = Beta::new(0.4f32, 0.4).map_or(1.0, |beta| beta.sample(rng));
    let mut other: Vec<usize> = (0..n).collect();
    other.shuffle(rng);
    let blend = |values: &[f32], join: fn(f32, f32, f32) -> f32| -> Vec<f32> {
        let width = values.len() / n;
        let mut out = Vec::with_capacity(values.len());
        for (i, &j) in other.iter().enumerate() {
            let pairs = values[i * width..][..width].iter().zip(&values[j * width..][..width]);
            out.extend(pairs.map(|(&a, &b)| join(a, b, part)));
        }
        out
    };
    let mean = |a: f32, b: f32, part: f32| part * a + (1.0 - part) * b;
    *views = blend(views, mean);
    rows.target = blend(&rows.target, mean);
    rows.known = blend(&rows.known, |a, b, _| a.max(b));
    rows.has_intensity.fill(0.0);
}

fn normal(rng: &mut ChaCha8Rng) -> f32 {
    StandardNormal.sample(rng)
}

/// Gain, tilt, slow ripples, a warp of frequency, a noise floor, and masks over time and bands (SpecAugment, Park et al.
/// 2019). Rows beyond `inside` become the crop's quietest values.
fn spoil(views: &mut [f32], inside: usize, rng: &mut ChaCha8Rng) {
    let frames = views.len() / ROWS;
    let mut floor = [f32::INFINITY; BANDS];
    for row in views.chunks_exact(ROWS).take(inside) {
        floor.iter_mut().zip(row).for_each(|(floor, &x)| *floor = floor.min(x));
    }
    let warp = if rng.random_bool(0.5) { rng.random_range(0.93..1.07f32) } else { 1.0 };
    let mel_at: [f32; BANDS] = std::array::from_fn(|band| band as f32 * warp);
    let steps = warp.ln() / (1000.0f32 / 60.0).ln() * BANDS as f32;
    let pitch_at: [f32; BANDS] = std::array::from_fn(|band| band as f32 - steps);
    let (gain, tilt, ripple) = (0.2 * normal(rng), 0.15 * normal(rng), 0.1 * normal(rng));
    let (waves, pitch_gain) = (rng.random_range(2.0..6.0f32), 0.15 * normal(rng));
    let channel: [f32; BANDS] = std::array::from_fn(|band| {
        let x = band as f32 / (BANDS - 1) as f32;
        gain + tilt * (2.0 * x - 1.0) + ripple * (x * waves).cos()
    });
    let noisy = rng.random_bool(0.35);
    let level = rng.random_range(-1.5..0.3f32);
    let noise: [f32; BANDS] = std::array::from_fn(|_| level + 0.2 * normal(rng));
    let mut moved = [0.0; BANDS];
    for row in views.chunks_exact_mut(ROWS).take(inside) {
        let (mel, pitch) = row.split_at_mut(BANDS);
        shift(mel, &mel_at, &mut moved);
        for band in 0..BANDS {
            let mut x = moved[band] + channel[band];
            if noisy {
                x = add_powers(x, noise[band] + 0.25 * normal(rng));
            }
            mel[band] = x;
        }
        shift(pitch, &pitch_at, &mut moved);
        for band in 0..BANDS {
            let noise = if noisy { 0.3 * normal(rng) } else { 0.0 };
            pitch[band] = moved[band] + gain + pitch_gain + noise;
        }
    }
    for row in views.chunks_exact_mut(ROWS).skip(inside) {
        row[..BANDS].copy_from_slice(&floor);
        row[BANDS..].fill(0.0);
    }
    for _ in 0..2 {
        mask(views, frames, rng);
    }
}

/// The sum of two powers given as standardised logarithms (about two natural units each).
fn add_powers(a: f32, b: f32) -> f32 {
    let (high, low) = (a.max(b), a.min(b));
    high + (2.0 * (low - high)).exp().ln_1p() / 2.0
}

/// Reads `row` at fractional bands.
fn shift(row: &[f32], at: &[f32; BANDS], out: &mut [f32; BANDS]) {
    for (out, &at) in out.iter_mut().zip(at) {
        let at = at.clamp(0.0, (BANDS - 1) as f32);
        let (low, part) = (at as usize, at.fract());
        *out = row[low] * (1.0 - part) + row[(low + 1).min(BANDS - 1)] * part;
    }
}

/// One mask over time and one over bands (over the pitch view's bands less often).
fn mask(views: &mut [f32], frames: usize, rng: &mut ChaCha8Rng) {
    let width = rng.random_range(0..25.min(frames));
    let start = rng.random_range(0..=frames - width);
    views[start * ROWS..(start + width) * ROWS].fill(0.0);
    let width = rng.random_range(0..7);
    let start = rng.random_range(0..=BANDS - width);
    let pitch = rng.random_bool(0.3);
    for row in views.chunks_exact_mut(ROWS) {
        row[start..start + width].fill(0.0);
        if pitch {
            row[BANDS + start..BANDS + start + width].fill(0.0);
        }
    }
}
