//! Speaker adaptation and prior by option: what is used is told, what cannot be is refused.

use crate::{EXAMPLE, json, stderr, stdout, text, undertone};

#[test]
fn the_recording_is_adapted_to_unless_told_otherwise_and_the_report_says_so() {
    let shown = stdout(&undertone(&["analyze", EXAMPLE]));
    assert!(shown.contains("adaptation this recording; prior auto"), "{shown}");
    let shown = stdout(&undertone(&["analyze", EXAMPLE, "--adapt", "none", "--prior", "even"]));
    assert!(shown.contains("adaptation none; prior even"), "{shown}");
    let value =
        json(&undertone(&["analyze", EXAMPLE, "--json", "--prior", "even", "--emotions", "happy,sad"]));
    let recording = &value["recordings"][0];
    assert_eq!(recording["speakers"][0]["adaptation"]["source"], "recording");
    assert_eq!(recording["prior"], "even");
    assert_eq!(recording["speakers"][0]["prior"], serde_json::json!({"happy": 0.5, "sad": 0.5}));
}

#[test]
fn a_prior_of_ones_own_is_used_and_one_that_cannot_be_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prior.json");
    let with = |json: &str, more: &[&str]| {
        std::fs::write(&path, json).unwrap();
        undertone(&[&["analyze", EXAMPLE, "--json", "--prior", text(&path)], more].concat())
    };
    let value = json(&with(r#"{"sad": 1}"#, &[]));
    let spans = value["recordings"][0]["spans"].as_array().unwrap();
    assert!(!spans.is_empty() && spans.iter().all(|span| span["emotion"] == "sad"), "{spans:?}");
    for (prior, more, reason) in [
        (r#"{"joy": 1}"#, &[][..], "no emotion is called 'joy'"),
        (r#"{"sad": 0.25, "happy": 0.25}"#, &[], "sum to 0.5"),
        (r#"{"sad": 1}"#, &["--emotions", "happy,angry"], "none of the emotions asked for"),
    ] {
        let refused = with(prior, more);
        assert_eq!(refused.status.code(), Some(2));
        assert!(stderr(&refused).contains(reason), "{}", stderr(&refused));
    }
}

#[test]
fn none_is_for_all_channels() {
    let refused = undertone(&["analyze", EXAMPLE, "--channels", "split", "--adapt", "none,auto"]);
    assert!(stderr(&refused).contains("leave a channel to the recording by auto"), "{}", stderr(&refused));
}
