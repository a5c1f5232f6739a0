//! Draws the crops of a step and their augmentation.

use burn::prelude::*;
use half::slice::HalfFloatSliceExt;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::Distribution;
use rand_distr::weighted::WeightedIndex;
use rayon::prelude::*;
use undertone::features::log_mel;
use undertone::{Error, ErrorKind, Result};

use crate::augment::babble::Babble;
use crate::augment::mixup::Mixup;
use crate::augment::spec_augment::{SpecAugment, SpecAugmentBatch};
use crate::data::clip::{Clip, sung};
use crate::data::feature_cache::{FeatureCache, Place, ROWS};
use crate::data::normalization::{Moments, Normalization};
use crate::data::teacher::CLOCK;
use crate::nn::frames::{Cut, Frames};
use crate::nn::front_end::FrontEnd;
use crate::nn::network::STRIDE;
use crate::train::config::Config;
use crate::train::distillation::TeacherFrames;
use crate::train::input::{Input, Waveforms};
use crate::train::targets::Targets;

/// Natural logarithm of power in one decibel.
const NATURAL: f32 = std::f32::consts::LN_10 / 10.0;
/// From the beginning of a frame of the network to its middle, in analysis frames.
const MIDDLE: f32 = (STRIDE - 1) as f32 / 2.0;
/// Largest natural logarithm of the factor by which a clip is sped up or slowed down.
const PACE: f32 = 0.22;

/// One step's crops.
pub struct Minibatch {
    /// Which clips, as indices into the training's clips.
    pub clips: Vec<usize>,
    /// Whether crops were mixed in pairs; then only the unadapted head learns from them.
    pub mixed: bool,
    /// The crops.
    pub input: Input,
    /// What the heads should answer.
    pub targets: Targets,
    /// The teacher's features; none where crops are mixed.
    pub teacher: Option<TeacherFrames>,
}

/// Draws minibatches of `clips[i]` at `features.places[place[i]]`.
pub struct Sampler<'a> {
    /// The clips to learn from.
    pub clips: &'a [Clip],
    /// Where each lies in the features.
    pub places: Vec<Place>,
    /// Their frames.
    pub features: &'a FeatureCache,
    /// Means and deviations to standardise by.
    pub normalization: &'a Normalization,
    /// The recipe.
    pub config: &'a Config,
    weights: WeightedIndex<f64>,
}

/// What was drawn for one crop.
struct Plan<'a> {
    place: Place,
    /// The first frame of the clip in the crop, and how many frames of the crop it fills.
    start: usize,
    inside: usize,
    /// Frames of the clip in one of the crop.
    pace: f32,
    copy: usize,
    /// Added to the logarithms of powers.
    gain: f32,
    level: Option<&'a Moments>,
    augment: SpecAugment,
    babble: Option<Babble>,
}

impl Plan<'_> {
    /// The clip's frame that the crop's frame `at` is, and the share of the one after it.
    fn at(&self, at: usize) -> (usize, f32) {
        let at = at as f32 * self.pace;
        (self.start + at as usize, at.fract())
    }
}

impl<'a> Sampler<'a> {
    /// `places[i]` is where `clips[i]` lies.
    ///
    /// # Errors
    /// `Config` where the corpora's weights leave nothing to draw.
    pub fn new(
        clips: &'a [Clip],
        places: Vec<Place>,
        features: &'a FeatureCache,
        normalization: &'a Normalization,
        config: &'a Config,
    ) -> Result<Sampler<'a>> {
        let weights = weighted(clips.iter().map(|clip| config.weight(clip)))?;
        Ok(Sampler { clips, places, features, normalization, config, weights })
    }

    /// The minibatch that `seed` stands for.
    pub fn minibatch(&self, seed: u64, device: &Device) -> Minibatch {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let n = self.config.minibatch;
        let clips: Vec<usize> = (0..n).map(|_| self.weights.sample(&mut rng)).collect();
        let seeds: Vec<u64> = clips.iter().map(|_| rng.random()).collect();
        let plans: Vec<Plan> =
            clips.par_iter().zip(&seeds).map(|(&clip, &seed)| self.plan(clip, seed)).collect();
        let mix = rng.random_bool(self.config.mixup).then(|| Mixup::draw(n, &mut rng));
        let targets = Targets::of(&clips, self.clips, mix.as_ref(), self.config, device);
        let mixed = mix.is_some();
        let teacher = (self.features.teacher_width > 0 && !mixed).then(|| self.teacher(&plans));
        Minibatch {
            mixed,
            input: match self.config.front_end {
                FrontEnd::Spectrogram => {
                    Input::Spectrogram(Box::new(self.spectrograms(&plans, mix.as_ref(), device)))
                }
                FrontEnd::Waveform => Input::Waveform(Box::new(self.waveforms(plans, mix, device))),
            },
            targets,
            teacher,
            clips,
        }
    }

    fn plan(&self, clip: usize, seed: u64) -> Plan<'_> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (place, crop) = (self.places[clip], self.config.crop_frames());
        // What is sung has its pitch and pace from the score.
        let spoken = !sung(&self.clips[clip].corpus);
        let paced = spoken && rng.random_bool(self.config.pace);
        let pace = if paced { rng.random_range(-PACE..PACE).exp() } else { 1.0 };
        let span = (crop as f32 * pace) as usize;
        let start = rng.random_range(0..=place.frames.saturating_sub(span) / 3) * 3;
        let inside = crop.min(((place.frames - start) as f32 / pace) as usize);
        let copy = copy(self.features.copies.len(), self.config.degraded, &mut rng);
        let distant = rng.random_bool(self.config.distance);
        let gain = if distant { rng.random_range(-25.0..10.0f32) * NATURAL } else { 0.0 };
        let own = rng.random_bool(self.config.own_level);
        let level = self.normalization.levels.get(&self.clips[clip].speaker_key()).filter(|_| own);
        let other_voice = spoken && rng.random_bool(self.config.voice);
        let augment = SpecAugment::draw(crop, inside, other_voice, &mut rng);
        let among = copy == 0 && rng.random_bool(self.config.babble);
        let babble = among.then(|| Babble::draw(&self.places, &mut rng));
        Plan { place, start, inside, pace, copy, gain, level, augment, babble }
    }

    fn spectrograms(&self, plans: &[Plan], mix: Option<&Mixup>, device: &Device) -> Tensor<3> {
        let crop = self.config.crop_frames();
        let silence = log_mel::FLOOR.ln();
        let mut views = vec![0.0; plans.len() * crop * ROWS];
        plans.par_iter().zip(views.par_chunks_exact_mut(crop * ROWS)).for_each(|(plan, views)| {
            let inside = &mut views[..plan.inside * ROWS];
            for (at, row) in inside.chunks_exact_mut(ROWS).enumerate() {
                self.frame(plan, at, row);
            }
            plan.babble.iter().for_each(|babble| babble.add_to(self.features, inside));
            for row in inside.chunks_exact_mut(ROWS) {
                row.iter_mut().for_each(|x| *x = (*x + plan.gain).max(silence));
                self.normalization.standardise(row);
                plan.level.iter().for_each(|level| level.apply(row));
            }
            plan.augment.apply(views);
        });
        if let Some(mix) = mix {
            views = mix.means(&views);
        }
        Tensor::from_data(TensorData::new(views, [plans.len(), crop, ROWS]), device)
    }

    /// Frame `at` of the crop, by straight lines between those of the clip where its pace is another.
    fn frame(&self, plan: &Plan, at: usize, row: &mut [f32]) {
        let (whole, part) = plan.at(at);
        self.features.frame(plan.copy, plan.place, whole).convert_to_f32_slice(row);
        if part > 0.0 && whole + 1 < plan.place.frames {
            let mut next = [0.0; ROWS];
            self.features.frame(plan.copy, plan.place, whole + 1).convert_to_f32_slice(&mut next);
            approach(row, &next, part);
        }
    }

    fn waveforms(&self, plans: Vec<Plan>, mix: Option<Mixup>, device: &Device) -> Waveforms {
        let (n, crop) = (plans.len(), self.config.crop_frames());
        let cut = |plan: &Plan| {
            // A gain of power is half as much, in logarithms, of amplitude.
            Cut::new(self.features.samples(plan.place), plan.start, crop, (plan.gain / 2.0).exp())
        };
        let frames = Frames::stack(plans.par_iter().map(cut).collect(), device);
        let [mut scales, mut shifts] = [0, 1].map(|_| Vec::with_capacity(n * ROWS));
        for plan in &plans {
            let [mut scale, mut shift] = self.normalization.views.affine();
            if let Some(level) = plan.level {
                level.apply(&mut shift);
                scale.iter_mut().zip(&level.deviation).for_each(|(scale, deviation)| *scale /= deviation);
            }
            scales.extend(scale);
            shifts.extend(shift);
        }
        let standard = [scales, shifts]
            .map(|values| Tensor::<3>::from_data(TensorData::new(values, [n, 1, ROWS]), device));
        let augments: Vec<SpecAugment> = plans.into_iter().map(|plan| plan.augment).collect();
        Waveforms { frames, standard, augments: SpecAugmentBatch::stack(&augments, crop, device), mix }
    }

    /// The teacher's features at the network's frames (every 40 ms), by straight lines.
    fn teacher(&self, plans: &[Plan]) -> TeacherFrames {
        let (width, frames) = (self.features.teacher_width, self.config.crop_frames() / STRIDE);
        let rows = plans.len() * frames;
        let mut teacher = TeacherFrames { values: vec![0.0; rows * width], used: vec![0.0; rows] };
        let crops = teacher.values.par_chunks_exact_mut(frames * width);
        let crops = crops.zip(teacher.used.par_chunks_exact_mut(frames));
        plans.par_iter().zip(crops).for_each(|(plan, (values, used))| self.teacher_crop(plan, values, used));
        teacher
    }

    fn teacher_crop(&self, plan: &Plan, values: &mut [f32], used: &mut [f32]) {
        let (place, width) = (plan.place, self.features.teacher_width);
        let Some(last) = place.teacher_frames.checked_sub(1) else { return };
        let mut next = vec![0.0; width];
        for (frame, (row, used)) in values.chunks_exact_mut(width).zip(used).enumerate() {
            let (whole, part) = plan.at(frame * STRIDE);
            let at = CLOCK.at(whole as f32 + part + MIDDLE);
            if at as usize > last || whole >= place.frames {
                break;
            }
            let part = at.fract();
            self.features.teacher_frame(place, at as usize).convert_to_f32_slice(row);
            self.features.teacher_frame(place, (at as usize + 1).min(last)).convert_to_f32_slice(&mut next);
            approach(row, &next, part);
            self.normalization.teacher.apply(row);
            *used = 1.0;
        }
    }
}

/// Moves a row so large a part of the way to the next.
fn approach(row: &mut [f32], next: &[f32], part: f32) {
    row.iter_mut().zip(next).for_each(|(x, next)| *x = *x * (1.0 - part) + next * part);
}

/// Clips to draw, each as often as its weight says.
///
/// # Errors
/// `Config` where no weight is above 0.
pub fn weighted(weights: impl Iterator<Item = f64>) -> Result<WeightedIndex<f64>> {
    WeightedIndex::new(weights).map_err(|error| {
        Error::new(ErrorKind::Config, "nothing to train on: no clip has a weight above 0").because(error)
    })
}

/// One of so many copies of a clip: the clean one (0), or with the probability `degraded` any of the others, where there are some.
pub fn copy(copies: usize, degraded: f64, rng: &mut impl Rng) -> usize {
    if copies > 1 && rng.random_bool(degraded) { rng.random_range(1..copies) } else { 0 }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use half::f16;
    use undertone::{Emotion, EmotionSet};

    #[test]
    fn a_crop_and_its_teacher_keep_pace_and_songs_keep_theirs() {
        let clip = |corpus: &str| Clip {
            corpus: corpus.into(),
            name: String::new(),
            path: Default::default(),
            segment: None,
            speaker: String::new(),
            emotion: Emotion::Happy,
            known: EmotionSet::ALL,
            intensity: None,
            votes: None,
        };
        let clips = [clip("ravdess"), clip("ravdess_song")];
        // Every value is its own time, in tenths of a second.
        let time = |frames: f32| f16::from_f32(frames / 10.0);
        let place = Place { view: 0, frames: 240, teacher: 0, teacher_frames: 100, wave: 0, samples: 0 };
        let features = FeatureCache {
            copies: vec![(0..240 * ROWS).map(|i| time((i / ROWS) as f32)).collect()],
            teacher: (0..100).map(|i| time(CLOCK.first - MIDDLE + CLOCK.period * i as f32)).collect(),
            teacher_width: 1,
            ..FeatureCache::default()
        };
        let config = Config { pace: 1.0, ..Config::default() };
        let normalization = Normalization::default();
        let sampler = Sampler::new(&clips, vec![place; 2], &features, &normalization, &config).unwrap();
        let (mut slow, mut fast) = (0, 0);
        for seed in 0..40 {
            let plan = sampler.plan(0, seed);
            (slow, fast) = (slow + usize::from(plan.pace < 0.9), fast + usize::from(plan.pace > 1.1));
            assert!(plan.at(plan.inside - 1).0 < place.frames, "{} at {}", plan.start, plan.pace);
            let wanted = |at: usize| (plan.start as f32 + at as f32 * plan.pace) / 10.0;
            let mut row = [0.0; ROWS];
            for at in 0..plan.inside {
                sampler.frame(&plan, at, &mut row);
                assert!((row[ROWS - 1] - wanted(at)).abs() < 0.11, "{} for {}", row[0], wanted(at));
            }
            let TeacherFrames { values, used } = sampler.teacher(std::slice::from_ref(&plan));
            for (frame, value) in values.iter().enumerate().filter(|(frame, _)| used[*frame] > 0.0) {
                assert!((value - wanted(frame * STRIDE)).abs() < 0.31, "{value} at {frame}");
            }
            assert_eq!(sampler.plan(1, seed).pace, 1.0);
        }
        assert!(slow > 5 && fast > 5, "{slow} {fast}");
    }
}
