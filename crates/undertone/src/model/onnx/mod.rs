//! The runtime: loads an ONNX file and runs it whole or from one named value to another. The only folder that names it.

mod file;

use std::borrow::Cow;
use std::sync::Arc;

use rten::{ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensorView, Tensor};

use crate::error::{Error, Result};

/// The named values of the model contract.
const VALUES: [&str; 9] = [
    "waveform",
    "baseline_mean",
    "baseline_scale",
    "baseline_weight",
    "spectrogram",
    "frames",
    "pooled",
    "logits",
    "intensity",
];

/// The one that a model may lack.
const AGREEMENT: &str = "agreement";

thread_local! {
    /// For callers that spread waveforms over the cores themselves: one thread a caller.
    static ALONE: Arc<ThreadPool> = Arc::new(ThreadPool::with_num_threads(1));
}

/// How many threads a run may use.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Threads {
    /// One: the caller keeps the other cores busy.
    One,
    /// As many as the network was given.
    All,
}

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
    threads: Option<Arc<ThreadPool>>,
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
    /// Loads a file; gives the JSON of its description with it.
    pub(super) fn load(bytes: Cow<'static, [u8]>) -> Result<(Network, String)> {
        let json = file::metadata(&bytes, "undertone")?.ok_or_else(|| {
            Error::model("it has no description of ours; see docs/adding-a-model.md for models of others")
        })?;
        let options = ModelOptions::with_all_ops();
        let loaded = match bytes {
            Cow::Borrowed(bytes) => options.load_static_slice(bytes),
            Cow::Owned(bytes) => options.load(bytes),
        };
        let model = loaded.map_err(|error| Error::model(format!("it cannot be loaded: {error}")))?;
        let mut nodes = Vec::with_capacity(VALUES.len());
        for name in VALUES {
            let node = model.node_id(name).map_err(|_| Error::model(format!("it has no value '{name}'")))?;
            nodes.push((name, node));
        }
        nodes.extend(model.node_id(AGREEMENT).map(|node| (AGREEMENT, node)));
        Ok((Network { model, nodes, threads: None }, json))
    }

    /// Lets it use so many threads instead of one per core.
    pub(super) fn limit_threads(&mut self, threads: usize) {
        self.threads = Some(Arc::new(ThreadPool::with_num_threads(threads)));
    }

    fn node(&self, name: &str) -> NodeId {
        // Every name used here is in VALUES, or was given by `answers`.
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
        threads: Threads,
    ) -> Result<Vec<(Vec<f32>, usize)>> {
        let inputs = inputs.iter().map(|(name, value)| (self.node(name), value.clone())).collect();
        let outputs: Vec<NodeId> = outputs.iter().map(|name| self.node(name)).collect();
        let mut options = RunOptions::default();
        options.thread_pool = match threads {
            Threads::One => Some(ALONE.with(Arc::clone)),
            Threads::All => self.threads.clone(),
        };
        let values = self
            .model
            .run(inputs, &outputs, Some(options))
            .map_err(|error| Error::model(format!("it cannot be run: {error}")))?;
        values.into_iter().map(floats).collect()
    }

    /// One segment → `frames`, row after row, and their width; `from` is `spectrogram`, or `waveform` (a single row).
    pub(super) fn frames(&self, from: &str, segment: Rows, threads: Threads) -> Result<(Vec<f32>, usize)> {
        let rows = matrix(segment);
        let input = match from {
            "waveform" => rows.into(),
            _ => NdTensorView::from_data([1, rows.size(0), segment.width], segment.data).into(),
        };
        let mut outputs = self.run(&[(from, input)], &["frames"], threads)?;
        outputs.pop().ok_or_else(|| Error::model("it gives no frames"))
    }

    /// `pooled` (many windows) and as many baselines → what the heads answer.
    pub(super) fn heads(&self, pooled: Rows, mean: Rows, scale: Rows, weight: &[f32]) -> Result<Answers> {
        let [pooled, mean, scale] = [pooled, mean, scale].map(matrix);
        let weight = matrix(Rows { data: weight, width: 1 });
        let inputs = [
            ("pooled", pooled.into()),
            ("baseline_mean", mean.into()),
            ("baseline_scale", scale.into()),
            ("baseline_weight", weight.into()),
        ];
        Ok(Answers::from(self.run(&inputs, &self.answers(), Threads::All)?.into_iter()))
    }

    /// The whole graph on one waveform: pooled, frames, spectrogram, and what the heads answer.
    pub(super) fn whole(
        &self,
        waveform: &[f32],
        mean: &[f32],
        scale: &[f32],
        weight: f32,
    ) -> Result<([Vec<f32>; 3], Answers)> {
        let row = |data| matrix(Rows { data, width: <[f32]>::len(data).max(1) });
        let weight = [weight];
        let inputs = [
            ("waveform", row(waveform).into()),
            ("baseline_mean", row(mean).into()),
            ("baseline_scale", row(scale).into()),
            ("baseline_weight", row(&weight).into()),
        ];
        let mut names = vec!["pooled", "frames", "spectrogram"];
        names.extend(self.answers());
        let mut outputs = self.run(&inputs, &names, Threads::All)?.into_iter();
        let between = [(); 3].map(|()| outputs.next().map(|(values, _)| values).unwrap_or_default());
        Ok((between, Answers::from(outputs)))
    }
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
