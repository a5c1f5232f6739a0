//! Folders depend on each other in one direction, and no modules import each other in a circle.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Each folder may use itself and those before it.
const ORDER: [&str; 7] = ["data", "augment", "nn", "train", "export", "adaptation", "experiment"];
/// What stands beside them: it uses `data` alone and serves none.
const REFERENCE: &str = "reference";

/// The Rust files of a folder, below it too.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false if path.extension().is_some_and(|extension| extension == "rs") => found.push(path),
            false => {}
        }
    }
    found.sort();
    found
}

/// A module by its folder and its name below it, and the modules that it names by `crate::…` outside its tests.
struct Module {
    place: [String; 2],
    uses: BTreeSet<[String; 2]>,
}

fn modules() -> Vec<Module> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    files(&sources).iter().map(|path| module(&sources, path)).collect()
}

fn module(sources: &Path, path: &Path) -> Module {
    let text = std::fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let names = |rest: &str| -> [String; 2] {
        let mut names = rest
            .split("::")
            .map(|part| part.chars().take_while(|x| x.is_alphanumeric() || *x == '_').collect::<String>());
        std::array::from_fn(|_| names.next().unwrap_or_default())
    };
    let uses = lines.flat_map(|line| line.split("crate::").skip(1).map(names).collect::<Vec<_>>());
    let inside = path.strip_prefix(sources).unwrap().with_extension("");
    let mut parts = inside.iter().map(|part| part.to_str().unwrap().to_string());
    Module { place: std::array::from_fn(|_| parts.next().unwrap_or_default()), uses: uses.collect() }
}

#[test]
fn folders_use_only_those_before_them() {
    for Module { place: [folder, name], uses } in modules() {
        for [used, module] in uses {
            let allowed = match folder.as_str() {
                "main" | "lib" => true,
                REFERENCE => [REFERENCE, "data"].contains(&&*used),
                _ => {
                    let place = |name: &str| ORDER.iter().position(|folder| *folder == name);
                    let own =
                        place(&folder).unwrap_or_else(|| panic!("src/{folder} has no place in the order"));
                    place(&used).is_some_and(|used| used <= own)
                }
            };
            assert!(allowed, "src/{folder}/{name} uses crate::{used}::{module}");
        }
    }
}

#[test]
fn no_modules_import_each_other_in_a_circle() {
    let mut uses = BTreeMap::<[String; 2], BTreeSet<[String; 2]>>::new();
    for Module { place, uses: mut others } in modules() {
        others.remove(&place);
        uses.entry(place).or_default().extend(others);
    }
    // What uses nothing that is left cannot lie on a circle.
    while let Some(done) = uses
        .iter()
        .find(|(_, used)| used.iter().all(|one| !uses.contains_key(one)))
        .map(|(name, _)| name.clone())
    {
        uses.remove(&done);
    }
    assert!(
        uses.is_empty(),
        "a circle among {:?}",
        uses.keys().map(|name| name.join("::")).collect::<Vec<_>>()
    );
}
