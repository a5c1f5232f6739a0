//! `--segments`: a file for one recording, or a folder with a file for each.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use undertone::engine::Options;
use undertone::segments::{self, GivenSegment};
use undertone::{Engine, Error, ErrorKind, Result};

use crate::arguments::Analyze;
use crate::names::names;

/// Extensions of files of segments; of two files for one recording the first is taken.
const EXTENSIONS: [&str; 7] = ["json", "vtt", "srt", "TextGrid", "textgrid", "rttm", "csv"];

/// Where the segments of recordings come from.
pub struct Segments {
    place: Place,
    tiers: Vec<String>,
    /// Speakers are named by other means.
    named: bool,
}

enum Place {
    /// None are given.
    Nowhere,
    /// Those of the only recording.
    Read(Vec<GivenSegment>),
    /// A folder, and the names of the recordings below the folders they were found in.
    Folder(PathBuf, Vec<(PathBuf, PathBuf)>),
}

impl Segments {
    /// As typed. The segments of a single recording are read here.
    pub fn of(typed: &Analyze, recordings: &[PathBuf]) -> Result<Segments> {
        let (tiers, named) = (typed.tier.clone(), !typed.speakers.is_empty());
        let place = match &typed.segments {
            None => Place::Nowhere,
            Some(folder) if folder.is_dir() => {
                let names = recordings.iter().cloned().zip(names(&typed.inputs, recordings));
                Place::Folder(folder.clone(), names.collect())
            }
            Some(_) if recordings.len() > 1 => {
                let message = format!(
                    "--segments FILE is of one recording and there are {}; name a folder with a file for each: calls/a.wav, \
                     segments/a.srt",
                    recordings.len()
                );
                return Err(Error::new(ErrorKind::Config, message));
            }
            Some(file) => {
                Place::Read(checked(segments::read(file, &tiers)?, named).map_err(|error| error.at(file))?)
            }
        };
        Ok(Segments { place, tiers, named })
    }

    /// The engine that answers the segments of a recording.
    pub fn engine(&self, engine: &Engine, recording: &Path) -> Result<Engine> {
        let given = match &self.place {
            Place::Nowhere => return Ok(engine.clone()),
            Place::Read(given) => given.clone(),
            Place::Folder(folder, names) => {
                let name = names.iter().find(|(path, _)| path == recording).map(|(_, name)| name.as_path());
                let file = find(folder, name.unwrap_or(recording), recording)?;
                checked(segments::read(&file, &self.tiers)?, self.named).map_err(|error| error.at(&file))?
            }
        };
        engine.with_options(Options { segments: Some(given), ..engine.options().clone() })
    }
}

/// Refuses segments that name speakers where others are named too.
fn checked(given: Vec<GivenSegment>, named: bool) -> Result<Vec<GivenSegment>> {
    match given.iter().find_map(|segment| segment.speaker.as_ref()) {
        Some(speaker) if named => {
            let message = format!("it names the speakers ({speaker}, …); leave out --speakers");
            Err(Error::new(ErrorKind::Config, message))
        }
        _ => Ok(given),
    }
}

/// The file for a recording: `NAME.srt` or, as whisper.cpp names it, `NAME.wav.srt`; at the same place below the folder, or in it.
fn find(folder: &Path, name: &Path, recording: &Path) -> Result<PathBuf> {
    let whole = recording.file_name().map(PathBuf::from);
    let stem = recording.file_stem().map(PathBuf::from);
    let beside = whole.as_ref().map(|whole| name.with_file_name(whole));
    let stems = [Some(name.to_path_buf()), beside, stem, whole];
    let mut files = stems.into_iter().flatten().flat_map(|stem| {
        EXTENSIONS.map(|extension| {
            let mut file = OsString::from(folder.join(&stem));
            file.push(".");
            file.push(extension);
            PathBuf::from(file)
        })
    });
    files.find(|file| file.is_file()).ok_or_else(|| {
        let message = format!(
            "there are no segments of it: no {}.EXT in {}, where EXT is one of {}",
            name.display(),
            folder.display(),
            EXTENSIONS.join(", ")
        );
        Error::new(ErrorKind::Config, message)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_file_of_a_recording_has_its_name_and_stands_at_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("b")).unwrap();
        for name in ["a.srt", "a.json", "b/x.csv", "y.wav.vtt", "v1.2.rttm"] {
            std::fs::write(at(name), "").unwrap();
        }
        let found = |name: &str, recording: &str| {
            find(folder.path(), Path::new(name), Path::new(recording))
                .map(|file| file.strip_prefix(folder.path()).unwrap().to_path_buf())
        };
        assert_eq!(found("a", "calls/a.wav").unwrap(), Path::new("a.json"));
        assert_eq!(found("b/x", "calls/b/x.wav").unwrap(), Path::new("b/x.csv"));
        assert_eq!(found("c/a", "calls/c/a.mp3").unwrap(), Path::new("a.json"), "in the folder itself");
        assert_eq!(found("y", "calls/y.wav").unwrap(), Path::new("y.wav.vtt"));
        assert_eq!(found("v1.2", "v1.2.wav").unwrap(), Path::new("v1.2.rttm"));
        assert!(found("z", "z.wav").unwrap_err().to_string().contains("no z.EXT"));
    }
}
