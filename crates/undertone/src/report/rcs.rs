//! Pipecat's Real-time Context Standard (RCS 0.1, an alpha): how a turn sounded, as it stands before the turn's words in what a
//! language model reads.

use std::fmt::Write;

use super::label::fixed;
use crate::analysis::{Analysis, Span};
use crate::error::Result;
use crate::model::{Posterior, Prediction};

/// Emotions less probable than this are left out, but for the most probable one.
const LEAST: f32 = 0.1;
/// Most emotions that are named: each costs a language model tokens.
const MOST: usize = 3;

/// The turns of a recording in order of their starts, a line each, as [`rcs_turn`] writes it. A turn is a run of spans of one speaker.
///
/// # Errors
/// None today.
pub fn rcs(recording: &Analysis) -> Result<String> {
    let same = |a: &Span, b: &Span| a.channel == b.channel && a.speaker == b.speaker;
    let mut out = String::new();
    for turn in recording.spans.chunk_by(same) {
        let _ = writeln!(out, "{}", rcs_turn(turn));
    }
    Ok(out)
}

/// The perception of one turn, `([emotion angry=0.81, neutral=0.12],[arousal value=0.72])`, by the mean of its spans weighted by time.
/// Nothing for no spans.
pub fn rcs_turn<'a>(spans: impl IntoIterator<Item = &'a Span>) -> String {
    let spans: Vec<&Span> = spans.into_iter().collect();
    let whole: f64 = spans.iter().map(|span| span.duration()).sum();
    let weight = |span: &Span| match whole > 0.0 {
        true => (span.duration() / whole) as f32,
        false => 1.0 / spans.len() as f32,
    };
    let weighted = spans.iter().map(|span| (weight(span), &span.prediction));
    Prediction::mean(weighted).map_or(String::new(), |mean| rcs_perception(&mean.posterior))
}

/// The perception of one posterior: the signal `emotion` with the most probable emotions (at most three, of at least 0.1) by the names
/// that all formats use, and the signal `arousal`, 0 (quiet) to 1 (aroused), which is 0.5 for neutral.
///
/// ```
/// use undertone::{Emotion, report};
///
/// let posterior = [(Emotion::Angry, 0.81), (Emotion::Neutral, 0.12), (Emotion::Sad, 0.07)].into_iter().collect();
/// assert_eq!(report::rcs_perception(&posterior), "([emotion angry=0.81, neutral=0.12],[arousal value=0.72])");
/// ```
pub fn rcs_perception(posterior: &Posterior) -> String {
    let ranked = posterior.ranked().into_iter().take(MOST).enumerate();
    let named = ranked.filter(|(rank, (_, p))| *rank == 0 || *p >= LEAST);
    let emotions: Vec<String> = named.map(|(_, (emotion, p))| format!("{emotion}={p:.2}")).collect();
    let arousal = (f64::from(posterior.affect().arousal) + 1.0) / 2.0;
    format!("([emotion {}],[arousal value={}])", emotions.join(", "), fixed(arousal, 2))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::{sample, silent, span};
    use super::*;
    use crate::emotion::Emotion;

    #[test]
    fn every_turn_is_a_line_and_silence_is_none() {
        let want = "([emotion angry=0.82, neutral=0.18],[arousal value=0.71])\n\
                    ([emotion happy=0.45, sad=0.35, neutral=0.20],[arousal value=0.53])\n\
                    ([emotion calm=0.50, neutral=0.40, sad=0.10],[arousal value=0.44])\n";
        let mut recording = sample();
        let speaker = recording.spans[1].speaker.clone();
        let other = |start, end, sad, happy, neutral| {
            let posterior = [(Emotion::Sad, sad), (Emotion::Happy, happy), (Emotion::Neutral, neutral)];
            span(start, end, 1, speaker.as_deref(), &posterior)
        };
        recording.spans[1] = other(2.0, 4.25, 0.7, 0.0, 0.3);
        recording.spans[2] = other(4.25, 6.5, 0.0, 0.9, 0.1);
        assert_eq!(rcs(&recording).unwrap(), want, "the second speaker's two spans are one turn");
        assert_eq!(rcs(&silent()).unwrap(), "");
        assert_eq!(rcs_turn([]), "");
    }

    #[test]
    fn the_most_probable_is_named_however_improbable_and_no_more_than_three() {
        let flat: Posterior = Emotion::ALL.into_iter().map(|emotion| (emotion, 0.125)).collect();
        assert!(rcs_perception(&flat).starts_with("([emotion neutral=0.12, calm=0.12, happy=0.12],["));
        let one = span(1.0, 1.0, 0, None, &[(Emotion::Sad, 0.95), (Emotion::Angry, 0.05)]);
        assert!(rcs_turn([&one]).starts_with("([emotion sad=0.95],["), "a span without length is heard too");
    }
}
