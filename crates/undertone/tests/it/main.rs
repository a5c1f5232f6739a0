//! The library through its public entries: real bytes in, results out.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write;

mod analyze;
mod decode_matrix;
mod encoder;
mod headers;
mod model;
mod mutations;
mod recordings;
mod sound;
mod telephone;

/// Says loudly, past the test runner's capture, that a test did not run.
pub fn skipped(test: &str, needs: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {test} needs {needs}");
}
