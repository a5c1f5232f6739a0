//! The formats a result is written in.

use clap::ValueEnum;

use crate::arguments::Analyze;

/// What `--format` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
    Jsonl,
    Csv,
    Srt,
    Vtt,
    #[value(name = "textgrid")]
    TextGrid,
    Eaf,
    Rttm,
    Audacity,
    Markdown,
}

impl Format {
    /// The requested format, in its long or short form.
    pub fn of(typed: &Analyze) -> Format {
        match (typed.json, typed.jsonl, typed.csv) {
            (true, _, _) => Format::Json,
            (_, true, _) => Format::Jsonl,
            (_, _, true) => Format::Csv,
            _ => typed.format,
        }
    }

    /// The extension of its files, where a file holds one recording only.
    pub fn of_one_recording(self) -> Option<&'static str> {
        match self {
            Format::Srt => Some("srt"),
            Format::Vtt => Some("vtt"),
            Format::TextGrid => Some("TextGrid"),
            Format::Eaf => Some("eaf"),
            Format::Audacity => Some("txt"),
            Format::Text | Format::Json | Format::Jsonl | Format::Csv | Format::Rttm | Format::Markdown => {
                None
            }
        }
    }
}
