//! Segments → frames → pooled → logits: a model file, its description, and what its answers mean.

mod calibrate;
mod metadata;
mod onnx;
mod pool;

use std::borrow::Cow;
use std::cell::RefCell;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::features::{Frames, ROWS, Spectrogram};

pub use calibrate::Posterior;
pub use metadata::{Conditions, FORMAT, Measured, Metadata, Population, TrainedOn};
use onnx::{Rows, Threads};
pub use pool::Pool;

/// The model that is built in.
static EMBEDDED: &[u8] = include_bytes!("../../models/default.onnx");

thread_local! {
    /// Plans and scratch of the front end are made once a thread.
    static SPECTROGRAM: RefCell<Spectrogram> = RefCell::default();
}

/// A model: hears waveforms at 16 kHz, answers with logits over its classes and intensity.
pub struct Model {
    network: onnx::Network,
    metadata: Metadata,
    sha256: String,
}

/// What is known of a speaker's usual voice, in the space of `pooled`.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
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
pub struct Heard {
    /// Every 40 ms: features and attention logits.
    pub frames: Frames,
    /// Every 10 ms: log-mel and pitch view.
    pub spectrogram: Frames,
}

/// All values of a run of the whole graph.
#[derive(Clone, Debug, PartialEq)]
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

impl Model {
    /// The model that is built in.
    ///
    /// # Errors
    /// None in a released build; `Model` if the embedded file were damaged.
    pub fn embedded() -> Result<Model> {
        Model::load(Cow::Borrowed(EMBEDDED))
    }

    /// Loads a model file.
    ///
    /// # Errors
    /// `Io` where it cannot be read; `Model` where it is not ONNX, of another format version, or lacks a named value.
    pub fn open(path: &Path) -> Result<Model> {
        let bytes = std::fs::read(path).map_err(|error| Error::from(error).at(path))?;
        Model::from_bytes(bytes).map_err(|error| error.at(path))
    }

    /// A model file in memory.
    ///
    /// # Errors
    /// As [`Model::open`].
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Model> {
        Model::load(Cow::Owned(bytes))
    }

    fn load(bytes: Cow<'static, [u8]>) -> Result<Model> {
        let sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let (network, json) = onnx::Network::load(bytes)?;
        let model = Model { network, metadata: Metadata::parse(&json)?, sha256 };
        model.check_shapes()?;
        Ok(model)
    }

    /// Runs a tenth of a second of silence: wrong shapes show now, not in the middle of a recording.
    fn check_shapes(&self) -> Result<()> {
        let expect = |name: &str, got: usize, want: usize| match got == want {
            true => Ok(()),
            false => Err(Error::model(format!("its value '{name}' has {got} columns, expected {want}"))),
        };
        let frames = self.frames(&[0.0; 1600])?;
        expect("frames", frames.width(), self.metadata.pooled)?;
        let pooled = Pool::new(frames.data(), frames.width()).window(0..frames.len());
        let answers = self.answer(&[pooled], &[&self.population()])?;
        expect("logits", answers.first().map_or(0, |answer| answer.logits.len()), self.metadata.classes.len())
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

    /// The baseline of a speaker of whom nothing is known.
    pub fn population(&self) -> Baseline {
        let Population { mean, scale } = self.metadata.population.clone();
        Baseline { mean, scale, weight: 0.0 }
    }

    /// Frames of one waveform at 16 kHz, every 40 ms: features and their attention logits side by side.
    ///
    /// # Errors
    /// `Model` where the network refuses its input.
    pub fn frames(&self, waveform: &[f32]) -> Result<Frames> {
        Ok(self.hear(waveform)?.frames)
    }

    /// [`Model::frames`], and the spectrogram they were made from.
    ///
    /// # Errors
    /// `Model` where the network refuses its input.
    pub fn hear(&self, waveform: &[f32]) -> Result<Heard> {
        let spectrogram = self.spectrogram(waveform);
        Ok(Heard { frames: self.frames_on(waveform, &spectrogram, Threads::All)?, spectrogram })
    }

    /// The spectrogram that [`Model::frames_alone`] begins with.
    pub fn spectrogram(&self, waveform: &[f32]) -> Frames {
        SPECTROGRAM.with_borrow_mut(|front_end| front_end.compute(waveform))
    }

    /// [`Model::frames`] of a waveform whose spectrogram is at hand, on one core: for callers that hear many side by side.
    ///
    /// # Errors
    /// `Model` where the network refuses its input.
    pub fn frames_alone(&self, waveform: &[f32], spectrogram: &Frames) -> Result<Frames> {
        self.frames_on(waveform, spectrogram, Threads::One)
    }

    fn frames_on(&self, waveform: &[f32], spectrogram: &Frames, threads: Threads) -> Result<Frames> {
        let (from, input) = match self.metadata.own_front_end {
            // Of an empty waveform, too, there is one frame.
            true if waveform.is_empty() => ("waveform", Rows { data: &[0.0], width: 1 }),
            true => ("waveform", Rows { data: waveform, width: waveform.len() }),
            false => ("spectrogram", Rows { data: spectrogram.data(), width: ROWS }),
        };
        let (frames, width) = self.network.frames(from, input, threads)?;
        Ok(Frames::new(frames, width))
    }

    /// The answers for many windows at once, each with its speaker's baseline.
    ///
    /// # Errors
    /// `Model` where the network refuses its input.
    pub fn answer(&self, pooled: &[Vec<f32>], baselines: &[&Baseline]) -> Result<Vec<Answer>> {
        if pooled.is_empty() {
            return Ok(Vec::new());
        }
        let width = self.metadata.pooled;
        let rows = pooled.concat();
        let means: Vec<f32> = baselines.iter().flat_map(|baseline| &baseline.mean).copied().collect();
        let scales: Vec<f32> = baselines.iter().flat_map(|baseline| &baseline.scale).copied().collect();
        let weights: Vec<f32> = baselines.iter().map(|baseline| baseline.weight).collect();
        let [rows, means, scales] = [&rows, &means, &scales].map(|data| Rows { data, width });
        let answers = self.network.heads(rows, means, scales, &weights)?;
        let logits = answers.logits.chunks_exact(answers.logits.len() / pooled.len());
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
    pub fn run_whole(&self, waveform: &[f32], baseline: &Baseline) -> Result<Whole> {
        let ([pooled, frames, spectrogram], answers) =
            self.network.whole(waveform, &baseline.mean, &baseline.scale, baseline.weight)?;
        let width = pooled.len();
        Ok(Whole {
            answer: Answer {
                logits: answers.logits,
                intensity: answers.intensity.first().copied().unwrap_or(0.0),
                agreement: answers.agreement.and_then(|agreement| agreement.first().copied()),
            },
            pooled,
            frames: Frames::new(frames, width),
            spectrogram: Frames::new(spectrogram, ROWS),
        })
    }
}
