//! What people see: lines within the terminal's width, and each failure once.

use std::process::{Command, Output, Stdio};

use crate::{EXAMPLE, file, json, stderr, stdout, text, undertone};

fn in_columns(columns: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_undertone"));
    command.args(arguments).env("COLUMNS", columns).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn lines_keep_to_the_width_of_the_terminal() {
    let (_folder, sound) =
        file(&format!("{}.wav", "a long name ".repeat(12)), &std::fs::read(EXAMPLE).unwrap());
    for (columns, width) in [("60", 60), ("80", 80), ("100", 100), ("200", 200), ("20", 60), ("900", 200)] {
        let shown = stdout(&in_columns(columns, &["analyze", text(&sound)]));
        let widest = shown.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= width && widest > width - 30, "{widest} of {width}:\n{shown}");
        assert!(shown.contains(" – ") && shown.contains("share"), "{shown}");
    }
    let piped = undertone(&["analyze", text(&sound)]);
    assert_eq!(stdout(&in_columns("nonsense", &["analyze", text(&sound)])), stdout(&piped));
    assert!(
        stdout(&piped)
            .lines()
            .any(|line| line.contains("a long name  0:24.6") || line.contains(".wav  0:24.6"))
    );
}

#[test]
fn a_failure_is_told_once() {
    let (folder, letter) = file("letter.wav", b"Dear reader, this is no recording at all.\n");
    let inputs = ["analyze", text(&letter), "missing.wav", EXAMPLE];
    let told = |output: &Output, word: &str| (stdout(output) + &stderr(output)).matches(word).count();
    let output = undertone(&inputs);
    assert_eq!(output.status.code(), Some(1));
    for word in ["letter.wav", "it is text", "missing.wav", "no such file"] {
        assert_eq!(told(&output, word), 1, "{word}: {}{}", stdout(&output), stderr(&output));
    }
    assert!(stdout(&output).contains("share") && stdout(&output).contains("not of what a person feels"));
    let alone = undertone(&["analyze", "missing.wav"]);
    assert_eq!((stdout(&alone), stderr(&alone).lines().count()), (String::new(), 1), "{}", stderr(&alone));
    // Data says it too, and a report that is kept.
    let output = undertone(&[&inputs[..], &["--json"]].concat());
    assert_eq!(json(&output)["recordings"][1]["error"]["kind"], "io");
    assert_eq!(stderr(&output).lines().count(), 2, "{}", stderr(&output));
    let kept = folder.path().join("report.txt");
    let output = undertone(&[&inputs[..], &["--output", text(&kept)]].concat());
    assert_eq!(stderr(&output).lines().count(), 2, "{}", stderr(&output));
    assert_eq!(std::fs::read_to_string(&kept).unwrap().matches("failed: ").count(), 2);
}

#[test]
fn channels_of_a_mono_recording_cannot_be_split_and_it_is_told() {
    let codes = |arguments: &[&str]| -> Vec<String> {
        let report = json(&undertone(arguments));
        let warnings = report["recordings"][0]["warnings"].as_array().unwrap().clone();
        warnings.iter().map(|one| one["code"].as_str().unwrap().to_string()).collect()
    };
    assert_eq!(codes(&["analyze", EXAMPLE, "--json", "--channels", "split"]), ["mono"]);
    assert_eq!(codes(&["analyze", EXAMPLE, "--json"]), [""; 0]);
    let shown = stdout(&undertone(&["analyze", EXAMPLE, "--channels", "split"]));
    assert!(shown.contains("note: the recording is mono"), "{shown}");
}
