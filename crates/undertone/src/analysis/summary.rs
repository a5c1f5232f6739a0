//! Spans → the whole in a few figures.

use super::{Moment, Range, Share, Span, Summary};
use crate::emotion::Emotion;

/// Moments named at most.
const MOMENTS: usize = 3;
/// Emotions that a moment is not made of.
const QUIET: [Emotion; 2] = [Emotion::Neutral, Emotion::Calm];

/// The summary of a recording's spans; everything is weighted by time.
///
/// *Share* of an emotion: its mean posterior. *Range* of valence and arousal: mean, standard deviation and extremes over spans.
/// *Sentiment*: mean valence, −1…1. *Moments*: the spans whose most probable emotion (neutral and calm aside) times intensity is
/// largest.
pub fn summarise(spans: &[Span], seconds: f64) -> Summary {
    let whole: f64 = spans.iter().map(Span::duration).sum();
    if whole <= 0.0 {
        return Summary::default();
    }
    let weight = |span: &Span| (span.duration() / whole) as f32;
    let mut emotions: Vec<Share> = Emotion::ALL
        .into_iter()
        .filter(|emotion| spans.iter().any(|span| span.posterior.contains_key(emotion)))
        .map(|emotion| {
            let part = |span: &Span| weight(span) * span.posterior.get(&emotion).copied().unwrap_or(0.0);
            Share { emotion, share: spans.iter().map(part).sum() }
        })
        .collect();
    emotions.sort_by(|a, b| b.share.total_cmp(&a.share));
    let valence = range(spans, &weight, |span| span.valence);
    Summary {
        emotions,
        sentiment: valence.as_ref().map(|range| range.mean),
        arousal: range(spans, &weight, |span| span.arousal),
        valence,
        moments: moments(spans),
        speech_share: (whole / seconds.max(whole)) as f32,
        silence_share: (1.0 - whole / seconds.max(whole)) as f32,
        ..Summary::default()
    }
}

fn range(spans: &[Span], weight: &dyn Fn(&Span) -> f32, value: impl Fn(&Span) -> f32) -> Option<Range> {
    let mean: f32 = spans.iter().map(|span| weight(span) * value(span)).sum();
    let variance: f32 = spans.iter().map(|span| weight(span) * (value(span) - mean).powi(2)).sum();
    let by_value = |a: &&Span, b: &&Span| value(a).total_cmp(&value(b));
    let (low, high) = (spans.iter().min_by(by_value)?, spans.iter().max_by(by_value)?);
    let middle = |span: &Span| (span.start + span.end) / 2.0;
    Some(Range {
        mean,
        spread: variance.sqrt(),
        low: value(low),
        low_at: middle(low),
        high: value(high),
        high_at: middle(high),
    })
}

fn moments(spans: &[Span]) -> Vec<Moment> {
    let strength = |span: &Span| {
        span.posterior.get(&span.emotion).copied().unwrap_or(0.0) * span.intensity.unwrap_or(1.0)
    };
    let mut strong: Vec<&Span> = spans.iter().filter(|span| !QUIET.contains(&span.emotion)).collect();
    strong.sort_by(|a, b| strength(b).total_cmp(&strength(a)));
    let moment = |span: &Span| Moment {
        start: span.start,
        end: span.end,
        channel: span.channel,
        emotion: span.emotion,
        probability: span.posterior.get(&span.emotion).copied().unwrap_or(0.0),
    };
    strong.into_iter().take(MOMENTS).map(moment).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: f64, end: f64, emotion: Emotion, p: f32, valence: f32) -> Span {
        Span {
            start,
            end,
            channel: 0,
            speaker: None,
            emotion,
            ambiguous: false,
            posterior: [(emotion, p), (Emotion::Neutral, 1.0 - p)].into(),
            set: None,
            intensity: Some(0.5),
            valence,
            arousal: 0.0,
        }
    }

    #[test]
    fn a_long_span_weighs_more_than_a_short_one() {
        let spans = [span(0.0, 3.0, Emotion::Happy, 1.0, 0.8), span(3.0, 4.0, Emotion::Sad, 1.0, -0.4)];
        let summary = summarise(&spans, 4.0);
        assert_eq!(summary.emotions[0].emotion, Emotion::Happy);
        assert!((summary.emotions[0].share - 0.75).abs() < 1e-6);
        assert!((summary.sentiment.unwrap_or(0.0) - 0.5).abs() < 1e-6);
        let valence = summary.valence.unwrap_or(Range {
            mean: 0.0,
            spread: 0.0,
            low: 0.0,
            low_at: 0.0,
            high: 0.0,
            high_at: 0.0,
        });
        assert!((valence.spread - 0.27f32.sqrt()).abs() < 1e-3, "{}", valence.spread);
        assert_eq!((valence.low_at, valence.high_at), (3.5, 1.5));
    }

    #[test]
    fn moments_leave_out_the_quiet_ones_and_nothing_gives_nothing() {
        let spans = [
            span(0.0, 1.0, Emotion::Neutral, 0.9, 0.0),
            span(1.0, 2.0, Emotion::Angry, 0.6, -0.3),
            span(2.0, 3.0, Emotion::Sad, 0.9, -0.5),
        ];
        let moments: Vec<Emotion> =
            summarise(&spans, 4.0).moments.iter().map(|moment| moment.emotion).collect();
        assert_eq!(moments, [Emotion::Sad, Emotion::Angry]);
        assert_eq!(summarise(&[], 1.0), Summary::default());
    }
}
