//! Markdown: per recording a summary and a table of spans.

use std::fmt::Write;

use super::label::{label, line};
use super::text::clock;
use super::{CAVEAT, words};
use crate::analysis::{Analysis, Report, Span};
use crate::error::Result;

/// All recordings, one heading each.
///
/// # Errors
/// None today.
pub fn markdown(report: &Report) -> Result<String> {
    let mut out = String::from("# Emotion in speech\n");
    report.recordings.iter().for_each(|recording| section(&mut out, recording));
    let model = format!("{} {}", report.model.name, report.model.version);
    let _ = writeln!(out, "\n{} Model: {}; {}.", CAVEAT, plain(&model), plain(&report.tool));
    Ok(out)
}

fn section(out: &mut String, recording: &Analysis) {
    let _ = writeln!(out, "\n## {}", plain(&recording.path.to_string_lossy()));
    if let Some(error) = &recording.error {
        let _ = writeln!(out, "\nFailed: {}", plain(&error.message));
        return;
    }
    let _ = writeln!(out, "\n{}.", words::extent(recording));
    if !recording.summary.line.is_empty() {
        let _ = writeln!(out, "\n{}", plain(&recording.summary.line));
    }
    for (number, warning) in recording.warnings.iter().enumerate() {
        let _ = writeln!(out, "{}- Note: {}", if number == 0 { "\n" } else { "" }, plain(&warning.message));
    }
    for (number, (name, value)) in words::facts(recording).into_iter().enumerate() {
        let _ =
            writeln!(out, "{}- **{}**: {}", if number == 0 { "\n" } else { "" }, plain(&name), plain(&value));
    }
    if recording.spans.is_empty() {
        return;
    }
    *out += "\n| start | end | speaker | emotion | valence | arousal |\n|---:|---:|---|---|---:|---:|\n";
    recording.spans.iter().for_each(|span| row(out, span));
}

fn row(out: &mut String, span: &Span) {
    let _ = writeln!(
        out,
        "| {} | {} | {} | {} | {} | {} |",
        clock(span.start),
        clock(span.end),
        plain(span.speaker.as_deref().unwrap_or("")),
        label(span),
        words::signed(span.valence),
        words::signed(span.arousal)
    );
}

/// Text that is only text: one line, everything that Markdown reads as markup escaped.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in line(text).chars() {
        if "\\`*_[]<>|#&~".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::{report, sample, silent};
    use super::*;
    use crate::analysis::{Failure, Summary};
    use crate::error::{Warning, WarningCode};

    #[test]
    fn a_recording_is_a_heading_facts_and_a_table() {
        let mut recording = sample();
        recording.summary =
            Summary { line: "Mostly sad.".into(), sentiment: Some(-0.1), ..Summary::default() };
        let nasty = "Ann \\<b\\>\\&\"'\\\\ x";
        let want = format!(
            "# Emotion in speech\n\n## calls/a \"b\" \\<c\\>\\&\\| .wav\n\n0:10.5, 2 channels, speech 0:07.8.\n\n\
             Mostly sad.\n\n- **sentiment**: -0.10\n- **adaptation**: none; prior auto\n\n\
             | start | end | speaker | emotion | valence | arousal |\n|---:|---:|---|---|---:|---:|\n\
             | 0:00.5 | 0:03.1 | agent | angry 82 % | -0.36 | +0.42 |\n\
             | 0:02.0 | 0:04.3 | {nasty} | sad 70 % | -0.25 | -0.11 |\n\
             | 0:04.3 | 0:06.0 | {nasty} | happy 90 % | +0.71 | +0.45 |\n\
             | 0:08.0 | 0:09.2 | agent | neutral 90 % | +0.16 | -0.12 |\n\n\
             {CAVEAT} Model: small 1; undertone 0.0.0.\n"
        );
        assert_eq!(markdown(&report(vec![recording])).unwrap(), want);
    }

    #[test]
    fn silence_and_failure_say_why_there_is_no_table() {
        let mut quiet = silent();
        quiet.warnings = vec![Warning::new(WarningCode::NoSpeech, "nobody speaks")];
        let error = Some(Failure { kind: crate::ErrorKind::Io, message: "no such file".into() });
        let failed = Analysis { path: "x.wav".into(), error, ..Analysis::default() };
        let text = markdown(&report(vec![quiet, failed])).unwrap();
        for part in ["- Note: nobody speaks\n", "## x.wav\n\nFailed: no such file\n"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("| start |"));
    }
}
