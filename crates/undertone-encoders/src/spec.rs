//! `model.toml`: what an encoder reads, and what its outputs are.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use undertone::{Error, Result};

/// The format of `model.toml`.
pub const FORMAT: &str = "undertone-encoder/1";
/// The name of the description in an encoder's folder.
pub const FILE: &str = "model.toml";
/// Hz: what every encoder reads.
pub const RATE: u32 = 16_000;

/// An encoder's description.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct EncoderSpec {
    /// [`FORMAT`].
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
    /// `Config` where the description has unknown or impossible values, `Io` where a file is missing, `Model` where the ONNX file is not
    /// the one described.
    pub fn read(folder: &Path) -> Result<EncoderSpec> {
        let spec = EncoderSpec::describe(folder)?;
        let file = spec.onnx(folder);
        let found = sha256(&file)?;
        if found != spec.sha256 {
            let message = format!(
                "is not the file that {FILE} describes (SHA-256 {found}, expected {}): it was exchanged or damaged; pull or import the \
                 encoder again",
                spec.sha256
            );
            return Err(Error::model(message).at(file));
        }
        Ok(spec)
    }

    /// The description in an encoder's folder, without a look at its ONNX file.
    ///
    /// # Errors
    /// `Config` where the description has unknown or impossible values, `Io` where it is missing.
    pub fn describe(folder: &Path) -> Result<EncoderSpec> {
        let path = folder.join(FILE);
        let text = std::fs::read_to_string(&path).map_err(|error| Error::from(error).at(&path))?;
        let spec: EncoderSpec = toml::from_str(&text).map_err(|error| {
            let message = format!("is no description of an encoder: {}", error.message());
            Error::config(message).at(&path)
        })?;
        spec.check().map_err(|error| error.at(&path))?;
        Ok(spec)
    }

    /// Writes the description into a folder.
    ///
    /// # Errors
    /// `Config` where it has impossible values, `Io` where it cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        self.check()?;
        let text = toml::to_string(self)
            .map_err(|error| Error::config("the description cannot be written").because(error))?;
        let path = folder.join(FILE);
        std::fs::write(&path, text).map_err(|error| Error::from(error).at(path))
    }

    /// The ONNX file of the encoder in this folder.
    pub fn onnx(&self, folder: &Path) -> PathBuf {
        folder.join(&self.file)
    }

    /// # Errors
    /// `Config` naming the first value that is impossible.
    fn check(&self) -> Result<()> {
        let plain = |name: &str| Path::new(name).file_name().is_some_and(|last| last == name);
        let seconds = |x: f64| x.is_finite() && x > 0.0;
        let hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
        let wrong = if self.format != FORMAT {
            format!("format is '{}', expected '{FORMAT}'; pull or import the encoder again", self.format)
        } else if !plain(&self.name) || !plain(&self.file) {
            "name and file must be plain names, without a folder".to_string()
        } else if self.sha256.len() != 64 || !self.sha256.bytes().all(hex) {
            "sha256 must be 64 hexadecimal digits in lower case".to_string()
        } else if self.rate != RATE {
            format!(
                "rate is {} Hz; only encoders that read {RATE} Hz can be used: put a resampler into the graph, or use another encoder",
                self.rate
            )
        } else if !seconds(self.longest_seconds) || !self.frame_seconds.is_none_or(seconds) {
            "longest_seconds and frame_seconds must be above 0".to_string()
        } else if self.layers.is_empty() || self.layers.len() != self.widths.len() || self.widths.contains(&0)
        {
            "layers must name at least one output, and widths give the width of each".to_string()
        } else {
            return Ok(());
        };
        Err(Error::config(wrong))
    }
}

/// SHA-256 of a file.
///
/// # Errors
/// `Io` where it cannot be read.
pub fn sha256(path: &Path) -> Result<String> {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    pub(crate) fn written() -> (tempfile::TempDir, EncoderSpec) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("encoder.onnx"), b"bytes").unwrap();
        let spec = EncoderSpec {
            format: FORMAT.to_string(),
            name: "whisper-base".to_string(),
            preset: "whisper".to_string(),
            file: "encoder.onnx".to_string(),
            sha256: sha256(&folder.path().join("encoder.onnx")).unwrap(),
            source: "hf:openai/whisper-base@main".to_string(),
            licence: "MIT".to_string(),
            rate: RATE,
            input: "input_values".to_string(),
            input_kind: InputKind::Waveform,
            normalisation: Normalisation::None,
            longest_seconds: 29.5,
            frame_seconds: Some(0.02),
            layers: vec!["layer_2".to_string(), "layer_4".to_string()],
            widths: vec![512, 512],
        };
        spec.write(folder.path()).unwrap();
        (folder, spec)
    }

    fn edited(from: &str, to: &str) -> String {
        let (folder, _) = written();
        let path = folder.path().join(FILE);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(&path, text.replace(from, to)).unwrap();
        EncoderSpec::read(folder.path()).unwrap_err().to_string()
    }

    #[test]
    fn what_was_written_is_read() {
        let (folder, spec) = written();
        assert_eq!(EncoderSpec::read(folder.path()).unwrap(), spec);
        let text = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert!(text.contains("input_kind = \"waveform\"\nnormalisation = \"none\"\n"), "{text}");
    }

    #[test]
    fn an_exchanged_file_is_refused_by_name() {
        let (folder, _) = written();
        std::fs::write(folder.path().join("encoder.onnx"), b"bytez").unwrap();
        let error = EncoderSpec::read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("encoder.onnx") && error.contains("again"), "{error}");
        std::fs::remove_file(folder.path().join("encoder.onnx")).unwrap();
        assert!(EncoderSpec::read(folder.path()).unwrap_err().to_string().contains("no such file"));
    }

    #[test]
    fn impossible_values_are_refused_by_name() {
        for (from, to, says) in [
            ("rate = 16000", "rate = 8000", "8000 Hz"),
            ("rate = 16000", "rate = 16000\nhop = 3", "unknown field `hop`"),
            ("\"none\"", "\"loud\"", "loud"),
            ("encoder/1", "encoder/2", "undertone-encoder/2"),
            ("\"encoder.onnx\"", "\"../encoder.onnx\"", "plain names"),
            ("[512, 512]", "[512]", "widths"),
            ("29.5", "-1.0", "longest_seconds"),
            ("licence = \"MIT\"\n", "", "missing field `licence`"),
        ] {
            let error = edited(from, to);
            assert!(error.contains(says) && error.contains(FILE), "{error}");
        }
    }
}
