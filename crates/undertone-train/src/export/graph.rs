//! Builds an ONNX graph node by node; every value gets a name of its own.

use std::ops::Range;

use undertone_encoders::onnx::{Attribute, FLOAT, Graph, INT64, Node, Tensor, ValueInfo};

/// The name of a value in the graph.
pub type Value = String;

/// A graph under construction.
#[derive(Default)]
pub struct Builder {
    graph: Graph,
}

impl Builder {
    /// More of a graph that a builder made.
    pub fn over(graph: Graph) -> Builder {
        Builder { graph }
    }

    /// Declares an input; each dimension is a number or a name.
    pub fn input(&mut self, name: &str, shape: &[&str]) -> Value {
        self.graph.input.push(ValueInfo::float(name, shape));
        name.to_string()
    }

    /// Declares a value as an output.
    pub fn output(&mut self, name: &str, shape: &[&str]) {
        self.graph.output.push(ValueInfo::float(name, shape));
    }

    /// A constant of single precision.
    pub fn constant(&mut self, dims: &[usize], values: &[f32]) -> Value {
        let raw = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.initializer(dims, FLOAT, raw)
    }

    /// A constant list of whole numbers.
    pub fn indices(&mut self, values: &[i64]) -> Value {
        let raw = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.initializer(&[values.len()], INT64, raw)
    }

    fn initializer(&mut self, dims: &[usize], data_type: i32, raw_data: Vec<u8>) -> Value {
        let name = format!("c{}", self.graph.initializer.len());
        let dims = dims.iter().map(|&dim| dim as i64).collect();
        self.graph.initializer.push(Tensor {
            dims,
            data_type,
            name: name.clone(),
            raw_data,
            ..Tensor::default()
        });
        name
    }

    /// One operation with one result.
    pub fn node(&mut self, op: &str, inputs: &[&Value], attributes: Vec<Attribute>) -> Value {
        let name = format!("v{}", self.graph.node.len());
        self.named(&name, op, inputs, attributes)
    }

    /// One operation whose result bears a name of the contract.
    pub fn named(&mut self, name: &str, op: &str, inputs: &[&Value], attribute: Vec<Attribute>) -> Value {
        self.graph.node.push(Node {
            input: inputs.iter().map(|input| (*input).clone()).collect(),
            output: vec![name.to_string()],
            name: name.to_string(),
            op_type: op.to_string(),
            attribute,
        });
        name.to_string()
    }

    /// Rows `from..to` along `axis`.
    pub fn slice(&mut self, value: &Value, axis: i64, from: usize, to: usize) -> Value {
        let [from, to, axis] = [from as i64, to as i64, axis].map(|x| self.indices(&[x]));
        self.node("Slice", &[value, &from, &to, &axis], Vec::new())
    }

    /// `value · x + b` for a row vector of constants.
    pub fn affine(&mut self, value: &Value, scale: &[f32], shift: &[f32]) -> Value {
        let (scale, shift) = (self.constant(&[scale.len()], scale), self.constant(&[shift.len()], shift));
        let scaled = self.node("Mul", &[value, &scale], Vec::new());
        self.node("Add", &[&scaled, &shift], Vec::new())
    }

    /// Some nodes of another graph, with the constants they read; every name goes through `renamed`.
    pub fn adopt(&mut self, other: &Graph, nodes: Range<usize>, renamed: impl Fn(&str) -> String) {
        for node in &other.node[nodes] {
            let names = |names: &[String]| names.iter().map(|name| renamed(name)).collect();
            for tensor in other.initializer.iter().filter(|tensor| node.input.contains(&tensor.name)) {
                let tensor = Tensor { name: renamed(&tensor.name), ..tensor.clone() };
                if self.graph.initializer.iter().all(|there| there.name != tensor.name) {
                    self.graph.initializer.push(tensor);
                }
            }
            self.graph.node.push(Node {
                input: names(&node.input),
                output: names(&node.output),
                name: renamed(&node.name),
                ..node.clone()
            });
        }
    }

    /// The finished graph.
    pub fn finish(mut self, name: &str) -> Graph {
        self.graph.name = name.to_string();
        self.graph
    }
}
