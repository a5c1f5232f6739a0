//! The summary against formulas written out, on spans made by hand and drawn by seed.
#![allow(clippy::unwrap_used)]

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
    assert_eq!(summarise(&[], 1.0), Summary { silence_share: 1.0, ..Summary::default() });
    assert_eq!(summarise(&[], 0.0), Summary::default());
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
    let again = |spans: &[Span], times: usize| -> Vec<Span> {
        let later = |n: usize| {
            let mut spans = spans.to_vec();
            spans.iter_mut().for_each(|span| {
                span.start += 1000.0 * n as f64;
                span.end += 1000.0 * n as f64;
            });
            spans
        };
        (0..times).flat_map(later).collect()
    };
    let spans = drawn(3, 12);
    let (once, four) = (width(&spans), width(&again(&spans, 4)));
    assert!(four < 0.55 * once && four > 0.4 * once, "{once} {four}");
    let long = [mostly("", 0.0, 60.0, Emotion::Happy)];
    assert!(width(&long) < width(&[mostly("", 0.0, 6.0, Emotion::Happy)]));
}

/// Speakers whose mood wanders: in so many of a hundred conversations must the interval hold the mood's mean.
#[test]
fn the_interval_holds_the_mean_of_such_speech_as_often_as_it_says() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut held = 0;
    const TRIALS: usize = 1000;
    for _ in 0..TRIALS {
        // The truth of each span is angry or happy by a coin; the model hears it with 0.7, rightly as often.
        let spans: Vec<Span> = (0..6)
            .map(|n| {
                let truth = rng.random_bool(0.5);
                let p = if rng.random_bool(0.7) == truth { 0.7 } else { 0.3 };
                let posterior = [(Emotion::Angry, p), (Emotion::Happy, 1.0 - p)];
                heard("", 5.0 * f64::from(n), 5.0 * f64::from(n) + 4.0, &posterior)
            })
            .collect();
        let [low, high] = summarise(&spans, 30.0).sentiment_interval.unwrap();
        let mean = (0.81 - 0.51) / 2.0;
        held += usize::from((low..=high).contains(&mean));
    }
    assert!(held >= 950 * TRIALS / 1000, "{held} of {TRIALS}");
}

/// Agent and caller take turns of 4 s; the caller sounds as the agent did, or as `say` makes it.
fn call(agent: &[Emotion], say: impl Fn(Emotion) -> Emotion) -> Vec<Span> {
    let pair = |(n, &emotion): (usize, &Emotion)| {
        let at = 10.0 * n as f64;
        [mostly("agent", at, at + 4.0, emotion), mostly("caller", at + 5.0, at + 9.0, say(emotion))]
    };
    agent.iter().enumerate().flat_map(pair).collect()
}

const TURNS: [Emotion; 6] = {
    use Emotion::*;
    [Happy, Angry, Calm, Sad, Happy, Disgust]
};

#[test]
fn a_caller_who_follows_is_heard_to_follow() {
    let summary = summarise(&call(&TURNS, |emotion| emotion), 60.0);
    let reaction = |from: &str| summary.reactions.iter().find(|reaction| reaction.from == from).unwrap();
    assert_eq!((reaction("agent").to.as_str(), reaction("agent").turns), ("caller", 6));
    assert!((reaction("agent").valence.unwrap() - 1.0).abs() < 1e-5);
    // The agent answers the caller's turn before: pairs (x₁, x₂), (x₂, x₃), …; r written out.
    let x: Vec<f64> = TURNS
        .iter()
        .map(|&emotion| {
            let rest =
                if emotion == Emotion::Calm { 0.0 } else { f64::from(Emotion::Neutral.affect().valence) };
            0.8 * f64::from(emotion.affect().valence) + 0.2 * rest
        })
        .collect();
    let (a, b) = (&x[..5], &x[1..]);
    let (ma, mb) = (a.iter().sum::<f64>() / 5.0, b.iter().sum::<f64>() / 5.0);
    let product = |x: &[f64], mx: f64, y: &[f64], my: f64| -> f64 {
        x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum()
    };
    let r = product(a, ma, b, mb) / (product(a, ma, a, ma) * product(b, mb, b, mb)).sqrt();
    assert_eq!(reaction("caller").turns, 5);
    assert!((f64::from(reaction("caller").valence.unwrap()) - r).abs() < 1e-5);
    assert!(
        summary.line.contains("caller's tone went with agent's (r = 1.00 over 6 turns)"),
        "{}",
        summary.line
    );
}

#[test]
fn too_few_turns_or_an_even_voice_have_no_correlation_and_chance_is_not_told() {
    let two = summarise(&call(&TURNS[..2], |emotion| emotion), 60.0);
    assert!(two.reactions.iter().all(|reaction| reaction.valence.is_none() && reaction.turns <= 2));
    let even = summarise(&call(&TURNS, |_| Emotion::Neutral), 60.0);
    assert!(even.reactions.iter().all(|reaction| reaction.valence.is_none() && reaction.arousal.is_none()));
    let three = summarise(&call(&TURNS[..3], |emotion| emotion), 60.0);
    assert_eq!(three.reactions[0].valence, Some(1.0), "three pairs have one");
    assert!(!three.line.contains("tone"), "but it may be chance: {}", three.line);
    assert!(summarise(&call(&TURNS, |emotion| emotion)[..1], 60.0).reactions.is_empty());
}

#[test]
fn a_turn_is_a_run_of_spans_of_one_speaker() {
    let spans = [
        mostly("agent", 0.0, 1.0, Emotion::Happy),
        mostly("agent", 1.0, 4.0, Emotion::Sad),
        mostly("caller", 5.0, 6.0, Emotion::Sad),
    ];
    let spans: Vec<&Span> = spans.iter().collect();
    let turns = reaction::turns(&spans);
    assert_eq!(turns.iter().map(|turn| turn.id).collect::<Vec<_>>(), ["agent", "caller"]);
    let mean = 0.8 * (0.81 - 3.0 * 0.63) / 4.0;
    assert!((turns[0].valence - mean).abs() < 1e-6, "{turns:?}");
}

#[test]
fn the_sentence_says_what_was_heard_and_no_more() {
    use Emotion::*;
    let mixed = [(Angry, 0.35), (Sad, 0.3), (Neutral, 0.35)];
    for (spans, want) in [
        (vec![], ""),
        (
            vec![mostly("", 0.0, 9.0, Sad)],
            "The voice sounded mostly sad (80 %); one strong moment, at 0:00 (sad).",
        ),
        (
            vec![mostly("", 0.0, 3.0, Calm)],
            "The voice sounded mostly calm (80 %); there are only 3.0 s of speech.",
        ),
        (vec![heard("", 0.0, 9.0, &mixed)], "The voice sounded mixed (neutral 35 %, angry 35 %)."),
        (
            vec![heard("", 0.0, 9.0, &[(Calm, 0.46), (Sad, 0.2), (Happy, 0.2), (Angry, 0.14)])],
            "The voice sounded most often calm (46 %).",
        ),
        (
            vec![
                mostly("agent", 0.0, 9.0, Calm),
                mostly("caller", 41.0, 50.0, Angry),
                mostly("caller", 70.0, 80.0, Neutral),
                mostly("agent", 3700.0, 3702.0, Happy),
            ],
            "agent sounded mostly calm (65 %); caller sounded at first angry, later neutral; \
             2 strong moments, first at 0:41 (angry).",
        ),
        (
            vec![mostly("caller", 0.0, 4.5, Angry), mostly("caller", 5.0, 9.0, Neutral)],
            "caller sounded mixed (neutral 48 %, angry 42 %); one strong moment, at 0:00 (angry).",
        ),
    ] {
        assert_eq!(summarise(&spans, 4000.0).line, want);
    }
    let many: Vec<Span> = (0..5)
        .map(|n| mostly(&format!("s{n}"), 10.0 * f64::from(n), 10.0 * f64::from(n) + 5.0, Calm))
        .collect();
    assert!(summarise(&many, 50.0).line.ends_with("s2 sounded mostly calm (80 %); 2 others spoke too."));
}
