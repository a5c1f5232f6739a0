//! The JSON of speech recognisers: `segments` of openai-whisper, faster-whisper and WhisperX (seconds), or `transcription` of
//! whisper.cpp (milliseconds); a bare array is taken for the former.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error as _, SeqAccess, Visitor};

use super::{GivenSegment, MOST_SEGMENTS, at, push, some};
use crate::error::{Error, Result};

#[derive(serde::Deserialize)]
struct File {
    segments: Option<List<Spoken>>,
    transcription: Option<List<Transcribed>>,
}

/// Times in seconds.
#[derive(serde::Deserialize)]
struct Spoken {
    start: Option<f64>,
    end: Option<f64>,
    text: Option<String>,
    speaker: Option<String>,
}

/// Times in milliseconds.
#[derive(serde::Deserialize)]
struct Transcribed {
    offsets: Offsets,
    text: Option<String>,
    speaker: Option<String>,
}

#[derive(serde::Deserialize)]
struct Offsets {
    from: f64,
    to: f64,
}

pub(super) fn read(text: &str) -> Result<Vec<GivenSegment>> {
    let broken = |error: serde_json::Error| Error::malformed(format!("it is no JSON of segments: {error}"));
    let spoken = if text.trim_start().starts_with('[') {
        serde_json::from_str::<List<Spoken>>(text).map_err(broken)?.0
    } else {
        let file: File = serde_json::from_str(text).map_err(broken)?;
        match (file.segments, file.transcription) {
            (Some(List(segments)), _) => segments,
            (_, Some(List(segments))) => segments.into_iter().map(Spoken::from).collect(),
            _ => {
                let message = "this JSON has no segments; expected {\"segments\": [{\"start\": 0, \"end\": 1.5, \"text\": \"…\"}]} \
                               as Whisper writes it, or whisper.cpp's \"transcription\"";
                return Err(Error::malformed(message));
            }
        }
    };
    let mut segments = Vec::new();
    for (number, spoken) in spoken.into_iter().enumerate() {
        let wrong = |error: Error| at("segment", number + 1, error);
        let (Some(start), Some(end)) = (spoken.start, spoken.end) else {
            return Err(wrong(Error::malformed("it has no start or no end")));
        };
        let [speaker, text] = [spoken.speaker, spoken.text].map(|text| text.as_deref().and_then(some));
        push(&mut segments, GivenSegment { speaker, text, ..GivenSegment::new(start, end) })
            .map_err(wrong)?;
    }
    Ok(segments)
}

impl From<Transcribed> for Spoken {
    fn from(Transcribed { offsets, text, speaker }: Transcribed) -> Spoken {
        let [start, end] = [offsets.from, offsets.to].map(|time| Some(time / 1000.0));
        Spoken { start, end, text, speaker }
    }
}

/// A list that is refused as soon as it is too long.
struct List<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<List<T>, D::Error> {
        from.deserialize_seq(Items(PhantomData))
    }
}

struct Items<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
    type Value = List<T>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a list of segments")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> std::result::Result<List<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element()? {
            if items.len() >= MOST_SEGMENTS {
                return Err(A::Error::custom(format_args!("there are more than {MOST_SEGMENTS} segments")));
            }
            items.push(item);
        }
        Ok(List(items))
    }
}
