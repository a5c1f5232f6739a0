//! Long jobs by the door: what is done outlives Ctrl-C and SIGKILL, and a resumed run does the rest and no more.
#![cfg(unix)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{EXAMPLE, command, file, json, stderr, stdout, text, undertone};

/// A folder of `count` recordings, and a place for lines.
fn folder(count: usize) -> (tempfile::TempDir, PathBuf, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("calls");
    std::fs::create_dir(&folder).unwrap();
    for n in 0..count {
        std::fs::copy(EXAMPLE, folder.join(format!("{n}.wav"))).unwrap();
    }
    let lines = place.path().join("result.jsonl");
    (place, folder, lines)
}

fn partial(lines: &Path) -> PathBuf {
    PathBuf::from(format!("{}.partial", text(lines)))
}

/// The program at work on a folder, once it has written its first line.
fn begun(folder: &Path, lines: &Path, more: &[&str]) -> Child {
    let child = command()
        .args(["analyze", text(folder), "--jsonl", "--output", text(lines)])
        .args(more)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while !std::fs::read_to_string(partial(lines)).is_ok_and(|text| text.contains('\n')) {
        assert!(begun.elapsed() < Duration::from_secs(120), "no line was written");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

fn results(lines: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(lines).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "the last line is whole");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every recording of the folder exactly once.
fn assert_whole(lines: &Path, count: usize) {
    let mut paths: Vec<String> =
        results(lines).iter().map(|result| result["path"].as_str().unwrap().to_string()).collect();
    paths.sort();
    let all = paths.len();
    paths.dedup();
    assert_eq!((paths.len(), all), (count, count), "{paths:?}");
}

#[test]
fn what_was_done_before_a_kill_is_not_lost_and_not_done_again() {
    let (_place, folder, lines) = folder(6);
    let mut child = begun(&folder, &lines, &[]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!lines.exists(), "the file has its name when it is whole");
    // A mark in the first line shows whether it is kept; half a line is what a kill in the middle of a write leaves.
    let marked =
        std::fs::read_to_string(partial(&lines)).unwrap().replacen("\"seconds\":24", "\"seconds\":77", 1);
    let done = marked.lines().count();
    std::fs::write(partial(&lines), format!("{marked}{{\"path\":\"calls/5.w")).unwrap();
    let refused = undertone(&["analyze", text(&folder), "--jsonl", "--output", text(&lines)]);
    assert!(
        refused.status.code() == Some(2) && stderr(&refused).contains("--resume"),
        "{}",
        stderr(&refused)
    );
    let mut child = begun(&folder, &lines, &["--resume"]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(results_of_whole_lines(&partial(&lines)) >= done, "a second kill loses nothing either");
    let output = undertone(&["analyze", text(&folder), "--jsonl", "--output", text(&lines), "--resume"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_whole(&lines, 6);
    assert!(!partial(&lines).exists());
    assert_eq!(results(&lines)[0]["seconds"].as_f64().unwrap() as u32, 77);
}

fn results_of_whole_lines(path: &Path) -> usize {
    std::fs::read_to_string(path).unwrap().matches('\n').count()
}

#[test]
fn ctrl_c_leaves_whole_lines_and_the_rest_is_done_by_resume() {
    let (_place, folder, lines) = folder(6);
    let child = begun(&folder, &lines, &[]);
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    let done = results(&lines).len();
    assert!((1..6).contains(&done), "{done}");
    assert!(stderr(&output).contains(&format!("{done} of 6 recordings are done")), "{}", stderr(&output));
    let output = undertone(&["analyze", text(&folder), "--jsonl", "--output", text(&lines), "--resume"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_whole(&lines, 6);
}

#[test]
fn ctrl_c_ends_a_stream_that_never_ends_and_json_stays_json() {
    let mut child = command()
        .args(["analyze", EXAMPLE, "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    // More than a pipe holds: once this is written, the program reads its standard input and has done the recording before.
    let mut wave = std::fs::read(EXAMPLE).unwrap();
    wave[40..44].fill(0xff);
    pipe.write_all(&wave).unwrap();
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    drop(pipe);
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    let recordings = json(&output)["recordings"].as_array().unwrap().len();
    assert_eq!(recordings, 1, "the one under way is left out whole");
}

#[test]
fn a_file_of_which_nothing_was_done_is_left_as_it_was() {
    let (folder, path) = file("old.json", b"precious");
    let mut child = command()
        .args(["analyze", "-", "--json", "--output", text(&path)])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(&std::fs::read(EXAMPLE).unwrap()[..400_000]).unwrap();
    interrupt(&child);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
    drop(pipe);
    assert_eq!(std::fs::read(&path).unwrap(), b"precious");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "and nothing lies beside it");
}

#[test]
fn what_failed_or_changed_is_done_anew() {
    let (_place, folder, lines) = folder(2);
    std::fs::write(folder.join("2.wav"), "no sound yet").unwrap();
    let arguments = ["analyze", text(&folder), "--jsonl", "--output", text(&lines), "--resume"];
    assert_eq!(undertone(&arguments).status.code(), Some(1), "without a file it begins one");
    let before = std::fs::read_to_string(&lines).unwrap();
    std::fs::copy(EXAMPLE, folder.join("2.wav")).unwrap();
    let shorter = std::fs::read(EXAMPLE).unwrap()[..44 + 2 * 10 * 16_000].to_vec();
    std::thread::sleep(Duration::from_millis(50));
    std::fs::write(folder.join("1.wav"), shorter).unwrap();
    assert_eq!(undertone(&arguments).status.code(), Some(0));
    assert_whole(&lines, 3);
    let after = std::fs::read_to_string(&lines).unwrap();
    assert_eq!(before.lines().next(), after.lines().next(), "0.wav is as it was");
    let seconds: Vec<u32> =
        results(&lines).iter().map(|result| result["seconds"].as_f64().unwrap().round() as u32).collect();
    assert_eq!(seconds, [25, 10, 25]);
    assert_eq!(undertone(&arguments).status.code(), Some(0), "nothing is left to do");
    assert_eq!(std::fs::read_to_string(&lines).unwrap(), after);
}

#[test]
fn resuming_what_cannot_be_resumed_is_refused_and_harms_nothing() {
    let (_folder, path) = file("notes.txt", b"Dear diary,\nnothing of the kind.\n");
    for (arguments, word) in [
        (vec!["analyze", EXAMPLE, "--resume"], "--jsonl --output FILE"),
        (vec!["analyze", EXAMPLE, "--jsonl", "--resume"], "--jsonl --output FILE"),
        (vec!["analyze", EXAMPLE, "--json", "--output", text(&path), "--resume"], "--jsonl"),
        (vec!["analyze", "-", "--jsonl", "--output", text(&path), "--resume"], "standard input"),
        (vec!["analyze", EXAMPLE, "--jsonl", "--output", text(&path), "--resume"], "line 1 is no result"),
    ] {
        let output = undertone(&arguments);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{arguments:?}");
        assert!(stderr(&output).contains(word), "{word}: {}", stderr(&output));
    }
    std::fs::write(&path, "one line without an end").unwrap();
    let output = undertone(&["analyze", EXAMPLE, "--jsonl", "--output", text(&path), "--resume"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "one line without an end");
}
