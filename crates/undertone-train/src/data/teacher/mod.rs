//! A teacher: a phone- or word-trained network whose frame features ours learns to give (distillation).
//!
//! Its folder holds one of two networks as ONNX, or both; which, its files tell. What was distilled from it is named in the model's card.
//! - Moonshine tiny's encoder (`encoder_model.onnx`), a recogniser of English speech: Jeffries et al., Moonshine: Speech
//!   recognition for live transcription and voice commands, 2024;
//! - FunASR's voice detector `speech_fsmn_vad_zh-cn-16k-common` (`fsmnvad-offline.onnx`) and its input statistics (`am.mvn`).

mod fbank;

use std::path::Path;

use rten::{Model, ModelOptions, NodeId};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, Tensor};
use sha2::{Digest, Sha256};
use undertone::features::Frames;
use undertone::{Error, ErrorKind, Result};

pub use fbank::{BANDS, FilterBank, STACK, Standard};

/// When a teacher's frames are, in analysis frames of 10 ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock {
    /// From the middle of one frame to the middle of the next.
    pub period: f32,
    /// From the waveform's beginning to the middle of the first.
    pub first: f32,
}

impl Clock {
    /// The frame, and the share of the one after it, in the middle of which a moment lies; the first one before it.
    pub fn at(self, moment: f32) -> f32 {
        ((moment - self.first) / self.period).max(0.0)
    }

    /// The middle of a frame.
    fn middle(self, frame: usize) -> f32 {
        self.first + frame as f32 * self.period
    }
}

/// That of all teachers together: Moonshine's own.
pub const CLOCK: Clock = Clock { period: 2.4, first: 2.8 };
/// Longest waveform that is computed in one piece, in samples at 16 kHz (30 s): attention's memory grows with its square.
const PIECE: usize = 480_000;

/// What is known of one of the networks.
struct Kind {
    file: &'static str,
    input: &'static str,
    /// The values whose features carry most of the emotion, side by side.
    layers: &'static [&'static str],
    /// Values in one frame of one of them.
    width: usize,
    clock: Clock,
    /// Samples that one frame needs.
    shortest: usize,
    /// The file that standardises its filter bank; none where it reads the waveform as it is.
    statistics: Option<&'static str>,
    /// What a model that was distilled from it names.
    name: &'static str,
}

const KINDS: [Kind; 2] = [
    Kind {
        file: "encoder_model.onnx",
        input: "input_values",
        layers: &["/layers.1/Add_1_output_0", "/layers.3/Add_1_output_0"],
        width: 288,
        // Windows of 127, 7 and 3 that move by 64, 3 and 2.
        clock: CLOCK,
        shortest: 895,
        statistics: None,
        name: "Moonshine tiny, encoder (Useful Sensors; MIT)",
    },
    Kind {
        file: "fsmnvad-offline.onnx",
        input: "speech",
        layers: &["onnx::MatMul_99"],
        width: 250,
        clock: Clock { period: 1.0, first: 1.25 },
        shortest: 400,
        statistics: Some("am.mvn"),
        name: "speech_fsmn_vad_zh-cn-16k-common (Alibaba, FunASR; FunASR Model License 1.1)",
    },
];

/// The teachers of one training.
pub struct Teacher {
    networks: Vec<Network>,
}

/// A loaded network.
struct Network {
    kind: &'static Kind,
    model: Model,
    input: NodeId,
    layers: Vec<NodeId>,
    /// What makes its input of a waveform; none where it reads that as it is.
    front_end: Option<(FilterBank, Standard)>,
    sha256: String,
}

impl Teacher {
    /// Loads the teachers in `folder`, one or both.
    ///
    /// # Errors
    /// `Config` where the folder holds none, `Io` where a file is missing, `Malformed` or `Model` where one is not what is
    /// expected.
    pub fn open(folder: &Path) -> Result<Teacher> {
        let there = KINDS.iter().filter(|kind| folder.join(kind.file).exists());
        let networks = there.map(|kind| Network::open(folder, kind)).collect::<Result<Vec<_>>>()?;
        if networks.is_empty() {
            let what = format!("holds no teacher: neither {} nor {}", KINDS[0].file, KINDS[1].file);
            return Err(Error::new(ErrorKind::Config, what).at(folder));
        }
        Ok(Teacher { networks })
    }

    /// Values in one frame.
    pub fn width(&self) -> usize {
        self.networks.iter().map(Network::width).sum()
    }

    /// The networks' names and licences.
    pub fn names(&self) -> Vec<String> {
        self.networks.iter().map(|network| network.kind.name.to_string()).collect()
    }

    /// Names the networks' files.
    pub fn sha256(&self) -> Vec<&str> {
        self.networks.iter().map(|network| network.sha256.as_str()).collect()
    }

    /// All teachers' features of a waveform at 16 kHz side by side, as [`CLOCK`] says: `[frames, width]`, none where it is too
    /// short for one.
    ///
    /// # Errors
    /// `Model` where a network refuses its input.
    pub fn features(&self, waveform: &[f32]) -> Result<Frames> {
        let features = self.networks.iter().map(|network| network.features(waveform));
        let features = features.collect::<Result<Vec<Frames>>>()?;
        let lengths = features.iter().zip(&self.networks).map(|(own, network)| {
            let last = own.len().checked_sub(1).map(|last| network.kind.clock.middle(last));
            last.map_or(0, |last| CLOCK.at(last).round() as usize + 1)
        });
        let frames = lengths.min().unwrap_or(0);
        let mut values = Vec::with_capacity(frames * self.width());
        for frame in 0..frames {
            for (own, network) in features.iter().zip(&self.networks) {
                let nearest = network.kind.clock.at(CLOCK.middle(frame)).round() as usize;
                let at = nearest.min(own.len() - 1) * network.width();
                values.extend(&own.data()[at..at + network.width()]);
            }
        }
        Frames::new(values, self.width())
    }
}

impl Network {
    fn open(folder: &Path, kind: &'static Kind) -> Result<Network> {
        let path = folder.join(kind.file);
        let bytes = std::fs::read(&path).map_err(|error| Error::from(error).at(&path))?;
        let refused = |what: String| Error::new(ErrorKind::Model, what).at(&path);
        let sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        // Fusing operations could swallow a layer.
        let mut options = ModelOptions::with_all_ops();
        options.enable_optimization(false);
        let model = options.load(bytes).map_err(|error| refused(error.to_string()))?;
        let node = |name: &str| model.node_id(name).map_err(|_| refused(format!("it has no value '{name}'")));
        let input = node(kind.input)?;
        let layers = kind.layers.iter().map(|name| node(name)).collect::<Result<_>>()?;
        let front_end = kind.statistics.map(|file| front_end(&folder.join(file))).transpose()?;
        Ok(Network { kind, model, input, layers, front_end, sha256 })
    }

    fn width(&self) -> usize {
        self.kind.layers.len() * self.kind.width
    }

    /// As its own clock says.
    fn features(&self, waveform: &[f32]) -> Result<Frames> {
        let hop = (self.kind.clock.period * 160.0) as usize;
        let mut values = Vec::new();
        loop {
            let begin = values.len() / self.width() * hop;
            let piece = waveform.get(begin..waveform.len().min(begin + PIECE)).unwrap_or_default();
            if piece.len() < self.kind.shortest {
                return Frames::new(values, self.width());
            }
            values.extend(self.piece(piece)?);
            if begin + piece.len() == waveform.len() {
                return Frames::new(values, self.width());
            }
        }
    }

    fn piece(&self, waveform: &[f32]) -> Result<Vec<f32>> {
        let input: Tensor<f32> = match &self.front_end {
            Some((bank, standard)) => {
                let stacked = standard.stack(&bank.compute(waveform));
                NdTensor::from_data([1, stacked.len() / (STACK * BANDS), STACK * BANDS], stacked).into()
            }
            None => NdTensor::from_data([1, waveform.len()], waveform.to_vec()).into(),
        };
        let failed = |error: &dyn std::fmt::Display| Error::new(ErrorKind::Model, error.to_string());
        let outputs = self
            .model
            .run(vec![(self.input, input.view().into())], &self.layers, None)
            .map_err(|error| failed(&error))?;
        let layers = outputs.into_iter().map(|layer| {
            let layer: Tensor<f32> = layer.try_into().map_err(|_| failed(&"expected single precision"))?;
            Ok(layer.to_vec())
        });
        let layers = layers.collect::<Result<Vec<Vec<f32>>>>()?;
        let width = self.kind.width;
        let frames = layers.iter().map(|layer| layer.len() / width).min().unwrap_or(0);
        let row = |frame: usize| layers.iter().flat_map(move |layer| &layer[frame * width..][..width]);
        Ok((0..frames).flat_map(row).copied().collect())
    }
}

/// A filter bank, and what standardises it.
fn front_end(statistics: &Path) -> Result<(FilterBank, Standard)> {
    let text = std::fs::read_to_string(statistics).map_err(|error| Error::from(error).at(statistics))?;
    Ok((FilterBank::default(), Standard::parse(&text).map_err(|error| error.at(statistics))?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use prost::Message;

    use super::*;
    use crate::export::front_end::conv;
    use crate::export::graph::Builder;
    use undertone_encoders::onnx::{Attribute, Model, Opset};

    /// A stand-in with Moonshine's names and clock, all of whose features are the sample in the middle.
    fn listener() -> Vec<u8> {
        let mut graph = Builder::default();
        let waveform = graph.input("input_values", &["1", "samples"]);
        let axis = graph.indices(&[1]);
        let waveform = graph.node("Unsqueeze", &[&waveform, &axis], Vec::new());
        let window = KINDS[0].shortest;
        let taps: Vec<f32> =
            (0..KINDS[0].width * window).map(|i| f32::from(u8::from(i % window == window / 2))).collect();
        let taps = graph.constant(&[KINDS[0].width, 1, window], &taps);
        let frames = graph.node("Conv", &[&waveform, &taps], conv(384, [0, 0]));
        for layer in KINDS[0].layers {
            graph.named(layer, "Transpose", &[&frames], vec![Attribute::ints("perm", &[0, 2, 1])]);
            graph.output(layer, &["1", "frames", "288"]);
        }
        let opset_import = vec![Opset { domain: String::new(), version: 17 }];
        let graph = Some(graph.finish("listener"));
        Model { ir_version: 8, graph, opset_import, ..Model::default() }.encode_to_vec()
    }

    #[test]
    fn a_long_recording_is_computed_in_pieces_that_keep_time() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(KINDS[0].file), listener()).unwrap();
        let teacher = Teacher::open(folder.path()).unwrap();
        // Every sample is its own time, in analysis frames.
        let waveform: Vec<f32> = (0..70 * 16_000).map(|i| i as f32 / 160.0).collect();
        let features = teacher.features(&waveform).unwrap();
        assert_eq!(features.len(), (waveform.len() - 895) / 384 + 1);
        for (frame, row) in features.rows().enumerate() {
            assert_eq!(row.len(), 576);
            assert!(row.iter().all(|x| (x - CLOCK.middle(frame)).abs() < 0.02), "{} at {frame}", row[0]);
        }
        for last in 0..50 {
            assert_eq!(teacher.features(&waveform[..895 + 384 * last]).unwrap().len(), last + 1);
        }
        assert_eq!(teacher.features(&waveform[..894]).unwrap().len(), 0);
        assert_eq!(teacher.names(), ["Moonshine tiny, encoder (Useful Sensors; MIT)"]);
    }

    #[test]
    fn a_folder_without_a_teacher_is_refused_by_what_it_lacks() {
        let error = Teacher::open(tempfile::tempdir().unwrap().path()).err().unwrap().to_string();
        assert!(error.contains("encoder_model.onnx") && error.contains("fsmnvad-offline.onnx"), "{error}");
    }
}
