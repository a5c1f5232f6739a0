//! Builds the graph: each value has a name that says where it stands.

use half::f16;
use prost::Message;

use crate::onnx::{Attribute, Entry, FLOAT, FLOAT16, Graph, INT64, Model, Node, Opset, Tensor, ValueInfo};
use crate::weights::Array;

/// Version of the operators.
const OPSET: i64 = 17;

/// A graph under construction; names are given by the caller.
#[derive(Default)]
pub struct Builder {
    graph: Graph,
}

impl Builder {
    /// A constant.
    pub fn constant(&mut self, name: &str, dims: &[usize], values: &[f32]) -> String {
        self.tensor(name, dims, FLOAT, values.iter().flat_map(|x| x.to_le_bytes()).collect())
    }

    /// One number.
    pub fn number(&mut self, name: &str, value: f32) -> String {
        self.constant(name, &[], &[value])
    }

    /// A constant kept in half precision and used in single.
    pub fn half(&mut self, name: &str, array: &Array) -> String {
        let raw = array.values.iter().flat_map(|&x| f16::from_f32(x).to_le_bytes()).collect();
        let stored = self.tensor(&format!("{name}.f16"), &array.shape, FLOAT16, raw);
        self.node("Cast", &[&stored], name, vec![Attribute::int("to", i64::from(FLOAT))])
    }

    /// Whole numbers.
    pub fn whole(&mut self, name: &str, values: &[i64]) -> String {
        self.tensor(name, &[values.len()], INT64, values.iter().flat_map(|x| x.to_le_bytes()).collect())
    }

    fn tensor(&mut self, name: &str, dims: &[usize], data_type: i32, raw_data: Vec<u8>) -> String {
        let dims = dims.iter().map(|&size| size as i64).collect();
        let tensor = Tensor { dims, data_type, name: name.to_string(), raw_data, ..Tensor::default() };
        self.graph.initializer.push(tensor);
        name.to_string()
    }

    /// One operation; its result has the operation's name.
    pub fn node(&mut self, op: &str, inputs: &[&str], name: &str, attributes: Vec<Attribute>) -> String {
        self.nodes(op, inputs, &[name], attributes);
        name.to_string()
    }

    /// One operation with several results.
    pub fn nodes(&mut self, op: &str, inputs: &[&str], outputs: &[&str], attribute: Vec<Attribute>) {
        let texts = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        self.graph.node.push(Node {
            input: texts(inputs),
            output: texts(outputs),
            name: outputs.first().map(ToString::to_string).unwrap_or_default(),
            op_type: op.to_string(),
            attribute,
        });
    }

    /// Two operands, one result.
    pub fn two(&mut self, op: &str, [a, b]: [&str; 2], name: &str) -> String {
        self.node(op, &[a, b], name, Vec::new())
    }

    /// Declares an input or output of `f32`.
    pub fn input(&mut self, name: &str, shape: &[&str]) {
        self.graph.input.push(ValueInfo::float(name, shape));
    }

    /// Declares an output of `f32`.
    pub fn output(&mut self, name: &str, shape: &[&str]) {
        self.graph.output.push(ValueInfo::float(name, shape));
    }

    /// The file.
    pub fn finish(mut self, name: &str, about: &[(&str, String)]) -> Vec<u8> {
        self.graph.name = name.to_string();
        let entry = |(key, value): &(&str, String)| Entry { key: (*key).to_string(), value: value.clone() };
        let model = Model {
            ir_version: 8,
            producer_name: "undertone".to_string(),
            graph: Some(self.graph),
            opset_import: vec![Opset { domain: String::new(), version: OPSET }],
            metadata_props: about.iter().map(entry).collect(),
            ..Model::default()
        };
        model.encode_to_vec()
    }
}
