//! The summary against formulas written out, on spans made by hand and drawn by seed.
#![allow(clippy::unwrap_used)]

mod headline;
mod reaction;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::emotion::{Affect, Emotion};
use crate::model::Prediction;

/// A span at the mean placement of its posterior.
fn heard(speaker: &str, start: f64, end: f64, posterior: &[(Emotion, f32)]) -> Span {
    let mean = |at: fn(Affect) -> f32| posterior.iter().map(|(emotion, p)| p * at(emotion.affect())).sum();
    let mut prediction = Prediction::new(posterior.iter().copied().collect());
    prediction.intensity = Some(0.8);
    let name = (!speaker.is_empty()).then(|| speaker.to_string());
    Span {
        valence: mean(|at| at.valence),
        arousal: mean(|at| at.arousal),
        ..Span::new((start, end), usize::from(speaker == "caller"), name, prediction, None)
    }
}

fn mostly(speaker: &str, start: f64, end: f64, emotion: Emotion) -> Span {
    let rest = if emotion == Emotion::Neutral { Emotion::Calm } else { Emotion::Neutral };
    heard(speaker, start, end, &[(emotion, 0.8), (rest, 0.2)])
}

/// A drawn conversation of two, who sometimes talk at once.
fn drawn(seed: u64, spans: usize) -> Vec<Span> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut at = 0.0;
    let mut span = |_| {
        at += rng.random_range(-0.5..2.0f64);
        at = at.max(0.0);
        let (start, end) = (at, at + rng.random_range(0.6..20.0));
        at = end;
        let weights: Vec<f32> = Emotion::ALL.iter().map(|_| rng.random_range(0.0..1.0f32).powi(4)).collect();
        let sum: f32 = weights.iter().sum();
        let posterior: Vec<(Emotion, f32)> =
            Emotion::ALL.into_iter().zip(weights.iter().map(|w| w / sum)).collect();
        heard(if rng.random_bool(0.5) { "agent" } else { "caller" }, start, end, &posterior)
    };
    (0..spans).map(&mut span).collect()
}

#[test]
fn a_long_span_weighs_more_than_a_short_one() {
    let spans = [heard("", 0.0, 3.0, &[(Emotion::Happy, 1.0)]), heard("", 3.0, 4.0, &[(Emotion::Sad, 1.0)])];
    let summary = summarise(&spans, 4.0);
    assert_eq!(summary.emotions[0].emotion, Emotion::Happy);
    assert!((summary.emotions[0].share - 0.75).abs() < 1e-6);
    let (mean, valence) = (0.75 * 0.81 - 0.25 * 0.63f32, summary.valence.unwrap());
    assert!((summary.sentiment.unwrap() - mean).abs() < 1e-6 && valence.mean == summary.sentiment.unwrap());
    let variance = 0.75 * (0.81 - mean).powi(2) + 0.25 * (-0.63 - mean).powi(2);
    assert!((valence.spread - variance.sqrt()).abs() < 1e-6);
    assert_eq!((valence.low, valence.low_at, valence.high, valence.high_at), (-0.63, 3.5, 0.81, 1.5));
    let step = ((0.81 + 0.63f32).powi(2) + (0.51 + 0.27f32).powi(2)).sqrt();
    assert!((summary.volatility.unwrap() - step).abs() < 1e-6);
}

#[test]
fn moments_leave_out_the_quiet_ones_and_silence_has_no_other_figure() {
    let spans = [
        mostly("", 0.0, 1.0, Emotion::Neutral),
        heard("", 1.0, 2.0, &[(Emotion::Angry, 0.6), (Emotion::Neutral, 0.4)]),
        mostly("", 2.0, 3.0, Emotion::Sad),
    ];
    let moments: Vec<Emotion> = summarise(&spans, 4.0).moments.iter().map(|moment| moment.emotion).collect();
    assert_eq!(moments, [Emotion::Sad, Emotion::Angry]);
    // The emotion of the data is angry; the label, which is displayed, is neutral.
    let baseline =
        [heard("", 0.0, 1.0, &[(Emotion::Angry, 0.4), (Emotion::Neutral, 0.3), (Emotion::Calm, 0.3)])];
    assert!(baseline[0].emotion == Emotion::Angry && summarise(&baseline, 1.0).moments.is_empty());
    let silence = |silence_share| Summary { silence_share, line: "No speech.".into(), ..Summary::default() };
    assert_eq!((summarise(&[], 1.0), summarise(&[], 0.0)), (silence(1.0), silence(0.0)));
}

#[test]
fn shares_sum_to_one_and_intervals_hold_their_value_whatever_was_said() {
    for seed in 0..50 {
        let summary = summarise(&drawn(seed, 1 + seed as usize), 2000.0);
        let sum = |shares: &[crate::analysis::Share]| shares.iter().map(|share| share.share).sum::<f32>();
        assert!((sum(&summary.emotions) - 1.0).abs() < 1e-5);
        let speech: f32 = summary.speakers.iter().map(|speaker| speaker.speech_share).sum();
        assert!(summary.speakers.is_empty() || (speech - 1.0).abs() < 1e-5);
        assert!((summary.speech_share + summary.silence_share - 1.0).abs() < 1e-6);
        let mut all = vec![(summary.sentiment, summary.sentiment_interval)];
        for speaker in &summary.speakers {
            assert!((sum(&speaker.emotions) - 1.0).abs() < 1e-5);
            all.push((speaker.sentiment, speaker.sentiment_interval));
        }
        for (value, interval) in all {
            let (value, [low, high]) = (value.unwrap(), interval.unwrap());
            assert!(-1.0 <= low && low <= value && value <= high && high <= 1.0, "{low} {value} {high}");
        }
    }
}

#[test]
fn the_order_of_spans_does_not_matter() {
    for seed in 0..10 {
        let mut spans = drawn(seed, 40);
        let want = summarise(&spans, 500.0);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (1..spans.len()).rev().for_each(|i| spans.swap(i, rng.random_range(0..=i)));
        assert_eq!(summarise(&spans, 500.0), want);
    }
}

#[test]
fn who_talk_at_once_share_the_time_but_not_the_speech() {
    let spans = [
        mostly("agent", 0.0, 6.0, Emotion::Calm),
        mostly("caller", 4.0, 8.0, Emotion::Sad),
        mostly("agent", 5.0, 5.5, Emotion::Calm),
    ];
    let summary = summarise(&spans, 10.0);
    assert!((summary.speech_share - 0.8).abs() < 1e-6 && (summary.silence_share - 0.2).abs() < 1e-6);
    let shares: Vec<(&str, f32)> =
        summary.speakers.iter().map(|speaker| (speaker.id.as_str(), speaker.speech_share)).collect();
    assert!((shares[0].1 - 6.5 / 10.5).abs() < 1e-6 && (shares[1].1 - 4.0 / 10.5).abs() < 1e-6, "{shares:?}");
    assert!(summarise(&[mostly("agent", 0.0, 6.0, Emotion::Calm)], 6.0).speakers.is_empty());
}

#[test]
fn a_surer_posterior_or_more_speech_makes_the_sentiment_surer() {
    let width = |spans: &[Span]| {
        let [low, high] = summarise(spans, 1e4).sentiment_interval.unwrap();
        high - low
    };
    let of = |p: f32| [heard("", 0.0, 4.0, &[(Emotion::Happy, p), (Emotion::Sad, 1.0 - p)])];
    assert!(width(&of(0.99)) < width(&of(0.9)) && width(&of(0.9)) < width(&of(0.5)));
    assert_eq!(width(&of(1.0)), 0.0);
    // One span, written out: 1.96·√(Σ p a² − (Σ p a)²).
    let (a, b) = (0.9 * 0.81 - 0.1 * 0.63f64, 0.9 * 0.81f64.powi(2) + 0.1 * 0.63f64.powi(2));
    let half = 1.96 * (b - a * a).sqrt();
    assert!((f64::from(width(&of(0.9))) - (1.0 - (a - half).max(-1.0)).min(2.0 * half)).abs() < 1e-5);
    let other =
        |speaker: &str, emotion| [mostly("a", 0.0, 4.0, Emotion::Happy), mostly(speaker, 5.0, 9.0, emotion)];
    let (happy, sad) = (width(&other("a", Emotion::Happy)), width(&other("a", Emotion::Sad)));
    let two = width(&other("b", Emotion::Happy));
    let one = width(&other("a", Emotion::Happy)[..1]);
    assert!(one > happy && happy > sad && happy > two, "{one} {happy} {sad} {two}");
}

/// The interval's formula as it is written, pair by pair.
#[test]
fn the_interval_counts_every_pair_of_spans_with_the_correlation_of_their_errors() {
    for seed in 0..20 {
        let spans = drawn(seed, 30);
        let valence = |span: &Span, power| -> f64 {
            let part =
                |(emotion, p): (Emotion, f32)| f64::from(p) * f64::from(emotion.affect().valence).powi(power);
            span.posterior().iter().map(part).sum()
        };
        let error = |span: &Span| span.duration() * (valence(span, 2) - valence(span, 1).powi(2)).sqrt();
        let label = |span: &Span| crate::analysis::Label::from(span).emotion;
        let correlation = |a: &Span, b: &Span| match (a.start == b.start, a.speaker == b.speaker) {
            (true, true) => 1.0,
            (_, false) => 0.0,
            _ if label(a) == label(b) => 0.65,
            _ => 0.3,
        };
        let pairs = spans.iter().flat_map(|a| spans.iter().map(move |b| (a, b)));
        let sum: f64 = pairs.map(|(a, b)| correlation(a, b) * error(a) * error(b)).sum();
        let seconds: f64 = spans.iter().map(Span::duration).sum();
        let half = 1.96 * sum.sqrt() / seconds;
        let summary = summarise(&spans, 1000.0);
        let (mean, [low, high]) = (summary.sentiment.unwrap(), summary.sentiment_interval.unwrap());
        for (got, want) in [(low, f64::from(mean) - half), (high, f64::from(mean) + half)] {
            assert!((f64::from(got) - want.clamp(-1.0, 1.0)).abs() < 1e-5, "seed {seed}: {got} {want}");
        }
    }
}

#[test]
fn a_sentiment_is_clear_where_the_interval_leaves_out_zero() {
    let of = |spans: &[Span]| Sentiment::of(summarise(spans, 100.0).sentiment_interval.unwrap());
    let one = |emotion, p| [heard("", 0.0, 4.0, &[(emotion, p), (Emotion::Neutral, 1.0 - p)])];
    assert_eq!(of(&one(Emotion::Happy, 0.97)), Sentiment::Pleasant);
    assert_eq!(of(&one(Emotion::Sad, 0.97)), Sentiment::Unpleasant);
    assert_eq!(of(&one(Emotion::Sad, 0.6)), Sentiment::Unclear);
    assert_eq!(of(&one(Emotion::Neutral, 1.0)), Sentiment::Unclear);
    assert_eq!(Sentiment::of([0.0, 0.1]), Sentiment::Unclear);
    let even = Emotion::ALL.map(|emotion| (emotion, 0.125));
    let mut flat = heard("", 0.0, 60.0, &even);
    (flat.valence, flat.arousal) = (flat.posterior().affect().valence, flat.posterior().affect().arousal);
    let summary = summarise(&[flat], 60.0);
    assert!(summary.sentiment.unwrap().abs() < 1e-6 && summary.arousal.unwrap().mean.abs() < 1e-6);
}

#[test]
fn moods_change_little_somewhat_or_much() {
    let of = [0.0, 0.24, 0.25, 0.49, 0.5, 2.0].map(MoodChange::of);
    use MoodChange::{Little, Much, Somewhat};
    assert_eq!(of, [Little, Little, Somewhat, Somewhat, Much, Much]);
}
