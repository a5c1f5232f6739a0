//! Windows of a segment and what was answered for each → spans of one emotion.

use std::ops::Range;

use super::{Cell, Span};
use crate::emotion::Emotion;
use crate::model::Posterior;
use crate::units::{Seconds, Segment};

/// Length of a window: about that of the utterances a model is trained on.
pub const WINDOW: Seconds = Seconds(2.4);
/// Time between the starts of two windows, and the length of a cell.
pub const HOP: Seconds = Seconds(0.6);
/// The shortest span, unless it stands alone.
const SHORTEST: Seconds = Seconds(0.5);

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
    /// Share of listeners expected to name the same emotion, 0…1, where the model knows.
    pub agreement: Option<f32>,
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
        let agreement = over.first()?.agreement.map(|_| mean(&|heard| heard.agreement.unwrap_or_default()));
        Some(Cell { start, end, channel, speaker: None, posterior, intensity, agreement })
    };
    (0..count).filter_map(cell).collect()
}

/// Cells → spans: neighbours of the same top emotion and speaker join. A span shorter than half a second goes to the
/// neighbour it touches and resembles more (the larger `Σ min(p, q)` of their posteriors); one that touches none stays.
pub fn spans(cells: &[Cell], threshold: Option<f32>) -> Vec<Span> {
    let join = |range: &Range<usize>| Cell::join(&cells[range.clone()], threshold);
    let mut runs: Vec<(Range<usize>, Span)> = Vec::new();
    let put = |runs: &mut Vec<(Range<usize>, Span)>, range: Range<usize>| {
        if let Some(span) = join(&range) {
            runs.push((range, span));
        }
    };
    let mut start = 0;
    let same = |a: &Cell, b: &Cell| a.touches(b) && a.posterior.top().0 == b.posterior.top().0;
    for run in cells.chunk_by(same) {
        put(&mut runs, start..start + run.len());
        start += run.len();
    }
    let touch = |a: &Range<usize>, b: &Range<usize>| cells[a.end - 1].touches(&cells[b.start]);
    let mut at = 0;
    while at < runs.len() {
        let (range, span) = &runs[at];
        let before = at.checked_sub(1).filter(|&i| touch(&runs[i].0, range));
        let after = Some(at + 1).filter(|&i| i < runs.len() && touch(range, &runs[i].0));
        let short = span.duration() < SHORTEST.0 - 1e-6;
        let next = if short {
            nearer(span, before.map(|i| (i, &runs[i].1)), after.map(|i| (i, &runs[i].1)))
        } else {
            before.filter(|&i| runs[i].1.emotion == span.emotion)
        };
        let Some(next) = next else {
            at += 1;
            continue;
        };
        let (first, last) = (at.min(next), at.max(next));
        let whole = runs[first].0.start..runs[last].0.end;
        if let Some(span) = join(&whole) {
            runs.splice(first..=last, [(whole, span)]);
        }
        at = first;
    }
    runs.into_iter().map(|(_, span)| span).collect()
}

/// Which of two spans has more probability in common with `span`.
fn nearer(span: &Span, before: Option<(usize, &Span)>, after: Option<(usize, &Span)>) -> Option<usize> {
    let common = |other: &Span| -> f32 {
        let (p, q) = (span.posterior(), other.posterior());
        p.probabilities().iter().zip(q.probabilities()).map(|(p, q)| p.min(*q)).sum()
    };
    let found = before.into_iter().chain(after).map(|(at, other)| (at, common(other)));
    found.reduce(|best, other| if other.1 > best.1 { other } else { best }).map(|(at, _)| at)
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
        let segment = Segment { start: Seconds(start), end: Seconds(end) };
        Heard { segment, posterior, intensity: 0.5, agreement: Some(0.6) }
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
    fn a_short_span_goes_to_the_neighbour_it_resembles_more_and_one_alone_stays() {
        let cell = |start: f64, end: f64, emotion: Emotion, p: f32| {
            let heard = heard(start, end, emotion, p);
            let Heard { posterior, intensity, agreement, .. } = heard;
            Cell { start, end, channel: 0, speaker: None, posterior, intensity, agreement }
        };
        let row = [
            cell(0.0, 0.6, Emotion::Happy, 0.9),
            cell(0.6, 1.0, Emotion::Neutral, 0.6),
            cell(1.0, 1.6, Emotion::Sad, 0.6),
            cell(3.0, 3.4, Emotion::Angry, 0.9),
        ];
        let got: Vec<(Emotion, f64, f64)> =
            spans(&row, None).iter().map(|span| (span.emotion, span.start, span.end)).collect();
        assert_eq!(got[0], (Emotion::Happy, 0.0, 0.6));
        assert_eq!((got[1].1, got[1].2, got.len()), (0.6, 1.6, 3), "neutral has more in common with sad");
        assert_eq!(got[2], (Emotion::Angry, 3.0, 3.4));
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
