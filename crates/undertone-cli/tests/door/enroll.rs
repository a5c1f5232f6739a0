//! Speaker profiles: enrolled from recordings, converted, refused where they would mislead.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::{EXAMPLE, command, file, stderr, stdout, text, undertone};

fn profile(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn a_speaker_is_enrolled_into_a_file_of_that_name_and_again_replaces_it() {
    let folder = tempfile::tempdir().unwrap();
    let enroll = |more: &[&str]| {
        let arguments = [&["enroll", "agent", EXAMPLE], more].concat();
        command().args(arguments).current_dir(folder.path()).stdin(Stdio::null()).output().unwrap()
    };
    let output = enroll(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("s of speech heard, kept in agent.profile.json"), "{}", stdout(&output));
    let path = folder.path().join("agent.profile.json");
    let first = profile(&path);
    assert_eq!((&first["format"], &first["name"]), (&"undertone-profile/2".into(), &"agent".into()));
    // The example has about 20 s of speech.
    let seconds = first["seconds"].as_f64().unwrap();
    assert!((17.0..23.0).contains(&seconds), "{seconds}");
    assert!((first["windows"].as_f64().unwrap() - seconds / 2.4).abs() < 0.01);
    // A recording that is named twice tells nothing new of a voice.
    let output = enroll(&[EXAMPLE, "--neutral"]);
    let twice = profile(&path);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("counts once"), "{}", stderr(&output));
    assert!((twice["seconds"].as_f64().unwrap() - seconds).abs() < 1e-6 && twice["neutral"] == true);
    for (a, b) in first["mean"].as_array().unwrap().iter().zip(twice["mean"].as_array().unwrap()) {
        assert!((a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-4, "{a} {b}");
    }
}

#[test]
fn too_little_speech_is_refused_with_the_remedy() {
    let wave = std::fs::read(EXAMPLE).unwrap();
    let (folder, path) = file("short.wav", &wave[..44 + 2 * 3 * 16_000]);
    let kept = folder.path().join("a.profile.json");
    let output = undertone(&["enroll", "a", text(&path), "--output", text(&kept)]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("5 s") && stderr(&output).contains("more or longer"),
        "{}",
        stderr(&output)
    );
    assert!(!kept.exists());
}

#[test]
fn a_profile_of_another_model_is_neither_used_nor_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agent.profile.json");
    assert_eq!(undertone(&["enroll", "agent", EXAMPLE, "--output", text(&path)]).status.code(), Some(0));
    let space = profile(&path)["embedding_space"].as_str().unwrap().to_string();
    let other = std::fs::read_to_string(&path).unwrap().replace(&space, &"0".repeat(16));
    std::fs::write(&path, &other).unwrap();
    for arguments in [
        ["analyze", EXAMPLE, "--adapt", text(&path), "--json"],
        ["enroll", "agent", EXAMPLE, "--output", text(&path)],
    ] {
        let output = undertone(&arguments);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""));
        let said = stderr(&output);
        assert!(
            said.contains("another embedding space")
                && said.contains("again")
                && said.contains("--model default"),
            "{said}"
        );
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), other);
}

#[test]
fn what_is_no_profile_is_refused_and_kept() {
    let whole = r#"{"format":"undertone-profile/2","name":"a","embedding_space":"0","neutral":false,"seconds":9,"windows":3,"mean":[1],"deviation":[1]}"#;
    for (bytes, word) in [
        ("[]".to_string(), "no speaker profile"),
        (whole.replace("profile/2", "profile/9"), "format"),
        (whole.replace("\"seconds\":9", "\"seconds\":-1"), "cannot be"),
        (whole.replace("\"mean\":[1]", "\"mean\":[1e99]"), "cannot be"),
        (whole.replace("\"deviation\":[1]", "\"deviation\":[-1]"), "cannot be"),
        (whole.replace("\"deviation\":[1]", "\"deviation\":[]"), "cannot be"),
        (whole.to_string(), "another embedding space"),
    ] {
        let (_folder, path) = file("a.profile.json", bytes.as_bytes());
        let used = undertone(&["analyze", EXAMPLE, "--adapt", text(&path)]);
        assert!(used.status.code() == Some(2) && stderr(&used).contains(word), "{word}: {}", stderr(&used));
        let again = undertone(&["enroll", "a", EXAMPLE, "--output", text(&path)]);
        assert!(again.status.code() == Some(2) && stderr(&again).contains("kept"), "{}", stderr(&again));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), bytes);
    }
    let unnamed = undertone(&["enroll", "a/b", EXAMPLE]);
    assert!(
        unnamed.status.code() == Some(2) && stderr(&unnamed).contains("--output"),
        "{}",
        stderr(&unnamed)
    );
    let averaged = undertone(&["analyze", EXAMPLE, "--adapt", &format!("{EXAMPLE},{EXAMPLE}")]);
    assert!(stderr(&averaged).contains("--channels split"), "{}", stderr(&averaged));
}

#[test]
fn a_profile_of_the_first_format_is_refused_with_the_command_that_converts_it() {
    let old = r#"{"format":"undertone-profile/1","name":"ann","model":"d63862b69681e5968570ad1f5d4e7aed53f34d11e417b8926bb08dd39a2ded9a","neutral":false,"seconds":9,"windows":3,"mean":[1],"deviation":[1]}"#;
    let (folder, path) = file("ann.profile.json", old.as_bytes());
    let refused = undertone(&["analyze", EXAMPLE, "--adapt", text(&path)]);
    assert!(
        refused.status.code() == Some(2) && stderr(&refused).contains("--convert"),
        "{}",
        stderr(&refused)
    );
    let new = folder.path().join("new.profile.json");
    let output = undertone(&["enroll", "--convert", text(&path), "-o", text(&new)]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), old, "the old one is kept");
    assert_eq!(
        (&profile(&new)["format"], &profile(&new)["name"]),
        (&"undertone-profile/2".into(), &"ann".into())
    );
    assert_eq!(undertone(&["enroll", "--convert", text(&path)]).status.code(), Some(0));
    assert_eq!(profile(&path), profile(&new), "in place where no other file is named");
    assert_eq!(
        undertone(&["enroll", "--convert", text(&path)]).status.code(),
        Some(2),
        "it is converted already"
    );
    assert_eq!(undertone(&["enroll"]).status.code(), Some(2));
}
