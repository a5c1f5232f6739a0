//! `undertone analyze`: what was typed → what is needed → recordings one by one → a report.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use undertone::analysis::RecordingResult;
use undertone::analyzer::Options;
use undertone::audio::{self, Source};
use undertone::emotion::EmotionSet;
use undertone::model::Model;
use undertone::report::{self, Style};
use undertone::{Analyzer, Error, ErrorKind, Result};

use crate::arguments::{Analyze, Channels};
use crate::enroll;
use crate::interrupt::{self, Interrupt};
use crate::output::Output;
use crate::progress::Progress;
use crate::resume::Journal;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Text,
    Json,
    JsonLines,
    Csv,
}

/// What was typed, checked.
struct Plan {
    inputs: Vec<PathBuf>,
    analyzer: Arc<Analyzer>,
    format: Format,
    quiet: bool,
}

pub fn run(typed: Analyze) -> Result<ExitCode> {
    // The output is opened before the work: a place that cannot be written shows now.
    let (output, done) = open(&typed)?;
    plan(typed)?.run(output, &done)
}

/// Where the data goes, and the recordings that an earlier run has done.
fn open(typed: &Analyze) -> Result<(Output, HashSet<PathBuf>)> {
    match (&typed.output, typed.jsonl) {
        (Some(path), true) if typed.resume && typed.inputs.iter().any(|input| input == Path::new("-")) => {
            Err(Error::new(ErrorKind::Config, "--resume cannot read standard input again; name files")
                .at(path))
        }
        (Some(path), true) => {
            let (journal, done) = Journal::open(path, typed.resume)?;
            Ok((Output::Lines(journal), done))
        }
        _ if typed.resume => Err(Error::new(
            ErrorKind::Config,
            "--resume goes with --jsonl --output FILE, the file to go on with",
        )),
        (path, false) => Ok((Output::open(path.as_deref())?, HashSet::new())),
        (None, true) => Ok((Output::Standard, HashSet::new())),
    }
}

fn plan(typed: Analyze) -> Result<Plan> {
    let mut model = match &typed.model {
        Some(path) => Model::open(path)?,
        None => Model::embedded()?,
    };
    if let Some(threads) = typed.threads {
        model = model.with_threads(threads);
    }
    let emotions =
        if typed.emotions.is_empty() { EmotionSet::ALL } else { typed.emotions.into_iter().collect() };
    let options = Options {
        channels: match typed.channels {
            Channels::Average => audio::Channels::Average,
            Channels::Split => audio::Channels::Split,
        },
        speakers: typed.speakers,
        emotions,
        coverage: typed.coverage,
        track: typed.track,
        ffmpeg: typed.ffmpeg,
        ..Options::default()
    };
    if typed.enroll.len() > 1 && options.channels == audio::Channels::Average {
        return Err(Error::new(
            ErrorKind::Config,
            "several voices to enroll need --channels split, a channel each",
        ));
    }
    let format = match (typed.json, typed.jsonl, typed.csv) {
        (true, _, _) => Format::Json,
        (_, true, _) => Format::JsonLines,
        (_, _, true) => Format::Csv,
        _ => Format::Text,
    };
    let mut analyzer = Analyzer::new(model, options)?;
    if !typed.enroll.is_empty() {
        let voices = enroll::voices(&analyzer, &typed.enroll)?;
        analyzer = analyzer.with_enrolled(voices)?;
    }
    Ok(Plan { inputs: inputs(&typed.inputs)?, analyzer: Arc::new(analyzer), format, quiet: typed.quiet })
}

/// Files as given; folders become the recordings below them.
fn inputs(typed: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut inputs = Vec::new();
    for path in typed {
        if !path.is_dir() {
            inputs.push(path.clone());
            continue;
        }
        let found = audio::files_below(path)?;
        if found.is_empty() {
            return Err(Error::new(ErrorKind::Config, "there is no recording in this folder").at(path));
        }
        inputs.extend(found);
    }
    Ok(inputs)
}

impl Plan {
    fn run(&self, mut output: Output, done: &HashSet<PathBuf>) -> Result<ExitCode> {
        let style = Style { colour: true };
        let interrupt = Interrupt::watch()?;
        let inputs: Vec<PathBuf> = self.inputs.iter().filter(|path| !done.contains(*path)).cloned().collect();
        let mut progress = Progress::over(&inputs, self.quiet);
        let (mut results, mut failed, mut ended) = (Vec::new(), false, 0);
        for path in &inputs {
            progress.begin(path);
            let Some(result) = self.one(path, &progress, &interrupt) else { break };
            progress.end(result.seconds);
            if let Some(error) = &result.error {
                failed = true;
                progress.aside(|| eprintln!("undertone: {}: {}", path.display(), error.message));
            }
            match self.format {
                Format::Text => {
                    let blank = if ended > 0 { "\n" } else { "" };
                    let text = report::recording(&result, style);
                    progress.aside(|| output.write(&format!("{blank}{text}")))?;
                }
                Format::JsonLines => {
                    let line = report::json_line(&result)?;
                    progress.aside(|| output.write(&format!("{line}\n")))?;
                }
                Format::Json | Format::Csv => results.push(result),
            }
            ended += 1;
        }
        progress.finish();
        let interrupted = ended < inputs.len();
        if !interrupted || ended > 0 || !matches!(output, Output::File(..)) {
            self.close(output, results)?;
        }
        if interrupted {
            let all = self.inputs.len();
            eprintln!("undertone: interrupted; {} of {all} recordings are done", all - inputs.len() + ended);
            return Ok(ExitCode::from(interrupt::STATUS));
        }
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    /// What comes after all recordings, and the end of the file. (A file of which nothing is done is left as it was instead.)
    fn close(&self, mut output: Output, results: Vec<RecordingResult>) -> Result<()> {
        let whole = self.analyzer.report(results);
        match self.format {
            Format::Json => output.write(&format!("{}\n", report::json(&whole)?))?,
            Format::Csv => output.write(&report::csv(&whole)?)?,
            Format::Text => output.write(&report::closing(Style { colour: true }))?,
            Format::JsonLines => {}
        }
        output.finish()
    }

    /// One recording's result; none where Ctrl-C came first.
    fn one(&self, path: &Path, progress: &Progress, interrupt: &Interrupt) -> Option<RecordingResult> {
        if interrupt.pressed() {
            return None;
        }
        let source = match path == Path::new("-") {
            true => Source::Reader(Box::new(std::io::stdin())),
            false => Source::from(path),
        };
        let (analyzer, progress) = (Arc::clone(&self.analyzer), progress.clone());
        let work = move || analyzer.analyze(source, &mut |heard, whole| progress.heard(heard, whole));
        match interrupt.unless_pressed(work) {
            Ok(result) => result,
            Err(error) => Some(RecordingResult::failed(path.to_path_buf(), &error)),
        }
    }
}
