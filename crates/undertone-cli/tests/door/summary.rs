//! The summary by the door: the headline first, and figures that agree with the spans beside them.

use serde_json::Value;

use crate::{EXAMPLE, json, stdout, undertone};

#[test]
fn the_summary_agrees_with_its_spans() {
    let value = json(&undertone(&["analyze", EXAMPLE, "--speakers", "1", "--json"]));
    let recording = &value["recordings"][0];
    let (summary, spans) = (&recording["summary"], recording["spans"].as_array().unwrap());
    let of = |value: &Value| value.as_f64().unwrap();
    let lasts = |span: &Value| of(&span["end"]) - of(&span["start"]);
    let whole: f64 = spans.iter().map(lasts).sum();
    let valence: f64 = spans.iter().map(|span| lasts(span) * of(&span["valence"])).sum::<f64>() / whole;
    assert!((of(&summary["sentiment"]) - valence).abs() < 1e-4);
    let interval = summary["sentiment_interval"].as_array().unwrap();
    assert!(of(&interval[0]) < valence && valence < of(&interval[1]));
    assert!(
        (of(&summary["speech_share"]) - whole / of(&recording["seconds"])).abs() < 1e-4,
        "one channel has no overlap"
    );
    let step = |pair: &[Value]| {
        let difference = |name: &str| of(&pair[1][name]) - of(&pair[0][name]);
        difference("valence").hypot(difference("arousal"))
    };
    let steps: Vec<f64> = spans.windows(2).map(step).collect();
    assert!((of(&summary["volatility"]) - steps.iter().sum::<f64>() / steps.len() as f64).abs() < 1e-4);
    assert_eq!(summary["speakers"].as_array().unwrap().len(), 0, "one speaker is the whole");
    let line = summary["line"].as_str().unwrap();
    assert!(line.ends_with('.') && !line.starts_with("Speaker"), "one speaker needs no name: {line}");
    let shown = stdout(&undertone(&["analyze", EXAMPLE, "--speakers", "1"]));
    assert_eq!(shown.lines().nth(1).map(str::trim), Some(line), "{shown}");
    assert!(shown.contains("mood       changes little") && shown.contains("95 % interval"), "{shown}");
}
