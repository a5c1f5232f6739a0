//! A speaker's path over the plane of valence and arousal.

use std::fmt::Write;

use super::frame::Panel;
use super::pieces::{self, Piece};
use crate::analysis::{Analysis, Label};
use crate::emotion::{Affect, Emotion};
use crate::report::label::Tier;
use crate::report::text::clock;

/// Pixels; the plane's −1…1 fills all but the margin.
const SIDE: f64 = 320.0;
const MARGIN: f64 = 24.0;
/// Dots at most: more would be a cloud.
const DOTS: usize = 400;

/// One plane per speaker with speech.
pub fn panels(recording: &Analysis, tiers: &[Tier]) -> Vec<Panel> {
    let named = tiers.len() > 1;
    let panel = |tier: &Tier| {
        let pieces = pieces::spans(tier, recording.seconds, DOTS);
        let caption = if named { tier.name.clone() } else { String::new() };
        Panel { caption, words: words(&pieces), height: SIDE, square: true, body: plane() + &way(&pieces) }
    };
    tiers.iter().filter(|tier| !tier.spans.is_empty()).map(panel).collect()
}

fn words(pieces: &[Piece]) -> String {
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else { return String::new() };
    let of = |piece: &Piece| {
        let Affect { valence, arousal } = piece.posterior.affect();
        format!("valence {valence:+.2}, arousal {arousal:+.2} at {}", clock(piece.start))
    };
    format!("From {} to {}.", of(first), of(last))
}

fn place(affect: Affect) -> (f64, f64) {
    let half = SIDE / 2.0 - MARGIN;
    (SIDE / 2.0 + half * f64::from(affect.valence), SIDE / 2.0 - half * f64::from(affect.arousal))
}

/// Axes, and the emotions where they lie.
fn plane() -> String {
    let (middle, low, high) = (SIDE / 2.0, MARGIN, SIDE - MARGIN);
    let mut out = format!(
        "<path class=\"grid\" d=\"M{low} {low}H{high}V{high}H{low}ZM{low} {middle}H{high}M{middle} {low}V{high}\"/><text \
         x=\"{middle}\" y=\"15\" class=\"soft middle\">aroused</text><text x=\"{middle}\" y=\"{}\" class=\"soft \
         middle\">quiet</text><text class=\"soft middle\" transform=\"translate(15 {middle}) rotate(-90)\">unpleasant</text><text \
         class=\"soft middle\" transform=\"translate({} {middle}) rotate(90)\">pleasant</text>",
        SIDE - 8.0,
        SIDE - 15.0
    );
    for emotion in Emotion::ALL {
        let (x, y) = place(emotion.affect());
        // Angry and fearful, nearly one place, stand above one another.
        let y = if emotion == Emotion::Fearful { y - 9.0 } else { y + 4.0 };
        let _ = write!(out, "<text x=\"{x:.0}\" y=\"{y:.0}\" class=\"soft middle\">{emotion}</text>");
    }
    out
}

fn way(pieces: &[Piece]) -> String {
    let mut out = String::new();
    let points: Vec<String> = pieces
        .iter()
        .map(|piece| place(piece.posterior.affect()))
        .map(|(x, y)| format!("{x:.0} {y:.0}"))
        .collect();
    let _ = write!(out, "<path class=\"way\" d=\"M{}\"/>", points.join("L"));
    let longest = pieces.iter().map(|piece| piece.end - piece.start).fold(1e-9, f64::max);
    let largest = if pieces.len() > 60 { 5.0 } else { 8.0 };
    for piece in pieces {
        let Label { emotion: top, probability: p, .. } = Label::of(&piece.posterior);
        let (x, y) = place(piece.posterior.affect());
        let radius = 2.5 + (largest - 2.5) * ((piece.end - piece.start) / longest).sqrt();
        let _ = write!(
            out,
            "<circle cx=\"{x:.0}\" cy=\"{y:.0}\" r=\"{radius:.1}\" class=\"spot f-{top}\"><title>{}: {top} {:.0} %</title></circle>",
            clock(piece.start),
            100.0 * p
        );
    }
    let ends = [(pieces.first(), "start"), (pieces.last().filter(|_| pieces.len() > 1), "end")];
    for (piece, name) in ends {
        let Some(piece) = piece else { continue };
        let (x, y) = place(piece.posterior.affect());
        let _ = write!(out, "<text x=\"{x:.0}\" y=\"{:.0}\" class=\"on middle\">{name}</text>", y - 10.0);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::label::tiers;
    use crate::report::sample::sample;

    #[test]
    fn pleasant_is_right_aroused_is_up_and_a_dot_is_a_span() {
        assert_eq!(place(Affect { valence: 1.0, arousal: 1.0 }), (296.0, 24.0));
        assert_eq!(place(Affect::default()), (160.0, 160.0));
        let recording = sample();
        let panels = panels(&recording, &tiers(&recording));
        assert_eq!(panels[0].body.matches("<circle").count(), 2);
        assert!(
            panels[0].words.starts_with("From valence -0.36, arousal +0.42 at 0:00.5 to"),
            "{}",
            panels[0].words
        );
    }
}
