//! The trainer: gradients against finite differences, the exported file against the network, one seed one model.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write;

mod bank;
mod export;
mod layer;
mod reference;
mod teacher;
mod training;

/// Says loudly, past the test runner's capture, that a test did not run.
pub fn skipped(test: &str, needs: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {test} needs {needs}");
}
