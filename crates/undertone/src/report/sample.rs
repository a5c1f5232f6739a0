//! A small result for the tests of formats: two overlapping speakers, one with a name full of markup.

use crate::analysis::{
    AdaptationUsed, Analysis, Cell, Envelope, FORMAT, ModelUsed, Report, Span, Speaker, summarise,
};
use crate::emotion::Emotion;
use crate::model::{Posterior, Prediction};
use crate::timeline::spans;

/// A name with everything that some format holds dear.
pub const NASTY: &str = "Ann <b>&\"'\\\t\n\u{1}x";

/// A span of one channel; its affect is that of the posterior.
pub fn span(
    start: f64,
    end: f64,
    channel: usize,
    speaker: Option<&str>,
    posterior: &[(Emotion, f32)],
) -> Span {
    let posterior = posterior.iter().copied().collect();
    let prediction = Prediction { posterior, intensity: Some(0.5), agreement: Some(0.6) };
    Span::new((start, end), channel, speaker.map(String::from), prediction, Some(0.7))
}

/// 10.5 s: the agent angry then torn between calm and neutral, with a silence between; the other sad over both, then happy.
pub fn sample() -> Analysis {
    use Emotion::{Angry, Calm, Happy, Neutral, Sad};
    let spans = vec![
        span(0.5, 3.1, 0, Some("agent"), &[(Angry, 0.82), (Neutral, 0.18)]),
        span(2.0, 4.25, 1, Some(NASTY), &[(Sad, 0.7), (Neutral, 0.3)]),
        span(4.25, 6.0, 1, Some(NASTY), &[(Happy, 0.9), (Neutral, 0.1)]),
        span(8.0, 9.2, 0, Some("agent"), &[(Calm, 0.5), (Neutral, 0.4), (Sad, 0.1)]),
    ];
    let speaker = |id: &str, channel, seconds| Speaker {
        id: id.to_string(),
        channel,
        seconds,
        adaptation: AdaptationUsed::default(),
        prior: Default::default(),
    };
    Analysis {
        path: "calls/a \"b\" <c>&|\t\n.wav".into(),
        seconds: 10.5,
        channels: 2,
        speech_seconds: 7.8,
        speakers: vec![speaker("agent", 0, 3.8), speaker(NASTY, 1, 4.0)],
        summary: summarise(&spans, 10.5),
        spans,
        ..Analysis::default()
    }
}

/// Somebody says nothing for two seconds.
pub fn silent() -> Analysis {
    Analysis { path: "silence.wav".into(), seconds: 2.0, channels: 1, ..Analysis::default() }
}

/// An hour of one voice that speaks nearly all the time and changes at every cell: the most there is to draw.
pub fn hour() -> Analysis {
    let cell = |number: usize| {
        let mut probabilities = [0.05; Emotion::ALL.len()];
        probabilities[(number * 3 + number / 7) % 8] = 0.65;
        let start = number as f64 * 0.6;
        let posterior = Posterior::of(crate::emotion::EmotionSet::ALL, probabilities);
        Cell {
            start,
            end: start + 0.6,
            channel: 0,
            speaker: None,
            prediction: Prediction { posterior, intensity: Some(0.5), agreement: None },
        }
    };
    let cells: Vec<Cell> = (0..6000).filter(|number| number % 50 > 2).map(cell).collect();
    let mut envelope = Envelope::default();
    let second: Vec<f32> = (0..16_000).map(|i| (i as f32 * 0.11).sin() * (i as f32 / 16_000.0)).collect();
    (0..3600).for_each(|_| envelope.push(std::slice::from_ref(&second)));
    let spans = spans(&cells, Some(0.7));
    Analysis {
        path: "hour.wav".into(),
        seconds: 3600.0,
        channels: 1,
        speech_seconds: 3384.0,
        summary: summarise(&spans, 3600.0),
        spans,
        cells,
        envelope,
        ..Analysis::default()
    }
}

/// A report on recordings.
pub fn report(recordings: Vec<Analysis>) -> Report {
    let model = ModelUsed {
        name: "small".into(),
        version: "1".into(),
        sha256: "0".repeat(64),
        classes: Emotion::ALL.to_vec(),
    };
    Report { format: FORMAT.into(), tool: "undertone 0.0.0".into(), model, recordings }
}
