//! The emotions of a speaker as a ribbon over time: colour, pattern and name; two emotions where two are close. Where spans would be
//! too narrow to see, columns with the share of each emotion.

use std::fmt::Write;

use super::frame::{Panel, code};
use super::pieces::{self, MOST, Piece};
use super::{across, columns, level, room};
use crate::analysis::{Analysis, Label};
use crate::report::label::{Tier, label};
use crate::report::text::clock;

/// Pixels.
const HEIGHT: f64 = 34.0;
/// Of that the first of two close emotions.
const FIRST: f64 = 20.0;

/// One panel per speaker with speech.
pub fn panels(recording: &Analysis, tiers: &[Tier]) -> Vec<Panel> {
    let named = tiers.len() > 1;
    let panel = |tier: &Tier| Panel {
        caption: if named { tier.name.clone() } else { String::new() },
        words: words(tier),
        height: HEIGHT,
        square: false,
        body: ribbon(tier, recording.seconds),
    };
    tiers.iter().filter(|tier| !tier.spans.is_empty()).map(panel).collect()
}

fn ribbon(tier: &Tier, seconds: f64) -> String {
    let pieces = pieces::spans(tier, seconds, MOST);
    let fine: String = pieces.iter().map(|piece| stretch(piece, seconds)).collect();
    let coarse = |count| {
        let shares = columns::of_labels(&tier.spans, seconds, count);
        columns::stack(&shares, HEIGHT, &columns::MARKED_FIRST) + &columns::names(&shares, HEIGHT)
    };
    columns::zoomed(tier.spans.len(), coarse, &fine)
}

/// The first spans in words; the table has them all.
fn words(tier: &Tier) -> String {
    const NAMED: usize = 12;
    let first: Vec<String> =
        tier.spans.iter().take(NAMED).map(|span| format!("{} {}", clock(span.start), label(span))).collect();
    let rest = if tier.spans.len() > NAMED { "; and so on, as in the table of spans" } else { "" };
    format!("{}{rest}.", first.join("; "))
}

fn stretch(piece: &Piece, seconds: f64) -> String {
    let name = Label::of(&piece.posterior);
    let Label { emotion: top, second, .. } = name;
    let (x, width) = (across(piece.start, seconds), across(piece.end - piece.start, seconds));
    let mean = if piece.joined { "mostly " } else { "" };
    let mut out = format!("<g><title>{}–{}: {mean}{name}</title>", clock(piece.start), clock(piece.end));
    let mut rect = |y: f64, height: f64, emotion| {
        let _ = write!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" class=\"span e-{emotion}\"/>"
        );
    };
    match second {
        Some((second, _)) => {
            rect(0.5, FIRST, top);
            rect(0.5 + FIRST, HEIGHT - 1.0 - FIRST, second);
        }
        None => rect(0.5, HEIGHT - 1.0, top),
    }
    let share = (piece.end - piece.start) / seconds.max(1e-9);
    let short = level(room(code(top)), share).map(|class| (class, code(top)));
    // The name where it fits in a common view, else the two letters as soon as they fit.
    let texts = match level(room(top.name()), share) {
        Some("l1") => [Some(("l1", top.name())), None],
        Some("l2") => {
            [Some(("l2", top.name())), short.filter(|one| one.0 == "l1").map(|one| ("narrow", one.1))]
        }
        _ => [short, None],
    };
    for (class, text) in texts.into_iter().flatten() {
        let middle = across((piece.start + piece.end) / 2.0, seconds);
        let y = if second.is_some() { 15.0 } else { 21.0 };
        let _ = write!(out, "<text x=\"{middle}\" y=\"{y}\" class=\"on middle {class}\">{text}</text>");
    }
    out + "</g>"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emotion::Emotion;
    use crate::report::label::tiers;
    use crate::report::sample::{sample, span};

    #[test]
    fn a_span_has_colour_pattern_name_and_figure_and_close_emotions_share_it() {
        let mut recording = sample();
        let close = [(Emotion::Calm, 0.5), (Emotion::Sad, 0.4), (Emotion::Neutral, 0.1)];
        recording.spans[3] = span(8.0, 9.2, 0, Some("agent"), &close);
        let panels = panels(&recording, &tiers(&recording));
        assert_eq!(panels.len(), 2);
        let (agent, words) = (&panels[0].body, &panels[0].words);
        assert_eq!(words, "0:00.5 angry 82 %; 0:08.0 calm or sad.");
        for part in ["x=\"4.762%\"", "width=\"24.762%\"", "e-angry", ">angry<", "e-calm", "e-sad"] {
            assert!(agent.contains(part), "{part}: {agent}");
        }
        assert_eq!(agent.matches("<rect").count(), 3);
    }
}
