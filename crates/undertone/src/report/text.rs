//! Text for a terminal: one line per span, then the summary.

use std::fmt::Write;

use super::{CAVEAT, words};
use crate::analysis::{Analysis, Label, ModelUsed, Span};
use crate::emotion::Emotion;

/// Characters of a line of prose.
const WIDTH: usize = 100;
/// Characters before a row's text.
const INDENT: usize = 13;
/// Cells of a probability bar.
const BAR: usize = 20;

/// The model that answers where no other is named.
const BUILT_IN: &str = "undertone-default";

/// Style of the text.
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
pub fn heading(recording: &Analysis, style: Style) -> String {
    let name = style.paint("1", &recording.path.display().to_string());
    format!("{name}  {}", words::extent(recording))
}

/// The lines below all recordings: the limits of the figures, and the model where it is not the built-in default.
pub fn closing(model: &ModelUsed, style: Style) -> String {
    let mut text = CAVEAT.replace(". ", ".\n");
    if model.name != BUILT_IN {
        let _ = write!(text, "\nModel: {} {}.", model.name, model.version);
    }
    format!("\n{}\n", style.paint("2", &text))
}

/// Everything about one recording, several lines.
pub fn recording(recording: &Analysis, style: Style) -> String {
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

/// Above a recording's spans: its name, warnings, and the headline where there is speech.
fn opening(recording: &Analysis, style: Style) -> String {
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

/// The rest of [`recording`] where the spans were already printed live.
pub fn conclusion(result: &Analysis, style: Style) -> String {
    let mut out = opening(result, style);
    if !result.spans.is_empty() {
        summary(&mut out, result, style);
    }
    out
}

fn line(out: &mut String, span: &Span, width: usize, style: Style) {
    let Label { emotion: top, probability: p, second, .. } = Label::from(span);
    let filled = (p * BAR as f32).round() as usize;
    let bar = format!("{}{}", "█".repeat(filled), "·".repeat(BAR - filled.min(BAR)));
    let second = match second {
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

fn summary(out: &mut String, recording: &Analysis, style: Style) {
    let row = |out: &mut String, name: &str, text: String| {
        let text = wrapped(&text, WIDTH - INDENT).join(&format!("\n{:INDENT$}", ""));
        let _ = writeln!(out, "  {} {text}", style.paint("1", &format!("{name:<10}")));
    };
    for (name, value) in words::facts(recording) {
        row(out, &name, value);
    }
}

/// The words of a text in lines of at most so many characters; a longer word has a line of its own.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.len() - 1;
        match lines[line].is_empty() {
            true => lines[line] += word,
            false if lines[line].chars().count() + 1 + word.chars().count() <= width => {
                lines[line] += " ";
                lines[line] += word;
            }
            false => lines.push(word.to_string()),
        }
    }
    lines
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
    use crate::analysis::{AdaptationSource, AdaptationUsed, Failure, summarise};
    use crate::model::Prediction;

    fn span(ambiguous: bool) -> Span {
        let (angry, happy) = if ambiguous { (0.5, 0.4) } else { (0.9, 0.05) };
        let posterior =
            [(Emotion::Angry, angry), (Emotion::Happy, happy), (Emotion::Neutral, 1.0 - angry - happy)];
        let mut prediction = Prediction::new(posterior.into_iter().collect());
        prediction.intensity = Some(0.7);
        let span = Span::new((0.42, 3.1), 0, Some("agent".into()), prediction, None);
        Span { valence: -0.5, arousal: 0.6, ..span }
    }

    fn shown(spans: Vec<Span>, colour: bool) -> String {
        let summary = summarise(&spans, 63.2);
        let result = Analysis {
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
        let closing = |name: &str| {
            let (name, version) = (name.to_string(), "3".to_string());
            let model = ModelUsed { name, version, ..crate::report::sample::report(Vec::new()).model };
            closing(&model, Style { colour: false })
        };
        assert!(closing("undertone-default").ends_with("`undertone model info`).\n"));
        assert!(closing("undertone-default").contains("not of what a person feels"));
        assert!(closing("whisper-base").ends_with("\nModel: whisper-base 3.\n"));
    }

    #[test]
    fn the_second_guess_is_named_when_it_is_close() {
        assert!(shown(vec![span(true)], false).contains("or happy 40 %"));
    }

    #[test]
    fn the_headline_comes_first_and_speakers_have_their_rows() {
        let mut spans = Vec::new();
        for n in 0..4 {
            let (at, mut agent) = (15.0 * f64::from(n), span(n == 2));
            (agent.start, agent.end) = (at, at + 5.0);
            let mut caller = agent.clone();
            (caller.start, caller.end, caller.speaker) = (at + 6.0, at + 14.0, Some("caller".into()));
            spans.extend([agent, caller]);
        }
        let text = shown(spans, false);
        let second = text.lines().nth(1).unwrap_or_default();
        let want = "  Agent: angry throughout (80 % on average). Caller: angry throughout (80 % on average).";
        assert_eq!(second, want, "{text}");
        for row in [
            "sentiment  unpleasant (-0.50, 95 % interval ",
            "valence    -0.50 (−1 unpleasant … +1 pleasant)",
            "mood       changes little from span to span",
            "agent      38 % of the speech: angry 80 %, happy 14 %, neutral 6 %; no clear sentiment (-0.50",
            "caller     62 %",
        ] {
            assert!(text.contains(row), "{row} in {text}");
        }
        assert!(!text.contains("reaction"), "four turns show none: {text}");
    }

    #[test]
    fn an_enrolled_profile_is_named() {
        let adaptation = AdaptationUsed { source: AdaptationSource::Enrolled, seconds: 34.0 };
        let (id, prior) = ("agent".into(), Default::default());
        let speakers = vec![crate::analysis::Speaker { id, channel: 0, seconds: 9.0, adaptation, prior }];
        let result = Analysis { speakers, spans: vec![span(false)], ..Default::default() };
        let text = recording(&result, Style { colour: false });
        assert!(text.contains("adaptation agent: enrolled profile of 0:34.0 of speech"), "{text}");
    }

    #[test]
    fn colour_is_written_only_when_asked_for() {
        assert!(!shown(vec![span(false)], false).contains('\x1b'));
        assert!(shown(vec![span(false)], true).contains("\x1b[31m"));
    }

    #[test]
    fn a_failure_says_why() {
        let error = Some(Failure { kind: crate::ErrorKind::Io, message: "no such file".into() });
        let result = Analysis { path: "x.wav".into(), error, ..Default::default() };
        assert!(recording(&result, Style { colour: false }).contains("failed: no such file"));
    }

    #[test]
    fn times_beyond_an_hour_have_hours() {
        assert_eq!((clock(59.96), clock(3723.0)), ("1:00.0".to_string(), "1:02:03".to_string()));
    }
}
