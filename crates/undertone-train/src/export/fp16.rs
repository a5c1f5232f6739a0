//! Trained weights stored in half precision and read in single: half the file, the same answers to three digits.

use half::f16;

use super::ModelFile;
use undertone_encoders::onnx::{Attribute, FLOAT, FLOAT16, Node, Tensor};

/// Constants of fewer numbers than these stay as they are.
const FEW: usize = 1024;

impl ModelFile {
    /// Stores the larger constants behind the front end in half precision; those that already are stay so.
    pub fn fp16(mut self) -> ModelFile {
        let graph = self.graph_mut();
        let front_end = graph.end_of("spectrogram");
        let nodes = graph.node.split_off(front_end);
        for mut node in nodes {
            for input in &mut node.input {
                let Some(tensor) =
                    graph.initializer.iter_mut().find(|tensor| tensor.name == *input && large(tensor))
                else {
                    continue;
                };
                tensor.raw_data = tensor.raw_data.chunks_exact(4).flat_map(half).collect();
                tensor.data_type = FLOAT16;
                let single = format!("{input}_single");
                graph.node.push(Node {
                    input: vec![input.clone()],
                    output: vec![single.clone()],
                    name: single.clone(),
                    op_type: "Cast".to_string(),
                    attribute: vec![Attribute::int("to", FLOAT.into())],
                });
                *input = single;
            }
            graph.node.push(node);
        }
        self
    }
}

fn large(tensor: &Tensor) -> bool {
    tensor.data_type == FLOAT && tensor.raw_data.len() >= 4 * FEW
}

fn half(single: &[u8]) -> [u8; 2] {
    let single = single.try_into().map_or(0.0, f32::from_le_bytes);
    f16::from_f32(single).to_le_bytes()
}
