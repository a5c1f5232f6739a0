//! The probabilities of all emotions over time, stacked to 1: one band per emotion, its name where it is widest.

use std::fmt::Write;

use super::frame::Panel;
use super::pieces::{self, Piece};
use super::{across, columns};
use crate::analysis::{Analysis, Share};
use crate::emotion::{Emotion, EmotionSet};
use crate::report::label::{Tier, line};
use crate::report::words::shares;

/// Pixels.
const HEIGHT: f64 = 110.0;
/// Units across and up, inside the drawing.
const ACROSS: f64 = 10_000.0;
const UP: f32 = 1000.0;
/// A band is named where it has at least this much.
const LEAST_NAMED: f32 = 0.2;
/// Space of a name: share of the width, and share of the height.
const ROOM: (f64, f32) = (0.09, 0.14);

/// One panel per speaker with speech.
pub fn panels(recording: &Analysis, tiers: &[Tier]) -> Vec<Panel> {
    let named = tiers.len() > 1;
    let panel = |tier: &Tier| {
        let pieces = pieces::cells(recording, tier);
        let fine = bands(&pieces, recording.seconds) + &names(&pieces, recording.seconds);
        let coarse = |count| {
            let means = columns::of_posteriors(&pieces, recording.seconds, count);
            columns::stack(&means, HEIGHT, &Emotion::ALL) + &columns::names(&means, HEIGHT)
        };
        let body = columns::zoomed(tier.spans.len(), coarse, &fine);
        let caption = if named { line(&tier.name) } else { String::new() };
        let words = format!("Mean probabilities: {}.", shares(&means(&pieces)));
        Panel { caption, words, height: HEIGHT, square: false, body }
    };
    tiers.iter().filter(|tier| !tier.spans.is_empty()).map(panel).collect()
}

/// Every class that competes anywhere, in order.
fn classes(pieces: &[Piece]) -> Vec<Emotion> {
    let all: EmotionSet = pieces.iter().flat_map(|piece| piece.posterior.classes().iter()).collect();
    all.iter().collect()
}

/// Mean over time, most first.
fn means(pieces: &[Piece]) -> Vec<Share> {
    let whole: f64 = pieces.iter().map(|piece| piece.end - piece.start).sum();
    let mean = |emotion: Emotion| {
        let part =
            |piece: &Piece| piece.posterior.of_class(emotion) * ((piece.end - piece.start) / whole) as f32;
        Share { emotion, share: pieces.iter().map(part).sum() }
    };
    let mut shares: Vec<Share> = classes(pieces).into_iter().map(mean).collect();
    shares.sort_by(|a, b| b.share.total_cmp(&a.share));
    shares
}

/// The highest band is drawn first, from the ground up to 1, and the others before it.
fn bands(pieces: &[Piece], seconds: f64) -> String {
    let classes = classes(pieces);
    let x = |time: f64| (time / seconds.max(1e-9) * ACROSS).round();
    let mut out = format!(
        "<svg width=\"100%\" height=\"{HEIGHT}\" viewBox=\"0 0 {ACROSS} {UP}\" preserveAspectRatio=\"none\">"
    );
    for (at, &emotion) in classes.iter().enumerate().rev() {
        let up_to =
            |piece: &Piece| classes[..=at].iter().map(|&one| piece.posterior.of_class(one)).sum::<f32>();
        let mut path = String::new();
        for run in pieces::runs(pieces, seconds) {
            let (first, last) = (&run[0], &run[run.len() - 1]);
            let y = |piece: &Piece| (UP * (1.0 - up_to(piece)).clamp(0.0, 1.0)).round();
            let _ = write!(path, "M{} {UP}V{}", x(first.start), y(first));
            for piece in run {
                let _ = write!(path, "L{} {}", x((piece.start + piece.end) / 2.0), y(piece));
            }
            let _ = write!(path, "H{}V{UP}Z", x(last.end));
        }
        let _ = write!(out, "<path d=\"{path}\" class=\"area f-{emotion}\"><title>{emotion}</title></path>");
    }
    out + "</svg>"
}

/// Names where bands are widest, strongest first; one that would stand on another is left out.
fn names(pieces: &[Piece], seconds: f64) -> String {
    let mut places: Vec<(f32, f64, f32, Emotion)> = Vec::new();
    for emotion in classes(pieces) {
        if let Some((p, at, middle)) = widest(pieces, seconds, emotion).filter(|best| best.0 >= LEAST_NAMED) {
            places.push((p, at.clamp(0.05, 0.95), middle, emotion));
        }
    }
    places.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut kept: Vec<(f64, f32)> = Vec::new();
    let mut out = String::new();
    for (_, at, middle, emotion) in places {
        if kept.iter().any(|one| (one.0 - at).abs() < ROOM.0 && (one.1 - middle).abs() < ROOM.1) {
            continue;
        }
        kept.push((at, middle));
        let y = HEIGHT * f64::from(1.0 - middle) + 4.0;
        let _ =
            write!(out, "<text x=\"{}\" y=\"{y:.0}\" class=\"on middle\">{emotion}</text>", across(at, 1.0));
    }
    out
}

/// Where a band is widest: its probability there, the middle of the stretch around that is nearly as wide (as a share of the
/// width), and the middle of the band (as a share of the height).
fn widest(pieces: &[Piece], seconds: f64, emotion: Emotion) -> Option<(f32, f64, f32)> {
    const NEARLY: f32 = 0.85;
    let of = |piece: &Piece| piece.posterior.of_class(emotion);
    let best = pieces.iter().max_by(|a, b| of(a).total_cmp(&of(b)))?;
    let run = pieces::runs(pieces, seconds).into_iter().find(|run| run.contains(best))?;
    let around = run.chunk_by(|a, b| (of(a) >= NEARLY * of(best)) == (of(b) >= NEARLY * of(best)));
    let around = around.into_iter().find(|stretch| stretch.contains(best))?;
    let at = (around.first()?.start + around.last()?.end) / 2.0 / seconds;
    let below: f32 = best.posterior.probabilities()[..emotion as usize].iter().sum();
    Some((of(best), at, below + of(best) / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::label::tiers;
    use crate::report::sample::sample;

    #[test]
    fn bands_reach_to_one_stop_in_silences_and_are_named() {
        let recording = sample();
        let panels = panels(&recording, &tiers(&recording));
        let agent = &panels[0].body;
        // Neutral, calm, sad, angry: the highest is angry, which reaches 1 in both runs.
        let highest = agent.split("<path d=\"").nth(1).unwrap_or_default();
        assert!(highest.starts_with("M476 1000V0L1714 0H2952V1000ZM7619"), "{highest}");
        assert!(highest.contains("f-angry"), "{highest}");
        // Neutral at the bottom: 0.18 of the first span.
        assert!(agent.contains("M476 1000V820L1714 820H2952V1000Z"), "{agent}");
        assert!(agent.contains(">angry</text>") && agent.contains(">calm</text>"));
        assert!(panels[0].words.contains("angry 56 %"), "{}", panels[0].words);
    }
}
