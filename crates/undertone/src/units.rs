//! Units as types: a bare number may be samples, frames or seconds, these may not.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Samples per second of one channel, in Hz.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SampleRate(pub u32);

impl SampleRate {
    /// The rate every model of ours hears at: 16 kHz.
    pub const MODEL: SampleRate = SampleRate(16_000);

    /// How long `samples` last at this rate.
    pub fn seconds(self, samples: u64) -> Seconds {
        Seconds(samples as f64 / f64::from(self.0))
    }

    /// How many whole samples fit into `time` (rounded to the nearest; 0 for negative times).
    pub fn samples(self, time: Seconds) -> u64 {
        (time.0 * f64::from(self.0)).round().max(0.0) as u64
    }
}

impl From<u32> for SampleRate {
    fn from(hertz: u32) -> Self {
        SampleRate(hertz)
    }
}

impl fmt::Display for SampleRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} Hz", self.0)
    }
}

/// A time or a duration in seconds; times count from the recording's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub f64);

impl std::ops::Add for Seconds {
    type Output = Seconds;
    fn add(self, other: Seconds) -> Seconds {
        Seconds(self.0 + other.0)
    }
}

impl std::ops::Sub for Seconds {
    type Output = Seconds;
    fn sub(self, other: Seconds) -> Seconds {
        Seconds(self.0 - other.0)
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} s", self.0)
    }
}

/// A segment `[start, end)` of a recording, in seconds from its start.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Where it begins.
    pub start: Seconds,
    /// Where it ends (exclusive), never before `start`.
    pub end: Seconds,
}

impl Segment {
    /// How long it lasts.
    pub fn duration(self) -> Seconds {
        self.end - self.start
    }
}

/// Time that segments, in the order of their starts, cover together; where they overlap it counts once.
pub fn covered(segments: impl IntoIterator<Item = Segment>) -> Seconds {
    let (mut sum, mut until) = (0.0, f64::NEG_INFINITY);
    for segment in segments {
        sum += (segment.end.0 - segment.start.0.max(until)).max(0.0);
        until = until.max(segment.end.0);
    }
    Seconds(sum)
}

/// A frequency in Hz.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hertz(pub f32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_segments_cover_twice_counts_once() {
        let segment = |start, end| Segment { start: Seconds(start), end: Seconds(end) };
        let segments = [segment(0.0, 4.0), segment(1.0, 2.0), segment(3.0, 5.0), segment(7.0, 8.5)];
        assert_eq!(covered(segments), Seconds(6.5));
        assert_eq!(covered([]), Seconds(0.0));
    }

    #[test]
    fn seconds_and_samples_are_inverse() {
        let rate = SampleRate(44_100);
        assert_eq!(rate.samples(rate.seconds(123_457)), 123_457);
        assert_eq!(rate.samples(Seconds(-1.0)), 0);
    }
}
