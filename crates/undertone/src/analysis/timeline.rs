//! Windows of a segment and what was answered for each → spans of one emotion.

use std::ops::Range;

use super::{Cell, Span};
use crate::emotion::Emotion;
use crate::model::Posterior;
use crate::units::{Seconds, Segment};

/// Length of a window: about that of the utterances a model is trained on.
pub const WINDOW: Seconds = Seconds(2.4);
/// Time between the starts of two windows, and the shortest answer.
pub const HOP: Seconds = Seconds(0.6);

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

/// One window's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// Where it lies in the recording.
    pub segment: Segment,
    /// The calibrated posterior.
    pub posterior: Posterior,
    /// Strength, 0…1.
    pub intensity: f32,
}

/// The cells of one segment from the answers of its windows, in order.
///
/// The segment is cut into cells [`HOP`] long. A cell's posterior is the mean of those of the windows over its middle (Bayes
/// would multiply, but overlapping windows hear the same); a cell that no window lies over is left out.
pub fn cells(segment: Segment, heard: &[Heard], channel: usize) -> Vec<Cell> {
    let count = ((segment.duration().0 / HOP.0).round() as usize).max(1);
    let edge = |i: usize| match i == count {
        true => segment.end.0,
        false => segment.start.0 + i as f64 * HOP.0,
    };
    let cell = |i: usize| {
        let (start, end) = (edge(i), edge(i + 1));
        let over = |heard: &&Heard| {
            let middle = (start + end) / 2.0;
            heard.segment.start.0 <= middle && middle < heard.segment.end.0
        };
        let over: Vec<&Heard> = heard.iter().filter(over).collect();
        let classes = over.first()?.posterior.classes();
        let mean = |value: &dyn Fn(&Heard) -> f32| {
            over.iter().map(|heard| value(heard)).sum::<f32>() / over.len() as f32
        };
        let posterior = Emotion::ALL.map(|emotion| mean(&|heard| heard.posterior.of_class(emotion)));
        let (posterior, intensity) = (Posterior::of(classes, posterior), mean(&|heard| heard.intensity));
        Some(Cell { start, end, channel, speaker: None, posterior, intensity })
    };
    (0..count).filter_map(cell).collect()
}

/// Cells → spans: neighbours of the same top emotion and speaker join.
pub fn spans(cells: &[Cell], threshold: Option<f32>) -> Vec<Span> {
    let same = |a: &Cell, b: &Cell| a.touches(b) && a.posterior.top().0 == b.posterior.top().0;
    cells.chunk_by(same).filter_map(|cells| Cell::join(cells, threshold)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emotion::EmotionSet;

    const FRAME: Seconds = Seconds(0.04);

    fn heard(start: f64, end: f64, emotion: Emotion, p: f32) -> Heard {
        let mut probabilities = [0.0; 8];
        probabilities[emotion as usize] = p;
        probabilities[Emotion::Neutral as usize] += 1.0 - p;
        let posterior = Posterior::of(EmotionSet::ALL, probabilities);
        Heard { segment: Segment { start: Seconds(start), end: Seconds(end) }, posterior, intensity: 0.5 }
    }

    #[test]
    fn windows_overlap_and_reach_the_end() {
        assert_eq!(windows(0, FRAME), []);
        assert_eq!(windows(30, FRAME), [0..30]);
        assert_eq!(windows(60, FRAME), [0..60]);
        assert_eq!(windows(80, FRAME), [0..60, 15..75, 20..80]);
    }

    #[test]
    fn a_segment_of_one_window_is_one_span() {
        let segment = Segment { start: Seconds(1.0), end: Seconds(3.0) };
        let spans = spans(&cells(segment, &[heard(1.0, 3.0, Emotion::Angry, 0.9)], 1), Some(0.95));
        assert_eq!(spans.len(), 1);
        let span = &spans[0];
        assert_eq!((span.start, span.end, span.channel, span.emotion), (1.0, 3.0, 1, Emotion::Angry));
        assert_eq!(span.set, Some(vec![Emotion::Angry, Emotion::Neutral]));
        assert!(!span.ambiguous && (span.posterior().of_class(Emotion::Angry) - 0.9).abs() < 1e-6);
    }

    #[test]
    fn a_change_of_emotion_is_a_boundary_and_windows_left_out_leave_a_gap() {
        let segment = Segment { start: Seconds(0.0), end: Seconds(6.0) };
        let windows = [
            heard(0.0, 2.4, Emotion::Happy, 0.9),
            heard(2.4, 3.6, Emotion::Sad, 0.8),
            heard(4.8, 6.0, Emotion::Sad, 0.8),
        ];
        let spans = spans(&cells(segment, &windows, 0), None);
        let got: Vec<(Emotion, f64, f64)> = spans.iter().map(|s| (s.emotion, s.start, s.end)).collect();
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert_eq!(got.len(), 3);
        for ((emotion, start, end), want) in got.into_iter().zip([
            (Emotion::Happy, 0.0, 2.4),
            (Emotion::Sad, 2.4, 3.6),
            (Emotion::Sad, 4.8, 6.0),
        ]) {
            assert!(emotion == want.0 && near(start, want.1) && near(end, want.2), "{emotion} {start} {end}");
        }
    }
}
