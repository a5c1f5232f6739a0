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
    #[value(name = "csv-excel")]
    CsvExcel,
    Audformat,
    Rcs,
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
        match (typed.json, typed.jsonl, typed.csv, typed.csv_excel) {
            (true, ..) => Format::Json,
            (_, true, ..) => Format::Jsonl,
            (_, _, true, _) => Format::Csv,
            (.., true) => Format::CsvExcel,
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
            Format::Rcs => Some("rcs"),
            _ => None,
        }
    }

    /// Whether it is written of all recordings together, when all are done.
    pub fn of_all_recordings(self) -> bool {
        matches!(
            self,
            Format::Json
                | Format::Csv
                | Format::CsvExcel
                | Format::Audformat
                | Format::Rttm
                | Format::Markdown
        )
    }
}
