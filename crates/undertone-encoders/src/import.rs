//! Any ONNX encoder → a folder in the cache.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use undertone::{Error, Result};

use crate::Cache;
use crate::cache::check_name;
use crate::inspect::{self, Interface, Output, Trial};
use crate::preset::{Beside, Preset};
use crate::spec::{EncoderSpec, FORMAT, InputKind, Normalisation, RATE};

/// The name of the ONNX file in an encoder's folder.
const FILE: &str = "encoder.onnx";
/// Seconds that an encoder hears in one run: as many as Whisper has positions for.
const LONGEST: f64 = 29.5;

/// What to call an encoder and how to take it.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Its name in the cache; that of the file where none is given.
    pub name: Option<String>,
    /// Its family; that which `config.json` beside it names, where none is given.
    pub preset: Option<Preset>,
    /// Its outputs to take; all that give rows where none are given.
    pub layers: Vec<String>,
}

/// An encoder that is in the cache now.
#[derive(Debug)]
#[non_exhaustive]
pub struct Installed {
    /// Where it is.
    pub folder: PathBuf,
    /// What it is.
    pub spec: EncoderSpec,
    /// Seconds of work for a second of sound, in one run of noise.
    pub work: f64,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// What is known of an encoder's bytes before they are looked at.
pub(crate) struct Origin {
    pub name: String,
    pub preset: Preset,
    pub source: String,
    pub licence: String,
    pub normalisation: Normalisation,
    pub longest_seconds: f64,
    pub layers: Vec<String>,
    pub notes: Vec<String>,
}

/// Inspects an ONNX file, tries it, and copies it into the cache with its description. Weights in files beside it are put into the copy.
///
/// # Errors
/// Whatever keeps the encoder from being used, by name and with the remedy.
pub fn import(path: &Path, choice: &Choice, cache: &Cache) -> Result<Installed> {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let name = choice.name.clone().unwrap_or(stem);
    check_name(&name)?;
    let file = path.file_name().map(|file| file.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    import_as(path, folder, &Named { name, source: file }, choice, cache)
}

/// An encoder's name, and what is written as its source.
pub(crate) struct Named {
    pub name: String,
    pub source: String,
}

/// [`import`] of a file whose neighbours lie in `folder`.
pub(crate) fn import_as(path: &Path, folder: &Path, named: &Named, choice: &Choice, cache: &Cache) -> Result<Installed> {
    let bytes = std::fs::read(path).map_err(|error| Error::from(error).at(path))?;
    let beside = Beside::read(folder)?;
    let preset = choice.preset.or_else(|| beside.preset()).unwrap_or(Preset::Other);
    let mut notes = Vec::new();
    let interface = Interface::read(&bytes).map_err(|error| error.at(path))?;
    if let Some(rate) = interface.rate.or(beside.rate).filter(|rate| *rate != RATE) {
        let message = format!(
            "hears sound at {rate} Hz; only encoders for {RATE} Hz can be used: put a resampler into the graph, or use another encoder"
        );
        return Err(Error::unsupported(message).at(path));
    }
    if interface.kind == InputKind::LogMel && preset != Preset::Whisper {
        let message = format!(
            "its input '{}' is a spectrogram; only Whisper's log-mel spectrogram is known: --preset whisper where it is one, else \
             export the encoder with its waveform as the input",
            interface.input
        );
        return Err(Error::unsupported(message).at(path));
    }
    let normalisation = match (interface.kind, beside.normalised) {
        (InputKind::LogMel, _) => Normalisation::None,
        (_, Some(true)) => Normalisation::ZeroMeanUnitVariance,
        (_, Some(false)) => Normalisation::None,
        (_, None) => {
            let of = if preset == Preset::Other { "without a --preset" } else { preset.name() };
            notes.push(format!(
                "normalisation is taken as usual {of}; no preprocessor_config.json beside the file says it: correct model.toml where it is wrong"
            ));
            preset.normalisation()
        }
    };
    let licence = beside.licence.unwrap_or_else(|| "not stated".to_string());
    let bytes = inspect::inlined(&bytes, folder).map_err(|error| error.at(path))?.into_owned();
    let origin = Origin {
        name: named.name.clone(),
        preset,
        source: named.source.clone(),
        licence,
        normalisation,
        longest_seconds: LONGEST,
        layers: choice.layers.clone(),
        notes,
    };
    install(bytes, origin, cache).map_err(|error| error.at(path))
}

/// Tries an encoder and puts it in the cache.
pub(crate) fn install(bytes: Vec<u8>, origin: Origin, cache: &Cache) -> Result<Installed> {
    let mut interface = Interface::read(&bytes)?;
    if !origin.layers.is_empty() {
        interface.outputs = named_outputs(&interface.outputs, &origin.layers)?;
    } else if let Some(output) = origin.preset.output().filter(|name| interface.outputs.iter().any(|own| own == name)) {
        interface.outputs = vec![output.to_string()];
    }
    let workplace = cache.workplace()?;
    let file = workplace.path().join(FILE);
    std::fs::write(&file, &bytes).map_err(|error| Error::from(error).at(&file))?;
    let sha256 = format!("{:x}", Sha256::digest(&bytes));
    let trial = inspect::try_out(bytes, &interface)?;
    let outputs = chosen(&trial, !origin.layers.is_empty())?;
    let longest = trial.fixed_seconds.unwrap_or(origin.longest_seconds);
    let spec = EncoderSpec {
        format: FORMAT.to_string(),
        name: origin.name,
        preset: origin.preset.name().to_string(),
        file: FILE.to_string(),
        sha256,
        source: origin.source,
        licence: origin.licence,
        rate: RATE,
        input: interface.input,
        input_kind: interface.kind,
        normalisation: origin.normalisation,
        longest_seconds: longest,
        frame_seconds: outputs[0].frame_seconds,
        layers: outputs.iter().map(|output| output.name.clone()).collect(),
        widths: outputs.iter().map(|output| output.width).collect(),
    };
    spec.write(workplace.path())?;
    let folder = cache.install(workplace, &spec.name)?;
    Ok(Installed { folder, spec, work: trial.work, notes: origin.notes })
}

/// The outputs that `--layers` names: by their names, or by their numbers in names that end so.
fn named_outputs(outputs: &[String], layers: &[String]) -> Result<Vec<String>> {
    let find = |layer: &String| {
        let exact = outputs.iter().find(|output| *output == layer);
        let numbered = |output: &&String| {
            layer.bytes().all(|byte| byte.is_ascii_digit())
                && output.strip_suffix(layer.as_str()).is_some_and(|rest| rest.ends_with(['.', '_', '-']))
        };
        exact.or_else(|| outputs.iter().find(numbered)).cloned().ok_or_else(|| {
            Error::config(format!("--layers: no output '{layer}'; its outputs are {}", outputs.join(", ")))
        })
    };
    layers.iter().map(find).collect()
}

/// The outputs to take of those that were tried: rows where there are any, else embeddings. At least one, all of one kind.
fn chosen(trial: &Trial, named: bool) -> Result<Vec<&Output>> {
    let first = trial.outputs.iter().find(|output| output.frame_seconds.is_some()).or(trial.outputs.first());
    let hop = first.and_then(|output| output.frame_seconds);
    let same = |output: &&Output| match (output.frame_seconds, hop) {
        (Some(own), Some(hop)) => (own - hop).abs() < 1e-6,
        (own, hop) => own.is_none() && hop.is_none(),
    };
    let outputs: Vec<&Output> = trial.outputs.iter().filter(same).collect();
    if outputs.is_empty() || (named && outputs.len() < trial.outputs.len()) {
        let message = "--layers: the outputs have rows of different lengths, or some have rows and some are one embedding; name outputs of \
                       one kind";
        return Err(Error::config(message));
    }
    Ok(outputs)
}
