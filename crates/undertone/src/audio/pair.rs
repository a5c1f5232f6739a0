//! Two channels that should not be averaged: one the reverse of the other, or each with a voice of its own.

use crate::error::{Warning, WarningCode};

/// One of so many sample frames is looked at.
const EVERY: usize = 4;
/// The mean's power, as a share of the channels', below which they cancel each other.
const CANCELLED: f64 = 0.01;
/// How much louder one channel is where it speaks alone.
const ALONE: f64 = 30.0;
/// The mean square of a block in which something is heard.
const HEARD: f64 = 1e-6;
/// The share of such blocks that each channel has alone, and how many there have to be.
const SHARE: f64 = 0.25;
const BLOCKS: u64 = 40;

/// Compares two channels.
#[derive(Clone, Debug, Default)]
pub(super) struct Pair {
    channels: f64,
    mean: f64,
    heard: u64,
    alone: [u64; 2],
}

impl Pair {
    /// Takes up a block of sample frames of two channels.
    pub(super) fn push(&mut self, samples: &[f32]) {
        let (mut left, mut right, mut mean, mut n) = (0.0f64, 0.0, 0.0, 0.0);
        for frame in samples.chunks_exact(2).step_by(EVERY) {
            let (a, b) = (f64::from(frame[0]), f64::from(frame[1]));
            left += a * a;
            right += b * b;
            mean += (a + b) * (a + b) / 4.0;
            n += 1.0;
        }
        if !(left + right).is_finite() || left + right <= HEARD * n {
            return;
        }
        self.channels += (left + right) / 2.0;
        self.mean += mean;
        self.heard += 1;
        self.alone[0] += u64::from(left > ALONE * right);
        self.alone[1] += u64::from(right > ALONE * left);
    }

    /// What is worth telling of two channels that were averaged.
    pub(super) fn warning(&self) -> Option<Warning> {
        if self.heard > 0 && self.mean < CANCELLED * self.channels {
            let message = "the two channels cancel each other when averaged: one is the reverse of the other; \
                           --channels split hears them";
            return Some(Warning::new(WarningCode::OppositePhase, message));
        }
        let share = |channel: usize| self.alone[channel] as f64 >= SHARE * self.heard as f64;
        (self.heard >= BLOCKS && share(0) && share(1)).then(|| {
            let message = "two different channels were averaged: --channels split keeps the voices apart";
            Warning::new(WarningCode::DifferentChannels, message)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(frame: impl Fn(usize) -> [f32; 2]) -> Option<WarningCode> {
        let mut pair = Pair::default();
        for block in 0..100 {
            let samples: Vec<f32> = (0..1000).flat_map(|i| frame(block * 1000 + i)).collect();
            pair.push(&samples);
        }
        pair.warning().map(|warning| warning.code)
    }

    #[test]
    fn reversed_and_unlike_channels_are_told_and_stereo_is_not() {
        let tone = |i: usize| (i as f32 * 0.1).sin() * 0.3;
        assert_eq!(told(|i| [tone(i), -tone(i)]), Some(WarningCode::OppositePhase));
        let turn = |i: usize| if (i / 9000) & 1 == 0 { [tone(i), 0.0] } else { [0.0, tone(i)] };
        assert_eq!(told(turn), Some(WarningCode::DifferentChannels));
        assert_eq!(told(|i| [tone(i), 0.5 * tone(i + 7)]), None);
        assert_eq!(told(|i| [tone(i), 0.0]), None);
        assert_eq!(told(|_| [0.0, 0.0]), None);
    }
}
