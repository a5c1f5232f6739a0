//! Where bytes come from: a file, memory, or a stream that cannot be rewound.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

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
    Bytes(Shared),
    Reader(Box<dyn Read + Send + Sync>),
}

/// Bytes that are read twice without a copy.
#[derive(Clone)]
pub(super) struct Shared(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Bytes of a stream that are kept while it is opened.
const KEPT: usize = 4 << 20;

type Stream = Box<dyn Read + Send + Sync>;

/// A stream whose first bytes are kept until somebody says that they will not be read again.
#[derive(Clone)]
pub(super) struct Kept(Arc<Mutex<(Stream, Option<Vec<u8>>)>>);

impl Read for Kept {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let n = held.0.read(into)?;
        if let Some(kept) = &mut held.1 {
            kept.extend_from_slice(&into[..n]);
            if kept.len() > KEPT {
                held.1 = None;
            }
        }
        Ok(n)
    }
}

/// A source to be opened a second time.
pub(super) enum Again {
    Path(PathBuf),
    Bytes(Shared),
    Reader(Kept),
}

impl Again {
    /// It will not be opened again.
    pub(super) fn forget(self) {
        if let Again::Reader(kept) = self {
            kept.0.lock().unwrap_or_else(PoisonError::into_inner).1 = None;
        }
    }

    /// What is read from its beginning, and the path where it is a file; none where too much of a stream is gone.
    pub(super) fn reader(self) -> Option<(Stream, Option<PathBuf>)> {
        match self {
            Again::Path(path) => Some((Box::new(std::io::empty()), Some(path))),
            Again::Bytes(bytes) => Some((Box::new(Cursor::new(bytes)), None)),
            Again::Reader(kept) => {
                let first = kept.0.lock().unwrap_or_else(PoisonError::into_inner).1.take()?;
                Some((Box::new(Cursor::new(first).chain(kept)), None))
            }
        }
    }
}

impl Source {
    /// The file's path, where it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Source::Path(path) => Some(path),
            _ => None,
        }
    }

    /// The source opened, and what opens it once more.
    pub(super) fn open_twice(self) -> Result<(Opened, Again)> {
        match self {
            Source::Bytes(bytes) => {
                let shared = Shared(Arc::new(bytes));
                Ok((Opened::Bytes(shared.clone()), Again::Bytes(shared)))
            }
            Source::Reader(reader) => {
                let kept = Kept(Arc::new(Mutex::new((reader, Some(Vec::new())))));
                Ok((Opened::Reader(Box::new(kept.clone())), Again::Reader(kept)))
            }
            Source::Path(path) => match Source::Path(path.clone()).open()? {
                Opened::Reader(pipe) => Source::Reader(pipe).open_twice(),
                file => Ok((file, Again::Path(path))),
            },
        }
    }

    pub(super) fn open(self) -> Result<Opened> {
        match self {
            Source::Bytes(bytes) => Ok(Opened::Bytes(Shared(Arc::new(bytes)))),
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
