//! Every format that the command writes: what is in it, where it goes, and that other people's readers read it.

use std::path::Path;
use std::process::Command;

use crate::{EXAMPLE, file, json, stderr, stdout, text, undertone};

const READERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/readers/check.py");

/// The example's samples as two channels, the second a second later: two voices that overlap.
fn call(folder: &Path) -> std::path::PathBuf {
    let mut reader = hound::WavReader::open(EXAMPLE).unwrap();
    let rate = reader.spec().sample_rate;
    let samples: Vec<i16> = reader.samples::<i16>().map(Result::unwrap).take(8 * rate as usize).collect();
    let path = folder.join("call.wav");
    let spec = hound::WavSpec { channels: 2, ..reader.spec() };
    let mut writer = hound::WavWriter::create(&path, spec).unwrap();
    for (at, &sample) in samples.iter().enumerate() {
        writer.write_sample(sample).unwrap();
        writer.write_sample(at.checked_sub(rate as usize).map_or(0, |earlier| samples[earlier])).unwrap();
    }
    writer.finalize().unwrap();
    path
}

/// Three seconds in which nobody speaks.
fn silence(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("silence.wav");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&path, spec).unwrap();
    (0..48_000).for_each(|_| writer.write_sample(0i16).unwrap());
    writer.finalize().unwrap();
    path
}

/// Every format of a recording in a folder, read by other people's readers.
fn read_by_others(test: &str, recording: &Path, folder: &Path, more: &[&str]) {
    let formats = [
        ("json", "json"),
        ("srt", "srt"),
        ("vtt", "vtt"),
        ("textgrid", "TextGrid"),
        ("eaf", "eaf"),
        ("rttm", "rttm"),
        ("audacity", "txt"),
        ("csv", "csv"),
        ("csv-excel", "excel.csv"),
        ("audformat", "audformat.csv"),
    ];
    for (format, extension) in formats {
        let path = folder.join(format!("result.{extension}"));
        let mut arguments = vec!["analyze", text(recording), "--format", format, "--output", text(&path)];
        arguments.extend(more);
        let output = undertone(&arguments);
        assert_eq!(output.status.code(), Some(0), "{format}: {}", stderr(&output));
    }
    let Ok(output) = Command::new("python3").arg(READERS).arg(folder).output() else {
        eprintln!("skipped: {test} needs python3");
        return;
    };
    let said = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{said}{}", stderr(&output));
    said.lines()
        .filter(|line| line.contains("skipped"))
        .for_each(|line| eprintln!("skipped: {test}: {line}"));
    assert!(said.contains("txt: ok") && said.contains("excel.csv: ok"), "{said}");
}

#[test]
fn other_peoples_readers_find_in_every_format_what_the_json_says() {
    let folder = tempfile::tempdir().unwrap();
    let recording = call(folder.path());
    let more = ["--channels", "split", "--speakers", "agent <b>&\"x,caller"];
    read_by_others(
        "other_peoples_readers_find_in_every_format_what_the_json_says",
        &recording,
        folder.path(),
        &more,
    );
}

#[test]
fn other_peoples_readers_read_every_format_where_nobody_speaks() {
    let folder = tempfile::tempdir().unwrap();
    let recording = silence(folder.path());
    read_by_others(
        "other_peoples_readers_read_every_format_where_nobody_speaks",
        &recording,
        folder.path(),
        &[],
    );
}

#[test]
fn every_recording_has_its_rows_whatever_became_of_it() {
    let (folder, letter) = file("letter.wav", b"Dear reader, this is no recording at all.\n");
    let quiet = silence(folder.path());
    let output = undertone(&["analyze", text(&letter), text(&quiet), EXAMPLE, "--csv"]);
    assert_eq!(output.status.code(), Some(1));
    let shown = stdout(&output);
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[0].ends_with(",status,message"), "{shown}");
    assert!(lines[1].contains("letter.wav,,,") && lines[1].contains(",error,"), "{shown}");
    assert!(lines[2].contains("silence.wav,,,") && lines[2].contains(",no-speech,"), "{shown}");
    assert!(lines[3..].len() >= 6 && lines[3..].iter().all(|line| line.ends_with(",ok,")), "{shown}");
    let excel = undertone(&["analyze", text(&quiet), "--csv-excel"]);
    assert!(stdout(&excel).starts_with("\u{feff}path;start;"), "{}", stdout(&excel));
    assert_eq!(undertone(&["analyze", EXAMPLE, "--csv-excel", "--csv"]).status.code(), Some(2));
}

#[test]
fn a_turn_is_a_line_of_the_real_time_context_standard() {
    let folder = tempfile::tempdir().unwrap();
    let recording = call(folder.path());
    let more = ["--channels", "split", "--speakers", "agent,caller", "--format"];
    let shown = stdout(&undertone(&[&["analyze", text(&recording)], &more[..], &["rcs"]].concat()));
    let report = json(&undertone(&[&["analyze", text(&recording)], &more[..], &["json"]].concat()));
    let spans = report["recordings"][0]["spans"].as_array().unwrap();
    let turns = spans.chunk_by(|a, b| a["speaker"] == b["speaker"]).count();
    assert_eq!(shown.lines().count(), turns, "{shown}");
    for line in shown.lines() {
        let (emotion, arousal) = line.split_once("],[arousal value=").unwrap();
        let named = emotion.strip_prefix("([emotion ").unwrap().split(", ");
        let sum: f64 = named.map(|one| one.split_once('=').unwrap().1.parse::<f64>().unwrap()).sum();
        let arousal: f64 = arousal.strip_suffix("])").unwrap().parse().unwrap();
        assert!(sum > 0.1 && sum < 1.02 && (0.0..=1.0).contains(&arousal), "{line}");
    }
}

#[test]
fn a_format_of_one_recording_goes_to_a_folder_where_there_are_several() {
    let folder = tempfile::tempdir().unwrap();
    let (calls, captions) = (folder.path().join("calls"), folder.path().join("captions"));
    std::fs::create_dir_all(calls.join("may")).unwrap();
    for name in ["a.wav", "may/a.wav"] {
        std::fs::copy(EXAMPLE, calls.join(name)).unwrap();
    }
    let refused = undertone(&["analyze", text(&calls), "--format", "srt"]);
    assert!(
        refused.status.code() == Some(2) && stderr(&refused).contains("--output DIR"),
        "{}",
        stderr(&refused)
    );
    let (_file, taken) = file("taken", b"");
    let refused = undertone(&["analyze", text(&calls), "--format", "srt", "--output", text(&taken)]);
    assert!(
        refused.status.code() == Some(2) && stderr(&refused).contains("is a file"),
        "{}",
        stderr(&refused)
    );
    // The same file by its own name clashes with the one below the folder; the one that is missing has no captions.
    let again = calls.join("a.wav");
    let output = undertone(&[
        "analyze",
        text(&calls),
        text(&again),
        "missing.wav",
        "--format",
        "srt",
        "--output",
        text(&captions),
    ]);
    assert_eq!(output.status.code(), Some(1));
    for name in ["a.srt", "may/a.srt"] {
        assert!(std::fs::read_to_string(captions.join(name)).unwrap().starts_with("1\n00:00:00,"), "{name}");
    }
    let mut names: Vec<String> = std::fs::read_dir(&captions)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["a-2.srt", "a.srt", "may"]);
}

#[test]
fn short_forms_are_formats_and_two_at_once_are_refused() {
    let (long, short) =
        (undertone(&["analyze", EXAMPLE, "--format", "csv"]), undertone(&["analyze", EXAMPLE, "--csv"]));
    assert!(stdout(&long).starts_with("path,start") && stdout(&long) == stdout(&short));
    json(&undertone(&["analyze", EXAMPLE, "--format", "json"]));
    assert_eq!(undertone(&["analyze", EXAMPLE, "--format", "srt", "--json"]).status.code(), Some(2));
    let unknown = undertone(&["analyze", EXAMPLE, "--format", "doc"]);
    assert!(unknown.status.code() == Some(2) && stderr(&unknown).contains("doc"), "{}", stderr(&unknown));
    let markdown = stdout(&undertone(&["analyze", EXAMPLE, "--format", "markdown"]));
    assert!(
        markdown.contains("| start | end |") && markdown.contains("not of what a person feels"),
        "{markdown}"
    );
}

#[test]
fn a_page_holds_the_recording_and_plots_are_files() {
    let folder = tempfile::tempdir().unwrap();
    let (page, plots) = (folder.path().join("page.html"), folder.path().join("plots"));
    let output = undertone(&["analyze", EXAMPLE, "--json", "--html", text(&page), "--svg", text(&plots)]);
    json(&output);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(
        page.contains("src=\"data:audio/wav;base64,UklGR") && page.contains("data-t="),
        "no recording inside"
    );
    assert!(page.contains("not of what a person feels") && page.contains("undertone model info"));
    for plot in ["waveform", "emotions", "posteriors", "affect"] {
        let text = std::fs::read_to_string(plots.join(format!("conversation.{plot}.svg"))).unwrap();
        assert!(text.starts_with("<svg xmlns"), "{plot}");
    }
}

#[test]
fn a_recording_that_failed_leaves_no_file_of_captions() {
    let (folder, letter) = file("letter.wav", b"Dear reader, this is no recording at all.\n");
    let captions = folder.path().join("letter.srt");
    let output = undertone(&["analyze", text(&letter), "--format", "srt", "--output", text(&captions)]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(!captions.exists());
}
