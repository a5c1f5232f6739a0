//! Moments worth listening to.

use crate::analysis::{Moment, Span};
use crate::emotion::Emotion;

/// Moments named at most.
const MOMENTS: usize = 3;
/// Emotions that a moment is not made of.
const QUIET: [Emotion; 2] = [Emotion::Neutral, Emotion::Calm];
/// A strong moment is at least as probable as all else together …
const STRONG_PROBABILITY: f32 = 0.5;
/// … and nearer to strong than to normal acting, which a model learns as 1 and 0.33.
const STRONG_INTENSITY: f32 = 0.67;

/// The spans of largest probability × intensity (1 where unknown), neutral and calm aside, largest first; ties by time.
pub(super) fn strongest(spans: &[&Span]) -> Vec<Moment> {
    let strength = |span: &Span| probability(span) * span.prediction.intensity.unwrap_or(1.0);
    let mut strong: Vec<&Span> = moving(spans).collect();
    strong.sort_by(|a, b| strength(b).total_cmp(&strength(a)));
    let moment = |span: &Span| Moment {
        start: span.start,
        end: span.end,
        channel: span.channel,
        emotion: span.emotion,
        probability: probability(span),
    };
    strong.into_iter().take(MOMENTS).map(moment).collect()
}

/// All strong moments in order of time: an emotion, neutral and calm aside, of probability ≥ 0.5 and intensity ≥ 0.67.
pub(super) fn strong<'a>(spans: &[&'a Span]) -> Vec<&'a Span> {
    let intense =
        |span: &Span| span.prediction.intensity.is_some_and(|intensity| intensity >= STRONG_INTENSITY);
    moving(spans).filter(|span| probability(span) >= STRONG_PROBABILITY && intense(span)).collect()
}

fn moving<'a>(spans: &[&'a Span]) -> impl Iterator<Item = &'a Span> {
    spans.iter().copied().filter(|span| !QUIET.contains(&span.emotion))
}

fn probability(span: &Span) -> f32 {
    span.probability()
}
