//! What `model.toml` says of an encoder of others: the file beside it, its input, its hidden layers.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::units::SampleRate;

/// The format of `model.toml` that this library reads.
pub const ENCODER_FORMAT: &str = "undertone-encoder/1";
/// Longest runs shorter than this are refused, in seconds: pieces have to overlap.
const SHORTEST_RUN: f64 = 4.0;

/// What the encoder's input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum InputKind {
    /// Samples.
    Waveform,
    /// A log-mel spectrogram, made outside of the graph.
    LogMel,
}

/// What is done to a waveform before the encoder reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Normalisation {
    /// Nothing.
    None,
    /// Its mean is subtracted, and it is divided by its deviation.
    ZeroMeanUnitVariance,
}

/// An encoder of others, as `model.toml` in its folder describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct EncoderSpec {
    /// [`ENCODER_FORMAT`].
    pub format: String,
    /// Its name, by which heads ask for it.
    pub name: String,
    /// The family it was imported as: `whisper`, …
    pub preset: String,
    /// The ONNX file in the same folder.
    pub file: String,
    /// Hexadecimal SHA-256 of that file.
    pub sha256: String,
    /// Where it came from.
    pub source: String,
    /// The licence of its weights.
    pub licence: String,
    /// Samples per second that it hears.
    pub rate: u32,
    /// The name of its input, f32 `[1, samples]`.
    pub input: String,
    /// What that is.
    pub input_kind: InputKind,
    /// What is done to the waveform first.
    pub normalisation: Normalisation,
    /// The most that one run takes.
    pub longest_seconds: f64,
    /// Time between two frames of its hidden layers.
    pub frame_seconds: f64,
    /// The names of its outputs, each `[1, frames, width]`.
    pub layers: Vec<String>,
    /// Values of each in a frame.
    pub widths: Vec<usize>,
}

impl EncoderSpec {
    /// Reads `model.toml`.
    ///
    /// # Errors
    /// `Io` where it cannot be read; as [`EncoderSpec::parse`]; both name the file.
    pub fn open(path: &Path) -> Result<EncoderSpec> {
        let text = std::fs::read_to_string(path).map_err(|error| Error::from(error).at(path))?;
        EncoderSpec::parse(&text).map_err(|error| error.at(path))
    }

    /// Reads and checks the text of a `model.toml`.
    ///
    /// # Errors
    /// `Model` where a key is missing or unknown, or a value is none that this library can run, with the remedy.
    pub fn parse(text: &str) -> Result<EncoderSpec> {
        let broken = |error: toml::de::Error| {
            Error::model(format!("it does not describe an encoder: {}; {IMPORT}", error.to_string().trim()))
        };
        let spec: EncoderSpec = toml::from_str(text).map_err(broken)?;
        spec.check()?;
        Ok(spec)
    }

    /// Frames of the encoder in one of 40 ms.
    pub(super) fn frames_a_frame(&self) -> usize {
        (FRAME_SECONDS / self.frame_seconds).round() as usize
    }

    /// Values of all layers in a frame.
    pub fn width(&self) -> usize {
        self.widths.iter().sum()
    }

    fn check(&self) -> Result<()> {
        let refuse = |message: String| Err(Error::model(message));
        if self.format != ENCODER_FORMAT {
            return refuse(format!(
                "format = \"{}\", this program reads \"{ENCODER_FORMAT}\"; {IMPORT}",
                self.format
            ));
        }
        if Path::new(&self.file).components().count() != 1 || self.file.starts_with(['.', '/']) {
            return refuse(format!(
                "file = \"{}\": expected the name of a file in the same folder",
                self.file
            ));
        }
        if self.rate != SampleRate::MODEL.0 {
            let want = SampleRate::MODEL.0;
            return refuse(format!("rate = {}: it must hear at {want} Hz; take another encoder", self.rate));
        }
        if self.input_kind != InputKind::Waveform {
            return refuse(
                "input_kind = \"log-mel\": only encoders that read waveforms are run; export it with its front end in the graph"
                    .to_string(),
            );
        }
        if !(self.longest_seconds.is_finite() && self.longest_seconds >= SHORTEST_RUN) {
            return refuse(format!(
                "longest_seconds = {}: expected {SHORTEST_RUN} or more",
                self.longest_seconds
            ));
        }
        let frames = FRAME_SECONDS / self.frame_seconds;
        if !(1.0..=16.0).contains(&frames) || (frames - frames.round()).abs() > 1e-6 {
            return refuse(format!(
                "frame_seconds = {}: expected 0.04, or a whole part of it",
                self.frame_seconds
            ));
        }
        if self.layers.is_empty() || self.layers.len() != self.widths.len() || self.widths.contains(&0) {
            let (layers, widths) = (self.layers.len(), self.widths.len());
            return refuse(format!(
                "{layers} layers with {widths} widths: expected one width above 0 for each"
            ));
        }
        Ok(())
    }
}

/// Time between two frames of a model.
const FRAME_SECONDS: f64 = 0.04;
/// What is done where the description is of no use.
const IMPORT: &str = "import the encoder again (undertone model import), or pull it (undertone model pull)";
