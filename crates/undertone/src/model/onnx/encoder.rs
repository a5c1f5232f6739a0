//! An encoder of others: a waveform in, hidden layers out.

use std::borrow::Cow;

use rten::{DataType, NodeId, ValueType};

use super::super::EncoderSpec;
use super::{Rows, Worker, load, matrix, run};
use crate::error::{Error, Result};

/// A loaded encoder.
pub(in crate::model) struct EncoderNetwork {
    model: rten::Model,
    input: NodeId,
    layers: Vec<NodeId>,
}

impl EncoderNetwork {
    /// Loads a file by what is said of it.
    ///
    /// # Errors
    /// `Model` where it is not ONNX, lacks a value by one of the names, or reads whole numbers.
    pub(in crate::model) fn load(bytes: Vec<u8>, spec: &EncoderSpec) -> Result<EncoderNetwork> {
        let model = load(Cow::Owned(bytes))?;
        let node = |name: &str| {
            let missing = || Error::model(format!("it has no value '{name}', which model.toml names"));
            model.node_id(name).map_err(|_| missing())
        };
        let input = node(&spec.input)?;
        if !model.input_ids().contains(&input) {
            return Err(Error::model(format!("its value '{}' is no input of the graph", spec.input)));
        }
        let kind = model.node_info(input).and_then(|info| info.dtype());
        if kind.is_some_and(|kind| kind != ValueType::Tensor(DataType::Float)) {
            let message = format!(
                "its input '{}' takes whole numbers, expected f32 samples; export it with a float input",
                spec.input
            );
            return Err(Error::model(message));
        }
        let layers = spec.layers.iter().map(|name| node(name)).collect::<Result<Vec<_>>>()?;
        Ok(EncoderNetwork { model, input, layers })
    }

    /// Each layer's numbers, row after row, and how many stand in a row.
    ///
    /// # Errors
    /// `Model` where the graph refuses its input.
    pub(in crate::model) fn run(
        &self,
        waveform: &[f32],
        by: Option<&Worker>,
    ) -> Result<Vec<(Vec<f32>, usize)>> {
        let row = matrix(Rows { data: waveform, width: waveform.len().max(1) });
        run(&self.model, vec![(self.input, row.into())], &self.layers, by)
    }
}
