//! Encoders of others by their names: what is missing is said, with the command that brings it.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::{EXAMPLE, stderr};

/// What `analyze` says of a model where encoders lie in `cache`.
fn refused(model: &str, cache: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_undertone"));
    let arguments = ["analyze", EXAMPLE, "--model", model];
    let output = command.args(arguments).env("UNDERTONE_CACHE", cache).stdin(Stdio::null()).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{}", stderr(&output));
    stderr(&output)
}

#[test]
fn an_encoder_that_was_not_fetched_and_one_without_a_head_are_refused_with_the_command_to_run() {
    let cache = tempfile::tempdir().unwrap();
    let error = refused("whisper-base", cache.path());
    assert!(error.contains("'default'") && error.contains("undertone model pull"), "{error}");
    std::fs::create_dir(cache.path().join("whisper-base")).unwrap();
    let error = refused("whisper-base", cache.path());
    assert!(error.contains("no head over it") && error.contains("undertone train head"), "{error}");
    // A path is no name of an encoder.
    let error = refused("../whisper-base", &cache.path().join("whisper-base"));
    assert!(error.contains("no such model"), "{error}");
}
