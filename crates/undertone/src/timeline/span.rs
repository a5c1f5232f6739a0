//! Spans of one emotion: what the timeline is made of.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::Cell;
use crate::emotion::{Affect, Emotion};
use crate::model::{Posterior, Prediction};
use crate::units::Seconds;

/// The shortest span, unless it stands alone.
const SHORTEST: Seconds = Seconds(0.5);

/// An item of the timeline: speech of one emotion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Span {
    /// Seconds from the recording's start.
    pub start: f64,
    /// Exclusive.
    pub end: f64,
    /// The channel, from 0.
    pub channel: usize,
    /// The speaker's id, where known.
    pub speaker: Option<String>,
    /// The most probable emotion.
    pub emotion: Emotion,
    /// Whether the second is at least half as probable.
    pub ambiguous: bool,
    /// The posterior over the classes asked for, intensity and agreement; side by side with the other fields in JSON.
    #[serde(flatten)]
    pub prediction: Prediction,
    /// The prediction set at the coverage asked for; none where classes were left out by request.
    pub set: Option<Vec<Emotion>>,
    /// −1…1, derived from the posterior.
    pub valence: f32,
    /// −1…1, derived from the posterior.
    pub arousal: f32,
    /// The given segment that it answers, counted from 0 in the order in which they were given; none where spans were found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<usize>,
    /// What is said, where the given segment tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Span {
    /// A span from its prediction: emotion, valence and arousal follow from the posterior.
    ///
    /// `speaker` is none where unknown; `threshold` is that of the prediction set, none where there is to be no set.
    pub fn new(
        (start, end): (f64, f64),
        channel: usize,
        speaker: Option<String>,
        prediction: Prediction,
        threshold: Option<f32>,
    ) -> Span {
        let posterior = &prediction.posterior;
        let Affect { valence, arousal } = posterior.affect();
        Span {
            start,
            end,
            channel,
            speaker,
            emotion: posterior.top().0,
            ambiguous: posterior.second_guess().is_some(),
            set: threshold.map(|threshold| posterior.set(threshold)),
            prediction,
            valence,
            arousal,
            segment: None,
            text: None,
        }
    }

    /// The span that cells of one emotion make: their mean prediction, weighted by time. No cells give no span.
    fn of(cells: &[Cell], threshold: Option<f32>) -> Option<Span> {
        let (first, last) = (cells.first()?, cells.last()?);
        let whole: f64 = cells.iter().map(Cell::duration).sum();
        let weighted = cells.iter().map(|cell| ((cell.duration() / whole) as f32, &cell.prediction));
        let (prediction, speaker) = (Prediction::mean(weighted)?, first.speaker.clone());
        Some(Span::new((first.start, last.end), first.channel, speaker, prediction, threshold))
    }

    /// Seconds it lasts.
    pub fn duration(&self) -> f64 {
        self.end - self.start
    }

    /// The posterior over the classes asked for.
    pub fn posterior(&self) -> &Posterior {
        &self.prediction.posterior
    }

    /// The probability of its emotion.
    pub fn probability(&self) -> f32 {
        self.prediction.posterior.of_class(self.emotion)
    }

    /// Its place on the plane of valence and arousal.
    pub fn affect(&self) -> Affect {
        Affect { valence: self.valence, arousal: self.arousal }
    }
}

/// Cells → spans: neighbours of the same top emotion and speaker join. A span shorter than half a second goes to the
/// neighbour it touches and resembles more (the larger `Σ min(p, q)` of their posteriors); one that touches none stays.
pub fn spans(cells: &[Cell], threshold: Option<f32>) -> Vec<Span> {
    let join = |range: &Range<usize>| Span::of(&cells[range.clone()], threshold);
    let mut runs: Vec<(Range<usize>, Span)> = Vec::new();
    let put = |runs: &mut Vec<(Range<usize>, Span)>, range: Range<usize>| {
        if let Some(span) = join(&range) {
            runs.push((range, span));
        }
    };
    let mut start = 0;
    let same = |a: &Cell, b: &Cell| a.touches(b) && a.agrees(b);
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
        let (p, q) = (&span.prediction.posterior, &other.prediction.posterior);
        p.probabilities().iter().zip(q.probabilities()).map(|(p, q)| p.min(*q)).sum()
    };
    let found = before.into_iter().chain(after).map(|(at, other)| (at, common(other)));
    found.reduce(|best, other| if other.1 > best.1 { other } else { best }).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emotion::EmotionSet;
    use crate::timeline::{WindowPrediction, cells};
    use crate::units::Segment;

    fn heard(start: f64, end: f64, emotion: Emotion, p: f32) -> WindowPrediction {
        let mut probabilities = [0.0; 8];
        probabilities[emotion as usize] = p;
        probabilities[Emotion::Neutral as usize] += 1.0 - p;
        let posterior = Posterior::of(EmotionSet::ALL, probabilities);
        let segment = Segment { start: Seconds(start), end: Seconds(end) };
        let prediction = Prediction { posterior, intensity: Some(0.5), agreement: Some(0.6) };
        WindowPrediction { segment, prediction }
    }

    #[test]
    fn a_segment_of_one_window_is_one_span() {
        let segment = Segment { start: Seconds(1.0), end: Seconds(3.0) };
        let spans = spans(&cells(segment, &[heard(1.0, 3.0, Emotion::Angry, 0.9)], 1), Some(0.95));
        assert_eq!(spans.len(), 1);
        let span = &spans[0];
        assert_eq!((span.start, span.end, span.channel, span.emotion), (1.0, 3.0, 1, Emotion::Angry));
        assert_eq!(span.set, Some(vec![Emotion::Angry, Emotion::Neutral]));
        assert!(!span.ambiguous && (span.probability() - 0.9).abs() < 1e-6);
    }

    #[test]
    fn a_short_span_goes_to_the_neighbour_it_resembles_more_and_one_alone_stays() {
        let cell = |start: f64, end: f64, emotion: Emotion, p: f32| {
            let WindowPrediction { prediction, .. } = heard(start, end, emotion, p);
            Cell { start, end, channel: 0, speaker: None, prediction }
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
