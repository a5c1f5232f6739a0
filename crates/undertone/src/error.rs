//! What went wrong or was tolerated: the one error type, and its warnings.

use std::fmt;
use std::path::{Path, PathBuf};

/// `Result` with this library's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a [`Warning`] is about. In JSON the name in lower case: `no_speech`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WarningCode {
    /// The caller ended the analysis; the result is of what was heard until then.
    Cancelled,
    /// The recording was too loud for its input.
    Clipping,
    /// The container's clock jumps by hours; the jump is left out.
    Clock,
    /// Speech on one channel leaks into another; it was left out there.
    CrossTalk,
    /// Damaged packets were skipped.
    Damaged,
    /// A channel is silent throughout.
    DeadChannel,
    /// The two channels hold different voices, and were averaged.
    DifferentChannels,
    /// An installed ffmpeg decoded it, because it is not read here.
    Ffmpeg,
    /// A gap in the container's clock was kept as silence.
    Gap,
    /// The channels were to be analysed apart, and there is only one.
    Mono,
    /// A speaker was enrolled by neutral speech, and the model does not know how that differs from all speech.
    NeutralOffset,
    /// There is no speech.
    NoSpeech,
    /// More speakers were enrolled than there are.
    NotEnrolled,
    /// Samples that are not numbers count as 0.
    NotFinite,
    /// The two channels cancel each other when averaged.
    OppositePhase,
    /// Several channels speak at once.
    Overlap,
    /// The sample rate changes on the way.
    RateChange,
    /// All channels hold the same sound; it was analysed once.
    SameChannels,
    /// Given segments reach beyond the recording's end.
    SegmentsBeyondEnd,
    /// Given segments are of channels that are not analysed.
    SegmentsOtherChannel,
    /// Given segments are shorter than half a second.
    SegmentsShort,
    /// There is no speech in given segments.
    SegmentsWithoutSpeech,
    /// It sounds like a telephone line.
    Telephone,
    /// The file ends too early; what could be decoded was analysed.
    Truncated,
    /// Floating-point samples were scaled to −1…1.
    Unscaled,
    /// One that this version does not know.
    #[serde(other)]
    Other,
}

impl WarningCode {
    /// The word for it in JSON: `no_speech`, `truncated`, …
    pub fn name(self) -> &'static str {
        match self {
            WarningCode::Cancelled => "cancelled",
            WarningCode::Clipping => "clipping",
            WarningCode::Clock => "clock",
            WarningCode::CrossTalk => "cross_talk",
            WarningCode::Damaged => "damaged",
            WarningCode::DeadChannel => "dead_channel",
            WarningCode::DifferentChannels => "different_channels",
            WarningCode::Ffmpeg => "ffmpeg",
            WarningCode::Gap => "gap",
            WarningCode::Mono => "mono",
            WarningCode::NeutralOffset => "neutral_offset",
            WarningCode::NoSpeech => "no_speech",
            WarningCode::NotEnrolled => "not_enrolled",
            WarningCode::NotFinite => "not_finite",
            WarningCode::OppositePhase => "opposite_phase",
            WarningCode::Overlap => "overlap",
            WarningCode::RateChange => "rate_change",
            WarningCode::SameChannels => "same_channels",
            WarningCode::SegmentsBeyondEnd => "segments_beyond_end",
            WarningCode::SegmentsOtherChannel => "segments_other_channel",
            WarningCode::SegmentsShort => "segments_short",
            WarningCode::SegmentsWithoutSpeech => "segments_without_speech",
            WarningCode::Telephone => "telephone",
            WarningCode::Truncated => "truncated",
            WarningCode::Unscaled => "unscaled",
            WarningCode::Other => "other",
        }
    }
}

impl fmt::Display for WarningCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Something that was tolerated: the answer stands, but the reader should know.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct Warning {
    /// For programs.
    pub code: WarningCode,
    /// The sentence for people.
    pub message: String,
}

impl Warning {
    /// A warning for programs (`code`) and people (`message`).
    pub fn new(code: WarningCode, message: impl Into<String>) -> Self {
        Warning { code, message: message.into() }
    }
}

/// What the caller can do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// The error of this library. Opaque: ask [`Error::kind`] what to do, show it to a person with `{}`.
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

    /// [`ErrorKind::Malformed`].
    pub fn malformed(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Malformed, message)
    }

    /// [`ErrorKind::Unsupported`].
    pub fn unsupported(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Unsupported, message)
    }

    /// [`ErrorKind::Config`].
    pub fn config(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Config, message)
    }

    /// [`ErrorKind::Model`].
    pub fn model(message: impl Into<String>) -> Self {
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
    fn names_are_those_in_json() {
        let json = |value: &dyn Fn() -> serde_json::Result<String>| value().unwrap_or_default();
        for code in [WarningCode::NoSpeech, WarningCode::CrossTalk, WarningCode::SegmentsBeyondEnd] {
            assert_eq!(json(&|| serde_json::to_string(&code)), format!("\"{code}\""));
        }
        for kind in [ErrorKind::Io, ErrorKind::TooLarge] {
            assert_eq!(json(&|| serde_json::to_string(&kind)), format!("\"{}\"", kind.name()));
        }
        let later: Option<WarningCode> = serde_json::from_str("\"of_a_later_version\"").ok();
        assert_eq!(later, Some(WarningCode::Other));
    }

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
