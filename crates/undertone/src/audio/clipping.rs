//! Flat tops: samples that stay at the largest value there is, as an overdriven input leaves them.

use crate::error::{Warning, WarningCode};

/// Equal neighbours at the peak that make a flat top.
const FLAT: u32 = 3;
/// Samples of at least this share of the peak are at it.
const NEAR: f32 = 0.9999;
/// A peak so small is no overdriven input.
const SMALLEST_PEAK: f32 = 0.05;
/// Samples looked through at once for any near the peak.
const TOGETHER: usize = 64;
/// Share of the samples in flat tops that is worth a warning: a loud voice clips for moments only.
const WORTH_TELLING: f64 = 1e-3;

/// Counts samples in flat tops, channel by channel.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clipping {
    channels: Vec<Top>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Top {
    peak: f32,
    last: f32,
    run: u32,
    flat: u64,
    samples: u64,
}

impl Clipping {
    /// Takes sample frames of so many channels.
    pub(crate) fn push(&mut self, samples: &[f32], channels: usize) {
        let channels = channels.max(1);
        self.channels.resize(channels, Top::default());
        for some in samples.chunks(TOGETHER * channels) {
            let lowest_peak = self.channels.iter().map(|top| top.peak).fold(f32::INFINITY, f32::min);
            if all_below(some, lowest_peak * NEAR) {
                let last = some.chunks_exact(channels).next_back().unwrap_or_default();
                let count = (some.len() / channels) as u64;
                self.channels.iter_mut().zip(last).for_each(|(top, &x)| top.pass(x, count));
            } else {
                for frame in some.chunks_exact(channels) {
                    self.channels.iter_mut().zip(frame).for_each(|(top, &x)| top.push(x));
                }
            }
        }
    }

    /// What is worth telling.
    pub(crate) fn warning(&self) -> Option<Warning> {
        let share = |top: &Top| top.flat as f64 / top.samples.max(1) as f64;
        let worst = self.channels.iter().map(share).fold(0.0, f64::max);
        let message = || {
            format!(
                "the recording is clipped: {:.1} % of its samples stay at the largest value; it was too loud for its \
                 input, which the model hears as strain",
                100.0 * worst
            )
        };
        (worst >= WORTH_TELLING).then(|| Warning::new(WarningCode::Clipping, message()))
    }
}

/// Whether all samples are smaller than a size; not where one is no number.
fn all_below(samples: &[f32], size: f32) -> bool {
    samples.iter().fold(true, |all, x| all & (x.abs() < size))
}

impl Top {
    /// Takes so many samples far below the peak, up to `last`.
    fn pass(&mut self, last: f32, count: u64) {
        (self.samples, self.run, self.last) = (self.samples + count, 0, last);
    }

    fn push(&mut self, x: f32) {
        self.samples += 1;
        let size = x.abs();
        if size > self.peak * 1.0001 {
            // A larger value shows that what seemed a flat top was none.
            (self.peak, self.flat, self.run) = (size, 0, 1);
        } else if size >= self.peak * NEAR && size >= SMALLEST_PEAK {
            self.run = if (x - self.last).abs() <= 1e-4 * size { self.run + 1 } else { 1 };
            if self.run >= FLAT {
                self.flat += if self.run == FLAT { u64::from(FLAT) } else { 1 };
            }
        } else {
            self.run = 0;
        }
        self.last = x;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(gain: f32, limit: f32) -> bool {
        let wave = |i: usize| (i as f32 * 0.05).sin() * (1.0 + 0.5 * (i as f32 * 0.001).sin());
        let samples: Vec<f32> = (0..20_000).map(|i| (gain * wave(i)).clamp(-limit, limit)).collect();
        let mut clipping = Clipping::default();
        samples.chunks(512).for_each(|part| clipping.push(part, 2));
        clipping.warning().is_some()
    }

    #[test]
    fn flat_tops_are_told_at_whatever_level_and_a_clean_wave_is_not() {
        assert!(told(2.0, 1.0) && told(2.0, 0.3));
        assert!(!told(0.6, 1.0) && !told(0.0, 1.0));
    }
}
