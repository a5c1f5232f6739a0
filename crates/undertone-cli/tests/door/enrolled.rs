//! Speaker profiles in analyses: used from the first second, and named in the report.

use crate::{EXAMPLE, json, stdout, text, undertone};

#[test]
fn an_enrolled_speaker_is_named_and_changes_the_answers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agent.profile.json");
    assert_eq!(undertone(&["enroll", "agent", EXAMPLE, "--output", text(&path)]).status.code(), Some(0));
    let alone = json(&undertone(&["analyze", EXAMPLE, "--json"]));
    let known = json(&undertone(&["analyze", EXAMPLE, "--json", "--adapt", text(&path)]));
    let speaker = &known["recordings"][0]["speakers"][0];
    assert_eq!((&speaker["id"], &speaker["adaptation"]["source"]), (&"agent".into(), &"enrolled".into()));
    assert!(speaker["adaptation"]["seconds"].as_f64().unwrap() > 17.0);
    let first = |value: &serde_json::Value| value["recordings"][0]["spans"][0]["posterior"].clone();
    assert_ne!(first(&alone), first(&known));
    let shown = stdout(&undertone(&["analyze", EXAMPLE, "--adapt", text(&path)]));
    assert!(shown.contains("agent: enrolled profile of 0:"), "{shown}");
}

#[test]
fn a_recording_is_enrolled_as_it_comes_and_the_unknown_offset_is_told() {
    let value = json(&undertone(&["analyze", EXAMPLE, "--json", "--adapt", EXAMPLE]));
    let recording = &value["recordings"][0];
    assert_eq!(recording["speakers"][0]["adaptation"]["source"], "enrolled");
    assert_eq!(recording["spans"][0]["speaker"], "conversation");
}
