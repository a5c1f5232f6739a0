//! Where the data goes: standard output, a file that appears complete or not at all, or lines that survive an early end.

use std::io::Write;
use std::path::Path;

use undertone::report::Style;
use undertone::{Error, Result};
use undertone_eval::atomic_file::AtomicFile;
pub use undertone_eval::atomic_file::temporary;

use crate::resume::Journal;

/// The place data is written to.
pub enum Output {
    /// Standard output.
    Standard,
    /// A file, complete or absent.
    File(AtomicFile),
    /// Lines that are kept as they come.
    Lines(Journal),
}

impl Output {
    /// Standard output, or a file.
    pub fn open(path: Option<&Path>) -> Result<Output> {
        path.map_or(Ok(Output::Standard), |path| AtomicFile::create(path).map(Output::File))
    }

    /// Writes data as they are.
    pub fn write(&mut self, text: &str) -> Result<()> {
        match self {
            Output::Standard => {
                let mut out = std::io::stdout().lock();
                out.write_all(text.as_bytes())?;
                out.flush()?;
            }
            Output::File(file) => {
                file.write_all(text.as_bytes()).map_err(|error| Error::from(error).at(file.path()))?;
            }
            Output::Lines(journal) => journal.write(text)?,
        }
        Ok(())
    }

    /// Writes bytes as they are, to a file or standard output.
    pub fn write_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        match self {
            Output::File(file) => file.write_all(bytes).map_err(|error| Error::from(error).at(file.path())),
            Output::Standard | Output::Lines(_) => self.write(&String::from_utf8_lossy(bytes)),
        }
    }

    /// Writes text with escape sequences for colours, which go to terminals only, and not where `NO_COLOR` is set.
    pub fn write_styled(&mut self, text: &str) -> Result<()> {
        let Output::Standard = self else {
            return self.write(&anstream::adapter::strip_str(text).to_string());
        };
        let mut out = anstream::AutoStream::auto(std::io::stdout().lock());
        out.write_all(text.as_bytes())?;
        Ok(out.flush()?)
    }

    /// How text is written here.
    pub fn style(&self) -> Style {
        let width = if let Output::Standard = self { width() } else { None };
        Style { colour: true, width }
    }

    /// Puts a file in its place.
    pub fn finish(self) -> Result<()> {
        match self {
            Output::Standard => Ok(()),
            Output::Lines(journal) => journal.finish(),
            Output::File(file) => file.commit(),
        }
    }
}

/// Columns of standard output, 60 to 200: as `COLUMNS` says, else the terminal; none for a pipe or a file.
fn width() -> Option<usize> {
    let said =
        std::env::var("COLUMNS").ok().and_then(|text| text.parse::<usize>().ok()).filter(|&said| said > 0);
    let terminal =
        || terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0));
    said.or_else(terminal).map(|width| width.clamp(60, 200))
}

/// An error and its causes, as far as they say more than its message, which names missing files and permissions already: `model.onnx: cannot be loaded: unexpected end of file`.
pub fn with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let said = |cause: &&(dyn std::error::Error + 'static)| {
        use std::io::ErrorKind::{NotFound, PermissionDenied};
        let io = cause.downcast_ref::<std::io::Error>();
        io.is_some_and(|error| matches!(error.kind(), NotFound | PermissionDenied))
    };
    for cause in causes(error).skip(1).filter(|cause| !said(cause)).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// Whether the reader of standard output has closed it, which is no failure of ours.
pub fn is_broken_pipe(error: &Error) -> bool {
    causes(error)
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

fn causes(error: &Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |error| error.source())
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone::ErrorKind;

    #[test]
    fn causes_are_printed_once() {
        let io = std::io::Error::other("the disk is gone");
        assert_eq!(with_causes(&Error::from(io).at("a.wav")), "a.wav: the disk is gone");
        let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
        assert_eq!(with_causes(&Error::from(missing).at("a.wav")), "a.wav: no such file or folder");
        let io = std::io::Error::other("unexpected end");
        let error = Error::new(ErrorKind::Model, "cannot be loaded").because(io).at("m.onnx");
        assert_eq!(with_causes(&error), "m.onnx: cannot be loaded: unexpected end");
    }
}
