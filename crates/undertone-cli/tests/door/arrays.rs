//! Curves and embeddings: what NumPy reads of them.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::{EXAMPLE, json, stderr, text, undertone};

/// What Python prints of an NPZ file loaded as `a`; none where there is no Python with NumPy.
fn python(npz: &Path, print: &str) -> Option<String> {
    let there = Command::new("python3").args(["-c", "import numpy"]).output();
    if !there.is_ok_and(|output| output.status.success()) {
        eprintln!("no Python with NumPy: {} was not read", npz.display());
        return None;
    }
    let code = format!("import sys, numpy as np\na = np.load(sys.argv[1])\nprint({print})");
    let output = Command::new("python3").args(["-c", &code, text(npz)]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    Some(String::from_utf8(output.stdout).unwrap().trim().to_string())
}

#[test]
fn a_curve_has_a_posterior_at_every_step_of_speech() {
    let folder = tempfile::tempdir().unwrap();
    let npz = folder.path().join("c.npz");
    let output = undertone(&["analyze", EXAMPLE, "--json", "--curve", "0.1", "--curve-file", text(&npz)]);
    assert!(output.status.success(), "{}", stderr(&output));
    let found = json(&output);
    let (curve, speech) = (&found["recordings"][0]["curve"], &found["recordings"][0]["speech_seconds"]);
    let curve = curve.as_array().unwrap();
    let seconds = 0.1 * curve.len() as f64;
    assert!((seconds - speech.as_f64().unwrap()).abs() < 1.0, "{seconds} s of curve, {speech} s of speech");
    for point in curve {
        let steps = point["time"].as_f64().unwrap() / 0.1;
        assert!((steps - steps.round()).abs() < 1e-6, "{point}");
        let sum: f64 = point["posterior"].as_object().unwrap().values().map(|p| p.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-3, "{point}");
    }
    let shown =
        "a['posterior'].shape, a['time'].dtype, bool(np.isfinite(a['posterior']).all()), float(a['step'][0])";
    if let Some(read) = python(&npz, shown) {
        assert_eq!(read, format!("({}, 8) float64 True 0.1", curve.len()));
    }
    let csv = folder.path().join("c.csv");
    assert!(undertone(&["analyze", EXAMPLE, "--curve", "1", "--curve-file", text(&csv)]).status.success());
    let table = std::fs::read_to_string(csv).unwrap();
    assert!(table.starts_with("path,time,channel,speaker,valence,arousal,posterior_neutral,"), "{table}");
    for (arguments, word) in [
        (["--curve", "0.01", "--json"], "0.02 to 10"),
        (["--curve", "NaN", "--json"], "0.02 to 10"),
        (["--curve", "0.1", "--csv"], "--curve-file"),
    ] {
        let refused = undertone(&[&["analyze", EXAMPLE][..], &arguments].concat());
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&refused).contains(word), "{arguments:?}: {}", stderr(&refused));
    }
}

#[test]
fn embeddings_are_finite_and_a_broken_file_is_named_and_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let calls = folder.path().join("calls");
    std::fs::create_dir(&calls).unwrap();
    std::fs::copy(EXAMPLE, calls.join("a.wav")).unwrap();
    std::fs::write(calls.join("b.wav"), "no recording").unwrap();
    let npz = folder.path().join("e.npz");
    let output = undertone(&["embed", text(&calls), "-o", text(&npz), "--quiet"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("b.wav"), "{}", stderr(&output));
    let shown = "a['embeddings'].shape, a['embeddings'].dtype, bool(np.isfinite(a['embeddings']).all()), \
                 a['file'][0].endswith('a.wav'), a['speaker'][0] == '', len(a['space'][0])";
    if let Some(read) = python(&npz, shown) {
        assert_eq!(read, "(1, 512) float32 True True True 16");
    }
    let each = undertone(&["embed", EXAMPLE, "-o", text(&npz), "--per", "segment", "--quiet"]);
    assert!(each.status.success(), "{}", stderr(&each));
    if let Some(read) = python(&npz, "len(a['start']) > 2, bool((a['end'] > a['start']).all())") {
        assert_eq!(read, "True True");
    }
    let manifest = folder.path().join("m.csv");
    std::fs::write(&manifest, "path,speaker,start,end\ncalls/a.wav,ann,0,5\ncalls/a.wav,bob,5,12\n").unwrap();
    let rows = undertone(&["embed", text(&manifest), "-o", text(&npz), "--quiet"]);
    assert!(rows.status.success(), "{}", stderr(&rows));
    if let Some(read) = python(&npz, "a['embeddings'].shape, list(map(str, a['speaker'])), list(a['end'])") {
        assert_eq!(
            read.replace("np.float64(5.0)", "5.0").replace("np.float64(12.0)", "12.0"),
            "(2, 512) ['ann', 'bob'] [5.0, 12.0]"
        );
    }
}

#[test]
fn without_a_curve_the_result_has_none() {
    let found: Value = json(&undertone(&["analyze", EXAMPLE, "--json"]));
    assert!(found["recordings"][0].get("curve").is_none());
}
