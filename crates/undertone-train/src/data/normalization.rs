//! Means and deviations over the training's clips, by which spectrograms and the teacher's features are standardised.

use std::collections::BTreeMap;

use half::slice::HalfFloatSliceExt;
use serde::{Deserialize, Serialize};

use crate::data::clip::Clip;
use crate::data::feature_cache::{BANDS, FeatureCache, Place, ROWS};

/// A mean and a deviation per column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    /// Per column.
    pub mean: Vec<f32>,
    /// Per column, never 0.
    pub deviation: Vec<f32>,
}

impl Moments {
    /// `(x − mean) / deviation`, column by column; columns beyond these stay.
    pub fn apply(&self, row: &mut [f32]) {
        for ((x, mean), deviation) in row.iter_mut().zip(&self.mean).zip(&self.deviation) {
            *x = (*x - mean) / deviation;
        }
    }

    /// Scale and shift that do the same: `x · scale + shift`.
    pub fn affine(&self) -> [Vec<f32>; 2] {
        let scale: Vec<f32> = self.deviation.iter().map(|deviation| 1.0 / deviation).collect();
        let shift = self.mean.iter().zip(&scale).map(|(mean, scale)| -mean * scale).collect();
        [scale, shift]
    }
}

/// Sums that become a [`Moments`].
struct Sums {
    n: f64,
    sums: Vec<[f64; 2]>,
}

impl Sums {
    fn new(width: usize) -> Sums {
        Sums { n: 0.0, sums: vec![[0.0; 2]; width] }
    }

    fn add(&mut self, row: &[f32]) {
        self.n += 1.0;
        for (sums, &x) in self.sums.iter_mut().zip(row) {
            sums[0] += f64::from(x);
            sums[1] += f64::from(x) * f64::from(x);
        }
    }

    fn moments(&self, floor: f32) -> Moments {
        let n = self.n.max(1.0);
        let deviation = |s: &[f64; 2]| ((s[1] / n - (s[0] / n) * (s[0] / n)).max(0.0)).sqrt() as f32 + floor;
        Moments {
            mean: self.sums.iter().map(|s| (s[0] / n) as f32).collect(),
            deviation: self.sums.iter().map(deviation).collect(),
        }
    }
}

/// What is known of the training's clips as a whole.
#[derive(Clone, Debug, Default)]
pub struct Normalization {
    /// Of the 128 rows of the spectrogram.
    pub views: Moments,
    /// Of the teacher's features.
    pub teacher: Moments,
    /// Of each speaker's standardised log-mel, by [`Clip::speaker_key`].
    pub levels: BTreeMap<String, Moments>,
}

impl Normalization {
    /// Measures the clean copies of the training's clips.
    pub fn measure(clips: &[Clip], places: &[Place], features: &FeatureCache) -> Normalization {
        let mut views = Sums::new(ROWS);
        let mut teacher = Sums::new(features.teacher_width);
        let (mut row, mut frame) = ([0.0; ROWS], vec![0.0; features.teacher_width]);
        for &place in places {
            for at in (0..place.frames).step_by(7) {
                features.frame(0, place, at).convert_to_f32_slice(&mut row);
                views.add(&row);
            }
            for at in (0..place.teacher_frames).step_by(5) {
                features.teacher_frame(place, at).convert_to_f32_slice(&mut frame);
                teacher.add(&frame);
            }
        }
        let mut normalization = Normalization {
            views: views.moments(1e-2),
            teacher: teacher.moments(1e-2),
            ..Default::default()
        };
        let mut speakers: BTreeMap<String, Sums> = BTreeMap::new();
        for (clip, &place) in clips.iter().zip(places) {
            let sums = speakers.entry(clip.speaker_key()).or_insert_with(|| Sums::new(BANDS));
            for at in (0..place.frames).step_by(3) {
                features.frame(0, place, at).convert_to_f32_slice(&mut row);
                normalization.standardise(&mut row);
                sums.add(&row);
            }
        }
        normalization.levels = speakers.into_iter().map(|(key, sums)| (key, sums.moments(0.1))).collect();
        normalization
    }

    /// Standardises one row of the spectrogram in place.
    pub fn standardise(&self, row: &mut [f32]) {
        self.views.apply(row);
    }
}
