//! CSV with a header: `start,end` in seconds, optional `speaker`, `channel` (from 0), `text`; commas or semicolons.

use csv::{ReaderBuilder, StringRecord, Trim};

use super::{GivenSegment, at, push, shown, some, time};
use crate::error::{Error, Result};

/// Columns that name the recording.
const RECORDING: [&str; 2] = ["file", "path"];

pub(super) fn read(text: &str) -> Result<Vec<GivenSegment>> {
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    if header.contains('\t') {
        let message = "it is parted by tabs; Whisper's TSV counts milliseconds: take its .json, .srt or .vtt, or write CSV in seconds";
        return Err(Error::unsupported(message));
    }
    let delimiter = if header.contains(';') { b';' } else { b',' };
    let mut reader =
        ReaderBuilder::new().trim(Trim::All).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let broken = |error: csv::Error| Error::malformed(error.to_string());
    let headers = reader.headers().map_err(broken)?.clone();
    let column = |name: &str| headers.iter().position(|header| header.eq_ignore_ascii_case(name));
    let (Some(start), Some(end)) = (column("start"), column("end")) else {
        let message = "it is none of SRT, WebVTT, Whisper's JSON, TextGrid, RTTM (lines that begin with SPEAKER), or CSV with the columns \
                       start,end and perhaps speaker,channel,text";
        return Err(Error::unsupported(message));
    };
    let [speaker, channel, text] = ["speaker", "channel", "text"].map(column);
    let recording = RECORDING.iter().find_map(|name| column(name));
    let (mut segments, mut named) = (Vec::new(), None::<String>);
    for (number, record) in reader.records().enumerate() {
        let record = record.map_err(broken)?;
        let wrong = |error: Error| at("row", number + 2, error);
        let cell = |at: Option<usize>| at.and_then(|at| record.get(at)).and_then(some);
        if let Some(own) = cell(recording)
            && *named.get_or_insert_with(|| own.clone()) != own
        {
            let message = "it has segments of several recordings; give a folder with a file for each (calls/a.wav, segments/a.csv)";
            return Err(wrong(Error::config(message)));
        }
        let seconds = |at: usize| seconds(&record, at, delimiter).map_err(wrong);
        let segment = GivenSegment {
            speaker: cell(speaker),
            channel: cell(channel).map(|text| channel_of(&text)).transpose().map_err(wrong)?,
            text: cell(text),
            ..GivenSegment::new(seconds(start)?, seconds(end)?)
        };
        push(&mut segments, segment).map_err(wrong)?;
    }
    Ok(segments)
}

/// A time; where semicolons part the columns its comma is a point.
fn seconds(record: &StringRecord, at: usize, delimiter: u8) -> Result<f64> {
    let cell = record.get(at).unwrap_or("");
    if delimiter == b';' { time(&cell.replace(',', ".")) } else { time(cell) }
}

fn channel_of(text: &str) -> Result<usize> {
    text.parse().map_err(|_| Error::malformed(format!("'{}' is no channel from 0 on", shown(text))))
}
