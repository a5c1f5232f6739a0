//! Weights in files of their own: which they are, and the same ONNX file with them inside.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

use prost::Message;
use prost::encoding::{decode_varint, encode_varint};
use undertone::{Error, Result};

use crate::onnx::{EXTERNAL, Tensor};

/// Graphs within graphs that a file may have.
const DEEPEST: usize = 32;
/// Bytes of the largest message of ONNX's encoding.
const LARGEST: usize = i32::MAX as usize;

/// The messages of ONNX that lead to tensors.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
}

impl Kind {
    /// What a field holds, where it leads to a tensor.
    fn field(self, number: u64) -> Option<Kind> {
        match (self, number) {
            (Kind::Model, 7) | (Kind::Attribute, 6 | 11) => Some(Kind::Graph),
            (Kind::Graph, 1) => Some(Kind::Node),
            (Kind::Graph, 5) | (Kind::Attribute, 5 | 10) => Some(Kind::Tensor),
            (Kind::Node, 5) => Some(Kind::Attribute),
            _ => None,
        }
    }
}

/// Where a tensor's numbers lie.
struct Place {
    file: String,
    offset: u64,
    length: Option<u64>,
}

impl Place {
    /// Of a tensor whose numbers are not in the ONNX file.
    fn of(tensor: &Tensor) -> Result<Place> {
        let value =
            |key: &str| tensor.external_data.iter().find(|entry| entry.key == key).map(|entry| &entry.value);
        let number =
            |key: &str| value(key).map(|text| text.trim().parse().map_err(|_| unknown(tensor))).transpose();
        let file = value("location").ok_or_else(|| unknown(tensor))?.clone();
        let inside = Path::new(&file).components().all(|part| matches!(part, Component::Normal(_)));
        if file.is_empty() || !inside {
            let message = format!(
                "keeps weights in '{file}', outside its folder; put the file beside it and export it again"
            );
            return Err(Error::unsupported(message));
        }
        Ok(Place { file, offset: number("offset")?.unwrap_or(0), length: number("length")? })
    }
}

fn unknown(tensor: &Tensor) -> Error {
    Error::model(format!("does not say where the weights '{}' lie: it is damaged", tensor.name))
}

/// The files beside an ONNX file that hold weights of it.
///
/// # Errors
/// `Model` where it is damaged, `Unsupported` where one lies outside its folder.
pub fn files(bytes: &[u8]) -> Result<BTreeSet<String>> {
    let mut files = BTreeSet::new();
    walk(bytes, Kind::Model, DEEPEST, &mut |tensor| {
        files.insert(Place::of(tensor)?.file);
        Ok(None)
    })?;
    Ok(files)
}

/// The ONNX file with all its weights inside.
///
/// # Errors
/// As [`files`]; `Io` naming a file that is missing, `Malformed` naming one that is too short, `TooLarge` beyond 2 GB.
pub fn inlined<'a>(bytes: &'a [u8], folder: &Path) -> Result<Cow<'a, [u8]>> {
    let mut data = BTreeMap::new();
    for file in files(bytes)? {
        let path = folder.join(&file);
        let missing = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                let message =
                    "is missing: it holds weights of the ONNX file; put it beside that, under the same name";
                Error::new(undertone::ErrorKind::Io, message).at(&path)
            }
            _ => Error::from(error).at(&path),
        };
        data.insert(file, std::fs::read(&path).map_err(missing)?);
    }
    if data.is_empty() {
        return Ok(Cow::Borrowed(bytes));
    }
    let whole = walk(bytes, Kind::Model, DEEPEST, &mut |tensor| {
        let Place { file, offset, length } = Place::of(tensor)?;
        let all = data.get(&file).map_or(&[][..], Vec::as_slice);
        let part = usize::try_from(offset).ok().and_then(|offset| all.get(offset..));
        let part = match length.map(usize::try_from) {
            None => part,
            Some(length) => part.and_then(|part| part.get(..length.ok()?)),
        };
        let part = part.ok_or_else(|| {
            let message = format!(
                "is shorter than the ONNX file says (weights '{}'): it is cut short or belongs to another file; fetch both again",
                tensor.name
            );
            Error::malformed(message).at(folder.join(&file))
        })?;
        let inside =
            Tensor { raw_data: part.to_vec(), external_data: Vec::new(), data_location: 0, ..tensor.clone() };
        Ok(Some(inside.encode_to_vec()))
    })?;
    if whole.len() > LARGEST {
        let message =
            "is larger than 2 GB with its weights, more than ONNX files can be; export it in float16";
        return Err(Error::new(undertone::ErrorKind::TooLarge, message));
    }
    Ok(Cow::Owned(whole))
}

/// The message with every tensor that lies outside exchanged for what `change` answers; all else stays as it is, byte for byte.
fn walk(
    mut bytes: &[u8],
    kind: Kind,
    deepest: usize,
    change: &mut dyn FnMut(&Tensor) -> Result<Option<Vec<u8>>>,
) -> Result<Vec<u8>> {
    let damaged = || Error::model("cannot be read as ONNX: it is damaged or cut short");
    if kind == Kind::Tensor {
        let tensor = Tensor::decode(bytes).map_err(|error| damaged().because(error))?;
        let changed = if tensor.data_location == EXTERNAL { change(&tensor)? } else { None };
        return Ok(changed.unwrap_or_else(|| bytes.to_vec()));
    }
    let mut out = Vec::with_capacity(bytes.len());
    while !bytes.is_empty() {
        let field = bytes;
        let mut number = || decode_varint(&mut bytes).map_err(|_| damaged());
        let tag = number()?;
        let length = match tag & 7 {
            0 => number().map(|_| 0)?,
            1 => 8,
            2 => usize::try_from(number()?).map_err(|_| damaged())?,
            5 => 4,
            _ => return Err(damaged()),
        };
        let (inner, rest) = bytes.split_at_checked(length).ok_or_else(damaged)?;
        match kind.field(tag >> 3).filter(|_| tag & 7 == 2) {
            Some(kind) => {
                let deepest = deepest.checked_sub(1).ok_or_else(damaged)?;
                let inner = walk(inner, kind, deepest, change)?;
                encode_varint(tag, &mut out);
                encode_varint(inner.len() as u64, &mut out);
                out.extend(inner);
            }
            None => out.extend(&field[..field.len() - rest.len()]),
        }
        bytes = rest;
    }
    Ok(out)
}
