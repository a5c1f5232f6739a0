//! Checks that the messages of an ONNX file lie within each other before the runtime reads them: a length that points outside can
//! send its reader back to where it was, for ever.

use crate::error::{Error, Result};

/// Graphs within graphs, and types within types, that a file may have.
const DEEPEST: usize = 32;

/// The messages of ONNX (onnx.proto) as far as they hold others.
#[derive(Clone, Copy)]
enum Message {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    ValueInfo,
    Type,
    TensorType,
    Shape,
    /// Holds none.
    Flat,
}

impl Message {
    /// What a field holds, where it is a message.
    fn field(self, number: u64) -> Option<Message> {
        match (self, number) {
            (Message::Model, 7) | (Message::Attribute, 6 | 11) => Some(Message::Graph),
            (Message::Model, 8 | 14) | (Message::Tensor, 13) | (Message::Shape, 1) => Some(Message::Flat),
            (Message::Graph, 1) => Some(Message::Node),
            (Message::Graph, 5) | (Message::Attribute, 5 | 10) => Some(Message::Tensor),
            (Message::Graph, 11..=13) => Some(Message::ValueInfo),
            (Message::Node, 5) => Some(Message::Attribute),
            (Message::ValueInfo, 2) => Some(Message::Type),
            (Message::Type, 1 | 4) => Some(Message::TensorType),
            (Message::TensorType, 2) => Some(Message::Shape),
            _ => None,
        }
    }
}

/// # Errors
/// `Model` where a field or a message ends outside what holds it.
pub(super) fn check(bytes: &[u8]) -> Result<()> {
    let damaged = || Error::model("it cannot be loaded as ONNX: the file is damaged or cut short");
    walk(bytes, Message::Model, DEEPEST).ok_or_else(damaged)
}

fn walk(mut bytes: &[u8], message: Message, deepest: usize) -> Option<()> {
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        match tag & 7 {
            0 => varint(&mut bytes).map(drop)?,
            1 => bytes = bytes.get(8..)?,
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                let (inner, rest) = bytes.split_at_checked(length)?;
                if let Some(message) = message.field(tag >> 3) {
                    walk(inner, message, deepest.checked_sub(1)?)?;
                }
                bytes = rest;
            }
            5 => bytes = bytes.get(4..)?,
            _ => return None,
        }
    }
    Some(())
}

/// The next variable-length number: seven bits a byte, the least significant first.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for place in 0..10 {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 127) << (7 * place);
        if byte < 128 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field that holds bytes.
    fn field(number: u8, inner: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, inner.len() as u8], inner].concat()
    }

    #[test]
    fn a_length_that_points_outside_is_refused_at_every_depth() {
        let node = field(1, &field(5, &[0x08, 0x01]));
        assert!(check(&field(7, &node)).is_ok());
        assert!(check(&[]).is_ok(), "the runtime says what is missing");
        let back = [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert!(check(&back).is_err());
        assert!(check(&field(7, &back)).is_err());
        assert!(check(&field(7, &field(1, &[0x2a, 0x7f]))).is_err(), "an attribute ends outside its node");
        assert!(check(&[0x80; 11]).is_err(), "a number without an end");
        let nested =
            |graphs: usize| (0..graphs).fold(Vec::new(), |inner, _| field(1, &field(5, &field(6, &inner))));
        assert!(check(&field(7, &nested(8))).is_ok());
        assert!(check(&field(7, &nested(16))).is_err(), "graphs in graphs in graphs");
    }

    #[test]
    #[cfg(feature = "embedded")]
    fn the_shipped_models_are_sound() {
        for model in undertone_models::MODELS {
            assert!(check(model.bytes).is_ok(), "{}", model.name);
            assert!(check(&model.bytes[..model.bytes.len() - 1]).is_err(), "{} cut short", model.name);
        }
    }
}
