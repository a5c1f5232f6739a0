//! RTTM (NIST, Rich Transcription): `SPEAKER <recording> <channel from 1> <start> <duration> <NA> <NA> <speaker> …`, in seconds; other
//! lines are passed over.

use super::{GivenSegment, at, push, some, time};
use crate::error::{Error, Result};

/// Fields of a line, at most.
const MOST_FIELDS: usize = 10;
/// The kinds of line.
pub(super) const KINDS: [&str; 12] = [
    "SPEAKER",
    "SPKR-INFO",
    "SEGMENT",
    "LEXEME",
    "NON-LEX",
    "NON-SPEECH",
    "FILLER",
    "EDIT",
    "IP",
    "CB",
    "A/P",
    "NOSCORE",
];

pub(super) fn read(text: &str) -> Result<Vec<GivenSegment>> {
    let (mut segments, mut recording) = (Vec::new(), None);
    for (number, line) in text.lines().enumerate() {
        // Names may hold spaces where tabs part the fields.
        let fields: Vec<&str> = match line.contains('\t') {
            true => line.split('\t').map(str::trim).take(MOST_FIELDS + 1).collect(),
            false => line.split_whitespace().take(MOST_FIELDS + 1).collect(),
        };
        if fields.first() != Some(&"SPEAKER") {
            continue;
        }
        let wrong = |error: Error| at("line", number + 1, error);
        if fields.len() > MOST_FIELDS {
            let message =
                "a SPEAKER line has at most 10 fields; where a name holds a space, part the fields by tabs";
            return Err(wrong(Error::malformed(message)));
        }
        let [_, file, channel, start, length, _, _, speaker, ..] = fields[..] else {
            return Err(wrong(Error::malformed("a SPEAKER line has at least 8 fields")));
        };
        if *recording.get_or_insert(file) != file {
            let message = "it has segments of several recordings; cut it into one file a recording, and name their folder";
            return Err(wrong(Error::config(message)));
        }
        let channel = channel_of(channel).map_err(wrong)?;
        let start = time(start).map_err(wrong)?;
        let end = start + time(length).map_err(wrong)?;
        let speaker = some(speaker).filter(|name| name != "<NA>");
        push(&mut segments, GivenSegment { speaker, channel, ..GivenSegment::new(start, end) })
            .map_err(wrong)?;
    }
    Ok(segments)
}

/// The channel, from 0, of one that is counted from 1.
fn channel_of(text: &str) -> Result<Option<usize>> {
    if text == "<NA>" {
        return Ok(None);
    }
    let number = text.parse::<usize>().ok().filter(|&number| number > 0);
    let number = number.ok_or_else(|| Error::malformed(format!("'{text}' is no channel from 1 on")))?;
    Ok(Some(number - 1))
}
