//! Clips as an encoder hears them, summed up: mean and deviation of each of its values over a clip's frames.

use undertone::Result;
use undertone::features::Frames;

use crate::data::clip::Clip;
use crate::data::layer_cache::LayerCache;
use crate::data::normalization::Moments;

/// Smallest variance of a standardised value, as in the runtime's pooling.
const VARIANCE_FLOOR: f64 = 1e-5;

/// One clip: how many frames, and mean and variance of every value over them.
#[derive(Clone, Debug)]
struct Clipwise {
    frames: usize,
    mean: Vec<f64>,
    variance: Vec<f64>,
}

/// Means and deviations of clips, in their order.
pub struct LayerStatistics {
    clips: Vec<Clipwise>,
}

impl LayerStatistics {
    /// Of all clips, read from the cache or computed.
    ///
    /// # Errors
    /// As [`LayerCache::frames`].
    pub fn of(cache: &LayerCache, clips: &[Clip], progress: &dyn Fn(usize)) -> Result<LayerStatistics> {
        let mut all = Vec::with_capacity(clips.len());
        cache.frames(clips, progress, |_, frames| {
            all.push(Clipwise::of(frames));
            Ok(())
        })?;
        Ok(LayerStatistics { clips: all })
    }

    /// Mean and deviation of every value over all frames of some clips.
    pub fn moments(&self, clips: &[usize]) -> Moments {
        let width = self.clips.first().map_or(0, |clip| clip.mean.len());
        let (mut count, mut firsts, mut seconds) = (0.0, vec![0.0; width], vec![0.0; width]);
        for clip in clips.iter().map(|&clip| &self.clips[clip]) {
            let frames = clip.frames as f64;
            count += frames;
            for at in 0..width {
                firsts[at] += frames * clip.mean[at];
                seconds[at] += frames * (clip.variance[at] + clip.mean[at] * clip.mean[at]);
            }
        }
        let mean: Vec<f64> = firsts.iter().map(|sum| sum / count).collect();
        let deviation = mean.iter().zip(&seconds).map(|(mean, sum)| {
            let deviation = (sum / count - mean * mean).max(0.0).sqrt();
            if deviation > 0.0 { deviation as f32 } else { 1.0 }
        });
        Moments { deviation: deviation.collect(), mean: mean.iter().map(|&x| x as f32).collect() }
    }

    /// How many frames a clip has.
    pub fn frames(&self, clip: usize) -> usize {
        self.clips[clip].frames
    }

    /// What the runtime pools of a clip where no frame counts more than another, after its values were standardised: means, then
    /// deviations.
    pub fn pooled(&self, clip: usize, moments: &Moments) -> Vec<f32> {
        let Clipwise { mean, variance, .. } = &self.clips[clip];
        let by = |at: usize| f64::from(moments.deviation[at]);
        let means = mean.iter().enumerate().map(|(at, x)| (x - f64::from(moments.mean[at])) / by(at));
        let floored = |(at, variance): (usize, &f64)| (variance / by(at).powi(2)).max(VARIANCE_FLOOR).sqrt();
        let deviations = variance.iter().enumerate().map(floored);
        means.chain(deviations).map(|x| x as f32).collect()
    }
}

impl Clipwise {
    fn of(frames: &Frames) -> Clipwise {
        let count = frames.len().max(1) as f64;
        let mut mean = vec![0.0; frames.width()];
        for row in frames.rows() {
            mean.iter_mut().zip(row).for_each(|(sum, &x)| *sum += f64::from(x) / count);
        }
        let mut variance = vec![0.0; frames.width()];
        for row in frames.rows() {
            for ((sum, &x), mean) in variance.iter_mut().zip(row).zip(&mean) {
                *sum += (f64::from(x) - mean).powi(2) / count;
            }
        }
        Clipwise { frames: frames.len(), mean, variance }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use undertone::model::Pool;

    use super::*;

    #[test]
    fn a_clip_is_pooled_as_in_the_runtime_and_the_moments_are_those_of_all_frames() {
        let clip = |frames: usize, shift: f32| -> Vec<[f32; 2]> {
            (0..frames).map(|t| [(t as f32).sin() + shift, 30.0 + 5.0 * (t as f32 * 0.3).cos()]).collect()
        };
        let clips = [clip(40, 0.0), clip(10, 3.0)];
        let frames = |clip: &[[f32; 2]]| Frames::new(clip.concat(), 2).unwrap();
        let statistics =
            LayerStatistics { clips: clips.iter().map(|clip| Clipwise::of(&frames(clip))).collect() };
        let moments = statistics.moments(&[0, 1]);
        let all = clips.concat();
        for at in 0..2 {
            let mean = all.iter().map(|row| row[at]).sum::<f32>() / 50.0;
            let variance = all.iter().map(|row| (row[at] - mean).powi(2)).sum::<f32>() / 50.0;
            assert!(
                (moments.mean[at] - mean).abs() < 1e-4
                    && (moments.deviation[at] - variance.sqrt()).abs() < 1e-4
            );
        }
        for (number, clip) in clips.iter().enumerate() {
            let standard =
                |row: &[f32; 2]| [0, 1].map(|at| (row[at] - moments.mean[at]) / moments.deviation[at]);
            let rows: Vec<f32> =
                clip.iter().flat_map(|row| standard(row).into_iter().chain([0.0; 2])).collect();
            let expected = Pool::new(&rows, 4).window(0..clip.len());
            for (got, want) in statistics.pooled(number, &moments).iter().zip(&expected) {
                assert!((got - want).abs() < 1e-4, "{got}, not {want}");
            }
        }
    }
}
