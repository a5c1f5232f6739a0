//! Results as they come → every output that was asked for: one stream, files a recording, a page, plots.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use undertone::analysis::Analysis;
use undertone::report;
use undertone::{Engine, Error, ErrorKind, Result};

use crate::arguments::Analyze;
use crate::curve::Curves;
use crate::follower::Follower;
use crate::format::Format;
use crate::names::{names, with_extension};
use crate::output::Output;
use crate::pages::Pages;
use crate::resume::Journal;

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
    /// Spans were told already.
    follow: bool,
    place: Place,
    pages: Option<Pages>,
    plots: Option<PathBuf>,
    curves: Option<Curves>,
    names: Vec<PathBuf>,
    taken: usize,
    /// Whether a recording has its text on standard output.
    shown: bool,
    kept: Vec<Analysis>,
}

impl Writer {
    /// Opens what was asked for; a place that cannot be written, or a file where a folder is needed, is told now.
    /// Gives the recordings that an earlier run has done, too.
    pub fn open(typed: &Analyze, all: &[PathBuf]) -> Result<(Writer, HashSet<PathBuf>)> {
        let format = Format::of(typed);
        let (place, done) = place(format, typed, all.len())?;
        let inputs: Vec<PathBuf> = all.iter().filter(|path| !done.contains(*path)).cloned().collect();
        let names = names(&typed.inputs, &inputs);
        let pages = Pages::open(typed, &names)?;
        if let Some(folder) = &typed.svg {
            make(folder)?;
        }
        let writer = Writer {
            format,
            follow: typed.follow,
            place,
            pages,
            plots: typed.svg.clone(),
            curves: Curves::open(typed, format)?,
            names,
            taken: 0,
            shown: false,
            kept: Vec::new(),
        };
        Ok((writer, done))
    }

    /// Tells spans of the recording under way on standard output.
    pub fn follower(&self) -> Follower {
        Follower::of(self.format)
    }

    /// The next recording's result; what can be written now is. Gives why a file of its own could not be written, which says nothing
    /// about those that follow.
    ///
    /// # Errors
    /// What writing to the place of all recordings answers.
    pub fn take(&mut self, result: Analysis, engine: &Engine) -> Result<Option<Error>> {
        let name = self.names.get(self.taken).cloned().unwrap_or_else(|| PathBuf::from("recording"));
        let mut failed = self.plot(&result, &name).err();
        match (&mut self.place, self.format) {
            // A failure is told on standard error; a reader of both would read it twice.
            (Place::One(Output::Standard), Format::Text) if result.error.is_some() => {}
            (Place::One(output), Format::Text) => {
                let blank = if self.shown || self.follow { "\n" } else { "" };
                let text = match self.follow {
                    true => report::conclusion(&result, output.style()),
                    false => report::recording(&result, output.style()),
                };
                output.write_styled(&format!("{blank}{text}"))?;
                self.shown = true;
            }
            (Place::One(output), Format::Jsonl) => {
                output.write(&format!("{}\n", report::json_line(&result)?))?
            }
            // Every cue was written when it was heard.
            (Place::One(_), Format::Srt | Format::Vtt) if self.follow => {}
            (place, format) if result.error.is_none() => match (place, one(format, &result)) {
                (Place::One(output), text) => {
                    if let Some((text, _)) = text? {
                        output.write(&text)?;
                    }
                }
                (Place::Folder(folder), Ok(Some((text, extension)))) => {
                    let written = write(&folder.join(with_extension(&name, extension)), &text);
                    failed = failed.or(written.err());
                }
                (Place::Folder(_), Err(error)) => failed = failed.or(Some(error)),
                _ => {}
            },
            (place @ Place::One(_), format) if format.of_one_recording().is_some() => *place = Place::Nowhere,
            _ => {}
        }
        self.taken += 1;
        if let Some(curves) = &mut self.curves {
            curves.take(&result);
        }
        let result = match &mut self.pages {
            Some(pages) => {
                let (result, error) = pages.take(result, engine);
                failed = failed.or(error);
                result
            }
            None => result,
        };
        if self.format.of_all_recordings() || self.pages.is_some() {
            self.kept.push(result);
        }
        Ok(failed)
    }

    /// The plots of a recording, where they are asked for.
    fn plot(&self, result: &Analysis, name: &Path) -> Result<()> {
        let Some(folder) = &self.plots else { return Ok(()) };
        for (plot, text) in report::svg(result)? {
            write(&folder.join(with_extension(name, &format!("{plot}.svg"))), &text)?;
        }
        Ok(())
    }

    /// Nothing was done: what an earlier run left stays, and so does a file that was to be replaced.
    pub fn leave(self) -> Result<()> {
        match self.place {
            Place::One(output @ Output::Lines(_)) => output.finish(),
            _ => Ok(()),
        }
    }

    /// What is said of all together; puts files in their places.
    pub fn finish(self, engine: &Engine) -> Result<()> {
        let whole = engine.report(self.kept);
        if let Place::One(mut output) = self.place {
            match self.format {
                Format::Json => output.write(&format!("{}\n", report::json(&whole)?))?,
                Format::Csv => output.write(&report::csv(&whole)?)?,
                Format::CsvExcel => output.write(&report::csv_excel(&whole)?)?,
                Format::Audformat => output.write(&report::audformat(&whole.recordings)?)?,
                Format::Rttm => output.write(&report::rttm(&whole)?)?,
                Format::Markdown => output.write(&report::markdown(&whole)?)?,
                Format::Text if self.shown => {
                    output.write_styled(&report::closing(&whole.model, output.style()))?
                }
                _ => {}
            }
            output.finish()?;
        }
        if let Some(curves) = self.curves {
            curves.finish(engine)?;
        }
        self.pages.map_or(Ok(()), |pages| pages.finish(&whole))
    }
}

/// A result in a format that holds one recording, with the extension of its files.
fn one(format: Format, result: &Analysis) -> Result<Option<(String, &'static str)>> {
    let text = match format {
        Format::Srt => report::srt(result)?,
        Format::Vtt => report::vtt(result)?,
        Format::TextGrid => report::textgrid(result)?,
        Format::Eaf => report::eaf(result)?,
        Format::Audacity => report::audacity(result)?,
        Format::Rcs => report::rcs(result)?,
        _ => return Ok(None),
    };
    Ok(format.of_one_recording().map(|extension| (text, extension)))
}

/// One stream where the format or the number of recordings allows it, else the folder named. Gives what an earlier run has done.
fn place(format: Format, typed: &Analyze, recordings: usize) -> Result<(Place, HashSet<PathBuf>)> {
    let refuse = |message: &str| Err(Error::new(ErrorKind::Config, message));
    let output = typed.output.as_deref();
    if typed.follow && (output.is_some() || !Follower::knows(format)) {
        return refuse(
            "--follow writes text, JSON Lines, SRT or VTT to standard output: leave out --output and other formats",
        );
    }
    match (format, output) {
        (Format::Jsonl, Some(_))
            if typed.resume && typed.inputs.iter().any(|input| input == Path::new("-")) =>
        {
            return refuse("--resume cannot read standard input again; name files");
        }
        (Format::Jsonl, Some(path)) => {
            let (journal, done) = Journal::open(path, typed.resume)?;
            return Ok((Place::One(Output::Lines(journal)), done));
        }
        _ if typed.resume => {
            return refuse("--resume goes with --jsonl --output FILE, the file to go on with");
        }
        _ => {}
    }
    let place = match (format.of_one_recording(), output) {
        (Some(_), Some(folder)) if recordings > 1 || folder.is_dir() => {
            make(folder)?;
            Place::Folder(folder.to_path_buf())
        }
        (Some(extension), None) if recordings > 1 => {
            return refuse(&format!(
                "a .{extension} file holds one recording and there are {recordings}; name a folder with --output DIR"
            ));
        }
        _ => Place::One(Output::open(output)?),
    };
    Ok((place, HashSet::new()))
}

/// Makes a folder unless it is there.
pub fn make(folder: &Path) -> Result<()> {
    if folder.exists() && !folder.is_dir() {
        return Err(
            Error::new(ErrorKind::Config, "is a file; name a folder for a file a recording").at(folder)
        );
    }
    std::fs::create_dir_all(folder).map_err(|error| Error::from(error).at(folder))
}

/// A file that is whole or not there, with the folders above it.
pub fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        make(folder)?;
    }
    let mut output = Output::open(Some(path))?;
    output.write(text)?;
    output.finish()
}
