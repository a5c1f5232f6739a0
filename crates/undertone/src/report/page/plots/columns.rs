//! Equal stretches of a recording as columns of stacked shares: what is drawn where single spans would be too narrow to see.

use std::fmt::Write;

use super::pieces::Piece;
use super::{LEVELS, across, level};
use crate::analysis::{Label, Span};
use crate::emotion::Emotion;

/// Share of a column's height per emotion, by the number of the emotion.
pub type Column = [f32; Emotion::ALL.len()];

/// Emotions from the bottom up: those that stand out stand on the ground.
pub const MARKED_FIRST: [Emotion; Emotion::ALL.len()] = [
    Emotion::Angry,
    Emotion::Fearful,
    Emotion::Disgust,
    Emotion::Sad,
    Emotion::Surprised,
    Emotion::Happy,
    Emotion::Calm,
    Emotion::Neutral,
];
/// Columns across a phone, and at most.
const FEW: usize = 64;
const MANY: usize = 1024;
/// A span is drawn by itself where spans have so many pixels on average.
const SPAN: f64 = 6.0;
/// Units up, inside the drawing.
const UP: f32 = 100.0;
/// An emotion is named where it has at least so much of the columns there.
const LEAST_NAMED: f32 = 0.5;

/// How much of each of `count` equal stretches is labelled by each emotion; what is missing to 1 is silence.
pub fn of_labels(spans: &[&Span], seconds: f64, count: usize) -> Vec<Column> {
    let weighted = spans.iter().map(|span| {
        let mut one = [0.0; Emotion::ALL.len()];
        one[Label::from(*span).emotion as usize] = 1.0;
        (span.start, span.end, one)
    });
    let mut columns = spread(weighted, seconds, count);
    let length = (seconds / count as f64).max(1e-9) as f32;
    columns.iter_mut().flatten().for_each(|share| *share = (*share / length).min(1.0));
    columns
}

/// The mean probabilities of each of `count` equal stretches; nothing where nobody speaks.
pub fn of_posteriors(pieces: &[Piece], seconds: f64, count: usize) -> Vec<Column> {
    let weighted = pieces.iter().map(|piece| (piece.start, piece.end, *piece.posterior.probabilities()));
    let mut columns = spread(weighted, seconds, count);
    for column in &mut columns {
        let whole: f32 = column.iter().sum();
        column.iter_mut().for_each(|share| *share /= whole.max(1e-9));
    }
    columns
}

/// Seconds of each stretch, times the weights.
fn spread(weighted: impl Iterator<Item = (f64, f64, Column)>, seconds: f64, count: usize) -> Vec<Column> {
    let mut columns = vec![Column::default(); count];
    let length = (seconds / count as f64).max(1e-9);
    for (start, end, weights) in weighted {
        let first = (start / length).max(0.0) as usize;
        let columns = columns.iter_mut().enumerate().skip(first);
        for (number, column) in columns.take_while(|(number, _)| *number as f64 * length < end) {
            let (from, to) = (number as f64 * length, (number + 1) as f64 * length);
            let here = (end.min(to) - start.max(from)).max(0.0) as f32;
            column.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += here * weight);
        }
    }
    columns
}

/// Columns as wide as there is room, `height` pixels high: a path per emotion, in the order from the bottom up.
pub fn stack(columns: &[Column], height: f64, order: &[Emotion]) -> String {
    let mut out = format!(
        "<svg width=\"100%\" height=\"{height}\" viewBox=\"0 0 {} {UP}\" preserveAspectRatio=\"none\" class=\"columns\">",
        columns.len()
    );
    for (at, &emotion) in order.iter().enumerate() {
        let below = |column: &Column| order[..at].iter().map(|&one| column[one as usize]).sum::<f32>();
        let y = |share: f32| (UP * (1.0 - share)).clamp(0.0, UP).round();
        let ends = |column: &Column| {
            let below = below(column);
            (y(below + column[emotion as usize]), y(below))
        };
        let (mut path, mut number) = (String::new(), 0);
        for run in columns.chunk_by(|a, b| ends(a) == ends(b)) {
            let (top, bottom) = ends(&run[0]);
            if top < bottom {
                let _ = write!(path, "M{number} {top}H{}V{bottom}H{number}Z", number + run.len());
            }
            number += run.len();
        }
        if !path.is_empty() {
            let _ = write!(out, "<path d=\"{path}\" class=\"f-{emotion}\"><title>{emotion}</title></path>");
        }
    }
    out + "</svg>"
}

/// A drawing for each zoom at which `spans` spans are too narrow to see, then `fine` for those that show them.
pub fn zoomed(spans: usize, coarse: impl Fn(usize) -> String, fine: &str) -> String {
    let shown = level(SPAN * spans as f64, 1.0);
    if shown == Some(LEVELS[0]) {
        return fine.to_string();
    }
    let mut out = String::new();
    for (step, _) in LEVELS.iter().enumerate().take_while(|(_, class)| Some(**class) != shown) {
        let _ = write!(out, "<g class=\"a{}\">{}</g>", 1 << step, coarse((FEW << step).min(MANY)));
    }
    if let Some(class) = shown {
        let _ = write!(out, "<g class=\"{class}\">{fine}</g>");
    }
    out
}

/// Names where one emotion has most of the columns for long enough, in a drawing `height` pixels high.
pub fn names(columns: &[Column], height: f64) -> String {
    let main =
        |column: &Column| Emotion::ALL.into_iter().find(|&emotion| column[emotion as usize] >= LEAST_NAMED);
    let (mut out, mut number) = (String::new(), 0);
    for run in columns.chunk_by(|a, b| main(a) == main(b)) {
        let share = run.len() as f64 / columns.len() as f64;
        if let Some(emotion) = main(&run[0])
            // Columns are drawn at one zoom: their share of a phone's width says whether the name fits.
            && share * (columns.len() as f64 / FEW as f64) * super::PHONE >= super::room(emotion.name())
        {
            let middle = across(number as f64 + run.len() as f64 / 2.0, columns.len() as f64);
            let y = height / 2.0 + 4.0;
            let _ = write!(out, "<text x=\"{middle}\" y=\"{y:.0}\" class=\"on middle\">{emotion}</text>");
        }
        number += run.len();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::span;

    #[test]
    fn a_column_has_the_share_of_its_time_and_silence_is_left_blank() {
        let spans = [
            span(0.0, 3.0, 0, None, &[(Emotion::Angry, 0.9), (Emotion::Sad, 0.1)]),
            span(3.0, 4.0, 0, None, &[(Emotion::Sad, 0.9), (Emotion::Angry, 0.1)]),
        ];
        let columns = of_labels(&[&spans[0], &spans[1]], 8.0, 4);
        let of = |emotion: Emotion| columns.iter().map(|one| one[emotion as usize]).collect::<Vec<_>>();
        assert_eq!(
            (of(Emotion::Angry), of(Emotion::Sad)),
            (vec![1.0, 0.5, 0.0, 0.0], vec![0.0, 0.5, 0.0, 0.0])
        );
        let drawn = stack(&columns, 20.0, &MARKED_FIRST);
        assert!(drawn.contains("d=\"M0 0H1V100H0ZM1 50H2V100H1Z\" class=\"f-angry\""), "{drawn}");
        assert!(drawn.contains("d=\"M1 0H2V50H1Z\" class=\"f-sad\""), "{drawn}");
    }

    #[test]
    fn few_spans_are_drawn_at_once_and_many_wait_for_the_zoom() {
        let coarse = |count: usize| format!("[{count}]");
        assert_eq!(zoomed(50, coarse, "spans"), "spans");
        assert_eq!(
            zoomed(200, coarse, "spans"),
            "<g class=\"a1\">[64]</g><g class=\"a2\">[128]</g><g class=\"l4\">spans</g>"
        );
        let all = zoomed(10_000, coarse, "spans");
        assert!(all.ends_with("<g class=\"a64\">[1024]</g>") && !all.contains("spans"), "{all}");
    }
}
