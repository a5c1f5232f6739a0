//! The windows that a segment is heard in.

use std::ops::Range;

use crate::model::Prediction;
use crate::units::{Seconds, Segment};

/// Length of a window: about that of the utterances a model is trained on.
pub const WINDOW: Seconds = Seconds(2.4);
/// Time between the starts of two windows, and the length of a cell.
pub const HOP: Seconds = Seconds(0.6);

/// One window's prediction.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowPrediction {
    /// Where it lies in the recording.
    pub segment: Segment,
    /// What is predicted for it.
    pub prediction: Prediction,
}

/// The windows over a segment of `frames` frames of `frame` seconds: overlapping, [`HOP`] apart; the last reaches the end.
/// A segment no longer than a window is one window.
pub fn windows(frames: usize, frame: Seconds) -> Vec<Range<usize>> {
    let of = |time: Seconds| (time.0 / frame.0).round().max(1.0) as usize;
    let (window, hop) = (of(WINDOW), of(HOP));
    if frames <= window {
        return (frames > 0).then_some(0..frames).into_iter().collect();
    }
    let mut windows: Vec<Range<usize>> =
        (0..).map(|i| i * hop).take_while(|start| start + window < frames).map(|s| s..s + window).collect();
    windows.push(frames - window..frames);
    windows
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Seconds = Seconds(0.04);

    #[test]
    fn windows_overlap_and_reach_the_end() {
        assert_eq!(windows(0, FRAME), []);
        assert_eq!(windows(30, FRAME), [0..30]);
        assert_eq!(windows(60, FRAME), [0..60]);
        assert_eq!(windows(80, FRAME), [0..60, 15..75, 20..80]);
    }
}
