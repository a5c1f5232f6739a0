//! The summary's figures in words: every format for people takes them from here. What they mean is decided in `analysis`.

use super::basis::basis;
use super::label::line;
use super::text::clock;
use crate::analysis::{Analysis, MoodChange, Range, Reaction, Sentiment, Share, Summary, joined};
use crate::emotion::Emotion;

/// Emotions with less of the speech are not named.
const LEAST_SHARE: f32 = 0.05;

/// `1:03.2, 2 channels, speech 0:41.0`.
pub fn extent(recording: &Analysis) -> String {
    let (length, speech) = (clock(recording.seconds), clock(recording.speech_seconds));
    match recording.channels {
        0 | 1 => format!("{length}, speech {speech}"),
        n => format!("{length}, {n} channels, speech {speech}"),
    }
}

/// Shares of the speech as they are displayed: calm counts as neutral where the rule of labels says so.
pub fn joined_shares(emotions: &[Share]) -> Vec<(Emotion, f32)> {
    joined(emotions.iter().map(|one| (one.emotion, one.share)).collect())
}

/// `sad 54 %, happy 20 %`: the shares worth naming.
pub fn shares(emotions: &[Share]) -> String {
    let named = joined_shares(emotions).into_iter().filter(|one| one.1 >= LEAST_SHARE);
    named.map(|(emotion, share)| format!("{emotion} {:.0} %", 100.0 * share)).collect::<Vec<_>>().join(", ")
}

/// `+0.10`; what rounds to nothing is `0.00`, without a sign.
pub fn signed(value: f32) -> String {
    if value.abs() < 0.005 { "0.00".to_string() } else { format!("{value:+.2}") }
}

/// `+0.10 on average, from -0.42 (at 0:07.0) to +0.28 (at 0:18.6)`.
pub fn range(range: &Range) -> String {
    let [mean, low, high] = [range.mean, range.low, range.high].map(signed);
    if low == high {
        return mean;
    }
    let (low_at, high_at) = (clock(range.low_at), clock(range.high_at));
    format!("{mean} on average, from {low} (at {low_at}) to {high} (at {high_at})")
}

/// `unpleasant (-0.30, 95 % interval -0.40 … -0.20)`, or `no clear sentiment (…)` where the interval holds 0.
pub fn sentiment(sentiment: f32, interval: Option<[f32; 2]>) -> String {
    let Some([low, high]) = interval else { return signed(sentiment) };
    let word = match Sentiment::of([low, high]) {
        Sentiment::Pleasant => "pleasant",
        Sentiment::Unpleasant => "unpleasant",
        _ => "no clear sentiment",
    };
    format!("{word} ({}, 95 % interval {} … {})", signed(sentiment), signed(low), signed(high))
}

/// `caller sounds more pleasant where agent did just before (r = +0.40, 24 turns, p < .05)`: a line for valence, one for arousal,
/// as far as they are known.
pub fn reaction(reaction: &Reaction) -> Vec<String> {
    let (from, to, turns) = (line(&reaction.from), line(&reaction.to), reaction.turns);
    let say = |r: Option<f32>, what: &str| {
        let way = if r? < 0.0 { "less" } else { "more" };
        let other = if r? < 0.0 { format!("{from} did more so") } else { format!("{from} did") };
        Some(format!(
            "{to} sounds {way} {what} where {other} just before (r = {:+.2}, {turns} turns, p < .05)",
            r?
        ))
    };
    [say(reaction.valence, "pleasant"), say(reaction.arousal, "aroused")].into_iter().flatten().collect()
}

/// How much a mood changes from one span of a speaker to the next; the number is in the JSON.
pub fn mood(volatility: f32) -> &'static str {
    match MoodChange::of(volatility) {
        MoodChange::Little => "changes little from span to span",
        MoodChange::Somewhat => "changes somewhat from span to span",
        _ => "changes much from span to span",
    }
}

/// What is known of the whole: name and value, in the order shown; what is not known is left out.
pub fn facts(recording: &Analysis) -> Vec<(String, String)> {
    let summary = &recording.summary;
    let Summary { emotions, valence, arousal, volatility, moments, .. } = summary;
    let mut facts: Vec<(&str, String)> = Vec::new();
    if !emotions.is_empty() {
        facts.push(("share", shares(emotions)));
    }
    if let Some(value) = summary.sentiment {
        facts.push(("sentiment", sentiment(value, summary.sentiment_interval)));
    }
    facts.extend(
        valence.as_ref().map(|valence| ("valence", range(valence) + " (−1 unpleasant … +1 pleasant)")),
    );
    facts.extend(arousal.as_ref().map(|arousal| ("arousal", range(arousal) + " (−1 quiet … +1 aroused)")));
    facts.extend(volatility.map(|volatility| ("mood", mood(volatility).to_string())));
    let strongest: Vec<String> = moments
        .iter()
        .map(|one| format!("{} {} ({:.0} %)", clock(one.start), one.emotion, 100.0 * one.probability))
        .collect();
    if !strongest.is_empty() {
        facts.push(("strongest", strongest.join(", ")));
    }
    let mut facts: Vec<(String, String)> =
        facts.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
    for speaker in &summary.speakers {
        let share = 100.0 * speaker.speech_share;
        let mut text = format!("{share:.0} % of the speech: {}", shares(&speaker.emotions));
        if let Some(value) = speaker.sentiment {
            text += &format!("; {}", sentiment(value, speaker.sentiment_interval));
        }
        if let Some(volatility) = speaker.volatility {
            text += &format!("; mood {}", mood(volatility));
        }
        facts.push((line(&speaker.id), text));
    }
    facts.extend(summary.reactions.iter().flat_map(reaction).map(|text| ("reaction".to_string(), text)));
    facts.extend(basis(recording).map(|basis| ("adaptation".to_string(), basis)));
    facts
}

#[cfg(test)]
mod tests {
    use super::super::sample::{sample, silent};
    use super::*;
    use crate::analysis::SpeakerSummary;

    #[test]
    fn unknown_figures_are_left_out() {
        assert_eq!(facts(&silent()), []);
        let names: Vec<String> = facts(&sample()).into_iter().map(|fact| fact.0).collect();
        assert_eq!(names[..5], ["share", "sentiment", "valence", "arousal", "mood"]);
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
            sentiment_interval: Some([-0.7, -0.3]),
            ..SpeakerSummary::default()
        }];
        let (from, to) = ("Ann".into(), "Bob".into());
        recording.summary.reactions =
            vec![Reaction { from, to, turns: 24, valence: Some(0.625), arousal: Some(-0.5) }];
        let facts = facts(&recording);
        let want = [
            ("sentiment", "no clear sentiment (+0.10, 95 % interval -0.10 … +0.30)"),
            ("mood", "changes much from span to span"),
            ("Ann", "60 % of the speech: sad 97 %; unpleasant (-0.50, 95 % interval -0.70 … -0.30)"),
            ("reaction", "Bob sounds more pleasant where Ann did just before (r = +0.62, 24 turns, p < .05)"),
            (
                "reaction",
                "Bob sounds less aroused where Ann did more so just before (r = -0.50, 24 turns, p < .05)",
            ),
        ];
        assert_eq!(facts, want.map(|(name, value)| (name.to_string(), value.to_string())));
    }

    #[test]
    fn figures_have_a_sign_but_nothing_has_none() {
        assert_eq!([0.125, -0.3, -0.004, 0.0].map(signed), ["+0.12", "-0.30", "0.00", "0.00"]);
        assert_eq!(
            sentiment(-0.001, Some([-0.2, 0.2])),
            "no clear sentiment (0.00, 95 % interval -0.20 … +0.20)"
        );
    }

    #[test]
    fn shares_join_neutral_and_calm_as_labels_do() {
        let share = |emotion, share| Share { emotion, share };
        let both = [share(Emotion::Calm, 0.4), share(Emotion::Neutral, 0.3), share(Emotion::Sad, 0.3)];
        assert_eq!(shares(&both), "neutral 70 %, sad 30 %");
        assert_eq!(
            shares(&[share(Emotion::Calm, 0.7), share(Emotion::Neutral, 0.3)]),
            "calm 70 %, neutral 30 %"
        );
    }
}
