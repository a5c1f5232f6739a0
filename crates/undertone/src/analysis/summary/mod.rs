//! Spans → the whole in a few figures.

mod course;
mod interval;
mod moment;
mod range;
mod reaction;
mod rules;
mod sentence;
mod speaker;

use super::{Span, SpeakerSummary, Summary};
use crate::units::{Seconds, Segment, covered};
pub use rules::{MoodChange, Sentiment};
use speaker::SpeakerSpans;

/// The summary of a recording's spans, in whatever order they come; everything is weighted by time.
///
/// With `d` the seconds of a span, `D` their sum, and all sums over spans:
/// - *share* of an emotion: Σ d·p / D, its mean posterior; shares sum to 1;
/// - *valence*, *arousal*: mean m = Σ d·x / D, spread √(Σ d·(x − m)² / D), and the extremes over spans;
/// - *sentiment*: the mean valence; its interval counts the posterior's own doubt, and that what is misheard in a voice is misheard
///   again (see `interval.rs`);
/// - *volatility*: mean distance of neighbouring spans of one speaker on the plane of valence and arousal;
/// - *moments*: the spans whose most probable emotion (neutral and calm aside) times intensity is largest;
/// - *speech share*: the union of all spans over the recording's length: speakers who talk at once count once. Silence is the rest;
/// - *reactions*: significant correlations of a speaker's turns with the turns of another right before them;
/// - *line*: the headline: `course.rs` decides by the thresholds of `rules.rs`, `sentence.rs` words it.
///
/// No speech has no figures but the silence. `seconds` shorter than the speech counts as long as the speech.
pub fn summarise(spans: &[Span], seconds: f64) -> Summary {
    let spans = in_order(spans);
    if spans.is_empty() {
        let silence_share = f32::from(u8::from(seconds > 0.0));
        return Summary { silence_share, line: sentence::NO_SPEECH.to_string(), ..Summary::default() };
    }
    let whole = SpeakerSpans::of("", spans.clone());
    let speakers = SpeakerSpans::divide(&spans);
    let segment = |span: &&Span| Segment { start: Seconds(span.start), end: Seconds(span.end) };
    let speech = covered(spans.iter().map(segment)).0;
    let speech_share = speech / seconds.max(speech);
    let several = speakers.len() > 1;
    let share = |speaker: &SpeakerSpans| of_speaker(speaker, speaker.seconds() / whole.seconds());
    Summary {
        emotions: whole.emotions(),
        valence: whole.range(|span| span.valence),
        arousal: whole.range(|span| span.arousal),
        sentiment: Some(whole.sentiment()),
        sentiment_interval: Some(interval::of_sentiment(&speakers, whole.sentiment())),
        volatility: range::volatility(&speakers),
        moments: moment::strongest(&spans),
        speech_share: speech_share as f32,
        silence_share: (1.0 - speech_share) as f32,
        speakers: speakers.iter().filter(|_| several).map(share).collect(),
        line: sentence::headline(&speakers),
        reactions: reaction::reactions(&reaction::turns(&spans), &speakers),
    }
}

fn of_speaker(speaker: &SpeakerSpans, speech_share: f64) -> SpeakerSummary {
    let alone = std::slice::from_ref(speaker);
    SpeakerSummary {
        id: speaker.id.to_string(),
        speech_share: speech_share as f32,
        emotions: speaker.emotions(),
        valence: speaker.range(|span| span.valence),
        arousal: speaker.range(|span| span.arousal),
        sentiment: Some(speaker.sentiment()),
        sentiment_interval: Some(interval::of_sentiment(alone, speaker.sentiment())),
        volatility: range::volatility(alone),
    }
}

/// Spans that last, by start, end, channel and speaker: sums come out the same however they were given.
fn in_order(spans: &[Span]) -> Vec<&Span> {
    let mut ordered: Vec<&Span> = spans.iter().filter(|span| span.duration() > 0.0).collect();
    ordered.sort_by(|a, b| {
        let times = a.start.total_cmp(&b.start).then(a.end.total_cmp(&b.end));
        times.then(a.channel.cmp(&b.channel)).then_with(|| a.speaker.cmp(&b.speaker))
    });
    ordered
}

#[cfg(test)]
mod tests;
