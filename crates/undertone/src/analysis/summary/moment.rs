//! Moments worth listening to.

use crate::analysis::{Label, Moment, Span};
use crate::emotion::Emotion;

/// Moments named at most.
const MOMENTS: usize = 3;

/// Whether an emotion stands out of ordinary speech: neutral and calm do not.
pub(super) fn stands_out(emotion: Emotion) -> bool {
    !matches!(emotion, Emotion::Neutral | Emotion::Calm)
}

/// The spans of largest probability × intensity (1 where unknown), those labelled neutral or calm aside, largest first; ties by
/// time.
pub(super) fn strongest(spans: &[&Span]) -> Vec<Moment> {
    let strength = |span: &Span| span.probability() * span.prediction.intensity.unwrap_or(1.0);
    let mut strong: Vec<&Span> =
        spans.iter().copied().filter(|&span| stands_out(Label::from(span).emotion)).collect();
    strong.sort_by(|a, b| strength(b).total_cmp(&strength(a)));
    let moment = |span: &Span| Moment {
        start: span.start,
        end: span.end,
        channel: span.channel,
        emotion: span.emotion,
        probability: span.probability(),
    };
    strong.into_iter().take(MOMENTS).map(moment).collect()
}
