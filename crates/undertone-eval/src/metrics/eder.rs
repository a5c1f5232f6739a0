//! Emotion diarization error rate: share of a recording with the wrong emotion.

use serde::{Deserialize, Serialize};

use super::stretch::{Stretch, pieces};
use undertone::emotion::{Emotion, EmotionSet};

/// Seconds of each kind of mistake, and the seconds they are divided by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Eder {
    /// An emotion is named where there is none (neutral speech, or silence).
    pub false_alarm: f64,
    /// None is named where there is one.
    pub missed: f64,
    /// The right one is named, and one beside it that is not there.
    pub overlap: f64,
    /// Others are named than those that are there.
    pub confusion: f64,
    /// The recording's length.
    pub duration: f64,
}

impl Eder {
    /// `(false alarm + missed + overlap + confusion) / duration`; NaN where there is no duration.
    pub fn rate(&self) -> f64 {
        match self.duration > 0.0 {
            true => (self.false_alarm + self.missed + self.overlap + self.confusion) / self.duration,
            false => f64::NAN,
        }
    }
}

impl std::ops::AddAssign for Eder {
    fn add_assign(&mut self, other: Eder) {
        self.false_alarm += other.false_alarm;
        self.missed += other.missed;
        self.overlap += other.overlap;
        self.confusion += other.confusion;
        self.duration += other.duration;
    }
}

/// The mistakes in one channel of a recording of `duration` seconds.
///
/// `EDER = (FA + ME + OL + CF) / duration` after Wang, Ravanelli & Yacoubi, "Speech emotion diarization: which emotion appears
/// when?", ASRU 2023 (arXiv:2306.12991). As there, *neutral* is no emotion and counts as silence does, and the duration is
/// that of the whole recording, pauses and all. Every moment counts once. Where several emotions are spoken at once, which the
/// paper's recordings do not have, naming one of them is right. Two channels: add the seconds of both and give the duration once.
pub fn eder(truth: &[Stretch<Emotion>], predicted: &[Stretch<Emotion>], duration: f64) -> Eder {
    let mut sum = Eder { duration, ..Eder::default() };
    for piece in pieces(truth, predicted, &[]) {
        let [there, named] = [&piece.truth, &piece.predicted].map(|all| {
            all.iter().copied().filter(|emotion| *emotion != Emotion::Neutral).collect::<EmotionSet>()
        });
        let right = there.and(named);
        let kind = match (there.is_empty(), named.is_empty()) {
            (true, true) => continue,
            (true, false) => &mut sum.false_alarm,
            (false, true) => &mut sum.missed,
            (false, false) if right.is_empty() => &mut sum.confusion,
            (false, false) if right != named => &mut sum.overlap,
            (false, false) => continue,
        };
        *kind += piece.seconds();
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::super::stretch::tests::stretches;
    use super::*;
    use Emotion::{Angry, Happy, Neutral, Sad};

    /// The definition on moments a millisecond apart.
    fn literal(truth: &[Stretch<Emotion>], predicted: &[Stretch<Emotion>]) -> [f64; 4] {
        let at = |all: &[Stretch<Emotion>], t: f64| -> Vec<Emotion> {
            let there = all.iter().filter(|one| one.start <= t && t < one.end);
            there.map(|one| one.what).filter(|what| *what != Neutral).collect()
        };
        let mut sum = [0.0; 4];
        for t in (0..10_000).map(|i| (f64::from(i) + 0.5) / 1000.0) {
            let (there, named) = (at(truth, t), at(predicted, t));
            let right = named.iter().filter(|emotion| there.contains(emotion)).count();
            let (false_alarm, missed) = (there.is_empty() && right < named.len(), named.is_empty());
            sum[0] += f64::from(u8::from(false_alarm)) / 1000.0;
            sum[1] += f64::from(u8::from(!there.is_empty() && missed)) / 1000.0;
            sum[2] += f64::from(u8::from(!there.is_empty() && right > 0 && right < named.len())) / 1000.0;
            sum[3] += f64::from(u8::from(!there.is_empty() && !missed && right == 0)) / 1000.0;
        }
        sum
    }

    #[test]
    fn every_moment_counts_as_the_definition_says() {
        let truth = stretches(&[(1.0, 3.0, Happy), (2.5, 4.0, Sad), (5.0, 6.0, Neutral), (7.0, 9.0, Angry)]);
        let predicted = stretches(&[
            (0.5, 2.0, Happy),
            (2.0, 4.5, Sad),
            (5.5, 6.5, Neutral),
            (7.5, 8.5, Angry),
            (8.0, 9.0, Sad),
        ]);
        let got = eder(&truth, &predicted, 10.0);
        let parts = [got.false_alarm, got.missed, got.overlap, got.confusion];
        for (got, want) in parts.iter().zip(literal(&truth, &predicted)) {
            assert!((got - want).abs() < 1e-9, "{parts:?} for {:?}", literal(&truth, &predicted));
        }
        assert_eq!(parts, [1.0, 0.5, 0.5, 1.0]);
        assert!((got.rate() - 0.3).abs() < 1e-12);
    }

    #[test]
    fn neutral_speech_counts_as_silence_and_nothing_to_divide_by_gives_no_number() {
        let neutral = stretches(&[(0.0, 5.0, Neutral)]);
        assert_eq!(eder(&neutral, &[], 5.0).rate(), 0.0);
        assert_eq!(eder(&[], &neutral, 5.0).rate(), 0.0);
        assert_eq!(eder(&stretches(&[(0.0, 5.0, Sad)]), &neutral, 5.0).rate(), 1.0);
        assert!(eder(&[], &[], 0.0).rate().is_nan());
    }

    #[test]
    fn recordings_are_pooled_by_their_seconds() {
        let mut sum = eder(&stretches(&[(0.0, 1.0, Sad)]), &[], 1.0);
        sum += eder(&[], &stretches(&[(0.0, 1.0, Sad)]), 9.0);
        assert_eq!((sum.missed, sum.false_alarm, sum.duration, sum.rate()), (1.0, 1.0, 10.0, 0.2));
    }
}
