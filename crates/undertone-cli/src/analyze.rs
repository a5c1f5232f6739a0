//! `undertone analyze`: what was typed → what is needed → recordings one by one → a report.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use undertone::analysis::RecordingResult;
use undertone::analyzer::Options;
use undertone::audio::{self, Source};
use undertone::emotion::EmotionSet;
use undertone::model::Model;
use undertone::units::Seconds;
use undertone::{Analyzer, Error, ErrorKind, Result};

use crate::arguments::{Analyze, Channels};
use crate::writer::Writer;

/// What was typed, checked.
struct Plan {
    inputs: Vec<PathBuf>,
    analyzer: Analyzer,
    quiet: bool,
}

pub fn run(typed: Analyze) -> Result<ExitCode> {
    let inputs = inputs(&typed.inputs)?;
    // Outputs are opened before the work: a place that cannot be written shows now.
    let writer = Writer::open(&typed, &inputs)?;
    plan(typed, inputs)?.run(writer)
}

fn plan(typed: Analyze, inputs: Vec<PathBuf>) -> Result<Plan> {
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
    Ok(Plan { inputs, analyzer: Analyzer::new(model, options)?, quiet: typed.quiet })
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
    fn run(&self, mut writer: Writer) -> Result<ExitCode> {
        let bar = self.bar();
        let mut failed = false;
        for (number, path) in self.inputs.iter().enumerate() {
            let name = path
                .file_name()
                .map_or_else(|| path.display().to_string(), |name| name.display().to_string());
            bar.set_message(match self.inputs.len() {
                1 => name,
                n => format!("{}/{n} {name}", number + 1),
            });
            let result = self.one(path, &bar);
            if let Some(error) = &result.error {
                failed = true;
                bar.suspend(|| eprintln!("undertone: {}: {}", path.display(), error.message));
            }
            bar.suspend(|| writer.take(result))?;
        }
        bar.finish_and_clear();
        writer.finish(&self.analyzer)?;
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    fn one(&self, path: &Path, bar: &ProgressBar) -> RecordingResult {
        let source = match path == Path::new("-") {
            true => Source::Reader(Box::new(std::io::stdin())),
            false => Source::from(path),
        };
        bar.set_position(0);
        let mut progress = |heard: Seconds, whole: Option<Seconds>| {
            bar.set_length(whole.map_or(0, |whole| whole.0.ceil() as u64));
            bar.set_position(heard.0 as u64);
        };
        match self.analyzer.analyze(source, &mut progress) {
            Ok(result) => result,
            Err(error) => RecordingResult::failed(path.to_path_buf(), &error),
        }
    }

    fn bar(&self) -> ProgressBar {
        if self.quiet || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} s, {elapsed} so far");
        ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }
}
