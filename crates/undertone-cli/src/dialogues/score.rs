//! `undertone evaluate --dialogues`: recordings with reference annotations, analysed and scored.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use undertone::audio::{Channels, files_below};
use undertone::engine::{Options, SpeakerSource};
use undertone::prior::Prior;
use undertone::{Emotion, Engine, Error, ErrorKind, Result};
use undertone_eval::dialogue::{Spoken, read_truth};
use undertone_eval::metrics::{TimelineScore, score_timeline, timeline_figures};
use undertone_eval::report::timelines::{json, markdown};

use crate::arguments::Evaluate;
use crate::model;
use crate::output::Output;

/// Analyses every recording below a folder and prints one row per subfolder.
pub fn score(folder: &Path, typed: &Evaluate, merge: &[(Emotion, Emotion)]) -> Result<ExitCode> {
    let mut output = Output::open(typed.output.as_deref())?;
    let recordings = recordings(folder)?;
    let engine = Engine::builder().model(model::chosen(&typed.model.name)?).build()?;
    let [average, split] = [Channels::Average, Channels::Split].map(|channels| {
        let apart = typed.speakers.filter(|_| channels == Channels::Average);
        let speaker_source = apart.map_or(SpeakerSource::PerChannel, SpeakerSource::Diarize);
        engine.with_options(Options { channels, speaker_source, prior: Prior::Even, ..Options::default() })
    });
    let (average, split) = (average?, split?);
    let mut scores: Vec<TimelineScore> = Vec::new();
    for (path, truth) in &recordings {
        let apart = truth.iter().any(|row| row.channel > 0);
        let result = if apart { &split } else { &average }.analyze_path(path)?;
        let group = path.parent().and_then(|parent| parent.strip_prefix(folder).ok());
        let group = group.map_or_else(String::new, |group| group.display().to_string());
        let score = score_timeline(&group, truth, &result, merge);
        scores.push(score.map_err(|error| error.at(path.with_extension("csv")))?);
    }
    let figures = timeline_figures(&scores);
    output.write(&if typed.json { json(&figures)? } else { markdown(&figures) })?;
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// The recordings below a folder, each with its annotation; all annotations are read before anything is analysed.
fn recordings(folder: &Path) -> Result<Vec<(PathBuf, Vec<Spoken>)>> {
    let files = files_below(folder)?.complete()?;
    if files.is_empty() {
        let message = "this folder has no recordings; each needs a reference annotation beside it (NAME.wav and NAME.csv with \
                       start,end,channel,speaker,label)";
        return Err(Error::new(ErrorKind::Config, message).at(folder));
    }
    let with_truth = |path: PathBuf| {
        let beside = path.with_extension("csv");
        if !beside.exists() {
            let message = format!(
                "has no reference annotation; expected {} with the columns start,end,channel,speaker,label",
                beside.display()
            );
            return Err(Error::new(ErrorKind::Config, message).at(path));
        }
        let truth = read_truth(&beside)?;
        Ok((path, truth))
    };
    files.into_iter().map(with_truth).collect()
}
