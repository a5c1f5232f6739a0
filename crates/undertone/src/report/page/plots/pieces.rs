//! Posteriors binned over time for the plots, no finer than can be seen.

use crate::analysis::{Analysis, Cell, Span};
use crate::model::Posterior;
use crate::report::label::Tier;

/// Pieces of one curve at most.
pub const MOST: usize = 1500;

/// A stretch of one voice.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// Seconds.
    pub start: f64,
    /// Seconds.
    pub end: f64,
    /// Of the stretch.
    pub posterior: Posterior,
    /// Whether it was several.
    pub joined: bool,
}

impl Piece {
    fn of_span(span: &Span) -> Piece {
        Piece { start: span.start, end: span.end, posterior: span.posterior().clone(), joined: false }
    }

    fn of_cell(cell: &Cell) -> Piece {
        Piece {
            start: cell.start,
            end: cell.end,
            posterior: cell.prediction.posterior.clone(),
            joined: false,
        }
    }
}

/// The spans of a voice, at most `most`.
pub fn spans(tier: &Tier, seconds: f64, most: usize) -> Vec<Piece> {
    thin(tier.spans.iter().map(|span| Piece::of_span(span)).collect(), seconds, most)
}

/// The cells of a voice, or its spans where a result was read from a file and has none; at most [`MOST`].
pub fn cells(recording: &Analysis, tier: &Tier) -> Vec<Piece> {
    let alone =
        recording.spans.iter().filter(|span| span.channel == tier.channel).count() == tier.spans.len();
    let own = |cell: &&Cell| {
        cell.channel == tier.channel
            && (cell.speaker.as_deref() == tier.speaker || cell.speaker.is_none() && alone)
    };
    let found: Vec<Piece> = recording.cells.iter().filter(own).map(Piece::of_cell).collect();
    match found.is_empty() {
        true => spans(tier, recording.seconds, MOST),
        false => thin(found, recording.seconds, MOST),
    }
}

/// Joins pieces that begin in the same of `most` equal stretches: their mean posterior, weighted by time.
fn thin(pieces: Vec<Piece>, seconds: f64, most: usize) -> Vec<Piece> {
    if pieces.len() <= most {
        return pieces;
    }
    let bin = |piece: &Piece| (piece.start / seconds * most as f64).floor() as usize;
    let join = |group: &[Piece]| {
        let (first, last) = (&group[0], &group[group.len() - 1]);
        let whole: f64 = group.iter().map(|piece| piece.end - piece.start).sum();
        let mut probabilities = [0.0; 8];
        for piece in group {
            let weight = ((piece.end - piece.start) / whole.max(1e-9)) as f32;
            for (sum, p) in probabilities.iter_mut().zip(piece.posterior.probabilities()) {
                *sum += weight * p;
            }
        }
        let posterior = Posterior::of(first.posterior.classes(), probabilities);
        Piece { start: first.start, end: last.end, posterior, joined: group.len() > 1 }
    };
    pieces.chunk_by(|a, b| bin(a) == bin(b)).map(join).collect()
}

/// Pieces that follow one another without a silence.
pub fn runs(pieces: &[Piece], seconds: f64) -> Vec<&[Piece]> {
    let gap = if pieces.iter().any(|piece| piece.joined) { seconds / MOST as f64 } else { 1e-3 };
    pieces.chunk_by(|a, b| b.start - a.end <= gap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emotion::{Emotion, EmotionSet};

    #[test]
    fn too_many_pieces_become_means_and_silences_stay() {
        let piece = |number: usize, happy: f32| {
            let mut probabilities = [0.0; 8];
            (probabilities[Emotion::Happy as usize], probabilities[Emotion::Sad as usize]) =
                (happy, 1.0 - happy);
            let start = number as f64 + if number >= 4 { 10.0 } else { 0.0 };
            let posterior = Posterior::of(EmotionSet::ALL, probabilities);
            Piece { start, end: start + 1.0, posterior, joined: false }
        };
        let pieces: Vec<Piece> =
            (0..8).map(|number| piece(number, if number % 2 == 0 { 1.0 } else { 0.5 })).collect();
        assert_eq!(thin(pieces.clone(), 20.0, 8), pieces);
        let thinned = thin(pieces, 20.0, 5);
        let got: Vec<(f64, f64)> = thinned.iter().map(|piece| (piece.start, piece.end)).collect();
        assert_eq!(got, [(0.0, 4.0), (14.0, 16.0), (16.0, 18.0)]);
        assert!((thinned[0].posterior.of_class(Emotion::Happy) - 0.75).abs() < 1e-6);
        assert_eq!(runs(&thinned, 20.0).len(), 2);
    }
}
