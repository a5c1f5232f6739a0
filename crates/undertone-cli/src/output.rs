//! Where the data goes: standard output, a file that is whole or not there, or lines that survive an early end.

use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use undertone::{Error, ErrorKind, Result};

use crate::resume::Journal;

/// The place data is written to.
pub enum Output {
    /// Standard output; colours are taken out where it is no terminal or `NO_COLOR` is set.
    Standard,
    /// A file beside its final place until it is finished.
    File(NamedTempFile, PathBuf),
    /// Lines that are kept as they come.
    Lines(Journal),
}

impl Output {
    /// Standard output, or a file.
    pub fn open(path: Option<&Path>) -> Result<Output> {
        let Some(path) = path else { return Ok(Output::Standard) };
        let refused = |error: std::io::Error| Error::from(error).at(path);
        if path.is_dir() {
            return Err(Error::new(ErrorKind::Config, "is a folder; name a file to write").at(path));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(Output::File(temporary(folder).map_err(refused)?, path.to_path_buf()))
    }

    /// Writes text; escape sequences for colours go to terminals only.
    pub fn write(&mut self, text: &str) -> Result<()> {
        match self {
            Output::Standard => {
                let mut out = anstream::AutoStream::auto(std::io::stdout().lock());
                out.write_all(text.as_bytes())?;
                out.flush()?;
            }
            Output::File(file, path) => {
                let plain = anstream::adapter::strip_str(text).to_string();
                file.write_all(plain.as_bytes()).map_err(|error| Error::from(error).at(&*path))?;
            }
            Output::Lines(journal) => journal.write(text)?,
        }
        Ok(())
    }

    /// Puts a file in its place.
    pub fn finish(self) -> Result<()> {
        match self {
            Output::Standard => Ok(()),
            Output::Lines(journal) => journal.finish(),
            Output::File(file, path) => match file.persist(&path) {
                Ok(_) => Ok(()),
                Err(error) => Err(Error::from(error.error).at(path)),
            },
        }
    }
}

/// A file that will be readable as any other is.
pub fn temporary(folder: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// Whether the reader of standard output has gone: nothing to complain about.
pub fn is_broken_pipe(error: &Error) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<std::io::Error>());
    source.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
