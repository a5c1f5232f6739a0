//! Live audio: every span is written, and flushed, as soon as it is complete.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use crate::{EXAMPLE, command, stderr, undertone};

/// What is written of the example in a format: before standard input ends (as many lines as `whole` asks for), and after.
fn follow(format: &str, whole: fn(&str) -> bool) -> (String, String) {
    let mut child = command()
        .args(["analyze", "-", "--follow", "--format", format])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut wave = std::fs::read(EXAMPLE).unwrap();
    wave[40..44].fill(0xff);
    let mut input = child.stdin.take().unwrap();
    input.write_all(&wave).unwrap();
    input.flush().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (sender, receiver) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        lines.map(Result::unwrap).for_each(|line| sender.send(line).unwrap());
    });
    let mut before = String::new();
    while !whole(&before) {
        before +=
            &receiver.recv_timeout(Duration::from_secs(300)).expect("nothing is written before the end");
        before.push('\n');
    }
    drop(input);
    let mut after = String::new();
    receiver.iter().for_each(|line| after += &format!("{line}\n"));
    reader.join().unwrap();
    assert!(child.wait().unwrap().success());
    (before, after)
}

/// The number, start, end and text of every cue.
fn cues(text: &str) -> Vec<[String; 4]> {
    let cue = |block: &str| {
        let mut lines = block.lines();
        let number = lines.next()?.to_string();
        let (start, end) = lines.next()?.split_once(" --> ")?;
        Some([number, start.to_string(), end.to_string(), lines.next()?.to_string()])
    };
    text.split("\n\n").filter(|block| block.contains(" --> ")).map(|block| cue(block).unwrap()).collect()
}

#[test]
fn captions_are_written_while_the_sound_goes_on() {
    for (format, opening) in [("vtt", "WEBVTT\n\nNOTE "), ("srt", "1\n00:00:")] {
        let (before, after) = follow(format, |text| text.matches("\n\n").count() >= 4);
        let text = before + &after;
        assert!(text.starts_with(opening), "{text}");
        let cues = cues(&text);
        assert!(cues.len() >= 6, "{text}");
        for (at, pair) in cues.windows(2).enumerate() {
            assert_eq!(pair[0][0], (at + 1).to_string(), "cues are numbered: {text}");
            assert!(pair[0][1] < pair[0][2] && pair[0][1] <= pair[1][1], "{text}");
        }
        let named = |text: &str| text.ends_with(" %") || text.contains(" or ");
        assert!(cues.iter().all(|cue| named(&cue[3])), "labels are those of files: {text}");
    }
}

#[test]
fn json_lines_of_a_stream_are_spans_and_last_the_recording_with_its_summary() {
    let (before, after) = follow("jsonl", |text| text.lines().count() >= 2);
    let lines: Vec<Value> =
        (before + &after).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (last, spans) = lines.split_last().unwrap();
    assert!(spans.len() >= 6 && spans.iter().all(|span| span["posterior"].is_object()));
    assert!(last["summary"]["line"].is_string() && last["spans"].is_array());
}

#[test]
fn formats_that_need_the_end_are_not_followed() {
    for more in [["--format", "csv"], ["--format", "textgrid"]] {
        let refused = undertone(&[&["analyze", EXAMPLE, "--follow"], &more[..]].concat());
        assert!(refused.status.code() == Some(2) && stderr(&refused).contains("SRT or VTT"), "{more:?}");
    }
}
