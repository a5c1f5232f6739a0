//! A cell: the smallest piece of the timeline, with a posterior of its own.

use super::Span;
use crate::model::Posterior;

/// About [`super::HOP`] of speech, answered by all windows over it.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Seconds from the recording's start.
    pub start: f64,
    /// Exclusive.
    pub end: f64,
    /// The channel, from 0.
    pub channel: usize,
    /// The speaker's id, where known.
    pub speaker: Option<String>,
    /// The calibrated posterior.
    pub posterior: Posterior,
    /// Strength, 0…1.
    pub intensity: f32,
    /// Share of listeners expected to name the same emotion, 0…1, where the model knows.
    pub agreement: Option<f32>,
}

impl Cell {
    /// Seconds it lasts.
    pub fn duration(&self) -> f64 {
        self.end - self.start
    }

    /// Whether `next` goes on where this one ends, in the same voice.
    pub fn touches(&self, next: &Cell) -> bool {
        self.channel == next.channel && self.speaker == next.speaker && (next.start - self.end).abs() < 1e-3
    }

    /// The span that cells of one emotion make: their mean posterior, weighted by time.
    ///
    /// `threshold` is that of the prediction set; none where there is to be no set. No cells give no span.
    pub fn join(cells: &[Cell], threshold: Option<f32>) -> Option<Span> {
        let (first, last) = (cells.first()?, cells.last()?);
        let whole: f64 = cells.iter().map(Cell::duration).sum();
        let mean = |value: &dyn Fn(&Cell) -> f32| -> f32 {
            cells.iter().map(|cell| value(cell) * (cell.duration() / whole) as f32).sum()
        };
        let classes = first.posterior.classes();
        let mut probabilities = [0.0; crate::Emotion::ALL.len()];
        for emotion in classes.iter() {
            probabilities[emotion as usize] = mean(&|cell| cell.posterior.of_class(emotion));
        }
        let posterior = Posterior::of(classes, probabilities);
        let affect = posterior.affect();
        Some(Span {
            start: first.start,
            end: last.end,
            channel: first.channel,
            speaker: first.speaker.clone(),
            emotion: posterior.top().0,
            ambiguous: posterior.second_guess().is_some(),
            posterior: classes.iter().map(|emotion| (emotion, posterior.of_class(emotion))).collect(),
            set: threshold.map(|threshold| posterior.set(threshold)),
            intensity: Some(mean(&|cell| cell.intensity)),
            agreement: first.agreement.map(|_| mean(&|cell| cell.agreement.unwrap_or_default())),
            valence: affect.valence,
            arousal: affect.arousal,
        })
    }
}
