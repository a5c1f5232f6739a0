//! An encoder of the hub, or files of it fetched by hand → a folder in the cache.

use std::path::{Path, PathBuf};

use undertone::model::{Normalisation, file_sha256};
use undertone::{Error, ErrorKind, Result};

use crate::cache::Cache;
use crate::hub::{Download, Hub};
use crate::import::{Choice, Installed, Named, Origin, import_as, install};
use crate::inspect;
use crate::preset::{Beside, Preset};
use crate::source::Source;
use crate::weights::Weights;
use crate::whisper::{Whisper, middle};

const WEIGHTS: &str = "model.safetensors";
/// Names under which repositories keep an encoder in ONNX.
const ONNX: [&str; 3] = ["encoder.onnx", "model.onnx", "onnx/model.onnx"];
/// Small files that say what an encoder is.
const ABOUT: [&str; 3] = ["config.json", "preprocessor_config.json", "README.md"];

/// What goes on.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The licence, before the weights are downloaded.
    Licence(&'a str),
    /// So many bytes of a file are there, of so many where that is known.
    Progress {
        /// The file.
        file: &'a str,
        /// Bytes that are there.
        done: u64,
        /// Bytes of the whole file.
        whole: Option<u64>,
    },
    /// The weights are converted and tried.
    Converting,
}

/// Fetches an encoder, or takes it from files fetched by hand (`from`: a folder, a file, or its parts in their order), converts it and
/// puts it in the cache.
///
/// # Errors
/// Whatever keeps the encoder from being had or used, with the remedy.
pub fn pull(
    source: &Source,
    from: &[PathBuf],
    cache: &Cache,
    hub: &Hub,
    report: &mut dyn FnMut(Event<'_>),
) -> Result<Installed> {
    match from {
        [] => from_hub(source, cache, hub, report),
        from => from_files(source, from, cache, report),
    }
}

fn from_hub(
    source: &Source,
    cache: &Cache,
    hub: &Hub,
    report: &mut dyn FnMut(Event<'_>),
) -> Result<Installed> {
    let partial = cache.partial()?;
    // The files under their own names, beside each other.
    let place = cache.workplace()?;
    let mut commit = None;
    let mut fetch = |file: &str, report: &mut dyn FnMut(Event<'_>)| -> Result<Option<Download>> {
        let download = hub.download(source, file, &partial, &mut |done, whole| {
            report(Event::Progress { file, done, whole })
        })?;
        let Some(mut download) = download else { return Ok(None) };
        let path = place.path().join(file);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| Error::from(error).at(folder))?;
        }
        std::fs::rename(&download.path, &path).map_err(|error| Error::from(error).at(&path))?;
        download.path = path;
        commit = commit.take().or_else(|| download.commit.clone());
        Ok(Some(download))
    };
    for file in ABOUT {
        fetch(file, report)?;
    }
    let beside = Beside::read(place.path())?;
    let (licence, shown) = licence(source, &beside, "its page on the hub");
    report(Event::Licence(&shown));
    let resolved = |commit: Option<String>| match commit {
        Some(commit) => format!("hf:{}@{commit}", source.repository),
        None => source.to_string(),
    };
    if source.known.is_some() || beside.preset() == Some(Preset::Whisper) {
        let weights = fetch(WEIGHTS, report)?.ok_or_else(|| missing(source, WEIGHTS))?;
        report(Event::Converting);
        let installed = convert(source, &[weights.path], &beside, resolved(commit), licence, cache)?;
        return Ok(noted(installed, weights.checked));
    }
    for file in ONNX {
        let Some(found) = fetch(file, report)? else { continue };
        let bytes = std::fs::read(&found.path).map_err(|error| Error::from(error).at(&found.path))?;
        let inside = Path::new(file).parent().unwrap_or(Path::new(""));
        for external in inspect::files(&bytes)? {
            let external = inside.join(external).to_string_lossy().replace('\\', "/");
            fetch(&external, report)?.ok_or_else(|| missing(source, &external))?;
        }
        report(Event::Converting);
        let named = Named { name: source.name.clone(), source: resolved(commit) };
        let choice = Choice { preset: beside.preset(), ..Choice::default() };
        let folder = found.path.parent().unwrap_or(place.path()).to_path_buf();
        // What is said of it lies in the repository's own folder.
        for about in ABOUT.iter().filter(|_| folder != place.path()) {
            let _ = std::fs::copy(place.path().join(about), folder.join(about));
        }
        return Ok(noted(import_as(&found.path, &folder, &named, &choice, cache)?, found.checked));
    }
    Err(Error::unsupported(format!(
        "{source} is no Whisper encoder and has no ONNX file ({}); export it to ONNX yourself and run: undertone model import FILE",
        ONNX.join(", ")
    )))
}

/// With a note where nobody stated a checksum.
fn noted(mut installed: Installed, checked: bool) -> Installed {
    if !checked {
        let note =
            "the server states no checksum of the weights: whether they arrived unchanged is not known";
        installed.notes.push(note.to_string());
    }
    installed
}

fn missing(source: &Source, file: &str) -> Error {
    let message = format!("{source} has no {file}; is it the right repository and revision?");
    Error::new(ErrorKind::Io, message)
}

fn from_files(
    source: &Source,
    from: &[PathBuf],
    cache: &Cache,
    report: &mut dyn FnMut(Event<'_>),
) -> Result<Installed> {
    let mut files = Vec::new();
    for path in from {
        match path.is_dir() {
            true => files.extend(weights_in(path)?),
            false => files.push(path.clone()),
        }
    }
    let folder = files.first().and_then(|file| file.parent()).unwrap_or(Path::new("")).to_path_buf();
    let beside = Beside::read(&folder)?;
    let (licence, shown) = licence(source, &beside, "the README.md beside the file");
    report(Event::Licence(&shown));
    report(Event::Converting);
    let mut names = Vec::new();
    for file in &files {
        let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
        names.push(format!("{name} (SHA-256 {})", file_sha256(file)?));
    }
    convert(source, &files, &beside, names.join(", "), licence, cache)
}

/// The files of weights in a folder.
fn weights_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).map_err(|error| Error::from(error).at(folder))?;
    let mut files: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    let named = |start: &str| {
        let starts =
            |path: &&PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start));
        files.iter().filter(starts).cloned().collect::<Vec<_>>()
    };
    let whole = |name: &str| Some(folder.join(name)).filter(|path| path.is_file()).map(|path| vec![path]);
    let found = whole(WEIGHTS).or_else(|| whole("model.bin")).unwrap_or_else(|| named("model.bin.part"));
    if found.is_empty() {
        let message = "holds no weights (model.safetensors, model.bin, or its parts model.bin.part1, …); name the folder or the files that \
                       you fetched; an ONNX file is taken by: undertone model import FILE";
        return Err(Error::new(ErrorKind::Io, message).at(folder));
    }
    Ok(found)
}

/// The licence to write down, and what to show.
fn licence(source: &Source, beside: &Beside, place: &str) -> (String, String) {
    let page = beside.licence.as_deref();
    match (source.known, page) {
        (Some(known), page) => {
            let other = page.filter(|page| !page.eq_ignore_ascii_case(known.licence));
            let other = other.map_or_else(String::new, |page| format!("; {place} says {page}"));
            (known.licence.to_string(), format!("{} ({}){other}", known.licence, known.stated_by))
        }
        (None, Some(page)) => (page.to_string(), format!("{page} ({place})")),
        (None, None) => ("not stated".to_string(), format!("not stated in {place}: ask its makers")),
    }
}

/// Whisper's weights → a folder in the cache.
fn convert(
    source: &Source,
    files: &[PathBuf],
    beside: &Beside,
    from: String,
    licence: String,
    cache: &Cache,
) -> Result<Installed> {
    let first = files.first().cloned().unwrap_or_default();
    let whisper =
        Whisper::read(&mut Weights::open(files)?, beside.heads).map_err(|error| error.at(&first))?;
    if let Some(known) = source.known
        && (known.depth, known.width) != (whisper.depth(), whisper.width())
    {
        let message = format!(
            "is not {}: it has {} blocks of width {}, expected {} of {}; fetch the right file",
            known.name,
            whisper.depth(),
            whisper.width(),
            known.depth,
            known.width
        );
        return Err(Error::malformed(message).at(first));
    }
    let bytes = whisper.onnx(&middle(whisper.depth()))?;
    let origin = Origin {
        name: source.name.clone(),
        preset: Preset::Whisper,
        source: from,
        licence,
        normalisation: Normalisation::None,
        longest_seconds: whisper.longest_seconds(),
        layers: Vec::new(),
        notes: Vec::new(),
    };
    let mut installed = install(bytes, origin, cache)?;
    if let Some(known) = source.known
        && installed.spec.sha256 != known.encoder_sha256
    {
        installed.notes.push(format!(
            "these weights differ from those that the released heads over {} were fitted to; their figures may not hold",
            known.name
        ));
    }
    Ok(installed)
}
