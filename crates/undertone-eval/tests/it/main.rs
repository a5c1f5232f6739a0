//! Corpora, protocols and figures through the public entries, on real corpora where they are at hand.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write;

mod corpora;
mod evaluation;
mod speakers;

/// Says loudly, past the test runner's capture, that a test did not run.
pub fn skipped(test: &str, needs: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {test} needs {needs}");
}
