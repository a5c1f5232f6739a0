//! The view a person reads in a terminal: one line a span, then the summary.

use std::fmt::Write;

use super::CAVEAT;
use crate::analysis::{Moment, Range, Reaction, RecordingResult, Share, Span, Summary};
use crate::emotion::Emotion;

/// Cells of a probability bar.
const BAR: usize = 20;

/// How the view looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether escape sequences for colours are written; the reader strips them where they are not wanted.
    pub colour: bool,
}

impl Style {
    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }
}

/// A colour that is never the only carrier: the emotion's name stands beside it.
fn colour(emotion: Emotion) -> &'static str {
    match emotion {
        Emotion::Neutral => "37",
        Emotion::Calm => "36",
        Emotion::Happy => "33",
        Emotion::Sad => "34",
        Emotion::Angry => "31",
        Emotion::Fearful => "35",
        Emotion::Disgust => "32",
        Emotion::Surprised => "93",
    }
}

/// The line above a recording: its name and what it is.
pub fn heading(recording: &RecordingResult, style: Style) -> String {
    let name = style.paint("1", &recording.path.display().to_string());
    let length = clock(recording.seconds);
    let speech = clock(recording.speech_seconds);
    match recording.channels {
        1 => format!("{name}  {length}, speech {speech}"),
        n => format!("{name}  {length}, {n} channels, speech {speech}"),
    }
}

/// The line below all recordings: what their figures do not mean.
pub fn closing(style: Style) -> String {
    format!("\n{}\n", style.paint("2", CAVEAT))
}

/// Everything about one recording, several lines.
pub fn recording(recording: &RecordingResult, style: Style) -> String {
    let mut out = opening(recording, style);
    if recording.spans.is_empty() {
        return out;
    }
    let named =
        recording.spans.iter().filter_map(|span| span.speaker.as_ref()).map(|name| name.chars().count());
    let width = named.max().unwrap_or(0);
    for span in &recording.spans {
        line(&mut out, span, width, style);
    }
    out.push('\n');
    summary(&mut out, recording, style);
    out
}

/// What stands above a recording's spans: its name, what there is to note, and the sentence where somebody speaks.
fn opening(recording: &RecordingResult, style: Style) -> String {
    let mut out = heading(recording, style);
    out.push('\n');
    if let Some(error) = &recording.error {
        let _ = writeln!(out, "  {} {}", style.paint("31", "failed:"), error.message);
        return out;
    }
    for warning in &recording.warnings {
        let _ = writeln!(out, "  {} {}", style.paint("33", "note:"), warning.message);
    }
    if !recording.spans.is_empty() {
        let _ = writeln!(out, "  {}\n", recording.summary.line);
    }
    out
}

/// One span, for those who follow a stream: one line.
pub fn span(span: &Span, style: Style) -> String {
    let mut out = String::new();
    line(&mut out, span, 0, style);
    out
}

/// What is to be said of a recording whose spans were told while it was heard: all of [`recording`] but the spans.
pub fn conclusion(result: &RecordingResult, style: Style) -> String {
    let mut out = opening(result, style);
    if !result.spans.is_empty() {
        summary(&mut out, result, style);
    }
    out
}

fn line(out: &mut String, span: &Span, width: usize, style: Style) {
    let (top, p) = span.posterior().top();
    let filled = (p * BAR as f32).round() as usize;
    let bar = format!("{}{}", "█".repeat(filled), "·".repeat(BAR - filled.min(BAR)));
    let second = match span.posterior().second_guess() {
        Some((emotion, p)) => format!("  or {emotion} {:.0} %", 100.0 * p),
        None => String::new(),
    };
    let speaker = match &span.speaker {
        Some(speaker) => format!("{speaker:width$}  "),
        None => String::new(),
    };
    let _ = writeln!(
        out,
        "  {:>8} – {:<8} {speaker}{} {} {:>3.0} %{second}",
        clock(span.start),
        clock(span.end),
        style.paint(colour(top), &format!("{top:<9}")),
        style.paint(colour(top), &bar),
        100.0 * p,
    );
}

fn summary(out: &mut String, recording: &RecordingResult, style: Style) {
    let Summary { emotions, valence, arousal, moments, speakers, reactions, .. } = &recording.summary;
    let row = |out: &mut String, name: &str, text: String| {
        let _ = writeln!(out, "  {} {text}", style.paint("1", &format!("{name:<10}")));
    };
    row(out, "share", shares(emotions, 0.05));
    if let (Some(valence), Some(arousal)) = (valence, arousal) {
        row(out, "range", ranges(valence, arousal));
    }
    if let (Some(value), Some([low, high])) =
        (recording.summary.sentiment, recording.summary.sentiment_interval)
    {
        let interval = format!("{value:+.2} [{low:+.2}, {high:+.2}]");
        row(out, "sentiment", format!("{interval} (−1 unpleasant … +1 pleasant; 95 % interval)"));
    }
    if let Some(volatility) = recording.summary.volatility {
        row(out, "volatility", format!("{volatility:.2} from one span to the next (0 … 2.83)"));
    }
    let moment = |m: &Moment| format!("{} {} ({:.0} %)", clock(m.start), m.emotion, 100.0 * m.probability);
    if !moments.is_empty() {
        row(out, "strongest", moments.iter().map(moment).collect::<Vec<_>>().join(", "));
    }
    for speaker in speakers {
        let mut text = vec![format!(
            "{:.0} % of the speech: {}",
            100.0 * speaker.speech_share,
            shares(&speaker.emotions, 0.1)
        )];
        if let (Some(value), Some([low, high])) = (speaker.sentiment, speaker.sentiment_interval) {
            text.push(format!("sentiment {value:+.2} [{low:+.2}, {high:+.2}]"));
        }
        text.extend(speaker.volatility.map(|volatility| format!("volatility {volatility:.2}")));
        row(out, &speaker.id, text.join("; "));
    }
    reactions.iter().filter_map(reaction).for_each(|text| row(out, "reaction", text));
    for speaker in &recording.speakers {
        let seconds = clock(speaker.baseline.seconds);
        let from = match speaker.baseline.source.as_str() {
            "recording" => format!("from {seconds} of speech in this recording"),
            "enrolled" => format!("enrolled, from {seconds} of speech"),
            _ => continue,
        };
        row(out, "baseline", format!("{}: own voice, {from}", speaker.id));
    }
}

/// `angry 41 %, sad 20 %`: those of at least `least`.
fn shares(emotions: &[Share], least: f32) -> String {
    let share = |Share { emotion, share }: &Share| format!("{emotion} {:.0} %", 100.0 * share);
    let shown: Vec<String> = emotions.iter().filter(|share| share.share >= least).map(share).collect();
    shown.join(", ")
}

fn ranges(valence: &Range, arousal: &Range) -> String {
    format!(
        "valence {:+.2} ± {:.2} ({:+.2} at {} … {:+.2} at {}), arousal {:+.2} ± {:.2}",
        valence.mean,
        valence.spread,
        valence.low,
        clock(valence.low_at),
        valence.high,
        clock(valence.high_at),
        arousal.mean,
        arousal.spread
    )
}

/// How one speaker's turns go with another's, where there are enough of them to say.
fn reaction(reaction: &Reaction) -> Option<String> {
    let Reaction { from, to, turns, valence, arousal } = reaction;
    let r = |name: &str, r: &Option<f32>| r.map(|r| format!("{name} r = {r:+.2}"));
    let known: Vec<String> = [r("valence", valence), r("arousal", arousal)].into_iter().flatten().collect();
    (!known.is_empty()).then(|| format!("{to} after {from}: {} ({turns} turns)", known.join(", ")))
}

/// `m:ss.s`, or `h:mm:ss` from an hour on.
pub(super) fn clock(seconds: f64) -> String {
    let tenths = (seconds.max(0.0) * 10.0).round() as u64;
    let (h, m, s) = (tenths / 36_000, tenths / 600 % 60, tenths % 600);
    if h > 0 { format!("{h}:{m:02}:{:02}", s / 10) } else { format!("{m}:{:02}.{}", s / 10, s % 10) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Failure, summarise};

    fn span(ambiguous: bool) -> Span {
        let (angry, happy) = if ambiguous { (0.5, 0.4) } else { (0.9, 0.05) };
        Span {
            start: 0.42,
            end: 3.1,
            channel: 0,
            speaker: Some("agent".into()),
            emotion: Emotion::Angry,
            ambiguous,
            posterior: [
                (Emotion::Angry, angry),
                (Emotion::Happy, happy),
                (Emotion::Neutral, 1.0 - angry - happy),
            ]
            .into(),
            set: None,
            intensity: Some(0.7),
            agreement: None,
            valence: -0.5,
            arousal: 0.6,
        }
    }

    fn shown(spans: Vec<Span>, colour: bool) -> String {
        let summary = summarise(&spans, 63.2);
        let result = RecordingResult {
            path: "call.wav".into(),
            seconds: 63.2,
            channels: 1,
            spans,
            summary,
            ..Default::default()
        };
        recording(&result, Style { colour })
    }

    #[test]
    fn a_span_is_one_line_with_times_emotion_bar_and_percent() {
        let text = shown(vec![span(false)], false);
        let line = text.lines().find(|line| line.contains(" – ")).unwrap_or_default();
        for part in ["0:00.4", "0:03.1", "agent", "██████████████████··", "90 %"]
        {
            assert!(line.contains(part), "{part} in {line}");
        }
        assert!(!text.contains(" or "), "{text}");
        assert!(text.contains("1:03.2"), "{text}");
        assert!(closing(Style { colour: false }).contains("not of what a person feels"));
    }

    #[test]
    fn the_second_guess_is_named_when_it_is_close() {
        assert!(shown(vec![span(true)], false).contains("or happy 40 %"));
    }

    #[test]
    fn the_sentence_comes_first_and_speakers_have_their_rows() {
        let mut spans = Vec::new();
        for n in 0..4 {
            let (at, mut agent) = (15.0 * f64::from(n), span(n == 2));
            (agent.start, agent.end) = (at, at + 5.0);
            let mut caller = agent.clone();
            (caller.start, caller.end, caller.speaker) = (at + 6.0, at + 14.0, Some("caller".into()));
            (agent.valence, caller.valence) = (0.1 * n as f32, -0.1 * n as f32);
            spans.extend([agent, caller]);
        }
        let text = shown(spans, false);
        let second = text.lines().nth(1).unwrap_or_default();
        assert!(second.starts_with("  agent sounded mostly angry"), "{text}");
        for row in [
            "agent      38 % of the speech: angry 80 %",
            "caller     62 %",
            "reaction   caller after agent: valence r = -1.00",
        ] {
            assert!(text.contains(row), "{row} in {text}");
        }
        assert!(text.contains("sentiment  -0.03 [") && text.contains("volatility 0."), "{text}");
    }

    #[test]
    fn an_enrolled_baseline_is_told_apart() {
        let baseline = crate::analysis::BaselineUsed { source: "enrolled".into(), seconds: 34.0 };
        let speakers =
            vec![crate::analysis::Speaker { id: "agent".into(), channel: 0, seconds: 9.0, baseline }];
        let result = RecordingResult { speakers, spans: vec![span(false)], ..Default::default() };
        let text = recording(&result, Style { colour: false });
        assert!(text.contains("baseline   agent: own voice, enrolled, from 0:34.0 of speech"), "{text}");
    }

    #[test]
    fn colour_is_written_only_when_asked_for() {
        assert!(!shown(vec![span(false)], false).contains('\x1b'));
        assert!(shown(vec![span(false)], true).contains("\x1b[31m"));
    }

    #[test]
    fn a_failure_says_why() {
        let error = Some(Failure { kind: "io".into(), message: "no such file".into() });
        let result = RecordingResult { path: "x.wav".into(), error, ..Default::default() };
        assert!(recording(&result, Style { colour: false }).contains("failed: no such file"));
    }

    #[test]
    fn times_beyond_an_hour_have_hours() {
        assert_eq!((clock(59.96), clock(3723.0)), ("1:00.0".to_string(), "1:02:03".to_string()));
    }
}
