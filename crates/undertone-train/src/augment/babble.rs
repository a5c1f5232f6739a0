//! Babble behind a crop: parts of clips that are learned from, added as powers, since the feature cache holds no waveforms.

use half::slice::HalfFloatSliceExt;
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use crate::data::feature_cache::{BANDS, FeatureCache, Place, ROWS};

/// Most voices at once.
const VOICES: usize = 6;
/// How much softer they are together than the crop, at most, in decibels.
const SOFTEST: f32 = 25.0;

/// One to six voices behind a crop.
#[derive(Clone, Debug)]
pub struct Babble {
    /// Where each clip lies, and the first of its frames that is added.
    voices: Vec<(Place, usize)>,
    /// Power of all together, as a share of the crop's own.
    share: f32,
}

impl Babble {
    /// Draws voices from the clips at `places`.
    pub fn draw(places: &[Place], rng: &mut ChaCha8Rng) -> Babble {
        let n = rng.random_range(1..=VOICES);
        let mut voice = || {
            let place = *places.choose(rng)?;
            Some((place, rng.random_range(0..place.frames.max(1))))
        };
        let voices = (0..n).filter_map(|_| voice()).filter(|(place, _)| place.frames > 0).collect();
        Babble { voices, share: 10f32.powf(rng.random_range(-SOFTEST..0.0) / 10.0) }
    }

    /// Adds the voices, each as loud as the others, to the logarithms of power in `views` (`[frames, 128]`); a clip that ends begins anew.
    pub fn add_to(&self, features: &FeatureCache, views: &mut [f32]) {
        let mut own = views.to_vec();
        own.iter_mut().for_each(|x| *x = x.exp());
        let (mut others, mut voice) = (vec![0.0; own.len()], vec![0.0; own.len()]);
        for &(place, start) in &self.voices {
            for (at, row) in voice.chunks_exact_mut(ROWS).enumerate() {
                features.frame(0, place, (start + at) % place.frames).convert_to_f32_slice(row);
                row.iter_mut().for_each(|x| *x = x.exp());
            }
            add(&mut others, &voice, 1.0 / loudness(&voice));
        }
        let share = self.share * loudness(&own) / loudness(&others);
        add(&mut own, &others, share);
        views.iter_mut().zip(&own).for_each(|(view, power)| *view = power.ln());
    }
}

fn add(powers: &mut [f32], others: &[f32], times: f32) {
    powers.iter_mut().zip(others).for_each(|(power, other)| *power += times * other);
}

/// Mean power over the mel bands of `[frames, 128]`, never 0.
fn loudness(powers: &[f32]) -> f32 {
    let rows = powers.chunks_exact(ROWS);
    let count = (rows.len() * BANDS).max(1) as f32;
    (rows.map(|row| row[..BANDS].iter().sum::<f32>()).sum::<f32>() / count).max(f32::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::f16;
    use rand::SeedableRng;

    #[test]
    fn voices_are_equally_loud_and_together_as_soft_as_drawn() {
        // Two clips, one e⁴ times as powerful as the other, each alone in a band of its own.
        let frames = 30;
        let level = |clip: usize, band: usize| match band == clip {
            true => 4.0 * clip as f32,
            false => -9.0,
        };
        let row = |clip| (0..ROWS).map(move |band| f16::from_f32(level(clip, band)));
        let copies = vec![(0..2).flat_map(|clip| (0..frames).flat_map(move |_| row(clip))).collect()];
        let features = FeatureCache { copies, ..FeatureCache::default() };
        let place = |view| Place { view, frames, teacher: 0, teacher_frames: 0, wave: 0, samples: 0 };
        let babble = Babble { voices: vec![(place(0), 7), (place(frames), 29)], share: 0.1 };
        let crop = [vec![2.0f32; BANDS], vec![0.0; BANDS]].concat().repeat(50);
        let mut views = crop.clone();
        babble.add_to(&features, &mut views);
        let power = |band: usize| views[40 * ROWS + band].exp() - crop[band].exp();
        // All bands' mean power is e², that of the voices a tenth of it, in two bands of 64.
        let wanted = 0.1 * 2f32.exp() * BANDS as f32 / 2.0;
        for band in [0, 1] {
            assert!((power(band) / wanted - 1.0).abs() < 0.02, "{} for {wanted}", power(band));
        }
        assert!(power(2).abs() < 0.01 * wanted, "{}", power(2));
    }

    #[test]
    fn one_to_six_voices_are_drawn_and_none_from_nothing() {
        let place = Place { view: 0, frames: 9, teacher: 0, teacher_frames: 0, wave: 0, samples: 0 };
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let drawn: Vec<Babble> = (0..60).map(|_| Babble::draw(&[place], &mut rng)).collect();
        let many = drawn.iter().map(|babble| babble.voices.len());
        assert_eq!((many.clone().min(), many.max()), (Some(1), Some(VOICES)));
        assert!(drawn.iter().all(|babble| (0.003..=1.0).contains(&babble.share)));
        assert!(Babble::draw(&[], &mut rng).voices.is_empty());
    }
}
