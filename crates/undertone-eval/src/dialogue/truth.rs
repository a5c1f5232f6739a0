//! Reference annotations as files: who speaks when, with which emotion; CSV, and RTTM for diarization tools.

use std::io::Write;
use std::path::Path;

use serde::Serialize;

use undertone::emotion::Emotion;
use undertone::error::{Error, Result};

/// One stretch of speech of one speaker in one emotion.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spoken {
    /// Seconds from the recording's start.
    pub start: f64,
    /// Exclusive.
    pub end: f64,
    /// The channel it is on, from 0.
    pub channel: usize,
    /// Who speaks.
    pub speaker: String,
    /// How.
    pub label: Emotion,
}

/// The columns, in the order they are written.
const COLUMNS: [&str; 5] = ["start", "end", "channel", "speaker", "label"];

/// Writes rows as CSV: `start,end,channel,speaker,label`.
///
/// # Errors
/// `Io` where it cannot be written.
pub fn write_truth(to: impl Write, rows: &[Spoken]) -> Result<()> {
    let mut writer = csv::Writer::from_writer(to);
    for row in rows {
        writer.serialize(row).map_err(|error| Error::from(std::io::Error::from(error)))?;
    }
    Ok(writer.flush()?)
}

/// Writes rows in the form of NIST's rich transcription (RTTM, channels from 1): `SPEAKER name channel start length …`.
///
/// # Errors
/// `Io` where it cannot be written.
pub fn write_rttm(mut to: impl Write, recording: &str, rows: &[Spoken]) -> Result<()> {
    for Spoken { start, end, channel, speaker, .. } in rows {
        let (number, length) = (channel + 1, end - start);
        writeln!(to, "SPEAKER {recording} {number} {start:.6} {length:.6} <NA> <NA> {speaker} <NA> <NA>")?;
    }
    Ok(to.flush()?)
}

/// Reads the format of [`write_truth`]: columns in any order, others ignored; without a column `channel` all
/// is on the first.
///
/// # Errors
/// `Io`, or `Config` naming the column that is missing or the row that means nothing.
pub fn read_truth(path: &Path) -> Result<Vec<Spoken>> {
    let here = |error: Error| error.at(path);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(path)
        .map_err(|error| here(std::io::Error::from(error).into()))?;
    let broken = |error: csv::Error| here(Error::config(error.to_string()));
    let headers = reader.headers().map_err(broken)?.clone();
    let columns = COLUMNS.map(|name| headers.iter().position(|header| header == name));
    if let Some((name, _)) =
        COLUMNS.iter().zip(columns).find(|(name, column)| column.is_none() && **name != "channel")
    {
        let (wanted, found) = (COLUMNS.join(","), headers.iter().collect::<Vec<_>>().join(","));
        let message = format!("no column '{name}'; the first line must be {wanted}, and is {found}");
        return Err(here(Error::config(message)));
    }
    let mut rows = Vec::new();
    for (number, record) in reader.records().enumerate() {
        let record = record.map_err(broken)?;
        let row = row(&columns.map(|column| column.and_then(|at| record.get(at))));
        rows.push(
            row.map_err(|error| here(Error::config(format!("row {}: {}", number + 2, error.message()))))?,
        );
    }
    match rows.is_empty() {
        true => Err(here(Error::config("has no rows: a recording without speech measures no emotion"))),
        false => Ok(rows),
    }
}

/// One row from its cells, in the order of [`COLUMNS`].
fn row(cells: &[Option<&str>; COLUMNS.len()]) -> Result<Spoken> {
    let [start, end, channel, speaker, label] = cells.map(|cell| cell.unwrap_or_default());
    let time = |text: &str| {
        let seconds = text.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0);
        seconds.ok_or_else(|| Error::config(format!("'{text}' is not a time in seconds")))
    };
    let (start, end) = (time(start)?, time(end)?);
    if end <= start {
        return Err(Error::config(format!("ends at {end} s, not after its start at {start} s")));
    }
    let channel = match channel {
        "" => 0,
        text => {
            text.parse().map_err(|_| Error::config(format!("'{text}' is not a channel number (from 0)")))?
        }
    };
    if speaker.is_empty() {
        return Err(Error::config("the speaker is missing"));
    }
    Ok(Spoken { start, end, channel, speaker: speaker.to_string(), label: label.parse()? })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rows() -> Vec<Spoken> {
        let row = |start, end, channel, speaker: &str, label| Spoken {
            start,
            end,
            channel,
            speaker: speaker.into(),
            label,
        };
        vec![row(0.25, 1.5, 0, "cremad/1019", Emotion::Sad), row(1.25, 3.0, 1, "tess/YAF", Emotion::Angry)]
    }

    fn read(text: &str) -> Result<Vec<Spoken>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.csv");
        std::fs::write(&path, text).unwrap();
        read_truth(&path)
    }

    #[test]
    fn what_is_written_reads_back_and_columns_may_stand_in_any_order() {
        let mut file = Vec::new();
        write_truth(&mut file, &rows()).unwrap();
        let text = String::from_utf8(file).unwrap();
        assert!(text.starts_with("start,end,channel,speaker,label\n0.25,1.5,0,cremad/1019,sad\n"), "{text}");
        assert_eq!(read(&text).unwrap(), rows());
        let turned = read("note,label,speaker,end,start\nx, sad ,a,2,1\n").unwrap();
        assert_eq!((turned[0].start, turned[0].channel, turned[0].label), (1.0, 0, Emotion::Sad));
    }

    #[test]
    fn rows_that_mean_nothing_are_named() {
        let head = "start,end,channel,speaker,label\n";
        for (text, words) in [
            (format!("{head}0,1,0,a,sad\n2,1,0,a,sad\n"), ["row 3", "not after"]),
            (format!("{head}x,1,0,a,sad\n"), ["row 2", "'x'"]),
            (format!("{head}-1,1,0,a,sad\n"), ["row 2", "'-1'"]),
            (format!("{head}0,1,left,a,sad\n"), ["row 2", "'left'"]),
            (format!("{head}0,1,0,,sad\n"), ["row 2", "speaker"]),
            (format!("{head}0,1,0,a,joy\n"), ["'joy'", "happy"]),
            (head.to_string(), ["no rows", "mine.csv"]),
            ("start,end,label\n0,1,sad\n".to_string(), ["no column 'speaker'", "start,end,label"]),
        ] {
            let error = read(&text).unwrap_err().to_string();
            assert!(words.iter().all(|word| error.contains(word)), "{error}");
        }
    }

    #[test]
    fn rttm_counts_channels_from_one_and_tells_lengths() {
        let mut file = Vec::new();
        write_rttm(&mut file, "call", &rows()).unwrap();
        let text = String::from_utf8(file).unwrap();
        let second = "SPEAKER call 2 1.250000 1.750000 <NA> <NA> tess/YAF <NA> <NA>";
        assert_eq!(text.lines().nth(1), Some(second));
    }
}
