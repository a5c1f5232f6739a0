//! Holds the order of modules and crates, where a library may be named, and how long a file may be.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

/// The modules in the order in which data walks through them; a module may use those before it.
const MODULES: [&str; 14] = [
    "error", "units", "emotion", "segments", "audio", "speech", "features", "model", "prior", "speakers",
    "timeline", "analysis", "engine", "report",
];
/// Libraries, and the places that may name each.
const ONLY: [(&str, &[&str]); 5] = [
    ("symphonia", &["audio/decode/"]),
    ("ropus", &["audio/decode/"]),
    ("rubato", &["audio/resample.rs"]),
    ("rten", &["model/onnx/"]),
    ("earshot", &["speech/"]),
];
/// Crates in order: each may depend on those before it. Those of one place do not know each other.
const CRATES: [&[&str]; 4] = [
    &["undertone-models"],
    &["undertone"],
    &["undertone-eval", "undertone-encoders"],
    &["undertone-cli", "undertone-server", "undertone-python", "undertone-wasm", "undertone-train"],
];
/// Lines of the longest file.
const LONGEST: usize = 600;

/// Identifiers of earlier versions, with what stands in their place.
const REPLACED: [(&str, &str); 20] = [
    ("Usual", "SpeakerStats"),
    ("Who", "SpeakerSource"),
    ("Voices", "SpeakerProjection"),
    ("VoiceWindow", "ProjectedWindow"),
    ("Heard", "WindowPrediction, TrunkOutput"),
    ("Movement", "Modulation"),
    ("movement", "modulation"),
    ("BaselineUsed", "AdaptationUsed"),
    ("BaselineAll", "AdaptedAll"),
    ("baseline_mean", "speaker_mean"),
    ("baseline_scale", "speaker_scale"),
    ("baseline_weight", "speaker_weight"),
    ("baseline-all", "adapted-all"),
    ("baseline-k10", "adapted-k10"),
    ("baseline-neutral", "adapted-neutral"),
    ("Card", "CorpusInfo"),
    ("Analyzer", "Engine"),
    ("spoil", "corrupt"),
    ("spoiled", "degraded"),
    ("halved", "fp16"),
];
/// Files that have to name what was replaced.
const NAMES_OLD: [&str; 2] = ["undertone/tests/architecture.rs", "export/convert"];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every Rust file below a folder: path relative to it, and text.
fn files(folder: &Path) -> Vec<(String, String)> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// The code of a file without its tests and comments.
fn code(text: &str) -> String {
    let before_tests = text.split("#[cfg(test)]").next().unwrap_or_default();
    before_tests.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Whether a text holds a name that is no part of a longer one.
fn holds(text: &str, name: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

fn module(file: &str) -> Option<usize> {
    let name = file.split('/').next()?.trim_end_matches(".rs");
    MODULES.iter().position(|module| *module == name)
}

#[test]
fn a_module_uses_only_modules_before_it() {
    let mut wrong = Vec::new();
    for (file, text) in files(&source()) {
        let Some(own) = module(&file) else { continue };
        let code = code(&text);
        for (other, name) in MODULES.iter().enumerate().skip(own + 1) {
            let names = [format!("crate::{name}::"), format!("crate::{name};"), format!("crate::{{{name}")];
            if names.iter().any(|used| code.contains(used)) {
                wrong.push(format!("{file} uses {name}, which comes after {}", MODULES[own.min(other)]));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_module_is_known_to_this_test() {
    let unknown: Vec<String> = files(&source())
        .into_iter()
        .map(|(file, _)| file)
        .filter(|file| file != "lib.rs" && module(file).is_none())
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn a_library_is_named_in_its_place_only() {
    let mut wrong = Vec::new();
    for (file, text) in files(&source()) {
        let code = code(&text);
        for (library, places) in ONLY {
            let names = [format!("{library}::"), format!("use {library}")];
            let allowed = places.iter().any(|place| file.starts_with(place));
            if !allowed && names.iter().any(|name| code.contains(name.as_str())) {
                wrong.push(format!("{file} names {library}; only {places:?} may"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_crate_depends_only_on_crates_before_it() {
    let crates = source().parent().unwrap().parent().unwrap().to_path_buf();
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(&crates).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let Ok(manifest) = std::fs::read_to_string(crates.join(&name).join("Cargo.toml")) else { continue };
        let Some(own) = CRATES.iter().position(|place| place.contains(&name.as_str())) else {
            wrong.push(format!("{name} has no place in the order of crates"));
            continue;
        };
        let dependencies = manifest.split("dependencies]").skip(1).flat_map(str::lines);
        let names = dependencies.filter_map(|line| line.split(['.', ' ', '=']).next());
        let later: Vec<&str> = CRATES[own..].concat();
        let before_own = |used: &&str| later.contains(used) && *used != name;
        wrong.extend(names.filter(before_own).map(|used| format!("{name} depends on {used}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_file_is_too_long_and_each_says_its_idea_first() {
    let crates = source().parent().unwrap().parent().unwrap().to_path_buf();
    let mut wrong = Vec::new();
    for (file, text) in files(&crates) {
        let lines = text.lines().count();
        if lines > LONGEST {
            wrong.push(format!("{file}: {lines} lines"));
        }
        if !text.starts_with("//!") {
            wrong.push(format!("{file}: the first line does not say what it is"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn replaced_names_do_not_come_back() {
    let mut wrong = Vec::new();
    let crates = source().parent().unwrap().parent().unwrap().to_path_buf();
    for (file, text) in files(&crates) {
        if NAMES_OLD.iter().any(|exempt| file.contains(exempt)) {
            continue;
        }
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let code = code.join("\n");
        for (old, new) in REPLACED {
            if holds(&code, old) {
                wrong.push(format!("{file} names {old}, which is {new} now"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
