//! The command through its front door: the built program, its exit codes, what it writes where.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod adaptation;
mod arrays;
mod captions;
mod config;
mod documents;
mod encoders;
mod enroll;
mod enrolled;
mod folders;
mod long_jobs;
mod outputs;
mod pages;
mod segments;
mod speakers;
mod summary;
mod terminal;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/conversation.wav");
const RESULTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../results");
const SCHEMA: &str = include_str!("../../../../docs/schema/undertone-2.json");

/// The command without any encoder or configuration, whatever whoever runs the tests has.
fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_undertone"));
    command.env("UNDERTONE_CACHE", concat!(env!("CARGO_TARGET_TMPDIR"), "/no-encoders"));
    command.env("UNDERTONE_NO_CONFIG", "1");
    command
}

fn undertone(arguments: &[&str]) -> Output {
    command().args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(output: &Output) -> Value {
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let wrong: Vec<String> = jsonschema::validator_for(&schema)
        .unwrap()
        .iter_errors(&value)
        .map(|error| error.to_string())
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    value
}

/// A folder with one file in it.
fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_timeline_goes_to_standard_output_without_colours_or_talk() {
    let output = undertone(&["analyze", EXAMPLE]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let shown = stdout(&output);
    assert!(shown.lines().filter(|line| line.contains(" – ")).count() >= 6, "{shown}");
    assert!(shown.contains("share") && !shown.contains('\x1b'), "{shown}");
    assert_eq!(stderr(&output), "");
}

#[test]
fn json_keeps_to_its_schema_and_posteriors_sum_to_one() {
    let value = json(&undertone(&["analyze", EXAMPLE, "--json"]));
    let spans = value["recordings"][0]["spans"].as_array().unwrap();
    assert!(spans.len() >= 6);
    for span in spans {
        let sum: f64 = span["posterior"].as_object().unwrap().values().map(|p| p.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-3);
    }
}

#[test]
fn json_lines_and_csv_have_a_line_for_each() {
    let lines = stdout(&undertone(&["analyze", EXAMPLE, EXAMPLE, "--jsonl"]));
    let recordings: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(recordings.len(), 2);
    let table = stdout(&undertone(&["analyze", EXAMPLE, "--csv"]));
    assert!(table.starts_with("path,start,end,") && table.lines().count() >= 7, "{table}");
}

#[test]
fn what_fails_is_named_the_others_are_done_and_the_exit_code_tells() {
    let (_folder, letter) = file("letter.wav", b"Dear reader, this is no recording at all.\n");
    let output = undertone(&["analyze", text(&letter), "missing.wav", EXAMPLE, "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let value = json(&output);
    assert_eq!(value["recordings"][0]["error"]["kind"], "malformed");
    assert_eq!(value["recordings"][1]["error"]["kind"], "io");
    assert!(value["recordings"][2]["error"].is_null());
    assert!(stderr(&output).contains("letter.wav") && stderr(&output).contains("missing.wav"));
}

#[test]
fn a_folder_is_searched_and_one_without_recordings_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("b")).unwrap();
    for name in ["b/two.wav", "one.wav"] {
        std::fs::copy(EXAMPLE, folder.path().join(name)).unwrap();
    }
    std::fs::write(folder.path().join("notes.txt"), "no").unwrap();
    let value = json(&undertone(&["analyze", text(folder.path()), "--json"]));
    let paths: Vec<&str> =
        value["recordings"].as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap()).collect();
    assert!(paths.len() == 2 && paths[0].ends_with("two.wav") && paths[1].ends_with("one.wav"), "{paths:?}");
    let (empty, _file) = file("notes.txt", b"no");
    let output = undertone(&["analyze", text(empty.path())]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no recording"));
}

#[test]
fn standard_input_is_read_to_its_end() {
    let mut child = command()
        .args(["analyze", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut wave = std::fs::read(EXAMPLE).unwrap();
    wave[40..44].fill(0xff);
    child.stdin.take().unwrap().write_all(&wave).unwrap();
    let output = child.wait_with_output().unwrap();
    let value = json(&output);
    assert_eq!(value["recordings"][0]["path"], "-");
    assert!(value["recordings"][0]["spans"].as_array().unwrap().len() >= 6);
}

#[test]
fn output_goes_to_a_file_and_a_place_that_cannot_be_written_shows_before_the_work() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("result.json");
    let output = undertone(&["analyze", EXAMPLE, "--json", "--output", text(&path)]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), ""));
    assert!(serde_json::from_slice::<Value>(&std::fs::read(&path).unwrap()).is_ok());
    let nowhere = folder.path().join("missing/result.json");
    let output = undertone(&["analyze", EXAMPLE, "--output", text(&nowhere)]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("result.json"), "{}", stderr(&output));
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let mut child = command()
        .args(["analyze", EXAMPLE, EXAMPLE, EXAMPLE])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    let mut pipe = child.stdout.take().unwrap();
    pipe.read_exact(&mut first).unwrap();
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

#[test]
fn only_the_emotions_asked_for_are_answered() {
    let value = json(&undertone(&["analyze", EXAMPLE, "--json", "--emotions", "happy,sad,angry,neutral"]));
    let span = &value["recordings"][0]["spans"][0];
    assert_eq!(span["posterior"].as_object().unwrap().len(), 4);
    assert!(span["set"].is_null());
    let output = undertone(&["analyze", EXAMPLE, "--emotions", "joy"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("happy"), "{}", stderr(&output));
}

#[test]
fn a_coverage_or_model_that_cannot_be_used_is_refused() {
    let output = undertone(&["analyze", EXAMPLE, "--coverage", "0.33"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("0.90"), "{}", stderr(&output));
    let (_folder, path) = file("model.onnx", b"nothing of the kind");
    let output = undertone(&["analyze", EXAMPLE, "--model", text(&path)]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("ONNX"), "{}", stderr(&output));
    let output = undertone(&["analyze", EXAMPLE, "--model", "larg"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("larg: ") && stderr(&output).contains("'large'"), "{}", stderr(&output));
}

#[test]
fn the_larger_model_is_built_in_by_its_name() {
    let report = json(&undertone(&["analyze", EXAMPLE, "--json", "--model", "large"]));
    assert_eq!(report["model"]["name"], "undertone-large");
    let sum: f64 = report["recordings"][0]["spans"][0]["posterior"]
        .as_object()
        .unwrap()
        .values()
        .map(|p| p.as_f64().unwrap())
        .sum();
    assert!((sum - 1.0).abs() < 1e-3, "{sum}");
    let info = undertone(&["model", "info", "--model", "large"]);
    assert!(
        stdout(&info).contains("undertone-large") && stdout(&info).contains("calibrated"),
        "{}",
        stdout(&info)
    );
}

#[test]
fn threads_do_not_change_the_answer() {
    let one = json(&undertone(&["analyze", EXAMPLE, "--json", "--threads", "1"]));
    let two = json(&undertone(&["analyze", EXAMPLE, "--json", "--threads", "2"]));
    let emotions = |value: &Value| -> Vec<Value> {
        value["recordings"][0]["spans"]
            .as_array()
            .unwrap()
            .iter()
            .map(|span| span["emotion"].clone())
            .collect()
    };
    assert_eq!(emotions(&one), emotions(&two));
}

#[test]
fn unreadable_permissions_are_told() {
    let (_folder, path) = file("secret.wav", &std::fs::read(EXAMPLE).unwrap());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
        if std::fs::File::open(&path).is_ok() {
            eprintln!("skipped: unreadable_permissions_are_told runs as a user who may read everything");
            return;
        }
    }
    let output = undertone(&["analyze", text(&path)]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("permission"), "{}", stderr(&output));
}

#[test]
fn the_model_says_what_it_is_and_what_it_is_not_for() {
    let shown = stdout(&undertone(&["model", "info"]));
    for word in ["classes", "ravdess", "CC BY-NC-SA", "UAR", "AI Act", "unseen speakers"] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
}

#[test]
fn help_has_examples_and_the_shells_get_completions_and_a_manual() {
    let help = stdout(&undertone(&["--help"]));
    for word in ["Examples:", "completions", "man "] {
        assert!(help.contains(word), "{word}: {help}");
    }
    assert!(stdout(&undertone(&["completions", "bash"])).contains("_undertone"));
    assert!(stdout(&undertone(&["man"])).starts_with(".ie"));
    assert_eq!(undertone(&["analyze"]).status.code(), Some(2));
}

#[test]
fn a_corpus_is_checked_by_the_names_and_sounds_of_its_files() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(EXAMPLE, folder.path().join("1001_DFA_ANG_XX.wav")).unwrap();
    std::fs::copy(EXAMPLE, folder.path().join("1001_DFA_SAD_XX.wav")).unwrap();
    let output = undertone(&["corpus", "check", text(folder.path())]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let shown = stdout(&output);
    assert!(shown.contains("cremad: 2 clips") && shown.contains("conflicting   1"), "{shown}");
}

#[test]
fn the_readme_shows_what_the_command_prints() {
    let repository = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let mut command = command();
    command.current_dir(repository).args(["analyze", "examples/conversation.wav"]).stdin(Stdio::null());
    let shown = stdout(&command.output().unwrap());
    // Machines round the last digit differently.
    let rough = |text: &str| text.replace(|c: char| c.is_ascii_digit() || c == '█' || c == '·', "");
    let readme = rough(include_str!("../../../../README.md"));
    assert!(readme.contains(&rough(&shown)), "the README is not up to date; the command prints\n{shown}");
}

#[test]
fn predictions_are_evaluated_compared_and_shown_as_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("report.html");
    let [a, b] = ["unadapted", "adapted-all"].map(|name| format!("{RESULTS}/emobox-ravdess.{name}.csv.zst"));
    let output = undertone(&["evaluate", &a, &b, "--html", text(&page), "--merge", "calm=neutral"]);
    let shown = stdout(&output);
    for word in ["## emobox-ravdess.unadapted", "| UAR |", "adapted-all − emobox-ravdess.unadapted: UAR +"]
    {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    assert!(!shown.contains("| calm |"));
    assert!(std::fs::read_to_string(&page).unwrap().starts_with("<!doctype html>"));
    let table = stdout(&undertone(&["evaluate", &a, &b, "--table"]));
    assert!(table.starts_with("| protocol |") && table.contains("| adapted-all |"), "{table}");
    let figures: Value = serde_json::from_slice(&undertone(&["evaluate", &a, "--json"]).stdout).unwrap();
    assert!(figures[0]["uar_of_folds"].as_f64().unwrap() > 0.125);
}

#[test]
fn what_several_systems_say_together_is_measured_beside_them() {
    let [a, b] = ["unadapted", "adapted-all"].map(|name| format!("{RESULTS}/emobox-ravdess.{name}.csv.zst"));
    let output = undertone(&["evaluate", "--fuse", &a, &b, "--json"]);
    let figures: Value = serde_json::from_slice(&output.stdout).unwrap();
    let names: Vec<&str> =
        figures.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["emobox-ravdess.unadapted", "emobox-ravdess.adapted-all", "fusion"]);
    let [alone, together] = [0, 2].map(|at: usize| &figures[at]);
    assert_eq!(alone["clips"], together["clips"]);
    assert!(together["uar_of_folds"].as_f64() > alone["uar_of_folds"].as_f64());
    let (_folder, other) =
        file("other.csv", b"clip,speaker,truth,posterior_happy,posterior_sad\nz,s,sad,0.1,0.9\n");
    let refused = undertone(&["evaluate", "--fuse", &a, text(&other)]);
    assert!(stderr(&refused).contains("only the same clips") && refused.status.code() == Some(2));
    assert_eq!(undertone(&["evaluate", "--fuse"]).status.code(), Some(2));
}

#[test]
fn predictions_that_mean_nothing_are_refused_by_file_and_row() {
    let head = "fold,clip,speaker,truth,posterior_happy,posterior_sad\n";
    for (rows, word) in [
        ("1,a,s,happy,0.5,0.4\n", "sum to 0.9"),
        ("1,a,s,joy,0.5,0.5\n", "joy"),
        ("1,a,s,sad,0.5,0.5\n1,a,s,sad,0.5,0.5\n", "row 3"),
        ("", "no predictions"),
    ] {
        let (_folder, path) = file("mine.csv", format!("{head}{rows}").as_bytes());
        let output = undertone(&["evaluate", text(&path)]);
        assert_eq!(output.status.code(), Some(2));
        assert!(
            stderr(&output).contains(word) && stderr(&output).contains("mine.csv"),
            "{}",
            stderr(&output)
        );
    }
}

/// A folder with three voices' clips (the example, as it is) and their manifest.
fn manifest(rows: &str) -> (tempfile::TempDir, PathBuf) {
    let (folder, path) = file("mine.csv", format!("path,speaker,label\n{rows}").as_bytes());
    for name in ["a.wav", "b.wav", "c.wav"] {
        std::fs::copy(EXAMPLE, folder.path().join(name)).unwrap();
    }
    (folder, path)
}

#[test]
fn ones_own_recordings_are_scored_by_the_model_clean_and_corrupted() {
    let (folder, path) = manifest("a.wav,x,happy\nb.wav,y,sad\nc.wav,z,happy\n");
    let kept = folder.path().join("kept");
    let output = undertone(&[
        "evaluate",
        "--manifest",
        text(&path),
        "--condition",
        "unadapted",
        "--corrupt",
        "white:0,g711",
        "--save",
        text(&kept),
    ]);
    let shown = stdout(&output);
    for word in ["## mine.unadapted", "3 clips of 3 speakers", "| white:0 |", "| g711 |"] {
        assert!(shown.contains(word), "{word}: {shown}{}", stderr(&output));
    }
    let rows = std::fs::read_to_string(kept.join("mine.unadapted.csv")).unwrap();
    assert_eq!(rows.lines().count(), 4);
    let corrupted = std::fs::read_to_string(kept.join("mine.unadapted.white-0.csv")).unwrap();
    assert!(corrupted.lines().count() == 4 && corrupted != rows);
    let again = stdout(&undertone(&["evaluate", text(&kept.join("mine.unadapted.csv")), "--json"]));
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!((&again[0]["clips"], &again[0]["thresholds"]), (&3.into(), &"refitted".into()));
    assert!(shown.contains("nothing is refitted") && shown.contains("deployed thresholds"), "{shown}");
}

#[test]
fn recordings_of_one_emotion_are_compared_with_the_same_clips_alone_and_the_prior_is_named() {
    let (_folder, path) = manifest("a.wav,x,happy\nb.wav,x,happy\nc.wav,x,happy\n");
    let evaluate =
        |more: &[&str]| undertone(&[&["evaluate", "--manifest", text(&path), "--json"], more].concat());
    let output = evaluate(&["--condition", "adapted-one", "--prior", "auto"]);
    let figures: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(figures[0]["name"], "mine.adapted-one.prior-auto");
    assert_eq!((&figures[0]["thresholds"], &figures[0]["draws"]), (&"deployed".into(), &1.into()));
    let [adapted, alone, difference] =
        ["/0/uar/value", "/0/unadapted/uar/value", "/0/unadapted/difference/value"]
            .map(|at| figures.pointer(at).and_then(Value::as_f64).unwrap());
    assert_eq!(adapted - alone, difference);
    for (more, word) in [
        (["--condition", "adapted-neutral80"], "too few clips of a speaker for 'adapted-neutral80'"),
        (["--prior", "nowhere.json"], "nowhere.json"),
    ] {
        let refused = evaluate(&more);
        assert!(stderr(&refused).contains(word) && refused.status.code() == Some(2), "{}", stderr(&refused));
    }
}

#[test]
fn manifests_that_measure_nothing_say_what_is_needed() {
    for (rows, word) in
        [("", "no rows"), ("a.wav,x,\n", "no row has a label"), ("a.wav,x,joyful\n", "joyful")]
    {
        let (_folder, path) = manifest(rows);
        let output = undertone(&["evaluate", "--manifest", text(&path)]);
        assert_eq!(output.status.code(), Some(2), "{rows}");
        assert!(stderr(&output).contains(word), "{word}: {}", stderr(&output));
    }
    let nothing = undertone(&["evaluate"]);
    assert!(stderr(&nothing).contains("--manifest") && nothing.status.code() == Some(2));
}

#[test]
fn dialogues_are_made_of_clips_with_their_truth_and_a_timeline_is_scored_against_it() {
    let (folder, path) = manifest("a.wav,x,happy\nb.wav,y,sad\nc.wav,y,angry\n");
    let out = folder.path().join("dialogues");
    let made = undertone(&["corpus", "dialogues", text(&path), "--out", text(&out), "--count", "1"]);
    assert_eq!(made.status.code(), Some(0), "{}", stderr(&made));
    let truth = std::fs::read_to_string(out.join("stereo/dialogue-001.csv")).unwrap();
    assert!(
        truth.starts_with("start,end,channel,speaker,label\n") && truth.contains("mine/x,happy"),
        "{truth}"
    );
    let rttm = std::fs::read_to_string(out.join("mono/dialogue-001.rttm")).unwrap();
    assert_eq!(rttm.lines().count() + 1, truth.lines().count());
    let shown = stdout(&undertone(&["evaluate", "--dialogues", text(&out), "--merge", "calm=neutral"]));
    for row in ["| mono | 1 |", "| stereo | 1 |", "| telephone | 1 |", "| noise | 1 |"] {
        assert!(shown.contains(row), "{row}: {shown}");
    }
    let figures = stdout(&undertone(&["evaluate", "--dialogues", text(&out.join("stereo")), "--json"]));
    let figures: Value = serde_json::from_str(&figures).unwrap();
    assert!(figures[0]["eder"]["value"].as_f64().unwrap() > 0.0 && figures[0]["der"]["value"].is_number());
    let refused =
        undertone(&["corpus", "dialogues", text(&path), "--out", text(&out), "--speakers", "mine/nobody"]);
    assert!(stderr(&refused).contains("mine/nobody") && refused.status.code() == Some(2));
}

#[test]
fn recordings_whose_truth_is_missing_or_means_nothing_are_refused() {
    let empty = tempfile::tempdir().unwrap();
    let output = undertone(&["evaluate", "--dialogues", text(empty.path())]);
    assert!(stderr(&output).contains("no recordings") && output.status.code() == Some(2));
    let head = "start,end,channel,speaker,label\n";
    for (truth, word) in [
        (None, "no reference annotation"),
        (Some(format!("{head}0,1,0,a,joy\n")), "joy"),
        (Some(format!("{head}0,1,0,a,sad\n3,99,0,a,sad\n")), "row 3 ends at 99.00 s"),
        (Some(format!("{head}0,1,1,a,sad\n")), "channel 1"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(EXAMPLE, folder.path().join("talk.wav")).unwrap();
        if let Some(truth) = truth {
            std::fs::write(folder.path().join("talk.csv"), truth).unwrap();
        }
        let output = undertone(&["evaluate", "--dialogues", text(folder.path())]);
        assert_eq!(output.status.code(), Some(2), "{word}");
        let said = stderr(&output);
        assert!(said.contains(word) && said.contains("talk."), "{word}: {said}");
    }
}

#[test]
fn a_corpus_of_ones_own_is_cut_into_folds_of_speakers() {
    let (_folder, path) = manifest("a.wav,x,happy\nb.wav,y,sad\nc.wav,z,happy\n");
    let cut = stdout(&undertone(&["corpus", "split", text(&path), "--folds", "3", "--seed", "1"]));
    assert_eq!(cut.matches("[[folds]]").count(), 3, "{cut}");
    for speaker in ["x", "y", "z"] {
        assert_eq!(cut.matches(&format!("test = [\"{speaker}\"]")).count(), 1, "{cut}");
    }
    let refused = undertone(&["corpus", "split", text(&path), "--folds", "9"]);
    assert!(stderr(&refused).contains("3 speakers") && refused.status.code() == Some(2));
}
