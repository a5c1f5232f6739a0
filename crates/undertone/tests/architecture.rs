//! Holds the house in order: which room may use which, which folder alone may name a library, how long a file may be.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

/// The rooms in the order the data walks through them; a room may use those before it.
const ROOMS: [&str; 15] = [
    "error", "units", "emotion", "audio", "corrupt", "speech", "features", "model", "speakers", "analysis",
    "analyzer", "corpus", "predict", "eval", "report",
];
/// Libraries, and the places that may name each.
const ONLY: [(&str, &[&str]); 6] = [
    ("symphonia", &["audio/decode/"]),
    ("ropus", &["audio/decode/", "corrupt/codec.rs"]),
    ("rubato", &["audio/resample.rs"]),
    ("rten", &["model/onnx/"]),
    ("earshot", &["speech/"]),
    ("prost", &["model/onnx/"]),
];
/// Crates that open into the house; nothing in it knows of them.
const DOORS: [&str; 4] = ["undertone_cli", "undertone_server", "undertone_train", "undertone_cluster"];
/// Lines of the longest file.
const LONGEST: usize = 600;

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

fn room(file: &str) -> Option<usize> {
    let name = file.split('/').next()?.trim_end_matches(".rs");
    ROOMS.iter().position(|room| *room == name)
}

#[test]
fn a_room_uses_only_rooms_before_it() {
    let mut wrong = Vec::new();
    for (file, text) in files(&source()) {
        let Some(own) = room(&file) else { continue };
        let code = code(&text);
        for (other, name) in ROOMS.iter().enumerate().skip(own + 1) {
            let names = [format!("crate::{name}::"), format!("crate::{name};"), format!("crate::{{{name}")];
            if names.iter().any(|used| code.contains(used)) {
                wrong.push(format!("{file} uses {name}, which comes after {}", ROOMS[own.min(other)]));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_room_is_known_to_this_test() {
    let strangers: Vec<String> = files(&source())
        .into_iter()
        .map(|(file, _)| file)
        .filter(|file| file != "lib.rs" && room(file).is_none())
        .collect();
    assert!(strangers.is_empty(), "{strangers:?}");
}

#[test]
fn a_library_is_named_in_its_place_only() {
    let mut wrong = Vec::new();
    for (file, text) in files(&source()) {
        let code = code(&text);
        for (library, places) in ONLY {
            let names = [format!("{library}::"), format!("use {library}")];
            let at_home = places.iter().any(|place| file.starts_with(place));
            if !at_home && names.iter().any(|name| code.contains(name.as_str())) {
                wrong.push(format!("{file} names {library}; only {places:?} may"));
            }
        }
        wrong.extend(
            DOORS.iter().filter(|door| code.contains(**door)).map(|door| format!("{file} names {door}")),
        );
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
