//! The part of the ONNX file format that models are written and inspected by: messages and fields of onnx.proto, IR version 8, by
//! their names there.
#![allow(missing_docs)]

use prost::Message;

/// Element type of `f32` tensors.
pub const FLOAT: i32 = 1;
/// Element type of `i64` tensors.
pub const INT64: i32 = 7;
/// Element type of `f16` tensors.
pub const FLOAT16: i32 = 10;
/// Where a tensor's numbers lie in a file of their own.
pub const EXTERNAL: i32 = 1;

#[derive(Clone, PartialEq, Message)]
pub struct Model {
    #[prost(int64, tag = "1")]
    pub ir_version: i64,
    #[prost(string, tag = "2")]
    pub producer_name: String,
    #[prost(string, tag = "3")]
    pub producer_version: String,
    #[prost(message, optional, tag = "7")]
    pub graph: Option<Graph>,
    #[prost(message, repeated, tag = "8")]
    pub opset_import: Vec<Opset>,
    #[prost(message, repeated, tag = "14")]
    pub metadata_props: Vec<Entry>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Opset {
    #[prost(string, tag = "1")]
    pub domain: String,
    #[prost(int64, tag = "2")]
    pub version: i64,
}

#[derive(Clone, PartialEq, Message)]
pub struct Entry {
    #[prost(string, tag = "1")]
    pub key: String,
    #[prost(string, tag = "2")]
    pub value: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct Graph {
    #[prost(message, repeated, tag = "1")]
    pub node: Vec<Node>,
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(message, repeated, tag = "5")]
    pub initializer: Vec<Tensor>,
    #[prost(message, repeated, tag = "11")]
    pub input: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "12")]
    pub output: Vec<ValueInfo>,
}

impl Graph {
    /// How many nodes there are up to the one that gives `value`; 0 where none does.
    pub fn end_of(&self, value: &str) -> usize {
        self.node
            .iter()
            .position(|node| node.output.iter().any(|output| output == value))
            .map_or(0, |at| at + 1)
    }
}

#[derive(Clone, PartialEq, Message)]
pub struct Node {
    #[prost(string, repeated, tag = "1")]
    pub input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub output: Vec<String>,
    #[prost(string, tag = "3")]
    pub name: String,
    #[prost(string, tag = "4")]
    pub op_type: String,
    #[prost(message, repeated, tag = "5")]
    pub attribute: Vec<Attribute>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Attribute {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(float, tag = "2")]
    pub f: f32,
    #[prost(int64, tag = "3")]
    pub i: i64,
    #[prost(bytes = "vec", tag = "4")]
    pub s: Vec<u8>,
    #[prost(int64, repeated, packed = "false", tag = "8")]
    pub ints: Vec<i64>,
    #[prost(int32, tag = "20")]
    pub kind: i32,
}

impl Attribute {
    fn of(name: &str, kind: i32) -> Attribute {
        Attribute { name: name.to_string(), kind, ..Attribute::default() }
    }

    /// One number.
    pub fn float(name: &str, f: f32) -> Attribute {
        Attribute { f, ..Attribute::of(name, 1) }
    }

    /// One whole number.
    pub fn int(name: &str, i: i64) -> Attribute {
        Attribute { i, ..Attribute::of(name, 2) }
    }

    /// A word.
    pub fn word(name: &str, s: &str) -> Attribute {
        Attribute { s: s.as_bytes().to_vec(), ..Attribute::of(name, 3) }
    }

    /// Several whole numbers.
    pub fn ints(name: &str, ints: &[usize]) -> Attribute {
        Attribute { ints: ints.iter().map(|&i| i as i64).collect(), ..Attribute::of(name, 7) }
    }
}

#[derive(Clone, PartialEq, Message)]
pub struct Tensor {
    #[prost(int64, repeated, packed = "false", tag = "1")]
    pub dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    pub data_type: i32,
    #[prost(string, tag = "8")]
    pub name: String,
    #[prost(bytes = "vec", tag = "9")]
    pub raw_data: Vec<u8>,
    #[prost(message, repeated, tag = "13")]
    pub external_data: Vec<Entry>,
    #[prost(int32, tag = "14")]
    pub data_location: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct ValueInfo {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub r#type: Option<Type>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Type {
    #[prost(message, optional, tag = "1")]
    pub tensor_type: Option<TensorType>,
}

#[derive(Clone, PartialEq, Message)]
pub struct TensorType {
    #[prost(int32, tag = "1")]
    pub elem_type: i32,
    #[prost(message, optional, tag = "2")]
    pub shape: Option<Shape>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Shape {
    #[prost(message, repeated, tag = "1")]
    pub dim: Vec<Dimension>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Dimension {
    #[prost(oneof = "Size", tags = "1, 2")]
    pub size: Option<Size>,
}

/// A dimension is a number or a name.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Size {
    #[prost(int64, tag = "1")]
    Fixed(i64),
    #[prost(string, tag = "2")]
    Named(String),
}

impl ValueInfo {
    /// An `f32` value; each dimension is a number or a name.
    pub fn float(name: &str, shape: &[&str]) -> ValueInfo {
        let dimension = |text: &&str| Dimension {
            size: Some(text.parse().map_or_else(|_| Size::Named((*text).to_string()), Size::Fixed)),
        };
        let shape = Some(Shape { dim: shape.iter().map(dimension).collect() });
        let tensor_type = Some(TensorType { elem_type: FLOAT, shape });
        ValueInfo { name: name.to_string(), r#type: Some(Type { tensor_type }) }
    }

    /// Its element type, and its dimensions where they are declared; a dimension without a number is none.
    pub fn declared(&self) -> (i32, Option<Vec<Option<i64>>>) {
        let tensor = self.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref());
        let fixed = |dimension: &Dimension| match dimension.size {
            Some(Size::Fixed(size)) if size > 0 => Some(size),
            _ => None,
        };
        let shape = tensor.and_then(|tensor| tensor.shape.as_ref());
        let shape = shape.map(|shape| shape.dim.iter().map(fixed).collect());
        (tensor.map_or(0, |tensor| tensor.elem_type), shape)
    }
}
