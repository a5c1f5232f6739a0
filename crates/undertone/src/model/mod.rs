//! Segments → frames → pooled → logits: a model file, its description, and what its answers mean.

mod calibrate;
mod encoder;
mod encoder_spec;
mod metadata;
mod onnx;
mod pool;
mod prediction;
mod speaker_space;

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::features::{Frames, ROWS, Spectrogram};

pub use calibrate::Posterior;
pub use encoder::Encoder;
pub use encoder_spec::{ENCODER_FILE, ENCODER_FORMAT, EncoderSpec, InputKind, Normalisation, file_sha256};
pub use metadata::{Conditions, EncoderUsed, FORMAT, Measured, Metadata, Population, TrainedOn};
use onnx::Rows;
pub(crate) use onnx::Worker;
pub use pool::{Moments, Pool};
pub use prediction::Prediction;
pub use speaker_space::SpeakerSpace;

thread_local! {
    /// Plans and scratch of the front end are made once a thread.
    static SPECTROGRAM: RefCell<Spectrogram> = RefCell::default();
}

/// A model: hears waveforms at 16 kHz, answers with logits over its classes and intensity.
pub struct Model {
    network: onnx::Network,
    /// Whose hidden layers it reads, where it is a head over an encoder.
    encoder: Option<Arc<Encoder>>,
    metadata: Metadata,
    sha256: String,
}

/// A speaker's statistics in the space of `pooled`, and how much they count.
#[derive(Clone, Debug, PartialEq)]
pub struct Adaptation {
    /// The speaker's mean.
    pub mean: Vec<f32>,
    /// The deviation to divide by.
    pub scale: Vec<f32>,
    /// How much is known, 0 (nothing: each clip alone) … 1.
    pub weight: f32,
}

/// The model's answer for one window.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// In the order of the model's classes, before the temperature.
    pub logits: Vec<f32>,
    /// Strength of the expressed emotion, 0…1.
    pub intensity: f32,
    /// Share of listeners expected to name the same emotion as most of them, 0…1; none from a model that learned of no listeners.
    pub agreement: Option<f32>,
}

/// What a waveform became on its way through the network's trunk.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TrunkOutput {
    /// Every 40 ms: features and attention logits.
    pub frames: Frames,
    /// Every 10 ms: log-mel and pitch view.
    pub spectrogram: Frames,
}

/// All values of a run of the whole graph.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Whole {
    /// The answer.
    pub answer: Answer,
    /// The embedding.
    pub pooled: Vec<f32>,
    /// Features and attention logits.
    pub frames: Frames,
    /// The spectrogram.
    pub spectrogram: Frames,
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Metadata { name, version, embedding_space, .. } = &self.metadata;
        f.debug_struct("Model")
            .field("name", name)
            .field("version", version)
            .field("embedding_space", embedding_space)
            .field("sha256", &self.sha256)
            .finish_non_exhaustive()
    }
}

impl Model {
    /// The model that is built in, `default`.
    ///
    /// # Errors
    /// None in a released build; `Model` if the embedded file were damaged.
    #[cfg(feature = "embedded")]
    pub fn embedded() -> Result<Model> {
        Model::named("default")
    }

    /// A model that is built in, by its name in [`undertone_models::MODELS`].
    ///
    /// # Errors
    /// `Config` where none has that name, with the names there are; `Model` where it is a head over an encoder
    /// ([`Model::named_with`]).
    #[cfg(feature = "embedded")]
    pub fn named(name: &str) -> Result<Model> {
        Model::named_with(name, missing)
    }

    /// A model that is built in; where it is a head over an encoder, `find` gives that.
    ///
    /// # Errors
    /// As [`Model::named`] and [`Model::open_with`].
    #[cfg(feature = "embedded")]
    pub fn named_with(name: &str, find: impl FnOnce(&EncoderUsed) -> Result<Arc<Encoder>>) -> Result<Model> {
        let models = undertone_models::MODELS;
        match models.iter().find(|model| model.name == name) {
            Some(model) => Model::load(Cow::Borrowed(model.bytes), find),
            None => {
                let names: Vec<&str> = models.iter().map(|model| model.name).collect();
                Err(Error::config(format!(
                    "no built-in model is called '{name}'; there are {}",
                    names.join(", ")
                )))
            }
        }
    }

    /// Loads a model file.
    ///
    /// # Errors
    /// `Io` where it cannot be read; `Model` where it is not ONNX, of another format version, lacks a named value, or is a head over an
    /// encoder ([`Model::open_with`]).
    pub fn open(path: &Path) -> Result<Model> {
        Model::open_with(path, missing)
    }

    /// Loads a model file; where it is a head over an encoder, `find` gives that.
    ///
    /// # Errors
    /// As [`Model::open`]; what `find` answers; `Model` where it is another encoder than the one that the head was trained over.
    pub fn open_with(path: &Path, find: impl FnOnce(&EncoderUsed) -> Result<Arc<Encoder>>) -> Result<Model> {
        let bytes = std::fs::read(path).map_err(|error| Error::from(error).at(path))?;
        Model::load(Cow::Owned(bytes), find).map_err(|error| error.at(path))
    }

    /// A head in memory, over its encoder.
    ///
    /// # Errors
    /// As [`Model::open_with`].
    pub fn with_encoder(head: Vec<u8>, encoder: Arc<Encoder>) -> Result<Model> {
        Model::load(Cow::Owned(head), |_| Ok(encoder))
    }

    /// A model file in memory.
    ///
    /// # Errors
    /// As [`Model::open`].
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Model> {
        Model::load(Cow::Owned(bytes), missing)
    }

    /// What a model file in memory says of itself, and its SHA-256 in hexadecimal digits; of a head, without its encoder.
    ///
    /// # Errors
    /// `Model` where it is not ONNX, of another format version, or lacks a named value.
    pub fn describe(bytes: impl Into<Cow<'static, [u8]>>) -> Result<(Metadata, String)> {
        let bytes = bytes.into();
        let sha256 = sha256(&bytes);
        unharmed(|| onnx::Network::load(bytes)).map(|(_, metadata)| (metadata, sha256))
    }

    fn load(
        bytes: Cow<'static, [u8]>,
        find: impl FnOnce(&EncoderUsed) -> Result<Arc<Encoder>>,
    ) -> Result<Model> {
        let sha256 = sha256(&bytes);
        let (network, metadata) = unharmed(|| onnx::Network::load(bytes))?;
        let encoder = metadata.encoder.as_ref().map(find).transpose()?;
        if let (Some(used), Some(encoder)) = (&metadata.encoder, &encoder) {
            encoder.check_used(used)?;
        }
        let model = Model { network, encoder, metadata, sha256 };
        unharmed(|| model.check_shapes())?;
        Ok(model)
    }

    /// Runs a tenth of a second of silence: wrong shapes show now, not in the middle of a recording.
    fn check_shapes(&self) -> Result<()> {
        let (silence, worker) = ([0.0; 1600], Worker::new());
        let frames = self.frames_on(&silence, &self.spectrogram(&silence), Some(&worker))?;
        if frames.width() != self.metadata.pooled {
            let (got, want) = (frames.width(), self.metadata.pooled);
            return Err(Error::model(format!("its value 'frames' has {got} columns, expected {want}")));
        }
        let pooled = Pool::new(frames.data(), frames.width()).window(0..frames.len());
        self.answer_on(&[pooled], &[&self.population()], Some(&worker)).map(drop)
    }

    /// Lets it use so many threads instead of one per core.
    #[must_use]
    pub fn with_threads(mut self, threads: usize) -> Model {
        self.network.limit_threads(threads.max(1));
        self
    }

    /// What the model says of itself.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Hexadecimal SHA-256 of its file.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The adaptation of a speaker of whom nothing is known.
    pub fn population(&self) -> Adaptation {
        let Population { mean, scale } = self.metadata.population.clone();
        Adaptation { mean, scale, weight: 0.0 }
    }

    /// Frames of one waveform at 16 kHz, every 40 ms: features and their attention logits side by side.
    ///
    /// # Errors
    /// `Model` where the network refuses its input.
    pub fn frames(&self, waveform: &[f32]) -> Result<Frames> {
        Ok(self.trunk(waveform)?.frames)
    }

    /// [`Model::frames`], and the spectrogram they were made from.
    ///
    /// # Errors
    /// `Model` where the network refuses its input.
    pub fn trunk(&self, waveform: &[f32]) -> Result<TrunkOutput> {
        let spectrogram = self.spectrogram(waveform);
        Ok(TrunkOutput { frames: self.frames_on(waveform, &spectrogram, None)?, spectrogram })
    }

    /// The spectrogram that the trunk begins with.
    pub fn spectrogram(&self, waveform: &[f32]) -> Frames {
        SPECTROGRAM.with_borrow_mut(|front_end| front_end.compute(waveform))
    }

    /// [`Model::frames`] of a waveform whose spectrogram is at hand, run by a worker.
    pub(crate) fn frames_on(
        &self,
        waveform: &[f32],
        spectrogram: &Frames,
        by: Option<&Worker>,
    ) -> Result<Frames> {
        let layers = self.layers(waveform, by)?;
        let (from, input) = match &layers {
            Some(layers) => ("layers", Rows { data: layers.data(), width: layers.width() }),
            // Of an empty waveform, too, there is one frame.
            None if self.metadata.own_front_end && waveform.is_empty() => {
                ("waveform", Rows { data: &[0.0], width: 1 })
            }
            None if self.metadata.own_front_end => {
                ("waveform", Rows { data: waveform, width: waveform.len() })
            }
            None => ("spectrogram", Rows { data: spectrogram.data(), width: ROWS }),
        };
        let (frames, width) = self.network.frames(from, input, by)?;
        Frames::new(frames, width)
    }

    /// [`Model::frames`] of a head over an encoder, from what the encoder makes of a waveform ([`Encoder::frames`]).
    ///
    /// # Errors
    /// `Config` where the model is no head, or the encoder's frames have another width; `Model` where the network refuses its input.
    pub fn frames_of_layers(&self, layers: &Frames) -> Result<Frames> {
        let wanted = self.encoder.as_ref().map(|encoder| encoder.spec().width());
        if wanted != Some(layers.width()) {
            let message =
                format!("{} values in a frame are not those of the model's encoder", layers.width());
            return Err(Error::config(message));
        }
        let rows = Rows { data: layers.data(), width: layers.width() };
        let (frames, width) = self.network.frames("layers", rows, None)?;
        Frames::new(frames, width)
    }

    /// What the encoder makes of a waveform, where the model is a head over one.
    fn layers(&self, waveform: &[f32], by: Option<&Worker>) -> Result<Option<Frames>> {
        let by = by.or(self.network.workers());
        self.encoder.as_ref().map(|encoder| encoder.frames_on(waveform, by)).transpose()
    }

    /// The answers for many windows at once, each with its speaker's adaptation.
    ///
    /// # Errors
    /// `Config` where there are not as many adaptations as windows, or a vector has not the length of the model's embeddings;
    /// `Model` where the network refuses its input.
    pub fn answer(&self, pooled: &[Vec<f32>], adaptations: &[&Adaptation]) -> Result<Vec<Answer>> {
        self.answer_on(pooled, adaptations, None)
    }

    /// [`Model::answer`], run by a worker.
    pub(crate) fn answer_on(
        &self,
        pooled: &[Vec<f32>],
        adaptations: &[&Adaptation],
        by: Option<&Worker>,
    ) -> Result<Vec<Answer>> {
        if pooled.len() != adaptations.len() {
            let message = format!("{} windows, but {} adaptations", pooled.len(), adaptations.len());
            return Err(Error::config(message));
        }
        if pooled.is_empty() {
            return Ok(Vec::new());
        }
        let width = self.metadata.pooled;
        let own = adaptations.iter().flat_map(|adaptation| [adaptation.mean.len(), adaptation.scale.len()]);
        if let Some(wrong) = pooled.iter().map(Vec::len).chain(own).find(|&length| length != width) {
            return Err(Error::config(format!("a vector of {wrong} values, the model's have {width}")));
        }
        let rows = pooled.concat();
        let means: Vec<f32> = adaptations.iter().flat_map(|adaptation| &adaptation.mean).copied().collect();
        let scales: Vec<f32> = adaptations.iter().flat_map(|adaptation| &adaptation.scale).copied().collect();
        let weights: Vec<f32> = adaptations.iter().map(|adaptation| adaptation.weight).collect();
        let [rows, means, scales] = [&rows, &means, &scales].map(|data| Rows { data, width });
        let answers = self.network.heads([rows, means, scales], &weights, by)?;
        let (rows, classes) = (pooled.len(), self.metadata.classes.len());
        let agreements = answers.agreement.as_ref().map_or(rows, Vec::len);
        for (name, got, columns) in [
            ("logits", answers.logits.len(), classes),
            ("intensity", answers.intensity.len(), 1),
            ("agreement", agreements, 1),
        ] {
            if got != rows * columns {
                let message = format!("its value '{name}' has {} columns, expected {columns}", got / rows);
                return Err(Error::model(message));
            }
        }
        let logits = answers.logits.chunks_exact(classes.max(1));
        let answer = |(row, logits): (usize, &[f32])| Answer {
            logits: logits.to_vec(),
            intensity: answers.intensity[row],
            agreement: answers.agreement.as_ref().map(|agreement| agreement[row]),
        };
        Ok(logits.enumerate().map(answer).collect())
    }

    /// Runs the whole graph, front end included, on one waveform: the slow way, to check the others by.
    ///
    /// # Errors
    /// `Model` where the network refuses its input.
    pub fn run_whole(&self, waveform: &[f32], adaptation: &Adaptation) -> Result<Whole> {
        let lengths = [adaptation.mean.len(), adaptation.scale.len()];
        if lengths != [self.metadata.pooled; 2] {
            return Err(Error::config(format!(
                "the adaptation's vectors must have {} values",
                self.metadata.pooled
            )));
        }
        let layers = self.layers(waveform, None)?;
        let input = match &layers {
            Some(layers) => ("layers", Rows { data: layers.data(), width: layers.width() }),
            None => ("waveform", Rows { data: waveform, width: waveform.len().max(1) }),
        };
        let ([pooled, frames, spectrogram], answers) =
            self.network.whole(input, &adaptation.mean, &adaptation.scale, adaptation.weight)?;
        let width = pooled.len();
        Ok(Whole {
            answer: Answer {
                logits: answers.logits,
                intensity: answers.intensity.first().copied().unwrap_or(0.0),
                agreement: answers.agreement.and_then(|agreement| agreement.first().copied()),
            },
            pooled,
            frames: Frames::new(frames, width)?,
            spectrogram: match layers {
                Some(_) => self.spectrogram(waveform),
                None => Frames::new(spectrogram, ROWS)?,
            },
        })
    }
}

/// What is answered where a head is opened without its encoder.
fn missing(used: &EncoderUsed) -> Result<Arc<Encoder>> {
    Err(used.missing())
}

/// Hexadecimal SHA-256.
fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Loads or tries a graph: a damaged one can break assumptions of the runtime's operators.
fn unharmed<T>(load: impl FnOnce() -> Result<T>) -> Result<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(load))
        .unwrap_or_else(|_| Err(Error::model("its graph is damaged: it cannot be run")))
}
