//! Text for a terminal: one line per span, then the summary.

use std::fmt::Write;

use super::wrap::{columns, padded, shortened, visible, wrapped};
use super::{CAVEAT, label, words};
use crate::analysis::{Analysis, Label, ModelUsed, Span};
use crate::emotion::Emotion;

/// Columns of a line of figures where the reader's width is not known.
const WIDTH: usize = 100;
/// Columns before a row's text.
const INDENT: usize = 13;
/// Cells of a probability bar, and the fewest that say something.
const BAR: usize = 20;
const LEAST_BAR: usize = 6;
/// Columns of a time, of an emotion, of a space and a percentage.
const TIME: usize = 8;
const EMOTION: usize = 9;
const PERCENT: usize = 6;
/// A speaker's name keeps this much before the bar goes.
const LEAST_NAME: usize = 12;

/// The model that answers where no other is named.
const BUILT_IN: &str = "undertone-default";

/// Style of the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether escape sequences for colours are written; the reader strips them where they are not wanted.
    pub colour: bool,
    /// Columns of the terminal, at least 60: no line is longer. None for files and pipes: only the figures of the summary are wrapped
    /// (at 100 columns), and names are whole.
    pub width: Option<usize>,
}

impl Style {
    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }

    /// `head`, which takes so many columns, then a text wrapped below its own beginning.
    fn paragraph(self, out: &mut String, head: &str, taken: usize, text: &str) {
        let lines = match self.width.map(|width| width.saturating_sub(taken)) {
            Some(room) => wrapped(text, room, room),
            None => vec![text.to_string()],
        };
        let _ = writeln!(out, "{head}{}", lines.join(&format!("\n{:taken$}", "")));
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

/// What stands above a recording: its name and what it is; in one line where there is room.
pub fn heading(recording: &Analysis, style: Style) -> String {
    let (name, extent) = (visible(&recording.path.display().to_string()), words::extent(recording));
    let most = style.width.unwrap_or(usize::MAX);
    if columns(&name) + 2 + columns(&extent) <= most {
        return format!("{}  {extent}", style.paint("1", &name));
    }
    let name: Vec<String> = wrapped(&name, most, most).iter().map(|line| style.paint("1", line)).collect();
    format!("{}\n  {extent}", name.join("\n"))
}

/// The lines below all recordings: the limits of the figures, and the model where it is not the built-in default.
pub fn closing(model: &ModelUsed, style: Style) -> String {
    let most = style.width.unwrap_or(usize::MAX);
    let mut sentences = CAVEAT.replace(". ", ".\n");
    if model.name != BUILT_IN {
        let _ = write!(sentences, "\nModel: {} {}.", model.name, model.version);
    }
    let lines: Vec<String> = sentences.lines().flat_map(|sentence| wrapped(sentence, most, most)).collect();
    format!("\n{}\n", style.paint("2", &lines.join("\n")))
}

/// Everything about one recording, several lines.
pub fn recording(recording: &Analysis, style: Style) -> String {
    let mut out = opening(recording, style);
    if recording.spans.is_empty() {
        return out;
    }
    let row = Row::of(&recording.spans, style.width);
    recording.spans.iter().for_each(|span| row.write(&mut out, span, style));
    out.push('\n');
    summary(&mut out, recording, style);
    out
}

/// Above a recording's spans: its name, warnings, and the headline where there is speech.
fn opening(recording: &Analysis, style: Style) -> String {
    let mut out = heading(recording, style);
    out.push('\n');
    if let Some(error) = &recording.error {
        style.paragraph(
            &mut out,
            &format!("  {} ", style.paint("31", "failed:")),
            10,
            &visible(&error.message),
        );
        return out;
    }
    for warning in &recording.warnings {
        let head = format!("  {} ", style.paint("33", "note:"));
        style.paragraph(&mut out, &head, 8, &visible(&warning.message));
    }
    if !recording.spans.is_empty() {
        style.paragraph(&mut out, "  ", 2, &recording.summary.line);
        out.push('\n');
    }
    out
}

/// One span, for those who follow a stream: one line.
pub fn span(span: &Span, style: Style) -> String {
    let mut out = String::new();
    Row::of(std::slice::from_ref(span), style.width).write(&mut out, span, style);
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

/// How the lines of spans are divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    time: usize,
    /// Columns of a speaker's name; 0 where none is known.
    speaker: usize,
    /// Cells; 0 for no bar.
    bar: usize,
    /// Whether the second emotion has its figure.
    figure: bool,
}

impl Row {
    /// The widest that keeps to so many columns: the bar gets shorter, then names, then the bar goes, then
    /// the second emotion's figure.
    fn of(spans: &[Span], width: Option<usize>) -> Row {
        let most = |of: &dyn Fn(&Span) -> usize| spans.iter().map(of).max().unwrap_or(0);
        let speaker = most(&|span| columns(&speaker(span)));
        let time = most(&|span| clock(span.start).len().max(clock(span.end).len()));
        let [with, without] = [true, false].map(|figure| most(&|span| columns(&second(span, figure))));
        let whole = Row { time: TIME, speaker, bar: BAR, figure: true };
        let Some(width) = width else { return whole };
        let over = |row: Row| (row.columns() + if row.figure { with } else { without }).saturating_sub(width);
        let tight = Row { time: time.min(TIME), ..whole };
        for row in [whole, tight] {
            let bar = BAR.saturating_sub(over(row));
            if bar >= LEAST_BAR {
                return Row { bar, ..row };
            }
        }
        for row in [Row { bar: LEAST_BAR, ..tight }, Row { bar: 0, ..tight }] {
            if over(row) <= speaker.saturating_sub(LEAST_NAME) {
                return Row { speaker: speaker - over(row), ..row };
            }
        }
        let shortest = Row { bar: 0, figure: false, ..tight };
        Row { speaker: speaker.saturating_sub(over(shortest)).max(usize::from(speaker > 0)), ..shortest }
    }

    /// Columns of a line but for its second emotion.
    fn columns(self) -> usize {
        let part = |columns: usize, gap: usize| if columns > 0 { columns + gap } else { 0 };
        2 + 2 * self.time + 4 + part(self.speaker, 2) + EMOTION + part(self.bar, 1) + PERCENT
    }

    fn write(self, out: &mut String, span: &Span, style: Style) {
        let Row { time, bar, .. } = self;
        let Label { emotion: top, probability: p, .. } = Label::from(span);
        let filled = ((p * bar as f32).round() as usize).min(bar);
        let bar = match bar {
            0 => String::new(),
            _ => {
                style.paint(colour(top), &format!("{}{}", "█".repeat(filled), "·".repeat(bar - filled))) + " "
            }
        };
        let speaker = match self.speaker {
            0 => String::new(),
            most => padded(&shortened(&speaker(span), most), most) + "  ",
        };
        let _ = writeln!(
            out,
            "  {:>time$} – {:<time$} {speaker}{} {bar}{:>3.0} %{}",
            clock(span.start),
            clock(span.end),
            style.paint(colour(top), &format!("{top:<EMOTION$}")),
            100.0 * p,
            second(span, self.figure)
        );
    }
}

fn speaker(span: &Span) -> String {
    span.speaker.as_deref().map(label::line).unwrap_or_default()
}

/// `  or happy 40 %` where a second emotion is close.
fn second(span: &Span, figure: bool) -> String {
    match Label::from(span).second {
        Some((emotion, p)) if figure => format!("  or {emotion} {:.0} %", 100.0 * p),
        Some((emotion, _)) => format!("  or {emotion}"),
        None => String::new(),
    }
}

fn summary(out: &mut String, recording: &Analysis, style: Style) {
    words::facts(recording).iter().for_each(|(name, value)| fact(out, name, value, style));
}

/// A name and its value beside it, or below where the name takes more than half of the line.
fn fact(out: &mut String, name: &str, value: &str, style: Style) {
    let width = style.width.unwrap_or(WIDTH);
    let (beside, below) =
        (width.saturating_sub(3 + columns(name).max(INDENT - 3)), width.saturating_sub(INDENT));
    let mut lines = Vec::new();
    if 2 * beside >= width {
        let mut texts = wrapped(value, beside, below).into_iter();
        let head = style.paint("1", &padded(name, INDENT - 3));
        lines.push(format!("  {head} {}", texts.next().unwrap_or_default()));
        lines.extend(texts.map(|line| format!("{:INDENT$}{line}", "")));
    } else {
        let name = wrapped(name, width.saturating_sub(2), width.saturating_sub(2));
        lines.extend(name.iter().map(|line| format!("  {}", style.paint("1", line))));
        lines.extend(wrapped(value, below, below).iter().map(|line| format!("{:INDENT$}{line}", "")));
    }
    let _ = writeln!(out, "{}", lines.join("\n"));
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
        recording(&result, Style { colour, width: None })
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
            closing(&model, Style::default())
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
        let text = recording(&result, Style::default());
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
        assert!(recording(&result, Style::default()).contains("failed: no such file"));
    }

    /// Two speakers with long and wide names, in a recording with a long and wide name; every kind of line.
    fn wide() -> Analysis {
        let mut spans = Vec::new();
        for (number, name) in
            ["山田太郎さん（カスタマーサポート）", "agent", "a-name-as-long-as-a-line-".repeat(4).as_str()]
                .into_iter()
                .enumerate()
        {
            let mut one = span(number == 0);
            (one.start, one.end) = (3700.0 * number as f64, 3700.0 * number as f64 + 8.0);
            one.speaker = Some(name.to_string());
            spans.push(one);
        }
        let mut result = Analysis {
            path: format!("calls/{}/通話記録.wav", "x".repeat(210)).into(),
            seconds: 7500.0,
            summary: summarise(&spans, 7500.0),
            spans,
            ..Default::default()
        };
        let warning = crate::error::Warning::new(crate::WarningCode::Other, "a gap\nof ".repeat(30));
        result.warnings.push(warning);
        result
    }

    #[test]
    fn no_line_is_longer_than_the_terminal() {
        let failure = Failure { kind: crate::ErrorKind::Io, message: "y".repeat(300) };
        let failed = Analysis { path: "x.wav".into(), error: Some(failure), ..Default::default() };
        for width in [60, 80, 100, 200] {
            let style = Style { colour: false, width: Some(width) };
            let model = crate::report::sample::report(Vec::new()).model;
            let mut text = recording(&wide(), style) + &recording(&failed, style) + &closing(&model, style);
            wide().spans.iter().for_each(|one| text += &super::span(one, style));
            let widest = text.lines().map(columns).max().unwrap_or(0);
            assert!(widest <= width && widest > width - 12, "{widest} of {width}:\n{text}");
            for part in ["agent", "or happy", "90 %", "2:03:20"] {
                assert!(text.contains(part), "{part} at {width}:\n{text}");
            }
        }
    }

    #[test]
    fn lines_of_spans_stand_below_each_other_and_a_bar_stays_where_it_can() {
        let row = |width, name: &str| {
            let mut one = span(true);
            one.speaker = Some(name.to_string());
            Row::of(&[one], width)
        };
        let whole = Row { time: 8, speaker: 5, bar: 20, figure: true };
        assert_eq!([row(None, "agent"), row(Some(100), "agent")], [whole; 2]);
        assert_eq!(row(Some(70), "agent"), Row { bar: 10, ..whole });
        assert_eq!(row(Some(60), "agent"), Row { time: 6, bar: 0, ..whole });
        let long = "x".repeat(300);
        assert_eq!(row(Some(80), &long), Row { time: 6, speaker: 23, bar: 6, figure: true });
        assert_eq!(row(None, &long).speaker, 300);
        let text = recording(&wide(), Style { colour: false, width: Some(100) });
        let lines = text.lines().filter(|line| line.contains(" – "));
        let percent: Vec<usize> = lines.filter_map(|line| Some(columns(&line[..line.find(" %")?]))).collect();
        assert!(percent.len() == 3 && percent.iter().all(|at| *at == percent[0]), "{text}");
    }

    #[test]
    fn times_beyond_an_hour_have_hours() {
        assert_eq!((clock(59.96), clock(3723.0)), ("1:00.0".to_string(), "1:02:03".to_string()));
    }
}
