//! Results as they come → every output that was asked for: one stream, files a recording, a page, plots.

use std::path::{Path, PathBuf};

use undertone::analysis::RecordingResult;
use undertone::report::{self, Sound, Style};
use undertone::{Analyzer, Error, ErrorKind, Result};

use crate::arguments::Analyze;
use crate::format::Format;
use crate::names::{names, with_extension};
use crate::output::Output;

/// Where a format goes.
enum Place {
    /// All recordings to one file or standard output.
    One(Output),
    /// A file a recording, in a folder.
    Folder(PathBuf),
    /// Nothing: the only recording failed.
    Nowhere,
}

/// Takes results in the order of the inputs and writes them.
pub struct Writer {
    format: Format,
    place: Place,
    page: Option<(Output, PathBuf)>,
    plots: Option<PathBuf>,
    names: Vec<PathBuf>,
    taken: usize,
    kept: Vec<RecordingResult>,
}

impl Writer {
    /// Opens what was asked for; a place that cannot be written, or a file where a folder is needed, is told now.
    pub fn open(typed: &Analyze, inputs: &[PathBuf]) -> Result<Writer> {
        let format = Format::of(typed);
        let page = match &typed.html {
            Some(path) => Some((Output::open(Some(path))?, path.clone())),
            None => None,
        };
        if let Some(folder) = &typed.svg {
            make(folder)?;
        }
        Ok(Writer {
            format,
            place: place(format, typed.output.as_deref(), inputs.len())?,
            page,
            plots: typed.svg.clone(),
            names: names(&typed.inputs, inputs),
            taken: 0,
            kept: Vec::new(),
        })
    }

    /// The next recording's result; what can be written now is.
    pub fn take(&mut self, result: RecordingResult) -> Result<()> {
        let name = self.names.get(self.taken).cloned().unwrap_or_else(|| PathBuf::from("recording"));
        if let Some(folder) = &self.plots {
            for (plot, text) in report::svg(&result)? {
                write(&folder.join(with_extension(&name, &format!("{plot}.svg"))), &text)?;
            }
        }
        match (&mut self.place, self.format) {
            (Place::One(output), Format::Text) => {
                let blank = if self.taken > 0 { "\n" } else { "" };
                output.write(&format!("{blank}{}", report::recording(&result, Style { colour: true })))?;
            }
            (Place::One(output), Format::Jsonl) => {
                output.write(&format!("{}\n", report::json_line(&result)?))?
            }
            (place, format) if result.error.is_none() => {
                if let Some((text, extension)) = one(format, &result)? {
                    match place {
                        Place::One(output) => output.write(&text)?,
                        Place::Folder(folder) => {
                            write(&folder.join(with_extension(&name, extension)), &text)?
                        }
                        Place::Nowhere => {}
                    }
                }
            }
            (place @ Place::One(_), format) if format.of_one_recording().is_some() => *place = Place::Nowhere,
            _ => {}
        }
        self.taken += 1;
        let whole = matches!(self.format, Format::Json | Format::Csv | Format::Rttm | Format::Markdown);
        if whole || self.page.is_some() {
            self.kept.push(result);
        }
        Ok(())
    }

    /// What is said of all together; puts files in their places.
    pub fn finish(self, analyzer: &Analyzer) -> Result<()> {
        let whole = analyzer.report(self.kept);
        if let Place::One(mut output) = self.place {
            match self.format {
                Format::Json => output.write(&format!("{}\n", report::json(&whole)?))?,
                Format::Csv => output.write(&report::csv(&whole)?)?,
                Format::Rttm => output.write(&report::rttm(&whole)?)?,
                Format::Markdown => output.write(&report::markdown(&whole)?)?,
                Format::Text => output.write(&report::closing(Style { colour: true }))?,
                _ => {}
            }
            output.finish()?;
        }
        if let Some((mut output, path)) = self.page {
            let sounds: Vec<Sound> = whole.recordings.iter().map(|one| Sound::of(&one.path, &path)).collect();
            output.write(&report::html(&whole, &sounds)?)?;
            output.finish()?;
        }
        Ok(())
    }
}

/// A result in a format that holds one recording, with the extension of its files.
fn one(format: Format, result: &RecordingResult) -> Result<Option<(String, &'static str)>> {
    let text = match format {
        Format::Srt => report::srt(result)?,
        Format::Vtt => report::vtt(result)?,
        Format::TextGrid => report::textgrid(result)?,
        Format::Eaf => report::eaf(result)?,
        Format::Audacity => report::audacity(result)?,
        _ => return Ok(None),
    };
    Ok(format.of_one_recording().map(|extension| (text, extension)))
}

/// One stream where the format or the number of recordings allows it, else the folder named.
fn place(format: Format, output: Option<&Path>, recordings: usize) -> Result<Place> {
    let Some(extension) = format.of_one_recording() else { return Ok(Place::One(Output::open(output)?)) };
    match output {
        Some(folder) if recordings > 1 || folder.is_dir() => {
            make(folder)?;
            Ok(Place::Folder(folder.to_path_buf()))
        }
        None if recordings > 1 => {
            let message = format!(
                "a .{extension} file holds one recording and there are {recordings}; name a folder with --output DIR"
            );
            Err(Error::new(ErrorKind::Config, message))
        }
        file => Ok(Place::One(Output::open(file)?)),
    }
}

/// Makes a folder unless it is there.
fn make(folder: &Path) -> Result<()> {
    if folder.exists() && !folder.is_dir() {
        return Err(
            Error::new(ErrorKind::Config, "is a file; name a folder for a file a recording").at(folder)
        );
    }
    std::fs::create_dir_all(folder).map_err(|error| Error::from(error).at(folder))
}

/// A file that is whole or not there, with the folders above it.
fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        make(folder)?;
    }
    let mut output = Output::open(Some(path))?;
    output.write(text)?;
    output.finish()
}
