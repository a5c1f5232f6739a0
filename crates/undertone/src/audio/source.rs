//! Where bytes come from: a file, memory, or a stream that cannot be rewound.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};

/// Where a recording's bytes come from.
#[non_exhaustive]
pub enum Source {
    /// A file.
    Path(PathBuf),
    /// A whole file in memory.
    Bytes(Vec<u8>),
    /// A stream read once from front to back: standard input, a socket.
    Reader(Box<dyn Read + Send + Sync>),
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::Path(path) => f.debug_tuple("Path").field(path).finish(),
            Source::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Source::Reader(_) => f.write_str("Reader(..)"),
        }
    }
}

impl From<&Path> for Source {
    fn from(path: &Path) -> Self {
        Source::Path(path.to_path_buf())
    }
}

impl From<&str> for Source {
    fn from(path: &str) -> Self {
        Source::Path(path.into())
    }
}

impl From<PathBuf> for Source {
    fn from(path: PathBuf) -> Self {
        Source::Path(path)
    }
}

impl From<Vec<u8>> for Source {
    fn from(bytes: Vec<u8>) -> Self {
        Source::Bytes(bytes)
    }
}

/// An opened source.
pub(super) enum Opened {
    File(File),
    Bytes(Cursor<Vec<u8>>),
    Reader(Box<dyn Read + Send + Sync>),
}

impl Source {
    /// The file's path, where it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Source::Path(path) => Some(path),
            _ => None,
        }
    }

    pub(super) fn open(self) -> Result<Opened> {
        match self {
            Source::Bytes(bytes) => Ok(Opened::Bytes(Cursor::new(bytes))),
            Source::Reader(reader) => Ok(Opened::Reader(reader)),
            Source::Path(path) => {
                let file = File::open(&path).map_err(|error| Error::from(error).at(&path))?;
                let data = file.metadata().map_err(|error| Error::from(error).at(&path))?;
                if data.is_dir() {
                    return Err(Error::new(ErrorKind::Config, "is a folder; expected a recording").at(&path));
                }
                // A pipe or device cannot be rewound.
                Ok(if data.is_file() { Opened::File(file) } else { Opened::Reader(Box::new(file)) })
            }
        }
    }
}
