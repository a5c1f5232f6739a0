//! A teacher: a small phone-trained network whose frame features ours learns to give (distillation).
//!
//! The folder holds FunASR's voice detector `speech_fsmn_vad_zh-cn-16k-common` as ONNX (`fsmnvad-offline.onnx`) and its
//! input statistics (`am.mvn`). What was distilled from it is named in the model's card.

mod fbank;

use std::path::Path;

use rten::{Model, ModelOptions, NodeId};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, Tensor};
use sha2::{Digest, Sha256};
use undertone::features::Frames;
use undertone::{Error, ErrorKind, Result};

pub use fbank::{BANDS, FilterBank, STACK, Standard};

/// The network's third hidden layer, whose features carry most of the emotion.
const LAYER: &str = "onnx::MatMul_99";
/// What a model that was distilled from it names.
pub const NAME: &str = "speech_fsmn_vad_zh-cn-16k-common (Alibaba, FunASR; FunASR Model License 1.1)";
/// Values in one frame of that layer.
pub const WIDTH: usize = 250;
/// Of the network's frames (10 ms) one in so many is kept.
const EVERY: usize = 3;

/// A loaded teacher.
pub struct Teacher {
    model: Model,
    input: NodeId,
    layer: NodeId,
    front_end: FilterBank,
    standard: Standard,
    sha256: String,
}

impl Teacher {
    /// Loads the teacher in `folder`.
    ///
    /// # Errors
    /// `Io` where a file is missing, `Malformed` or `Model` where it is not what is expected.
    pub fn open(folder: &Path) -> Result<Teacher> {
        let path = folder.join("fsmnvad-offline.onnx");
        let bytes = std::fs::read(&path).map_err(|error| Error::from(error).at(&path))?;
        let refused = |what: String| Error::new(ErrorKind::Model, what).at(&path);
        let sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        // Fusing operations could swallow the layer.
        let mut options = ModelOptions::with_all_ops();
        options.enable_optimization(false);
        let model = options.load(bytes).map_err(|error| refused(error.to_string()))?;
        let node = |name: &str| model.node_id(name).map_err(|_| refused(format!("it has no value '{name}'")));
        let (input, layer) = (node("speech")?, node(LAYER)?);
        let path = folder.join("am.mvn");
        let text = std::fs::read_to_string(&path).map_err(|error| Error::from(error).at(&path))?;
        let standard = Standard::parse(&text).map_err(|error| error.at(&path))?;
        Ok(Teacher { model, input, layer, front_end: FilterBank::default(), standard, sha256 })
    }

    /// Values in one frame.
    pub fn width(&self) -> usize {
        WIDTH
    }

    /// Names the network's file.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Features every 30 ms of a waveform at 16 kHz: `[frames, 250]`, none where it is shorter than 25 ms.
    ///
    /// # Errors
    /// `Model` where the network refuses its input.
    pub fn features(&self, waveform: &[f32]) -> Result<Frames> {
        let stacked = self.standard.stack(&self.front_end.compute(waveform));
        let frames = stacked.len() / (STACK * BANDS);
        if frames == 0 {
            return Ok(Frames::new(Vec::new(), WIDTH));
        }
        let failed = |error: &dyn std::fmt::Display| Error::new(ErrorKind::Model, error.to_string());
        let input = NdTensor::from_data([1, frames, STACK * BANDS], stacked);
        let [layer] = self
            .model
            .run_n(vec![(self.input, input.view().into())], [self.layer], None)
            .map_err(|error| failed(&error))?;
        let layer: Tensor<f32> = layer.try_into().map_err(|_| failed(&"expected single precision"))?;
        let values = layer.to_vec();
        let kept = values.chunks_exact(WIDTH).step_by(EVERY).flatten().copied().collect();
        Ok(Frames::new(kept, WIDTH))
    }
}
