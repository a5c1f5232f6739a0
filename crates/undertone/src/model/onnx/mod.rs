//! The runtime: loads an ONNX file and runs it whole or from one named value to another. The only folder that names it.

mod encoder;
mod framing;
mod worker;

use std::borrow::Cow;

use rten::{ModelOptions, NodeId, RunOptions, Value, ValueOrView};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensorView, Tensor};

use super::Metadata;
use crate::error::{Error, Result};

pub(super) use encoder::EncoderNetwork;
pub(crate) use worker::Worker;

/// The named values in which a network of ours begins, and those in which a head over an encoder does.
const BEGIN: [&str; 2] = ["waveform", "spectrogram"];
const HEAD_BEGINS: [&str; 1] = ["layers"];
/// The others of the model contract.
const VALUES: [&str; 7] =
    ["speaker_mean", "speaker_scale", "speaker_weight", "frames", "pooled", "logits", "intensity"];

/// The one that a model may lack.
const AGREEMENT: &str = "agreement";

/// A matrix of `f32`, row-major.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub data: &'a [f32],
    pub width: usize,
}

/// A loaded network.
pub(super) struct Network {
    model: rten::Model,
    nodes: Vec<(&'static str, NodeId)>,
    /// What runs it where the caller names none: the inference library's own threads if not given.
    workers: Option<Worker>,
}

/// What the heads answer, row after row.
pub(super) struct Answers {
    pub logits: Vec<f32>,
    pub intensity: Vec<f32>,
    /// None from a model that knows nothing of listeners.
    pub agreement: Option<Vec<f32>>,
}

impl Answers {
    /// What [`Network::answers`] names, in its order.
    fn from(mut outputs: impl Iterator<Item = (Vec<f32>, usize)>) -> Answers {
        let mut next = || outputs.next().map(|(values, _)| values);
        Answers {
            logits: next().unwrap_or_default(),
            intensity: next().unwrap_or_default(),
            agreement: next(),
        }
    }
}

impl Network {
    /// Loads a file, and reads its description first: a file of another format lacks values that this one has.
    pub(super) fn load(bytes: Cow<'static, [u8]>) -> Result<(Network, Metadata)> {
        let model = load(bytes)?;
        let json = model.metadata().get("undertone").ok_or_else(|| {
            Error::model("it has no description of ours; see docs/reference/models.md for models of others")
        })?;
        let metadata = Metadata::parse(json)?;
        let mut nodes = Vec::with_capacity(VALUES.len());
        let begin = if metadata.encoder.is_some() { &HEAD_BEGINS[..] } else { &BEGIN };
        for &name in begin.iter().chain(&VALUES) {
            let node = model.node_id(name).map_err(|_| Error::model(format!("it has no value '{name}'")))?;
            nodes.push((name, node));
        }
        nodes.extend(model.node_id(AGREEMENT).map(|node| (AGREEMENT, node)));
        Ok((Network { model, nodes, workers: None }, metadata))
    }

    /// Lets it use so many threads instead of one per core.
    pub(super) fn limit_threads(&mut self, threads: usize) {
        self.workers = Some(Worker::of_threads(threads));
    }

    /// What runs it where the caller names none, if that was said.
    pub(super) fn workers(&self) -> Option<&Worker> {
        self.workers.as_ref()
    }

    fn node(&self, name: &str) -> NodeId {
        // Every name used here was looked up when the file was loaded, or was given by `answers`.
        self.nodes.iter().find(|(known, _)| *known == name).unwrap_or(&self.nodes[0]).1
    }

    /// The names of what the heads answer.
    fn answers(&self) -> Vec<&'static str> {
        let known = |name: &&str| self.nodes.iter().any(|(known, _)| known == name);
        ["logits", "intensity", AGREEMENT].into_iter().filter(known).collect()
    }

    fn run(
        &self,
        inputs: &[(&str, ValueOrView<'_>)],
        outputs: &[&str],
        by: Option<&Worker>,
    ) -> Result<Vec<(Vec<f32>, usize)>> {
        let inputs = inputs.iter().map(|(name, value)| (self.node(name), value.clone())).collect();
        let outputs: Vec<NodeId> = outputs.iter().map(|name| self.node(name)).collect();
        run(&self.model, inputs, &outputs, by.or(self.workers.as_ref()))
    }

    /// One segment → `frames`, row after row, and their width; `from` is `spectrogram`, `layers`, or `waveform` (a single row).
    pub(super) fn frames(&self, from: &str, segment: Rows, by: Option<&Worker>) -> Result<(Vec<f32>, usize)> {
        let rows = matrix(segment);
        let input = match from {
            "waveform" => rows.into(),
            _ => NdTensorView::from_data([1, rows.size(0), segment.width], segment.data).into(),
        };
        let mut outputs = self.run(&[(from, input)], &["frames"], by)?;
        outputs.pop().ok_or_else(|| Error::model("it gives no frames"))
    }

    /// `pooled` (many windows) and as many adaptations → what the heads answer.
    pub(super) fn heads(
        &self,
        [pooled, mean, scale]: [Rows; 3],
        weight: &[f32],
        by: Option<&Worker>,
    ) -> Result<Answers> {
        let [pooled, mean, scale] = [pooled, mean, scale].map(matrix);
        let weight = matrix(Rows { data: weight, width: 1 });
        let inputs = [
            ("pooled", pooled.into()),
            ("speaker_mean", mean.into()),
            ("speaker_scale", scale.into()),
            ("speaker_weight", weight.into()),
        ];
        Ok(Answers::from(self.run(&inputs, &self.answers(), by)?.into_iter()))
    }

    /// The whole graph on one waveform, or on an encoder's `layers`: pooled, frames, the spectrogram where the graph has one, and what the
    /// heads answer.
    pub(super) fn whole(
        &self,
        (from, segment): (&str, Rows),
        mean: &[f32],
        scale: &[f32],
        weight: f32,
    ) -> Result<([Vec<f32>; 3], Answers)> {
        let row = |data| matrix(Rows { data, width: <[f32]>::len(data).max(1) });
        let weight = [weight];
        let rows = matrix(segment);
        let (begins, spectrogram) = match from {
            "layers" => {
                (NdTensorView::from_data([1, rows.size(0), segment.width], segment.data).into(), None)
            }
            _ => (rows.into(), Some("spectrogram")),
        };
        let inputs = [
            (from, begins),
            ("speaker_mean", row(mean).into()),
            ("speaker_scale", row(scale).into()),
            ("speaker_weight", row(&weight).into()),
        ];
        let mut names = vec!["pooled", "frames"];
        names.extend(spectrogram);
        names.extend(self.answers());
        let mut outputs = self.run(&inputs, &names, None)?.into_iter();
        let mut next = || outputs.next().map(|(values, _)| values).unwrap_or_default();
        let between = [next(), next(), spectrogram.map(|_| next()).unwrap_or_default()];
        Ok((between, Answers::from(outputs)))
    }
}

/// An ONNX file in memory.
fn load(bytes: Cow<'static, [u8]>) -> Result<rten::Model> {
    let options = ModelOptions::with_all_ops();
    let loaded = match bytes {
        Cow::Borrowed(bytes) => options.load_static_slice(bytes),
        Cow::Owned(bytes) => {
            framing::check(&bytes)?;
            options.load(bytes)
        }
    };
    loaded.map_err(|error| Error::model(format!("it cannot be loaded as ONNX: {error}")))
}

/// Runs a graph, by a worker where one is named: each output's numbers, and how many stand in a row.
fn run(
    model: &rten::Model,
    inputs: Vec<(NodeId, ValueOrView<'_>)>,
    outputs: &[NodeId],
    by: Option<&Worker>,
) -> Result<Vec<(Vec<f32>, usize)>> {
    let mut options = RunOptions::default();
    options.thread_pool = by.map(Worker::pool);
    let run = || model.run(inputs, outputs, Some(options));
    let values = match by {
        Some(worker) => worker.run(run),
        None => run(),
    };
    let values = values.map_err(|error| Error::model(format!("it cannot be run: {error}")))?;
    values.into_iter().map(floats).collect()
}

fn matrix(rows: Rows<'_>) -> NdTensorView<'_, f32, 2> {
    NdTensorView::from_data([rows.data.len() / rows.width, rows.width], rows.data)
}

/// A value's numbers, and how many stand in a row.
fn floats(value: Value) -> Result<(Vec<f32>, usize)> {
    let tensor: Tensor<f32> =
        value.try_into().map_err(|_| Error::model("it gives values that are not f32"))?;
    let width = tensor.shape().last().copied().unwrap_or(1);
    Ok((tensor.to_vec(), width))
}
