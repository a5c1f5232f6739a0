//! Segments that were made elsewhere: captions, transcripts and annotations → times, speakers, text. One file per format.

mod captions;
mod csv;
mod rttm;
mod srt;
mod text;
mod textgrid;
mod vtt;
mod whisper;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::units::{Seconds, Segment};

/// Largest file that is read, in bytes.
const MOST_BYTES: u64 = 64 << 20;
/// Most segments of a recording.
const MOST_SEGMENTS: usize = 100_000;
/// Most segments that overlap at one time.
const MOST_AT_ONCE: usize = 32;
/// Most speakers.
const MOST_SPEAKERS: usize = 1000;
/// Longest name of a speaker, in characters.
const LONGEST_NAME: usize = 200;
/// Most channels.
const MOST_CHANNELS: usize = 64;

/// A segment of a recording by somebody else's account.
///
/// ```
/// use undertone::segments::{self, GivenSegment};
///
/// let found = segments::parse(b"start,end,speaker\n0.5,2,Ann\n", &[])?;
/// let mut ann = GivenSegment::new(0.5, 2.0);
/// ann.speaker = Some("Ann".to_string());
/// assert_eq!(found, [ann]);
/// # Ok::<(), undertone::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct GivenSegment {
    /// Seconds from the recording's start.
    pub start: f64,
    /// Exclusive, never before `start`.
    pub end: f64,
    /// The speaker's name, where it is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// The channel, from 0, where it is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<usize>,
    /// What is said: plain text, with line breaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl GivenSegment {
    /// Times alone, in seconds.
    pub fn new(start: f64, end: f64) -> GivenSegment {
        GivenSegment { start, end, ..GivenSegment::default() }
    }

    /// Its times.
    pub fn segment(&self) -> Segment {
        Segment { start: Seconds(self.start), end: Seconds(self.end) }
    }

    fn check(&self) -> Result<()> {
        let Segment { start, end } = self.segment();
        if !start.0.is_finite() || start.0 < 0.0 {
            return Err(Error::malformed(format!("'{}' is no time in seconds from 0 on", start.0)));
        }
        if !end.0.is_finite() || end.0 < start.0 {
            return Err(Error::malformed(format!("it ends at {end}, before it begins at {start}")));
        }
        let named = |name: &String| !name.is_empty() && name.chars().count() <= LONGEST_NAME;
        if !self.speaker.iter().all(named) {
            return Err(Error::malformed(format!("a speaker's name has 1 to {LONGEST_NAME} characters")));
        }
        if self.channel.is_some_and(|channel| channel >= MOST_CHANNELS) {
            return Err(Error::malformed(format!("a recording has at most {MOST_CHANNELS} channels")));
        }
        Ok(())
    }
}

/// Checks segments as [`parse`] does: for those made by other means.
///
/// # Errors
/// `Malformed` naming the segment (from 1) whose times or names cannot be; `TooLarge` beyond 100,000 segments, 1000 speakers, or 32
/// segments that overlap at one time.
pub fn check(segments: &[GivenSegment]) -> Result<()> {
    let too_large = |message: String| Err(Error::new(ErrorKind::TooLarge, message));
    if segments.len() > MOST_SEGMENTS {
        let message = format!(
            "{} segments were given; at most {MOST_SEGMENTS} are taken for one recording: cut it into parts",
            segments.len()
        );
        return too_large(message);
    }
    for (number, segment) in segments.iter().enumerate() {
        segment.check().map_err(|error| at("segment", number + 1, error))?;
    }
    let names: BTreeSet<&str> = segments.iter().filter_map(|one| one.speaker.as_deref()).collect();
    if names.len() > MOST_SPEAKERS {
        return too_large(format!("{} speakers are named; at most {MOST_SPEAKERS} are taken", names.len()));
    }
    let sorted = |time: fn(&GivenSegment) -> f64| {
        let mut times: Vec<f64> = segments.iter().map(time).collect();
        times.sort_by(f64::total_cmp);
        times
    };
    let (starts, ends) = (sorted(|one| one.start), sorted(|one| one.end));
    let mut ended = 0;
    for (begun, start) in starts.iter().enumerate() {
        while ends[ended] <= *start && ended < begun {
            ended += 1;
        }
        if begun + 1 - ended > MOST_AT_ONCE {
            let message = format!(
                "more than {MOST_AT_ONCE} segments overlap at {start:.2} s; give a file of fewer speakers or levels"
            );
            return too_large(message);
        }
    }
    Ok(())
}

/// Reads a file of segments, in its own order: SRT, WebVTT, Whisper's JSON, TextGrid, RTTM or CSV, told by its content.
///
/// `tiers` are those of a TextGrid to read, by name; where none is named it has one. Of several each names its speaker.
///
/// # Errors
/// `Io` where it cannot be read; what [`parse`] answers.
pub fn read(path: impl AsRef<Path>, tiers: &[String]) -> Result<Vec<GivenSegment>> {
    let path = path.as_ref();
    let at = |error: Error| error.at(path);
    let file = File::open(path).map_err(|error| at(error.into()))?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| at(error.into()))?;
    parse(&bytes, tiers).map_err(at)
}

/// [`read`] from a file's bytes.
///
/// # Errors
/// `TooLarge` beyond 64 MiB, and as [`check`]; `Malformed` naming the line (or segment) that is wrong: a time that is no number,
/// negative or not finite, an end before its start, a name of no or too many characters; `Unsupported` for another kind of file; `Config`
/// where it holds several recordings, or tiers and none of them was named.
pub fn parse(bytes: &[u8], tiers: &[String]) -> Result<Vec<GivenSegment>> {
    if bytes.len() as u64 > MOST_BYTES {
        let message = format!("a file of segments has at most {} MiB", MOST_BYTES >> 20);
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    let text = &*text::decode(bytes)?;
    // Captions of a recording in which nobody speaks.
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let kind = Kind::of(text);
    if !tiers.is_empty() && kind != Kind::TextGrid {
        return Err(Error::config("tiers are named, but it is no TextGrid"));
    }
    let segments = match kind {
        Kind::Vtt => vtt::read(text)?,
        Kind::Whisper => whisper::read(text)?,
        Kind::TextGrid => textgrid::read(text, tiers)?,
        Kind::Rttm => rttm::read(text)?,
        Kind::Srt => srt::read(text)?,
        Kind::Csv => csv::read(text)?,
    };
    check(&segments)?;
    Ok(segments)
}

/// The formats.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Vtt,
    Whisper,
    TextGrid,
    Rttm,
    Srt,
    Csv,
}

impl Kind {
    fn of(text: &str) -> Kind {
        let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with(";;"));
        let first = first.unwrap_or("");
        let word = first.split_whitespace().next().unwrap_or("");
        if word == "WEBVTT" {
            Kind::Vtt
        } else if first.starts_with(['{', '[']) {
            Kind::Whisper
        } else if first.starts_with("File type")
            || first.starts_with("\"Praat")
            || first.starts_with("ooBinary")
        {
            Kind::TextGrid
        } else if rttm::KINDS.contains(&word) {
            Kind::Rttm
        } else if text.lines().take(20).any(captions::is_time_line) {
            Kind::Srt
        } else {
            Kind::Csv
        }
    }
}

/// Adds a segment that a reader has found at a line or row.
fn push(segments: &mut Vec<GivenSegment>, segment: GivenSegment) -> Result<()> {
    segment.check()?;
    if segments.len() >= MOST_SEGMENTS {
        let message = format!("it has more than {MOST_SEGMENTS} segments; cut recording and file into parts");
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    segments.push(segment);
    Ok(())
}

/// A time in seconds, 0 or later.
fn time(text: &str) -> Result<f64> {
    let time = text.parse::<f64>().ok().filter(|time| time.is_finite() && *time >= 0.0);
    time.ok_or_else(|| Error::malformed(format!("'{}' is no time in seconds from 0 on", shown(text))))
}

/// As much of a text as a message can show.
fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The error with its place before it: `line 3: …`.
fn at(what: &str, number: usize, error: Error) -> Error {
    Error::new(error.kind(), format!("{what} {number}: {}", error.message()))
}

/// A text without what stands around it; none where nothing is left.
fn some(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_string())
}

#[cfg(test)]
mod tests;
