//! Any ONNX encoder → a folder in the cache.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use undertone::model::{ENCODER_FORMAT, EncoderSpec, InputKind, Normalisation};
use undertone::{Error, Result};

use crate::Cache;
use crate::cache::check_name;
use crate::inspect::{self, Interface, Output, Trial};
use crate::preset::{Beside, Preset};

use crate::RATE;

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
pub(crate) fn import_as(
    path: &Path,
    folder: &Path,
    named: &Named,
    choice: &Choice,
    cache: &Cache,
) -> Result<Installed> {
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
    } else if let Some(output) =
        origin.preset.output().filter(|name| interface.outputs.iter().any(|own| own == name))
    {
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
        format: ENCODER_FORMAT.to_string(),
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
    let mut notes = origin.notes;
    notes.extend(unused(&spec));
    Ok(Installed { folder, spec, work: trial.work, notes })
}

/// Why `analyze` cannot use an encoder, where it cannot.
fn unused(spec: &EncoderSpec) -> Option<String> {
    let error = spec.check_usable().err()?;
    Some(format!("it is kept for other programs, since heads cannot stand on it: {}", error.message()))
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use prost::Message;
    use tempfile::TempDir;

    use super::*;
    use crate::graph::Builder;
    use crate::onnx::{Attribute, EXTERNAL, Entry, Model, ValueInfo};

    /// An encoder with two layers, four values every 20 ms, and their mean; its file is `net.onnx`.
    fn encoder() -> Model {
        let mut graph = Builder::default();
        graph.input("sound", &["1", "samples"]);
        graph.whole("axis", &[1]);
        graph.node("Unsqueeze", &["sound", "axis"], "wave", Vec::new());
        let filters: Vec<f32> = (0..4 * 320).map(|n| (n as f32 * 0.37).sin()).collect();
        graph.constant("filters", &[4, 1, 320], &filters);
        let strides = vec![Attribute::ints("kernel_shape", &[320]), Attribute::ints("strides", &[320])];
        graph.node("Conv", &["wave", "filters"], "bands", strides);
        graph.node("Transpose", &["bands"], "hidden_states.1", vec![Attribute::ints("perm", &[0, 2, 1])]);
        graph.node("Tanh", &["hidden_states.1"], "hidden_states.2", Vec::new());
        let mean = vec![Attribute::ints("axes", &[1]), Attribute::int("keepdims", 0)];
        graph.node("ReduceMean", &["hidden_states.2"], "mean", mean);
        for name in ["hidden_states.1", "hidden_states.2"] {
            graph.output(name, &["1", "frames", "4"]);
        }
        graph.output("mean", &["1", "4"]);
        Model::decode(&graph.finish("net", &[])[..]).unwrap()
    }

    struct Place {
        folder: TempDir,
        cache: Cache,
    }

    impl Place {
        fn new() -> Place {
            let folder = tempfile::tempdir().unwrap();
            let cache = Cache::at(folder.path().join("cache"));
            Place { folder, cache }
        }

        fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
            let path = self.folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        }

        fn import(&self, model: &Model, choice: &Choice) -> Result<Installed> {
            import(&self.write("net.onnx", model.encode_to_vec()), choice, &self.cache)
        }

        /// What is said of a file that is refused; nothing of it is in the cache.
        fn refused(&self, model: &Model, choice: &Choice) -> String {
            let error = self.import(model, choice).unwrap_err().to_string();
            assert!(self.cache.list().unwrap().is_empty());
            error
        }
    }

    /// The encoder with a change, refused.
    fn changed(change: impl FnOnce(&mut crate::onnx::Graph)) -> String {
        let mut model = encoder();
        change(model.graph.as_mut().unwrap());
        Place::new().refused(&model, &Choice::default())
    }

    fn layers(names: &[&str]) -> Choice {
        Choice { layers: names.iter().map(ToString::to_string).collect(), ..Choice::default() }
    }

    #[test]
    fn rows_are_found_with_their_width_and_time() {
        let place = Place::new();
        place.write("config.json", r#"{"model_type": "wavlm"}"#);
        place.write("preprocessor_config.json", r#"{"sampling_rate": 16000, "do_normalize": true}"#);
        place.write("README.md", "---\nlicense: mit\n---\n");
        let Installed { folder, spec, notes, .. } = place.import(&encoder(), &Choice::default()).unwrap();
        assert_eq!(EncoderSpec::read(&folder).unwrap(), spec);
        assert_eq!(
            (spec.name.as_str(), spec.preset.as_str(), spec.input.as_str()),
            ("net", "wavlm", "sound")
        );
        assert_eq!((spec.source.as_str(), spec.licence.as_str()), ("net.onnx", "mit"));
        assert_eq!(
            (spec.normalisation, spec.input_kind),
            (Normalisation::ZeroMeanUnitVariance, InputKind::Waveform)
        );
        assert_eq!(
            (&spec.layers[..], &spec.widths[..]),
            (&["hidden_states.1", "hidden_states.2"].map(String::from)[..], &[4, 4][..])
        );
        assert!((spec.frame_seconds.unwrap() - 0.02).abs() < 1e-9);
        assert!(notes.is_empty(), "{notes:?}");
        assert_eq!(std::fs::read(spec.onnx(&folder)).unwrap(), encoder().encode_to_vec(), "byte for byte");
    }

    #[test]
    fn outputs_are_chosen_by_name_or_number() {
        let place = Place::new();
        let spec = place.import(&encoder(), &layers(&["2"])).unwrap().spec;
        assert_eq!(spec.layers, ["hidden_states.2"]);
        let Installed { spec, notes, .. } = place.import(&encoder(), &layers(&["mean"])).unwrap();
        assert_eq!((spec.layers, spec.frame_seconds), (vec!["mean".to_string()], None));
        assert!(notes.last().unwrap().contains("frame_seconds is missing"), "{notes:?}");
        let place = Place::new();
        assert!(
            place.refused(&encoder(), &layers(&["3"])).contains("hidden_states.1, hidden_states.2, mean")
        );
        assert!(place.refused(&encoder(), &layers(&["1", "mean"])).contains("one kind"));
        let choice = Choice { name: Some("a/b".to_string()), ..Choice::default() };
        assert!(place.refused(&encoder(), &choice).contains("--name"));
    }

    #[test]
    fn inputs_that_cannot_be_given_are_refused_by_name() {
        let mask = changed(|graph| graph.input.push(ValueInfo::float("attention_mask", &["1", "samples"])));
        assert!(mask.contains("'sound', 'attention_mask'") && mask.contains("without masks"), "{mask}");
        let integers = changed(|graph| {
            let kind = graph.input[0].r#type.as_mut().unwrap().tensor_type.as_mut().unwrap();
            kind.elem_type = 7;
        });
        assert!(integers.contains("'sound' is of integers") && integers.contains("float32"), "{integers}");
        let image = changed(|graph| graph.input[0] = ValueInfo::float("sound", &["1", "3", "224", "224"]));
        assert!(image.contains("neither a waveform"), "{image}");
        let batch = changed(|graph| graph.input[0] = ValueInfo::float("sound", &["8", "samples"]));
        assert!(batch.contains("[1, samples]"), "{batch}");
        let mel = changed(|graph| graph.input[0] = ValueInfo::float("sound", &["1", "80", "3000"]));
        assert!(mel.contains("--preset whisper"), "{mel}");
    }

    #[test]
    fn another_rate_is_refused_wherever_it_is_stated() {
        let place = Place::new();
        let mut model = encoder();
        model.metadata_props.push(Entry { key: "sample_rate".to_string(), value: "8000".to_string() });
        let error = place.refused(&model, &Choice::default());
        assert!(
            error.contains("8000 Hz") && error.contains("resampler") && error.contains("net.onnx"),
            "{error}"
        );
        place.write("preprocessor_config.json", r#"{"sampling_rate": 44100}"#);
        assert!(place.refused(&encoder(), &Choice::default()).contains("44100 Hz"));
    }

    #[test]
    fn what_is_not_a_number_and_what_cannot_be_run_is_refused() {
        let nan = changed(|graph| graph.node[3].op_type = "Log".to_string());
        assert!(nan.contains("NaN"), "{nan}");
        let unknown = changed(|graph| graph.node[3].op_type = "FooNorm".to_string());
        assert!(unknown.contains("FooNorm") && unknown.contains("not supported"), "{unknown}");
        let pooled = changed(|graph| {
            graph.node[2].attribute[0].ints = vec![1, 0, 2];
            graph.output.truncate(1);
        });
        assert!(pooled.contains("hidden_states.1") && pooled.contains("[4, 1, 50]"), "{pooled}");
        let place = Place::new();
        for bytes in [&b"not onnx"[..], &encoder().encode_to_vec()[..900]] {
            let error =
                import(&place.write("net.onnx", bytes), &Choice::default(), &place.cache).unwrap_err();
            assert!(error.to_string().contains("net.onnx: cannot be read as ONNX"), "{error}");
        }
    }

    #[test]
    fn weights_beside_the_file_are_put_into_the_copy() {
        let place = Place::new();
        let mut model = encoder();
        let tensor = &mut model.graph.as_mut().unwrap().initializer[1];
        let data = std::mem::take(&mut tensor.raw_data);
        tensor.data_location = EXTERNAL;
        let entry = |key: &str, value: String| Entry { key: key.to_string(), value };
        tensor.external_data = vec![
            entry("location", "net.onnx.data".to_string()),
            entry("offset", "64".to_string()),
            entry("length", data.len().to_string()),
        ];
        let missing = place.refused(&model, &Choice::default());
        assert!(missing.contains("net.onnx.data: is missing"), "{missing}");
        place.write("net.onnx.data", &data);
        let short = place.refused(&model, &Choice::default());
        assert!(short.contains("net.onnx.data: is shorter") && short.contains("filters"), "{short}");
        place.write("net.onnx.data", [&[1; 64][..], &data].concat());
        let installed = place.import(&model, &Choice::default()).unwrap();
        let copy = std::fs::read(installed.spec.onnx(&installed.folder)).unwrap();
        assert_eq!(Model::decode(&copy[..]).unwrap(), encoder());
        let place = Place::new();
        model.graph.as_mut().unwrap().initializer[1].external_data[0].value = "../data".to_string();
        let outside = place.refused(&model, &Choice::default());
        assert!(outside.contains("'../data', outside"), "{outside}");
    }

    #[test]
    fn a_log_mel_encoder_is_taken_as_whispers() {
        let mut graph = Builder::default();
        graph.input("input_features", &["batch", "80", "3000"]);
        graph.constant("filters", &[6, 80, 2], &vec![0.01; 6 * 80 * 2]);
        let strides = vec![Attribute::ints("kernel_shape", &[2]), Attribute::ints("strides", &[2])];
        graph.node("Conv", &["input_features", "filters"], "bands", strides);
        graph.node("Transpose", &["bands"], "last_hidden_state", vec![Attribute::ints("perm", &[0, 2, 1])]);
        graph.output("last_hidden_state", &["1", "1500", "6"]);
        let model = Model::decode(&graph.finish("net", &[])[..]).unwrap();
        let choice = Choice { preset: Some(Preset::Whisper), ..Choice::default() };
        let spec = Place::new().import(&model, &choice).unwrap().spec;
        assert_eq!(
            (spec.input_kind, spec.frame_seconds, spec.longest_seconds),
            (InputKind::LogMel, Some(0.02), 29.5)
        );
        assert_eq!((spec.normalisation, &spec.widths[..]), (Normalisation::None, &[6][..]));
    }
}
