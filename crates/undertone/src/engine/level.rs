//! How loud a channel is from moment to moment, and what channels have in common: the same sound twice, or one leaking into the other.

use crate::units::Segment;

/// Samples in one level: 10 ms at 16 kHz.
const STEP: usize = 160;
/// Levels a second.
const A_SECOND: f64 = 100.0;
/// What no power at all counts as, in dB below full scale.
const FLOOR: f32 = -100.0;
/// A voice that leaks into another channel is at least so much softer there, in dB.
const SOFTER: f32 = 6.0;
/// … and its level rises and falls there as it does in its own.
const ALIKE: f32 = 0.8;
/// Levels within so much of the loudest in a window count, in dB.
const RANGE: f32 = 40.0;

/// The level every 10 ms, in whole dB below full scale: a byte each, 360 kB an hour.
#[derive(Default)]
pub(super) struct Levels {
    levels: Vec<i8>,
    power: f64,
    filled: usize,
    /// Sum of the squares of all samples.
    energy: f64,
    samples: u64,
}

impl Levels {
    /// Takes the next samples at 16 kHz.
    pub(super) fn push(&mut self, samples: &[f32]) {
        self.samples += samples.len() as u64;
        let mut rest = samples;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(STEP - self.filled));
            self.power += energy(now);
            self.filled += now.len();
            rest = later;
            if self.filled == STEP {
                let level = 10.0 * (self.power / STEP as f64 + 1e-12).log10();
                self.levels.push((level as f32).clamp(FLOOR, 27.0).round() as i8);
                self.energy += self.power;
                (self.power, self.filled) = (0.0, 0);
            }
        }
    }

    /// Root mean square of the whole, in dB below full scale.
    pub(super) fn whole(&self) -> f32 {
        (10.0 * ((self.energy + self.power) / self.samples.max(1) as f64 + 1e-12).log10()) as f32
    }

    fn within(&self, segment: Segment) -> &[i8] {
        let at = |seconds: f64| ((seconds * A_SECOND) as usize).min(self.levels.len());
        &self.levels[at(segment.start.0)..at(segment.end.0)]
    }

    /// Whether what is heard here in `segment` is the other channel's voice leaking in: at least 6 dB softer than there, and rising
    /// and falling with it (correlation of the levels of at least 0.8).
    pub(super) fn leaks_from(&self, other: &Levels, segment: Segment) -> bool {
        let (own, other) = (self.within(segment), other.within(segment));
        let top = other.iter().copied().max().map_or(FLOOR, f32::from);
        let pairs: Vec<[f32; 2]> = own
            .iter()
            .zip(other)
            .map(|(&own, &other)| [f32::from(own), f32::from(other)])
            .filter(|[_, other]| *other >= top - RANGE)
            .collect();
        let [own, other] = mean(&pairs);
        other - own >= SOFTER && correlation(&pairs) >= ALIKE
    }
}

/// Sum of the squares, in lanes: plain sums of floats run one after the other.
fn energy(samples: &[f32]) -> f64 {
    let square = |x: f32| f64::from(x) * f64::from(x);
    let (lanes, rest) = samples.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for samples in lanes {
        sums.iter_mut().zip(samples).for_each(|(sum, &x)| *sum += square(x));
    }
    sums.iter().sum::<f64>() + rest.iter().map(|&x| square(x)).sum::<f64>()
}

fn mean(pairs: &[[f32; 2]]) -> [f32; 2] {
    let n = pairs.len().max(1) as f32;
    [0, 1].map(|i| pairs.iter().map(|pair| pair[i]).sum::<f32>() / n)
}

/// Pearson's; 0 where nothing varies.
fn correlation(pairs: &[[f32; 2]]) -> f32 {
    let [a, b] = mean(pairs);
    let sum = |part: &dyn Fn(f32, f32) -> f32| -> f32 { pairs.iter().map(|[x, y]| part(x - a, y - b)).sum() };
    let both = (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt();
    if both > 0.0 { sum(&|x, y| x * y) / both } else { 0.0 }
}

/// How alike the channels of a recording are.
#[derive(Default)]
pub(super) struct Alike {
    /// Energy of each channel's difference from the first, and of the first.
    differences: Vec<f64>,
    first: f64,
}

impl Alike {
    /// Takes the next samples of all channels.
    pub(super) fn push(&mut self, channels: &[Vec<f32>]) {
        let [first, others @ ..] = channels else { return };
        if others.is_empty() {
            return;
        }
        let square = |x: f32| f64::from(x) * f64::from(x);
        self.differences.resize(others.len(), 0.0);
        self.first += energy(first);
        for (sum, other) in self.differences.iter_mut().zip(others) {
            *sum += first.iter().zip(other).map(|(a, b)| square(a - b)).sum::<f64>();
        }
    }

    /// Whether there are several channels, all of one sound: their differences are 40 dB below it.
    pub(super) fn same(&self) -> bool {
        let same = |&difference: &f64| difference <= 1e-4 * self.first;
        !self.differences.is_empty() && self.first > 0.0 && self.differences.iter().all(same)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Seconds;

    /// Noise that rises and falls `per_second` times.
    fn voice(per_second: f32, seed: u32, gain: f32) -> Vec<f32> {
        let mut state = seed;
        (0..32_000)
            .map(|i| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let noise = (state >> 8) as f32 / (1 << 23) as f32 - 1.0;
                let swell = (i as f32 / 16_000.0 * per_second * std::f32::consts::TAU).sin();
                gain * noise * (0.51 + 0.49 * swell)
            })
            .collect()
    }

    fn levels(samples: &[f32]) -> Levels {
        let mut levels = Levels::default();
        samples.chunks(1000).for_each(|part| levels.push(part));
        levels
    }

    #[test]
    fn a_soft_copy_leaks_another_voice_does_not_and_the_loud_one_never_does() {
        let whole = Segment { start: Seconds(0.0), end: Seconds(2.0) };
        let (loud, soft, other) =
            (levels(&voice(3.0, 1, 0.5)), levels(&voice(3.0, 1, 0.05)), levels(&voice(2.2, 2, 0.05)));
        assert!(soft.leaks_from(&loud, whole));
        assert!(!other.leaks_from(&loud, whole) && !loud.leaks_from(&soft, whole));
        assert!((loud.whole() - soft.whole() - 20.0).abs() < 0.01);
        let beyond = Segment { start: Seconds(5.0), end: Seconds(6.0) };
        assert!(!soft.leaks_from(&loud, beyond));
    }

    #[test]
    fn one_sound_on_both_channels_is_the_same_and_silence_or_one_channel_is_not() {
        let alike = |channels: &[Vec<f32>]| {
            let mut alike = Alike::default();
            alike.push(channels);
            alike.same()
        };
        let (a, b) = (voice(3.0, 1, 0.5), voice(3.0, 2, 0.5));
        assert!(alike(&[a.clone(), a.clone()]));
        assert!(!alike(&[a.clone(), b]) && !alike(&[a]) && !alike(&[vec![0.0; 9], vec![0.0; 9]]));
    }
}
