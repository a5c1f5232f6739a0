//! Speakers by number, by channel; and live streams.

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::{EXAMPLE, command, stderr, stdout, undertone};

fn recording(arguments: &[&str]) -> Value {
    let mut all = vec!["analyze", EXAMPLE, "--json", "--quiet"];
    all.extend(arguments);
    let output = undertone(&all);
    assert!(output.status.success(), "{}", stderr(&output));
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    report["recordings"][0].clone()
}

fn names(recording: &Value) -> Vec<String> {
    let speakers = recording["speakers"].as_array().unwrap();
    speakers.iter().map(|speaker| speaker["id"].as_str().unwrap().to_string()).collect()
}

#[test]
fn two_speakers_in_one_channel_are_diarized_on_request() {
    let found = recording(&["--speakers", "2"]);
    assert_eq!(names(&found), ["speaker 1", "speaker 2"]);
    assert!(found["spans"].as_array().unwrap().iter().all(|span| span["speaker"].is_string()));
    assert_eq!(names(&recording(&["--speakers", "1"])), ["speaker 1"]);
}

#[test]
fn names_without_channels_and_impossible_numbers_are_refused_with_the_remedy() {
    for (speakers, remedy) in [("agent,caller", "--channels split"), ("0", "1 to 32"), ("99", "1 to 32")] {
        let refused = undertone(&["analyze", EXAMPLE, "--speakers", speakers]);
        assert_eq!(refused.status.code(), Some(2), "{speakers}");
        assert!(stderr(&refused).contains(remedy), "{speakers}: {}", stderr(&refused));
    }
}

#[test]
fn who_follows_gets_spans_first_and_the_summary_once() {
    let text = stdout(&undertone(&["analyze", EXAMPLE, "--follow"]));
    let spans = text.lines().filter(|line| line.contains('█')).count();
    assert!(spans >= 5, "{text}");
    assert!(text.find('█') < text.find("share"), "{text}");
    assert_eq!(text.matches("  share").count(), 1, "{text}");
    let lines = stdout(&undertone(&["analyze", EXAMPLE, "--follow", "--jsonl"]));
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (last, spans) = lines.split_last().unwrap();
    assert!(spans.len() >= 5 && spans.iter().all(|span| span["emotion"].is_string()));
    assert!(last["summary"].is_object());
    let refused = undertone(&["analyze", EXAMPLE, "--follow", "--csv"]);
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn spans_come_while_the_stream_still_runs() {
    let sound = std::fs::read(EXAMPLE).unwrap();
    let mut child = command()
        .args(["analyze", "-", "--follow"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // Twelve seconds, and then nothing more as long as the pipe is open.
    input.write_all(&sound[..44 + 12 * 32_000]).unwrap();
    input.flush().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let first = lines.next().unwrap().unwrap();
    assert!(first.contains('█'), "{first}");
    drop(input);
    assert!(lines.map(Result::unwrap).any(|line| line.contains("share")));
    assert!(child.wait().unwrap().success());
}
