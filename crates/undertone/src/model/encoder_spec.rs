//! `model.toml`: what an encoder of others reads, and what its outputs are.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::units::SampleRate;

/// The format of `model.toml`.
pub const ENCODER_FORMAT: &str = "undertone-encoder/1";
/// The name of the description in an encoder's folder.
pub const ENCODER_FILE: &str = "model.toml";
/// Longest runs shorter than this cannot be used, in seconds: pieces have to overlap.
const SHORTEST_RUN: f64 = 4.0;
/// Time between two frames of a model.
const FRAME_SECONDS: f64 = 0.04;

/// An encoder's description.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncoderSpec {
    /// [`ENCODER_FORMAT`].
    pub format: String,
    /// The name it is chosen by.
    pub name: String,
    /// Which family it is of: `whisper`, `wav2vec2`, …
    pub preset: String,
    /// The ONNX file, in the same folder.
    pub file: String,
    /// SHA-256 of that file, in hexadecimal digits.
    pub sha256: String,
    /// Where it came from: `hf:org/repo@commit`, or a file.
    pub source: String,
    /// The licence of its weights, as the source states it.
    pub licence: String,
    /// Hz of its input.
    pub rate: u32,
    /// The name of its input.
    pub input: String,
    /// What it reads.
    pub input_kind: InputKind,
    /// What is done to the waveform before.
    pub normalisation: Normalisation,
    /// Seconds of sound it takes in one run, at most.
    pub longest_seconds: f64,
    /// Seconds from one row of a layer to the next; none where the output is one embedding of the whole input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_seconds: Option<f64>,
    /// The names of the outputs that are hidden layers (`[1, frames, width]`) or embeddings (`[1, width]`).
    pub layers: Vec<String>,
    /// The width of each.
    pub widths: Vec<usize>,
}

/// What an encoder reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum InputKind {
    /// Samples, `[1, samples]`.
    Waveform,
    /// Whisper's log-mel spectrogram, `[1, bands, frames]`, padded to 30 s.
    LogMel,
}

/// What is done to a waveform before an encoder reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Normalisation {
    /// Nothing.
    None,
    /// Mean 0, variance 1.
    ZeroMeanUnitVariance,
}

impl EncoderSpec {
    /// The description in an encoder's folder, with its ONNX file checked against the checksum.
    ///
    /// # Errors
    /// `Model` where the description has unknown or impossible values, or the ONNX file is not the one described; `Io` where a file is
    /// missing.
    pub fn read(folder: &Path) -> Result<EncoderSpec> {
        let spec = EncoderSpec::describe(folder)?;
        let file = spec.onnx(folder);
        spec.check_file(&file_sha256(&file)?).map_err(|error| error.at(file))?;
        Ok(spec)
    }

    /// The description in an encoder's folder, without a look at its ONNX file.
    ///
    /// # Errors
    /// `Model` where it has unknown or impossible values, `Io` where it is missing.
    pub fn describe(folder: &Path) -> Result<EncoderSpec> {
        let path = folder.join(ENCODER_FILE);
        let text = std::fs::read_to_string(&path).map_err(|error| Error::from(error).at(&path))?;
        EncoderSpec::parse(&text).map_err(|error| error.at(path))
    }

    /// A description from the text of a `model.toml`.
    ///
    /// # Errors
    /// `Model` naming the first value that is unknown, missing or impossible, with the remedy.
    pub fn parse(text: &str) -> Result<EncoderSpec> {
        let spec: EncoderSpec = toml::from_str(text).map_err(|error| {
            Error::model(format!("it is no description of an encoder: {}; {IMPORT}", error.message()))
        })?;
        spec.check()?;
        Ok(spec)
    }

    /// Writes the description into a folder.
    ///
    /// # Errors
    /// `Model` where it has impossible values, `Io` where it cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        self.check()?;
        let text = toml::to_string(self)
            .map_err(|error| Error::model("the description cannot be written").because(error))?;
        let path = folder.join(ENCODER_FILE);
        std::fs::write(&path, text).map_err(|error| Error::from(error).at(path))
    }

    /// The ONNX file of the encoder in this folder.
    pub fn onnx(&self, folder: &Path) -> PathBuf {
        folder.join(&self.file)
    }

    /// Values of all layers in a frame.
    pub fn width(&self) -> usize {
        self.widths.iter().sum()
    }

    /// Whether heads can stand on it.
    ///
    /// # Errors
    /// `Model` naming what hinders that.
    pub fn check_usable(&self) -> Result<()> {
        let frames = self.frames();
        let hinders = if self.input_kind != InputKind::Waveform {
            "it reads a spectrogram, and only encoders that read waveforms are run; export it with its front end in the graph"
                .to_string()
        } else if self.longest_seconds < SHORTEST_RUN {
            format!("longest_seconds = {}: expected {SHORTEST_RUN} or more", self.longest_seconds)
        } else if !(1.0..=16.0).contains(&frames) || (frames - frames.round()).abs() > 1e-6 {
            let hop = self.frame_seconds.map_or("is missing".to_string(), |hop| format!("= {hop}"));
            format!("frame_seconds {hop}: expected 0.04, or a whole part of it")
        } else {
            return Ok(());
        };
        Err(Error::model(hinders))
    }

    /// Its own frames in one of a model.
    pub(super) fn frames_a_frame(&self) -> usize {
        self.frames().round() as usize
    }

    fn frames(&self) -> f64 {
        self.frame_seconds.map_or(0.0, |hop| FRAME_SECONDS / hop)
    }

    /// # Errors
    /// `Model` where a file of this checksum is not the one described.
    pub(super) fn check_file(&self, sha256: &str) -> Result<()> {
        if sha256 == self.sha256 {
            return Ok(());
        }
        Err(Error::model(format!(
            "its SHA-256 is {sha256}, {ENCODER_FILE} says {}: it was damaged or replaced; fetch it again (undertone model pull {})",
            self.sha256, self.name
        )))
    }

    /// # Errors
    /// `Model` naming the first value that is impossible.
    fn check(&self) -> Result<()> {
        let plain = |name: &str| Path::new(name).file_name().is_some_and(|last| last == name);
        let seconds = |x: f64| x.is_finite() && x > 0.0;
        let hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
        let rate = SampleRate::MODEL.0;
        let wrong = if self.format != ENCODER_FORMAT {
            format!("format = \"{}\", this program reads \"{ENCODER_FORMAT}\"; {IMPORT}", self.format)
        } else if !plain(&self.name) || !plain(&self.file) {
            let (name, file) = (&self.name, &self.file);
            format!("name = \"{name}\", file = \"{file}\": expected plain names, without a folder")
        } else if self.sha256.len() != 64 || !self.sha256.bytes().all(hex) {
            "sha256 must be 64 hexadecimal digits in lower case".to_string()
        } else if self.rate != rate {
            format!(
                "rate = {}: only encoders that read {rate} Hz can be used; put a resampler into the graph, or take another encoder",
                self.rate
            )
        } else if !seconds(self.longest_seconds) || !self.frame_seconds.is_none_or(seconds) {
            "longest_seconds and frame_seconds must be above 0".to_string()
        } else if self.layers.is_empty() || self.layers.len() != self.widths.len() || self.widths.contains(&0)
        {
            let (layers, widths) = (self.layers.len(), self.widths.len());
            format!("{layers} layers with {widths} widths: expected one width above 0 for each")
        } else {
            return Ok(());
        };
        Err(Error::model(wrong))
    }
}

/// What is done where the description is of no use.
const IMPORT: &str = "import the encoder again (undertone model import), or pull it (undertone model pull)";

/// Hexadecimal SHA-256 of a file.
///
/// # Errors
/// `Io` where it cannot be read.
pub fn file_sha256(path: &Path) -> Result<String> {
    let named = |error| Error::from(error).at(path);
    let mut file = std::fs::File::open(path).map_err(named)?;
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer).map_err(named)? {
            0 => return Ok(format!("{:x}", hasher.finalize())),
            read => hasher.update(&buffer[..read]),
        }
    }
}
