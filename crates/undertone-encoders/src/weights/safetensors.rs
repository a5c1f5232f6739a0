//! Where the arrays of a safetensors file lie.

use std::collections::BTreeMap;

use safetensors::tensor::{Dtype, Metadata};
use undertone::{Error, Result};

use super::{Entry, Kind, Parts};

/// Bytes of the longest header that is read.
const LONGEST: u64 = 100 << 20;

/// Every array of floats by its name.
///
/// # Errors
/// `Malformed` where the header is not one, or describes more than there is.
pub fn entries(parts: &mut Parts) -> Result<BTreeMap<String, Entry>> {
    let bad =
        |error: &dyn std::fmt::Display| Error::malformed(format!("is no whole safetensors file: {error}"));
    let length = parts.read(0, 8)?.try_into().map_or(u64::MAX, u64::from_le_bytes);
    if length > LONGEST {
        return Err(bad(&"its header is too long"));
    }
    let begin = 8 + length;
    // Only the header: the library would want the whole file in memory.
    let header = parts.read(8, length as usize)?;
    let metadata: Metadata = serde_json::from_slice(&header).map_err(|error| bad(&error))?;
    let end = metadata.tensors().values().map(|info| info.data_offsets.1).max().unwrap_or(0);
    if begin + end as u64 != parts.length() {
        return Err(bad(&"it ends too early, or has more than its header says; fetch it again"));
    }
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
