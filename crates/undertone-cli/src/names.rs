//! Unique names: for the files written per recording, and for predictions that are compared.

use std::path::{Component, Path, PathBuf};

use undertone::report::distinct;
use undertone_eval::predict;

/// A name without extension for each of `inputs`: the path below the folder it was found in, or its file name; those that
/// clash are numbered (`call`, `call-2`), so that nothing is overwritten.
pub fn names(typed: &[PathBuf], inputs: &[PathBuf]) -> Vec<PathBuf> {
    let name = |input: &PathBuf| {
        let folder =
            typed.iter().filter(|folder| folder.is_dir()).find_map(|folder| input.strip_prefix(folder).ok());
        let below = folder.unwrap_or_else(|| Path::new(input.file_name().unwrap_or(input.as_os_str())));
        let parts = below.components().filter(|part| matches!(part, Component::Normal(_)));
        let stem = parts.collect::<PathBuf>().with_extension("");
        match stem.to_string_lossy().into_owned() {
            name if name == "-" || name.is_empty() => "standard-input".to_string(),
            name => name,
        }
    };
    distinct(inputs.iter().map(name)).into_iter().map(PathBuf::from).collect()
}

/// A name for each predictions file: its own, with as many of its folders before it as tell it from the others; the same file twice
/// is numbered.
pub fn of_predictions(paths: &[PathBuf]) -> Vec<String> {
    let parts = |path: &PathBuf| {
        let normal = |part: Component| match part {
            Component::Normal(part) => Some(part.to_string_lossy().into_owned()),
            _ => None,
        };
        let folders = path.parent().into_iter().flat_map(Path::components).filter_map(normal);
        folders.chain([predict::name(path)]).collect::<Vec<String>>()
    };
    let all: Vec<Vec<String>> = paths.iter().map(parts).collect();
    let name = |parts: &Vec<String>| {
        let tail = |parts: &Vec<String>, count: usize| parts[parts.len().saturating_sub(count)..].join("/");
        let alone = |count: &usize| {
            all.iter().filter(|other| tail(other, *count) == tail(parts, *count)).count() == 1
        };
        tail(parts, (1..=parts.len()).find(alone).unwrap_or(1))
    };
    distinct(all.iter().map(name))
}

/// `name` with `.extension` after it, whatever dots it has.
pub fn with_extension(name: &Path, extension: &str) -> PathBuf {
    let mut whole = name.as_os_str().to_os_string();
    whole.push(".");
    whole.push(extension);
    PathBuf::from(whole)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_keep_the_way_below_a_folder_and_never_meet() {
        let folder = tempfile::tempdir().unwrap();
        let typed = [folder.path().to_path_buf(), "/else/x.wav".into(), "../x.mp3".into(), "-".into()];
        let mut inputs = vec![folder.path().join("a/x.wav"), folder.path().join("a/x.v2.wav")];
        inputs.extend(["/else/x.wav", "../x.mp3", "../X.wav", "-"].map(PathBuf::from));
        let names: Vec<String> =
            names(&typed, &inputs).iter().map(|name| name.display().to_string()).collect();
        assert_eq!(names, ["a/x", "a/x.v2", "x", "x-2", "X-3", "standard-input"]);
        assert_eq!(with_extension(Path::new("a/x.v2"), "srt"), Path::new("a/x.v2.srt"));
    }

    #[test]
    fn predictions_of_one_name_are_told_apart_by_their_folders() {
        let of = |paths: &[&str]| of_predictions(&paths.iter().map(PathBuf::from).collect::<Vec<_>>());
        assert_eq!(of(&["results/a.all.csv.zst", "results/b.all.csv"]), ["a.all", "b.all"]);
        assert_eq!(of(&["results/a.csv", "results/large/a.csv"]), ["results/a", "large/a"]);
        assert_eq!(of(&["old/x/a.csv", "../new/x/a.csv", "b.csv"]), ["old/x/a", "new/x/a", "b"]);
        assert_eq!(of(&["a.csv", "x/a.csv", "a.csv"]), ["a", "x/a", "a-2"]);
    }
}
