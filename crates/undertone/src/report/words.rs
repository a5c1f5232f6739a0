//! The summary's figures in words: every format for people takes them from here.

use super::basis::basis;
use super::label::line;
use super::text::clock;
use crate::analysis::{Analysis, Range, Reaction, Share, Summary};

/// Emotions with less of the speech are not named.
const LEAST_SHARE: f32 = 0.05;
/// Mean distances between successive spans on the plane of valence and arousal (0…2.83) from which a mood changes somewhat, and
/// much: a quarter and a half of one dimension's half range.
const CHANGES_SOMEWHAT: f32 = 0.25;
const CHANGES_MUCH: f32 = 0.5;

/// `1:03.2, 2 channels, speech 0:41.0`.
pub fn extent(recording: &Analysis) -> String {
    let (length, speech) = (clock(recording.seconds), clock(recording.speech_seconds));
    match recording.channels {
        0 | 1 => format!("{length}, speech {speech}"),
        n => format!("{length}, {n} channels, speech {speech}"),
    }
}

/// `sad 54 %, happy 20 %`: the shares worth naming.
pub fn shares(emotions: &[Share]) -> String {
    let named = emotions.iter().filter(|share| share.share >= LEAST_SHARE);
    named.map(|one| format!("{} {:.0} %", one.emotion, 100.0 * one.share)).collect::<Vec<_>>().join(", ")
}

/// `+0.10 ± 0.20 (-0.42 at 0:07.0 … +0.28 at 0:18.6)`.
pub fn range(range: &Range) -> String {
    let Range { mean, spread, low, low_at, high, high_at } = range;
    format!("{mean:+.2} ± {spread:.2} ({low:+.2} at {} … {high:+.2} at {})", clock(*low_at), clock(*high_at))
}

/// `-0.10 [-0.20, +0.02]`, with the interval where it is known.
pub fn sentiment(sentiment: f32, interval: Option<[f32; 2]>) -> String {
    match interval {
        Some([low, high]) => format!("{sentiment:+.2} [{low:+.2}, {high:+.2}]"),
        None => format!("{sentiment:+.2}"),
    }
}

/// `caller → agent: valence +0.40, arousal -0.10 over 12 turns`.
pub fn reaction(reaction: &Reaction) -> String {
    let value = |value: Option<f32>| value.map_or("unknown".to_string(), |r| format!("{r:+.2}"));
    format!(
        "{} → {}: valence {}, arousal {} over {} {}",
        line(&reaction.from),
        line(&reaction.to),
        value(reaction.valence),
        value(reaction.arousal),
        reaction.turns,
        if reaction.turns == 1 { "turn" } else { "turns" }
    )
}

/// How far valence and arousal move from one span of a speaker to the next, in words; the number is in the JSON.
pub fn mood(volatility: f32) -> &'static str {
    match volatility {
        v if v < CHANGES_SOMEWHAT => "changes little",
        v if v < CHANGES_MUCH => "changes somewhat",
        _ => "changes much",
    }
}

/// What is known of the whole: name and value, in the order shown; what is not known is left out.
pub fn facts(recording: &Analysis) -> Vec<(&'static str, String)> {
    let Summary { emotions, valence, arousal, sentiment_interval, volatility, moments, .. } =
        &recording.summary;
    let summary = &recording.summary;
    let mut facts = Vec::new();
    if !emotions.is_empty() {
        facts.push(("share of speech", shares(emotions)));
    }
    if let Some(value) = summary.sentiment {
        let value = sentiment(value, *sentiment_interval);
        facts.push(("sentiment", format!("{value} (−1 unpleasant … +1 pleasant)")));
    }
    facts.extend(valence.as_ref().map(|valence| ("valence", range(valence))));
    facts.extend(arousal.as_ref().map(|arousal| ("arousal", range(arousal))));
    facts.extend(volatility.map(|volatility| ("mood", mood(volatility).to_string())));
    if summary.speech_share > 0.0 {
        let [speech, silence] = [summary.speech_share, summary.silence_share].map(|share| 100.0 * share);
        facts.push(("recording", format!("{speech:.0} % speech, {silence:.0} % silence")));
    }
    let strongest: Vec<String> = moments
        .iter()
        .map(|one| format!("{} {} ({:.0} %)", clock(one.start), one.emotion, 100.0 * one.probability))
        .collect();
    if !strongest.is_empty() {
        facts.push(("strongest", strongest.join(", ")));
    }
    for speaker in &summary.speakers {
        let known = speaker.sentiment.map_or(String::new(), |value| {
            format!("; sentiment {}", sentiment(value, speaker.sentiment_interval))
        });
        let share = 100.0 * speaker.speech_share;
        let (name, shares) = (line(&speaker.id), shares(&speaker.emotions));
        facts.push(("speaker", format!("{name}, {share:.0} % of the speech: {shares}{known}")));
    }
    facts.extend(summary.reactions.iter().map(|one| ("reaction", reaction(one))));
    facts.extend(basis(recording).map(|basis| ("adaptation", basis)));
    facts
}

#[cfg(test)]
mod tests {
    use super::super::sample::{sample, silent};
    use super::*;
    use crate::analysis::SpeakerSummary;
    use crate::emotion::Emotion;

    #[test]
    fn unknown_figures_are_left_out() {
        assert_eq!(facts(&silent()), []);
        let names: Vec<&str> = facts(&sample()).into_iter().map(|fact| fact.0).collect();
        assert!(names.starts_with(&["share of speech", "sentiment", "valence", "arousal"]), "{names:?}");
    }

    #[test]
    fn speakers_and_reactions_are_described() {
        let mut recording = silent();
        recording.summary.sentiment = Some(0.1);
        recording.summary.sentiment_interval = Some([-0.1, 0.3]);
        recording.summary.volatility = Some(0.5);
        recording.summary.speakers = vec![SpeakerSummary {
            id: "Ann".into(),
            speech_share: 0.6,
            emotions: vec![
                Share { emotion: Emotion::Sad, share: 0.97 },
                Share { emotion: Emotion::Calm, share: 0.03 },
            ],
            sentiment: Some(-0.5),
            ..SpeakerSummary::default()
        }];
        let (from, to) = ("Ann".into(), "Bob".into());
        recording.summary.reactions =
            vec![Reaction { from, to, turns: 4, valence: Some(0.25), arousal: None }];
        let facts = facts(&recording);
        let want = [
            ("sentiment", "+0.10 [-0.10, +0.30] (−1 unpleasant … +1 pleasant)"),
            ("mood", "changes much"),
            ("speaker", "Ann, 60 % of the speech: sad 97 %; sentiment -0.50"),
            ("reaction", "Ann → Bob: valence +0.25, arousal unknown over 4 turns"),
        ];
        assert_eq!(facts, want.map(|(name, value)| (name, value.to_string())));
    }
}
