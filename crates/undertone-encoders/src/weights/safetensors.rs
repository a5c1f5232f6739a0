//! Where the arrays of a safetensors file lie.

use std::collections::BTreeMap;

use safetensors::tensor::{Dtype, SafeTensors};
use undertone::{Error, Result};

use super::{Entry, Kind, Parts};

/// Bytes of the longest header that is read.
const LONGEST: u64 = 100 << 20;

/// Every array of floats by its name.
///
/// # Errors
/// `Malformed` where the header is not one, or describes more than there is.
pub fn entries(parts: &mut Parts) -> Result<BTreeMap<String, Entry>> {
    let bad = |error: &dyn std::fmt::Display| Error::malformed(format!("is no whole safetensors file: {error}"));
    let length = parts.read(0, 8)?.try_into().map_or(u64::MAX, u64::from_le_bytes);
    if length > LONGEST {
        return Err(bad(&"its header is too long"));
    }
    let header = parts.read(0, 8 + length as usize)?;
    let (_, metadata) = SafeTensors::read_metadata(&header).map_err(|error| bad(&error))?;
    let begin = 8 + length;
    let mut entries = BTreeMap::new();
    for (name, info) in metadata.tensors() {
        let kind = match info.dtype {
            Dtype::F32 => Kind::F32,
            Dtype::F16 => Kind::F16,
            Dtype::BF16 => Kind::Bf16,
            _ => continue,
        };
        let start = begin + info.data_offsets.0 as u64;
        entries.insert(name, Entry { shape: info.shape.clone(), kind, start });
    }
    Ok(entries)
}
