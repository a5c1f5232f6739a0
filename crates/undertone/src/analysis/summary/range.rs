//! How far a speaker ranges and how much a speaker's mood moves on the plane of valence and arousal.

use super::speaker::SpeakerSpans;
use crate::analysis::{Range, Span};

/// Mean, spread and extremes of a value over a speaker's spans; of equal extremes the first is named.
pub(super) fn range(speaker: &SpeakerSpans, value: impl Fn(&Span) -> f32) -> Option<Range> {
    let mean = speaker.mean(|span| f64::from(value(span)));
    let variance = speaker.mean(|span| (f64::from(value(span)) - mean).powi(2));
    let by_value = |a: &&&Span, b: &&&Span| value(a).total_cmp(&value(b));
    let low = speaker.spans.iter().min_by(by_value)?;
    let high = speaker.spans.iter().rev().max_by(by_value)?;
    let middle = |span: &Span| (span.start + span.end) / 2.0;
    Some(Range {
        mean: mean as f32,
        spread: variance.sqrt() as f32,
        low: value(low),
        low_at: middle(low),
        high: value(high),
        high_at: middle(high),
    })
}

/// Mean over all pairs of neighbouring spans of one speaker of √(Δvalence² + Δarousal²), 0…2√2; none where no speaker has two
/// spans. Neighbours differ in emotion or have a pause between them, so this is the stats step, not a speed.
pub(super) fn volatility(speakers: &[SpeakerSpans]) -> Option<f32> {
    let step = |pair: &[&Span]| {
        let (a, b) = (pair[0].affect(), pair[1].affect());
        f64::from(b.valence - a.valence).hypot(f64::from(b.arousal - a.arousal))
    };
    let steps: Vec<f64> = speakers.iter().flat_map(|speaker| speaker.spans.windows(2).map(step)).collect();
    (!steps.is_empty()).then(|| (steps.iter().sum::<f64>() / steps.len() as f64) as f32)
}
