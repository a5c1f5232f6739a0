//! What went wrong or was tolerated: the one error type of the house, and its warnings.

use std::fmt;
use std::path::{Path, PathBuf};

/// `Result` with the house's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Something that was tolerated: the answer stands, but the reader should know.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Warning {
    /// A stable word for programs: `truncated`, `no_speech`, …
    pub code: String,
    /// The sentence for people.
    pub message: String,
}

impl Warning {
    /// A warning for programs (`code`) and people (`message`).
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Warning { code: code.to_string(), message: message.into() }
    }
}

/// What the caller can do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The system refused: file missing, permission, disk full. Try again or elsewhere.
    Io,
    /// The bytes are not what they claim to be. Another copy of the file may help.
    Malformed,
    /// The bytes are sound but of a kind that is not read here. Convert them.
    Unsupported,
    /// A limit was passed that keeps memory and time bounded.
    TooLarge,
    /// The model file cannot be used: not ONNX, another version, other shapes.
    Model,
    /// What was asked for makes no sense: options, manifest, configuration.
    Config,
}

impl ErrorKind {
    /// The word for this kind in JSON output: `io`, `malformed`, `unsupported`, `too_large`, `model` or `config`.
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::Io => "io",
            ErrorKind::Malformed => "malformed",
            ErrorKind::Unsupported => "unsupported",
            ErrorKind::TooLarge => "too_large",
            ErrorKind::Model => "model",
            ErrorKind::Config => "config",
        }
    }
}

/// An error of the house. Opaque: ask [`Error::kind`] what to do, show it to a person with `{}`.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    path: Option<PathBuf>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of `kind`; the message says what was expected, what was found and the remedy.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), path: None, source: None }
    }

    /// What the caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The file it is about, where there is one.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The message without the file's name.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Names the file the error is about, unless one is named already.
    #[must_use]
    pub fn at(mut self, path: impl AsRef<Path>) -> Self {
        self.path.get_or_insert_with(|| path.as_ref().to_path_buf());
        self
    }

    /// Keeps the error beneath.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Malformed, message)
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Unsupported, message)
    }

    pub(crate) fn config(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Config, message)
    }

    pub(crate) fn model(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Model, message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{}: ", path.display())?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind as Io;
        let message = match error.kind() {
            Io::NotFound => "no such file or folder".to_string(),
            Io::PermissionDenied => "no permission to read or write it".to_string(),
            _ => error.to_string(),
        };
        Error::new(ErrorKind::Io, message).because(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_comes_first_and_the_first_path_stays() {
        let error = Error::malformed("expected RIFF").at("a.wav").at("b.wav");
        assert_eq!(error.to_string(), "a.wav: expected RIFF");
        assert_eq!(error.message(), "expected RIFF");
        assert_eq!(error.kind(), ErrorKind::Malformed);
    }

    #[test]
    fn a_missing_file_is_an_io_error_with_its_source() {
        let error = Error::from(std::io::Error::from(std::io::ErrorKind::NotFound));
        assert_eq!(error.kind().name(), "io");
        assert!(std::error::Error::source(&error).is_some());
    }
}
