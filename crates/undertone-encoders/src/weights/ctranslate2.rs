//! Where the arrays of a CTranslate2 `model.bin` lie.
//!
//! The file: its version, the name and the revision of the kind of model, the number of variables, and each of them: name, rank, sizes,
//! type, bytes, numbers. Numbers are little-endian; texts have their length in front and a zero at their end.

use std::collections::BTreeMap;

use undertone::{Error, Result};

use super::{Entry, Kind, Parts};

/// The kind of model that is read.
const SPEC: &str = "WhisperSpec";
/// Versions whose variables are as described.
const VERSIONS: std::ops::RangeInclusive<u32> = 4..=6;
/// Dimensions that a variable may have.
const DEEPEST: u8 = 8;

/// Every array by its name.
///
/// # Errors
/// `Unsupported` where it is not a CTranslate2 file of a Whisper model, `Malformed` where it ends within a variable.
pub fn entries(parts: &mut Parts) -> Result<BTreeMap<String, Entry>> {
    let mut reader = Reader { parts, at: 0 };
    let version = reader.number()?;
    if !VERSIONS.contains(&version) {
        let message = "is neither a safetensors file nor a CTranslate2 model of version 4 to 6 (model.bin)";
        return Err(Error::unsupported(message));
    }
    let spec = reader.text()?;
    if spec != SPEC {
        return Err(Error::unsupported(format!("is a CTranslate2 model, but a {spec}; expected a {SPEC}")));
    }
    let _revision = reader.number()?;
    let mut entries = BTreeMap::new();
    for _ in 0..reader.number()? {
        let name = reader.text()?;
        let rank = reader.byte()?;
        if rank > DEEPEST {
            return Err(Error::malformed(format!("'{name}' has {rank} dimensions: the file is damaged")));
        }
        let shape = (0..rank).map(|_| Ok(reader.number()? as usize)).collect::<Result<Vec<_>>>()?;
        let kind = match reader.byte()? {
            0 => Kind::F32,
            1 => Kind::I8,
            2 => Kind::I16,
            3 => Kind::I32,
            4 => Kind::F16,
            5 => Kind::Bf16,
            other => {
                let message = format!("'{name}' has numbers of an unknown type ({other})");
                return Err(Error::unsupported(message));
            }
        };
        if kind == Kind::I8 && shape.len() > 1 && name.starts_with("encoder/") {
            let message =
                "is quantised to 8 bits; only models in float16 or float32 are read: fetch one of these";
            return Err(Error::unsupported(message));
        }
        let bytes = u64::from(reader.number()?);
        entries.insert(name, Entry { shape, kind, start: reader.at });
        reader.at += bytes;
    }
    match reader.at <= reader.parts.length() {
        true => Ok(entries),
        false => {
            Err(Error::malformed("ends within its last array: is a part missing? Give all in their order"))
        }
    }
}

/// Reads one value after the other.
struct Reader<'a> {
    parts: &'a mut Parts,
    at: u64,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let bytes = self.parts.read(self.at, N)?;
        self.at += N as u64;
        bytes.try_into().map_err(|_| Error::malformed("ends too early"))
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.take::<1>()?[0])
    }

    fn number(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.take()?))
    }

    fn text(&mut self) -> Result<String> {
        let length = usize::from(u16::from_le_bytes(self.take()?));
        let bytes = self.parts.read(self.at, length)?;
        self.at += length as u64;
        Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\0').to_string())
    }
}
