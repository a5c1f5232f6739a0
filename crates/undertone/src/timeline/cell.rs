//! A cell: the smallest piece of the timeline, with a prediction of its own.

use super::window::{HOP, WindowPrediction};
use crate::model::Prediction;
use crate::units::Segment;

/// About [`HOP`] of speech, predicted by all windows over it.
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
    /// What is predicted for it.
    pub prediction: Prediction,
}

impl Cell {
    /// Seconds it lasts.
    pub fn duration(&self) -> f64 {
        self.end - self.start
    }

    /// Whether `next` goes on where this one ends, of the same speaker.
    pub fn touches(&self, next: &Cell) -> bool {
        self.channel == next.channel && self.speaker == next.speaker && (next.start - self.end).abs() < 1e-3
    }

    /// Whether both have the same most probable emotion.
    pub fn agrees(&self, other: &Cell) -> bool {
        self.prediction.posterior.top().0 == other.prediction.posterior.top().0
    }
}

/// The cells of one segment from the predictions of its windows, in order.
///
/// The segment is cut into cells [`HOP`] long. A cell's prediction is the mean of those of the windows over its middle (Bayes
/// would multiply, but overlapping windows hear the same); a cell that no window lies over is left out.
pub fn cells(segment: Segment, windows: &[WindowPrediction], channel: usize) -> Vec<Cell> {
    let count = ((segment.duration().0 / HOP.0).round() as usize).max(1);
    let edge = |i: usize| match i == count {
        true => segment.end.0,
        false => segment.start.0 + i as f64 * HOP.0,
    };
    let cell = |i: usize| {
        let (start, end) = (edge(i), edge(i + 1));
        let over = |window: &&WindowPrediction| {
            let middle = (start + end) / 2.0;
            window.segment.start.0 <= middle && middle < window.segment.end.0
        };
        let over: Vec<&WindowPrediction> = windows.iter().filter(over).collect();
        let weight = 1.0 / over.len() as f32;
        let prediction = Prediction::mean(over.iter().map(|window| (weight, &window.prediction)))?;
        Some(Cell { start, end, channel, speaker: None, prediction })
    };
    (0..count).filter_map(cell).collect()
}
