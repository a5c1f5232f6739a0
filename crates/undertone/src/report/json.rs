//! JSON: the whole report, or one recording or one span per line.

use crate::analysis::{Analysis, Report, Span};
use crate::error::{Error, Result};

/// The report as indented JSON; the schema is `docs/schema/undertone-2.json`.
///
/// # Errors
/// `Io` where a figure is not a finite number.
pub fn json(report: &Report) -> Result<String> {
    serde_json::to_string_pretty(report).map_err(|error| Error::from(std::io::Error::from(error)))
}

/// One recording on one line.
///
/// # Errors
/// As [`json`].
pub fn json_line(recording: &Analysis) -> Result<String> {
    serde_json::to_string(recording).map_err(|error| Error::from(std::io::Error::from(error)))
}

/// One span on one line, as live audio is answered.
///
/// # Errors
/// As [`json`].
pub fn span_line(span: &Span) -> Result<String> {
    serde_json::to_string(span).map_err(|error| Error::from(std::io::Error::from(error)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::{NASTY, sample};
    use super::*;

    #[test]
    fn a_span_is_one_line_that_reads_back() {
        let span = &sample().spans[1];
        let line = span_line(span).unwrap();
        assert!(
            !line.contains('\n') && line.starts_with("{\"start\":2.0,\"end\":4.25,\"channel\":1,"),
            "{line}"
        );
        let read: Span = serde_json::from_str(&line).unwrap();
        assert_eq!((&read, read.speaker.as_deref()), (span, Some(NASTY)));
    }
}
