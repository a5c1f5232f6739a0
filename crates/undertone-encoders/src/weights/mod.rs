//! Named arrays of numbers in a file, or in the parts of one.

mod ctranslate2;
mod safetensors;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use half::{bf16, f16};
use undertone::{Error, Result};

/// The two formats that weights are read from. They name the same arrays differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Hugging Face's; names as in PyTorch.
    Safetensors,
    /// CTranslate2's `model.bin`.
    CTranslate2,
}

/// Weights whose arrays are read when they are asked for.
#[derive(Debug)]
pub struct Weights {
    format: Format,
    parts: Parts,
    entries: BTreeMap<String, Entry>,
}

/// An array, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

/// Where an array lies.
#[derive(Debug)]
struct Entry {
    shape: Vec<usize>,
    kind: Kind,
    start: u64,
}

/// How its numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    F32,
    F16,
    Bf16,
    I8,
    I16,
    I32,
}

impl Kind {
    fn bytes(self) -> usize {
        match self {
            Kind::I8 => 1,
            Kind::F16 | Kind::Bf16 | Kind::I16 => 2,
            Kind::F32 | Kind::I32 => 4,
        }
    }
}

impl Weights {
    /// Opens a file, or the parts of one in their order.
    ///
    /// # Errors
    /// `Io` where one cannot be read, `Malformed` where it ends within an array, `Unsupported` where it is of neither format.
    pub fn open(paths: &[PathBuf]) -> Result<Weights> {
        let mut parts = Parts::open(paths)?;
        let first = paths.first().map_or_else(PathBuf::new, Clone::clone);
        // A safetensors file begins with the length of a JSON object, a CTranslate2 file with a small number and a name.
        let format = match parts.read(0, 9)?.get(8) {
            Some(b'{') => Format::Safetensors,
            _ => Format::CTranslate2,
        };
        let entries = match format {
            Format::Safetensors => safetensors::entries(&mut parts),
            Format::CTranslate2 => ctranslate2::entries(&mut parts),
        };
        Ok(Weights { format, entries: entries.map_err(|error| error.at(first))?, parts })
    }

    pub fn format(&self) -> Format {
        self.format
    }

    /// Whether there is an array of this name.
    pub fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// An array by its name.
    ///
    /// # Errors
    /// `Malformed` where there is none, or the file ends within it.
    pub fn get(&mut self, name: &str) -> Result<Array> {
        let missing = || Error::malformed(format!("has no '{name}'")).at(self.parts.first());
        let Entry { shape, kind, start } = self.entries.get(name).ok_or_else(missing)?;
        let length = shape.iter().try_fold(kind.bytes(), |bytes, &size| bytes.checked_mul(size));
        let length = length
            .ok_or_else(|| Error::malformed(format!("'{name}' is too large")).at(self.parts.first()))?;
        let (shape, kind, start) = (shape.clone(), *kind, *start);
        let bytes = self.parts.read(start, length)?;
        Ok(Array { shape, values: numbers(kind, &bytes) })
    }
}

fn numbers(kind: Kind, bytes: &[u8]) -> Vec<f32> {
    let pairs = || bytes.as_chunks().0.iter();
    let fours = || bytes.as_chunks().0.iter();
    match kind {
        Kind::F32 => fours().map(|x| f32::from_le_bytes(*x)).collect(),
        Kind::F16 => pairs().map(|x| f16::from_le_bytes(*x).to_f32()).collect(),
        Kind::Bf16 => pairs().map(|x| bf16::from_le_bytes(*x).to_f32()).collect(),
        Kind::I8 => bytes.iter().map(|x| f32::from(x.cast_signed())).collect(),
        Kind::I16 => pairs().map(|x| f32::from(i16::from_le_bytes(*x))).collect(),
        Kind::I32 => fours().map(|x| i32::from_le_bytes(*x) as f32).collect(),
    }
}

/// Files that are one after the other.
#[derive(Debug)]
struct Parts {
    files: Vec<(PathBuf, File, u64)>,
}

impl Parts {
    fn open(paths: &[PathBuf]) -> Result<Parts> {
        let open = |path: &PathBuf| {
            let file = File::open(path)?;
            let length = file.metadata()?.len();
            Ok((path.clone(), file, length))
        };
        let open = |path| open(path).map_err(|error: std::io::Error| Error::from(error).at(path));
        Ok(Parts { files: paths.iter().map(open).collect::<Result<_>>()? })
    }

    fn first(&self) -> &Path {
        self.files.first().map_or(Path::new(""), |(path, _, _)| path)
    }

    fn length(&self) -> u64 {
        self.files.iter().map(|(_, _, length)| length).sum()
    }

    /// So many bytes from a place on.
    fn read(&mut self, start: u64, length: usize) -> Result<Vec<u8>> {
        if start.checked_add(length as u64).is_none_or(|end| end > self.length()) {
            let message = "ends too early: it is cut short, or a part is missing; fetch it again, and give all parts in their order";
            return Err(Error::malformed(message).at(self.first()));
        }
        let mut bytes = vec![0; length];
        let (mut done, mut skip) = (0, start);
        for (path, file, size) in &mut self.files {
            if skip >= *size {
                skip -= *size;
                continue;
            }
            let here = (*size - skip).min((length - done) as u64) as usize;
            let read =
                file.seek(SeekFrom::Start(skip)).and_then(|_| file.read_exact(&mut bytes[done..done + here]));
            read.map_err(|error| Error::from(error).at(path))?;
            (done, skip) = (done + here, 0);
            if done == length {
                break;
            }
        }
        Ok(bytes)
    }
}
