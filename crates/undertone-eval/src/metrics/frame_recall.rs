//! Frame-wise recall: how often the emotion at a time is that of the active speaker.

use serde::{Deserialize, Serialize};

use super::stretch::{Stretch, pieces};
use undertone::emotion::Emotion;

/// Seconds from one frame's middle to the next.
pub const FRAME: f64 = 0.01;

/// Frames by their true emotion, in the order of [`Emotion::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameRecall {
    /// How many were named right.
    pub right: [usize; Emotion::ALL.len()],
    /// How many there are.
    pub of: [usize; Emotion::ALL.len()],
}

impl FrameRecall {
    /// Unweighted average recall over frames: the mean over the emotions that occur of the share of their frames named right, 0…1.
    /// NaN where there are no frames.
    pub fn uar(&self) -> f64 {
        let occurring = self.right.iter().zip(&self.of).filter(|(_, of)| **of > 0);
        let recalls: Vec<f64> = occurring.map(|(&right, &of)| right as f64 / of as f64).collect();
        recalls.iter().sum::<f64>() / recalls.len() as f64
    }
}

impl std::ops::AddAssign for FrameRecall {
    fn add_assign(&mut self, other: FrameRecall) {
        self.right.iter_mut().zip(other.right).for_each(|(sum, more)| *sum += more);
        self.of.iter_mut().zip(other.of).for_each(|(sum, more)| *sum += more);
    }
}

/// The frames of one channel: those 10 ms apart (5, 15, 25 ms, …) at which exactly one stretch of speech holds in truth.
///
/// A frame is right where what is predicted is the true emotion and nothing else; where nothing is predicted it is wrong.
pub fn frame_recall(truth: &[Stretch<Emotion>], predicted: &[Stretch<Emotion>]) -> FrameRecall {
    // The number of frames whose middle lies before a time.
    let before = |time: f64| (time / FRAME - 0.5).ceil().max(0.0) as usize;
    let mut sum = FrameRecall::default();
    for piece in pieces(truth, predicted, &[]) {
        let [emotion] = piece.truth[..] else { continue };
        let frames = before(piece.end) - before(piece.start);
        let right = !piece.predicted.is_empty() && piece.predicted.iter().all(|named| *named == emotion);
        sum.of[emotion as usize] += frames;
        sum.right[emotion as usize] += if right { frames } else { 0 };
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::super::stretch::tests::stretches;
    use super::*;
    use Emotion::{Angry, Happy, Sad};

    #[test]
    fn every_frame_counts_as_the_definition_says() {
        let truth = stretches(&[(0.123, 2.0, Happy), (1.5, 3.456, Sad), (4.0, 5.0, Angry)]);
        let predicted = stretches(&[(0.0, 1.0, Happy), (1.0, 3.0, Sad), (4.0, 4.5, Angry), (4.2, 5.0, Sad)]);
        let (mut right, mut of) = ([0; 8], [0; 8]);
        for middle in (0..1000).map(|i| (f64::from(i) + 0.5) * 0.01) {
            let at = |all: &[Stretch<Emotion>]| -> Vec<Emotion> {
                all.iter().filter(|one| one.start <= middle && middle < one.end).map(|one| one.what).collect()
            };
            if let [emotion] = at(&truth)[..] {
                of[emotion as usize] += 1;
                right[emotion as usize] += usize::from(at(&predicted) == [emotion]);
            }
        }
        let got = frame_recall(&truth, &predicted);
        assert_eq!(got, FrameRecall { right, of });
        assert_eq!((got.of[Happy as usize], got.right[Angry as usize]), (138, 20));
        let mean = (88.0 / 138.0 + 100.0 / of[Sad as usize] as f64 + 20.0 / 100.0) / 3.0;
        assert!((got.uar() - mean).abs() < 1e-12);
    }

    #[test]
    fn missed_speech_is_wrong_and_no_speech_gives_no_number() {
        assert_eq!(frame_recall(&stretches(&[(0.0, 1.0, Sad)]), &[]).uar(), 0.0);
        assert!(frame_recall(&[], &stretches(&[(0.0, 1.0, Sad)])).uar().is_nan());
    }
}
