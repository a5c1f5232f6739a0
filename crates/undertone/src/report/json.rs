//! JSON: the whole report, or one recording a line.

use crate::analysis::{RecordingResult, Report};
use crate::error::{Error, Result};

/// The report as indented JSON; the schema is `docs/schema/undertone-1.json`.
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
pub fn json_line(recording: &RecordingResult) -> Result<String> {
    serde_json::to_string(recording).map_err(|error| Error::from(std::io::Error::from(error)))
}
