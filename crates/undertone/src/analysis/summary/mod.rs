//! Spans → the whole in a few figures.

mod interval;
mod moment;
mod range;
mod reaction;
mod sentence;
mod voice;

use super::{Span, SpeakerSummary, Summary};
use crate::units::{Seconds, Segment, covered};
use voice::Voice;

/// The summary of a recording's spans, in whatever order they come; everything is weighted by time.
///
/// With `d` the seconds of a span, `D` their sum, and all sums over spans:
/// - *share* of an emotion: Σ d·p / D, its mean posterior; shares sum to 1;
/// - *valence*, *arousal*: mean m = Σ d·x / D, spread √(Σ d·(x − m)² / D), and the extremes over spans;
/// - *sentiment*: the mean valence; its interval is a standard error that counts the posterior's own doubt and how few pieces
///   of speech there are (see `interval.rs`);
/// - *volatility*: mean distance of neighbouring spans of one speaker on the plane of valence and arousal;
/// - *moments*: the spans whose most probable emotion (neutral and calm aside) times intensity is largest;
/// - *speech share*: the union of all spans over the recording's length: speakers who talk at once count once. Silence is the rest;
/// - *reactions*: correlation of a speaker's turns with the turns of another right before them;
/// - *line*: the sentence that `sentence.rs` makes of these.
///
/// No speech has no figures but the silence. `seconds` shorter than the speech counts as long as the speech.
pub fn summarise(spans: &[Span], seconds: f64) -> Summary {
    let spans = in_order(spans);
    if spans.is_empty() {
        return Summary { silence_share: f32::from(u8::from(seconds > 0.0)), ..Summary::default() };
    }
    let whole = Voice::of("", spans.clone());
    let voices = Voice::apart(&spans);
    let reactions = reaction::reactions(&reaction::turns(&spans), &voices);
    let segment = |span: &&Span| Segment { start: Seconds(span.start), end: Seconds(span.end) };
    let speech = covered(spans.iter().map(segment)).0;
    let speech_share = speech / seconds.max(speech);
    let several = voices.len() > 1;
    Summary {
        emotions: whole.emotions(),
        valence: whole.range(|span| span.valence),
        arousal: whole.range(|span| span.arousal),
        sentiment: Some(whole.sentiment()),
        sentiment_interval: Some(interval::of_sentiment(&whole)),
        volatility: range::volatility(&voices),
        moments: moment::strongest(&spans),
        speech_share: speech_share as f32,
        silence_share: (1.0 - speech_share) as f32,
        speakers: voices
            .iter()
            .filter(|_| several)
            .map(|voice| speaker(voice, voice.seconds() / whole.seconds()))
            .collect(),
        line: sentence::line(&voices, &spans, &reactions),
        reactions,
    }
}

fn speaker(voice: &Voice, speech_share: f64) -> SpeakerSummary {
    SpeakerSummary {
        id: voice.id.to_string(),
        speech_share: speech_share as f32,
        emotions: voice.emotions(),
        valence: voice.range(|span| span.valence),
        arousal: voice.range(|span| span.arousal),
        sentiment: Some(voice.sentiment()),
        sentiment_interval: Some(interval::of_sentiment(voice)),
        volatility: range::volatility(std::slice::from_ref(voice)),
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
