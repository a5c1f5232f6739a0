//! `undertone enroll`, and the speakers that `analyze --adapt` names: recordings → profiles.

use std::fs::Metadata;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use undertone::audio::Source;
use undertone::engine::Options;
use undertone::model::{Model, file_sha256};
use undertone::speakers::Profile;
use undertone::{Engine, Error, ErrorKind, Result};

use crate::analyze;
use crate::arguments::Enroll;
use crate::interrupt::{Interrupt, STATUS};
use crate::model;
use crate::output::Output;
use crate::progress::Progress;

/// How a profile's file name ends.
const ENDING: &str = ".profile.json";

pub fn run(typed: Enroll) -> Result<ExitCode> {
    if let Some(old) = &typed.convert {
        return convert(old, typed.output.as_deref());
    }
    let name = typed.name.unwrap_or_default();
    let path = match typed.output {
        Some(path) => path,
        None => default_path(&name)?,
    };
    let model = model::chosen(&typed.model.name)?;
    replaceable(&path, &model)?;
    let mut output = Output::open(Some(&path))?;
    let interrupt = Interrupt::watch()?;
    let options = Options { ffmpeg: typed.ffmpeg, ffmpeg_fallback: true, ..Options::default() };
    let engine = Engine::builder().model(model).options(options).build()?;
    let files = distinct(analyze::inputs(&typed.inputs)?.complete()?);
    let mut progress = Progress::over(&files, typed.quiet);
    progress.begin(Path::new(&name));
    let hearing = progress.clone();
    let (by, neutral) = (engine.clone(), typed.neutral);
    let heard = interrupt.unless_pressed(move || {
        let sources = files.into_iter().map(Source::Path).collect();
        by.enroll(&name, sources, neutral, |at| {
            hearing.heard(at.heard, at.whole);
            ControlFlow::Continue(())
        })
    });
    progress.finish();
    let Some(profile) = heard? else { return Ok(ExitCode::from(STATUS)) };
    if profile.is_inexact(engine.model()) && !typed.quiet {
        eprintln!(
            "undertone: neutral_offset: this model does not know how neutral speech differs from all speech; the profile is used \
             as it is and less exact"
        );
    }
    output.write(&format!("{}\n", profile.json()?))?;
    output.finish()?;
    let kind = if profile.neutral { "neutral speech" } else { "speech" };
    let text =
        format!("{}: {:.1} s of {kind} heard, kept in {}\n", profile.name, profile.seconds, path.display());
    let mut said = Output::open(None)?;
    said.write(&text)?;
    said.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// Each recording once: a copy, or a file in a folder that is named too, tells nothing new of a voice.
fn distinct(files: Vec<PathBuf>) -> Vec<PathBuf> {
    let mut kept: Vec<PathBuf> = Vec::new();
    for path in files {
        match kept.iter().find(|first| are_same(first, &path)) {
            Some(first) => {
                eprintln!(
                    "undertone: {}: the same recording as {}; it counts once",
                    path.display(),
                    first.display()
                );
            }
            None => kept.push(path),
        }
    }
    kept
}

/// Whether two files hold the same bytes. Pipes cannot be read twice; what cannot be read is told where it is heard.
fn are_same(a: &Path, b: &Path) -> bool {
    let size = |path: &Path| std::fs::metadata(path).ok().filter(Metadata::is_file).map(|data| data.len());
    let same_size = size(a).is_some_and(|bytes| size(b) == Some(bytes));
    same_size && file_sha256(a).is_ok_and(|digest| file_sha256(b).is_ok_and(|other| other == digest))
}

/// Writes a profile of the first format in the current one, over itself where no other file is named.
fn convert(old: &Path, to: Option<&Path>) -> Result<ExitCode> {
    let json = std::fs::read_to_string(old).map_err(|error| Error::from(error).at(old))?;
    let profile = Profile::convert(&json).map_err(|error| error.at(old))?;
    let to = to.unwrap_or(old);
    let mut output = Output::open(Some(to))?;
    output.write(&format!("{}\n", profile.json()?))?;
    output.finish()?;
    let mut said = Output::open(None)?;
    said.write(&format!("{}: converted to {}, {}\n", profile.name, profile.format, to.display()))?;
    said.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// `NAME.profile.json` in the current folder.
fn default_path(name: &str) -> Result<PathBuf> {
    let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
    match plain {
        true => Ok(PathBuf::from(format!("{name}{ENDING}"))),
        false => {
            let message = format!("'{name}' makes no file name; name the file too: --output FILE{ENDING}");
            Err(Error::new(ErrorKind::Config, message))
        }
    }
}

/// Refuses to write over what is no profile of the same model: such a profile is replaced, anything else is kept.
fn replaceable(path: &Path, model: &Model) -> Result<()> {
    if !path.exists() {
        return Ok(());
    }
    let keep = |error: Error| {
        let message = format!("is kept as it is: {}; remove it or name another --output", error.message());
        Error::new(ErrorKind::Config, message).at(path)
    };
    Profile::open(path).and_then(|profile| profile.check(model)).map_err(keep)
}

/// The speakers named by `--adapt`, in their order: profiles (`.json`), or recordings of neutral speech; an empty name
/// leaves a speaker out.
///
/// # Errors
/// What reading a profile or hearing a recording answers; `Config` for a profile of another model.
pub fn profiles(engine: &Engine, typed: &[PathBuf]) -> Result<Vec<Option<Profile>>> {
    let profile = |path: &PathBuf| {
        if path.as_os_str().is_empty() {
            return Ok(None);
        }
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
            let profile = Profile::open(path)?;
            profile.check(engine.model()).map_err(|error| error.at(path))?;
            return Ok(Some(profile));
        }
        let name = path.file_stem().map_or_else(String::new, |name| name.display().to_string());
        let sources = vec![Source::from(path.as_path())];
        let profile = engine.enroll(&name, sources, true, |_| ControlFlow::Continue(()));
        profile.map(Some).map_err(|error| error.at(path))
    };
    typed.iter().map(profile).collect()
}
