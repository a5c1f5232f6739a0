//! `--segments`: given segments are answered once each, in every way they can be given.

use std::path::Path;

use serde_json::Value;

use crate::{EXAMPLE, json, stderr, stdout, text, undertone};

fn write(folder: &Path, name: &str, content: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

fn recording(arguments: &[&str]) -> Value {
    let mut all = vec!["analyze", EXAMPLE, "--json", "--quiet"];
    all.extend(arguments);
    let output = undertone(&all);
    assert!(output.status.success(), "{}", stderr(&output));
    json(&output)["recordings"][0].clone()
}

fn codes(recording: &Value) -> Vec<&str> {
    recording["warnings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect()
}

#[test]
fn each_given_segment_is_answered_once_and_speakers_given_there_are_used() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "start,end,speaker,text\n12.4,20,Ben,\"no, never\"\n0,12.4,Ada,\n3,3.2,Ada,\n20,99,Ada,\n200,201,Ada,later\n";
    let found = recording(&["--segments", text(&write(folder.path(), "who.csv", rows))]);
    let spans = found["spans"].as_array().unwrap();
    let shown: Vec<(f64, &Value, &Value)> = spans
        .iter()
        .map(|span| (span["start"].as_f64().unwrap(), &span["segment"], &span["speaker"]))
        .collect();
    let want = [(0.0, 1, "Ada"), (3.0, 2, "Ada"), (12.4, 0, "Ben"), (20.0, 3, "Ada")];
    assert_eq!(shown.len(), want.len(), "{shown:?}");
    for ((start, segment, speaker), want) in shown.iter().zip(want) {
        assert!(*start == want.0 && **segment == want.1 && **speaker == want.2, "{shown:?}");
    }
    assert_eq!((&spans[2]["text"], spans[0].get("text")), (&Value::from("no, never"), None));
    assert!(spans[3]["end"].as_f64() <= found["seconds"].as_f64());
    assert_eq!(found["unanswered"][0]["reason"], "beyond_end");
    assert_eq!(found["unanswered"][0]["text"], "later");
    let codes = codes(&found);
    assert!(codes.contains(&"segments_beyond_end") && codes.contains(&"segments_short"), "{codes:?}");
    let names: Vec<&Value> = found["speakers"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(names, ["Ada", "Ben"]);
    let plain = recording(&[]);
    assert!(plain.get("unanswered").is_none() && plain["spans"][0].get("segment").is_none());
}

#[test]
fn captions_keep_their_words_and_get_the_emotion() {
    let folder = tempfile::tempdir().unwrap();
    let srt =
        "1\n00:00:00,500 --> 00:00:05,000\nHello\nthere\n\n2\n00:05:00,000 --> 00:05:01,000\n(music)\n\n";
    let srt = write(folder.path(), "a.srt", srt);
    let out = stdout(&undertone(&["analyze", EXAMPLE, "--segments", text(&srt), "--format", "srt"]));
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(&lines[..2], ["1", "00:00:00,500 --> 00:00:05,000"], "{out}");
    assert!(lines[2].ends_with(") Hello") && lines[3] == "there", "{out}");
    assert_eq!(&lines[5..8], ["2", "00:05:00,000 --> 00:05:01,000", "(music)"], "{out}");
}

#[test]
fn a_folder_holds_a_file_for_each_recording_and_one_that_lacks_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (calls, given) = (folder.path().join("calls"), folder.path().join("given"));
    std::fs::create_dir(&calls).unwrap();
    std::fs::create_dir(&given).unwrap();
    for name in ["one.wav", "two.wav"] {
        std::fs::copy(EXAMPLE, calls.join(name)).unwrap();
    }
    write(&given, "one.json", r#"{"segments": [{"start": 1, "end": 4, "text": " Hi"}]}"#);
    let output = undertone(&["analyze", text(&calls), "--segments", text(&given), "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let found = json(&output);
    assert_eq!(found["recordings"][0]["spans"].as_array().unwrap().len(), 1);
    assert_eq!(found["recordings"][0]["spans"][0]["text"], "Hi");
    assert_eq!(found["recordings"][1]["error"]["kind"], "config");
    assert!(stderr(&output).contains("no two.EXT"), "{}", stderr(&output));
}

#[test]
fn what_cannot_be_is_refused_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let backwards = write(folder.path(), "s.csv", "start,end\n5,2\n");
    let named = write(folder.path(), "n.csv", "start,end,speaker\n0,1,Ada\n");
    let cases: [(&[&str], &str); 6] = [
        (&["--segments", text(&backwards)], "row 2: it ends at 2.00 s"),
        (&["--segments", text(&named), "--speakers", "2"], "leave out --speakers"),
        (&["--segments", text(&named), "--tier", "words"], "no TextGrid"),
        (&["--segments", text(&named), EXAMPLE], "name a folder"),
        (&["--speaker-file", "turns.rttm"], "--segments turns.rttm"),
        (&["--segments", text(&named), "--follow"], "--follow"),
    ];
    for (arguments, word) in cases {
        let mut all = vec!["analyze", EXAMPLE];
        all.extend(arguments);
        let refused = undertone(&all);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&refused).contains(word), "{arguments:?}: {}", stderr(&refused));
    }
}
