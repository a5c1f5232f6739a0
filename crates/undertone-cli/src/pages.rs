//! `--html`: one page of all recordings, or a folder with a page for each and an index of them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use undertone::analysis::{Analysis, Report};
use undertone::report::{self, Sound, distinct};
use undertone::{Engine, Error, Result};

use crate::arguments::{Analyze, SoundChoice};
use crate::names::with_extension;
use crate::output::Output;
use crate::writer::{make, write};

/// The index's name without its extension; no page takes it.
const INDEX: &str = "index";

/// Where pages go, and how they play the recordings.
pub struct Pages {
    place: Place,
    sound: SoundChoice,
}

enum Place {
    /// One page, at its path.
    One(Output, PathBuf),
    Folder {
        folder: PathBuf,
        /// Names of pages below it, in the order of the recordings to come.
        names: std::vec::IntoIter<PathBuf>,
        /// The pages that were written; none for recordings without one.
        pages: Vec<Option<PathBuf>>,
    },
}

impl Pages {
    /// Opens what `--html` asks for. `names` are those of the recordings to come, without extension.
    pub fn open(typed: &Analyze, names: &[PathBuf]) -> Result<Option<Pages>> {
        let Some(path) = &typed.html else { return Ok(None) };
        let several = names.len() > 1 || typed.inputs.iter().any(|input| input.is_dir());
        if !is_folder(path, several) {
            let sound = typed.sound.unwrap_or(SoundChoice::Embed);
            return Ok(Some(Pages { place: Place::One(Output::open(Some(path))?, path.clone()), sound }));
        }
        make(path)?;
        let own = names.iter().map(|name| name.to_string_lossy().into_owned());
        let names = distinct([INDEX.to_string()].into_iter().chain(own)).into_iter().skip(1);
        let names: Vec<PathBuf> = names.map(|name| with_extension(Path::new(&name), "html")).collect();
        let place = Place::Folder { folder: path.clone(), names: names.into_iter(), pages: Vec::new() };
        Ok(Some(Pages { place, sound: typed.sound.unwrap_or(SoundChoice::Link) }))
    }

    /// The next recording's page, where each has its own: what only its plots need is dropped from the result. Gives why the page
    /// could not be written, which says nothing about those that follow.
    pub fn take(&mut self, result: Analysis, engine: &Engine) -> (Analysis, Option<Error>) {
        let sound = self.sound;
        let Place::Folder { folder, names, pages } = &mut self.place else { return (result, None) };
        let name = names.next().filter(|_| result.error.is_none());
        let mut whole = engine.report(vec![result]);
        let written = name.as_ref().map(|name| {
            let path = folder.join(name);
            let up = name.components().skip(1).map(|_| "..").collect::<PathBuf>();
            let sounds: Vec<Sound> = whole.recordings.iter().map(|one| sound.of(&one.path, &path)).collect();
            let index = up.join(with_extension(Path::new(INDEX), "html"));
            write(&path, &report::html_below(&whole, &sounds, &index)?)
        });
        let failed = written.and_then(Result::err);
        pages.push(name.filter(|_| failed.is_none()));
        let mut result = whole.recordings.pop().unwrap_or_default();
        result.cells = Vec::new();
        result.envelope = Default::default();
        (result, failed)
    }

    /// The page of all recordings, or the index.
    pub fn finish(self, whole: &Report) -> Result<()> {
        match self.place {
            Place::One(mut output, path) => {
                let sounds: Vec<Sound> =
                    whole.recordings.iter().map(|one| self.sound.of(&one.path, &path)).collect();
                output.write(&report::html(whole, &sounds)?)?;
                output.finish()
            }
            Place::Folder { folder, pages, .. } => {
                let path = folder.join(with_extension(Path::new(INDEX), "html"));
                write(&path, &report::index(whole, &pages)?)
            }
        }
    }
}

impl SoundChoice {
    fn of(self, recording: &Path, page: &Path) -> Sound {
        match self {
            SoundChoice::Embed => Sound::of(recording, page),
            SoundChoice::Link => Sound::linked(recording, page),
            SoundChoice::None => Sound::default(),
        }
    }
}

/// Whether a path names a folder: it is one, ends like one, or is new, for several recordings, and no page by its extension.
fn is_folder(path: &Path, several: bool) -> bool {
    let text = path.as_os_str().as_encoded_bytes();
    let ends = text.last().is_some_and(|&last| std::path::is_separator(char::from(last)));
    let page = ["html", "htm", "xhtml"];
    let extension = path.extension().and_then(OsStr::to_str).map(str::to_lowercase);
    path.is_dir()
        || ends
        || several && !path.exists() && !extension.is_some_and(|one| page.contains(&one.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_what_is_one_or_looks_like_one() {
        let of = |path: &str, several| is_folder(Path::new(path), several);
        assert!(of("src", false) && of("new/", false) && of("new", true) && of("calls.may", true));
        assert!(
            !of("new", false) && !of("all.html", true) && !of("ALL.HTM", true) && !of("Cargo.toml", true)
        );
    }
}
