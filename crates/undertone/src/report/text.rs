//! The view a person reads in a terminal: one line a span, then the summary.

use std::fmt::Write;

use super::CAVEAT;
use crate::analysis::{RecordingResult, Share, Span, Summary};
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
    let mut out = heading(recording, style);
    out.push('\n');
    if let Some(error) = &recording.error {
        let _ = writeln!(out, "  {} {}", style.paint("31", "failed:"), error.message);
        return out;
    }
    for warning in &recording.warnings {
        let _ = writeln!(out, "  {} {}", style.paint("33", "note:"), warning.message);
    }
    if recording.spans.is_empty() {
        return out;
    }
    out.push('\n');
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
    let Summary { emotions, valence, arousal, sentiment, moments, .. } = &recording.summary;
    let row = |out: &mut String, name: &str, text: String| {
        let _ = writeln!(out, "  {} {text}", style.paint("1", &format!("{name:<10}")));
    };
    let shown: Vec<String> = emotions
        .iter()
        .filter(|share| share.share >= 0.05)
        .map(|Share { emotion, share }| format!("{emotion} {:.0} %", 100.0 * share))
        .collect();
    row(out, "share", shown.join(", "));
    if let (Some(valence), Some(arousal), Some(sentiment)) = (valence, arousal, sentiment) {
        row(
            out,
            "range",
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
            ),
        );
        row(out, "sentiment", format!("{sentiment:+.2} (−1 unpleasant … +1 pleasant)"));
    }
    let moment = |m: &crate::analysis::Moment| {
        format!("{} {} ({:.0} %)", clock(m.start), m.emotion, 100.0 * m.probability)
    };
    if !moments.is_empty() {
        row(out, "strongest", moments.iter().map(moment).collect::<Vec<_>>().join(", "));
    }
    for speaker in &recording.speakers {
        if speaker.baseline.source == "recording" {
            let seconds = clock(speaker.baseline.seconds);
            row(
                out,
                "baseline",
                format!("{}: own voice, from {seconds} of speech in this recording", speaker.id),
            );
        }
    }
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
        let line = text.lines().find(|line| line.contains("angry ")).unwrap_or_default();
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
