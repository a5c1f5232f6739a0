//! `undertone analyze`: what was typed → what is needed → recordings one by one → a report.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use undertone::analysis::Analysis;
use undertone::audio::{self, Listing, Source};
use undertone::emotion::EmotionSet;
use undertone::engine::{Adapt, Event, Options, SpeakerSource};
use undertone::prior::{Prior, Shares};
use undertone::speakers::Count;
use undertone::units::Seconds;
use undertone::{Engine, Error, ErrorKind, Result};

use crate::arguments::{Analyze, Channels};
use crate::enroll;
use crate::follower::Follower;
use crate::interrupt::{self, Interrupt};
use crate::model;
use crate::output::with_causes;
use crate::progress::Progress;
use crate::segments::Segments;
use crate::writer::Writer;

/// What was typed, checked.
struct Plan {
    engine: Engine,
    segments: Segments,
    inputs: Vec<PathBuf>,
    /// How many of them an earlier run has done.
    done: usize,
    follow: bool,
    quiet: bool,
}

pub fn run(typed: Analyze) -> Result<ExitCode> {
    let Listing { files: all, unread, .. } = inputs(&typed.inputs)?;
    unread.iter().for_each(|error| eprintln!("undertone: {error}"));
    // Outputs are opened before the work: a place that cannot be written shows now.
    let (writer, done) = Writer::open(&typed, &all)?;
    let ended = plan(typed, all, &done)?.run(writer)?;
    Ok(if unread.is_empty() || ended != ExitCode::SUCCESS { ended } else { ExitCode::FAILURE })
}

fn plan(typed: Analyze, all: Vec<PathBuf>, done: &HashSet<PathBuf>) -> Result<Plan> {
    let model = model::chosen(&typed.model.name)?;
    let emotions =
        if typed.emotions.is_empty() { EmotionSet::ALL } else { typed.emotions.iter().copied().collect() };
    let (speakers, speaker_source) = speaker_source(&typed)?;
    let segments = Segments::of(&typed, &all)?;
    let options = Options {
        channels: typed.channels.into(),
        speakers,
        speaker_source,
        curve: typed.curve.map(Seconds),
        adapt: if typed.adapt == [Path::new("none")] { Adapt::None } else { Adapt::Auto },
        prior: prior(&typed.prior)?,
        emotions,
        coverage: typed.coverage,
        track: typed.track,
        ffmpeg: typed.ffmpeg,
        ffmpeg_fallback: true,
        song: typed.song,
        ..Options::default()
    };
    let profiles = profiles(&typed)?;
    if profiles.len() > 1 && options.channels == audio::Channels::Average {
        return refuse("several speakers to adapt to need --channels split, a channel each");
    }
    let mut builder = Engine::builder().model(model).options(options);
    if let Some(threads) = typed.threads {
        builder = builder.threads(threads);
    }
    let mut engine = builder.build()?;
    if !profiles.is_empty() {
        engine = engine.with_profiles(enroll::profiles(&engine, &profiles)?)?;
    }
    let count = all.len();
    let inputs: Vec<PathBuf> = all.into_iter().filter(|path| !done.contains(path)).collect();
    let done = count - inputs.len();
    Ok(Plan { engine, segments, done, inputs, follow: typed.follow, quiet: typed.quiet })
}

/// The profiles that `--adapt` names, channel by channel, empty for those left to the recording; none for `auto` and `none`.
fn profiles(typed: &Analyze) -> Result<Vec<PathBuf>> {
    match typed.adapt.as_slice() {
        [one] if one == Path::new("auto") || one == Path::new("none") => Ok(Vec::new()),
        several if several.iter().any(|name| name == Path::new("none")) => {
            refuse("--adapt none is for all channels; leave a channel to the recording by auto")
        }
        several => {
            let own = |name: &PathBuf| if name == Path::new("auto") { PathBuf::new() } else { name.clone() };
            Ok(several.iter().map(own).collect())
        }
    }
}

/// A prior by its name, or by a file.
pub fn prior(typed: &Path) -> Result<Prior> {
    match typed.to_str() {
        Some("auto") => Ok(Prior::Auto),
        Some("even") => Ok(Prior::Even),
        Some("conversation") => Ok(Prior::Conversation),
        _ => Shares::open(typed).map(Prior::Given),
    }
}

fn refuse<T>(message: &str) -> Result<T> {
    Err(Error::new(ErrorKind::Config, message))
}

/// How many speakers to look for: `auto`, or a number from 1 to 32.
pub fn count(text: &str) -> std::result::Result<Count, String> {
    match (text, text.parse()) {
        ("auto", _) => Ok(Count::Auto),
        (_, Ok(count @ 1..=32)) => Ok(Count::Exactly(count)),
        _ => Err("--speakers takes 1 to 32, or auto".to_string()),
    }
}

/// The names of the channels' speakers, and how speakers are known.
fn speaker_source(typed: &Analyze) -> Result<(Vec<String>, SpeakerSource)> {
    if let Some(path) = &typed.speaker_file {
        let message = format!(
            "--speaker-file is --segments now: --segments {} (each turn is answered once, and its speaker named)",
            path.display()
        );
        return refuse(&message);
    }
    match typed.speakers.as_slice() {
        [one] if one == "auto" || one.parse::<usize>().is_ok() => {
            let count = count(one).map_err(|message| Error::new(ErrorKind::Config, message))?;
            Ok((Vec::new(), SpeakerSource::Diarize(count)))
        }
        names if names.len() > 1 && typed.channels == Channels::Average => refuse(
            "names are given to channels: add --channels split; to diarize one channel use --speakers NUMBER",
        ),
        names => Ok((names.to_vec(), SpeakerSource::PerChannel)),
    }
}

/// Files as given; folders become the recordings below them.
///
/// # Errors
/// `Io` where a folder that was named cannot be read, `Config` where there is no recording in it.
pub fn inputs(typed: &[PathBuf]) -> Result<Listing> {
    let mut inputs = Listing::default();
    for path in typed {
        if !path.is_dir() {
            inputs.files.push(path.clone());
            continue;
        }
        let found = audio::files_below(path)?;
        if found.files.is_empty() && found.unread.is_empty() {
            return Err(Error::new(ErrorKind::Config, "there is no recording in this folder").at(path));
        }
        inputs.files.extend(found.files);
        inputs.unread.extend(found.unread);
    }
    Ok(inputs)
}

impl Plan {
    fn run(&self, mut writer: Writer) -> Result<ExitCode> {
        let interrupt = Interrupt::watch()?;
        let mut progress = Progress::over(&self.inputs, self.quiet || self.follow);
        let (mut failed, mut ended) = (false, 0);
        for path in &self.inputs {
            progress.begin(path);
            let Some(result) = self.one(path, &progress, &interrupt, &writer) else { break };
            progress.end(result.seconds);
            if let Some(error) = &result.error {
                failed = true;
                progress.aside(|| eprintln!("undertone: {}: {}", path.display(), error.message));
            }
            if let Some(error) = progress.aside(|| writer.take(result, &self.engine))? {
                failed = true;
                progress.aside(|| eprintln!("undertone: {}", with_causes(&error)));
            }
            ended += 1;
        }
        progress.finish();
        if ended == self.inputs.len() {
            writer.finish(&self.engine)?;
            return Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS });
        }
        if ended > 0 {
            writer.finish(&self.engine)?
        } else {
            writer.leave()?
        }
        let all = self.done + self.inputs.len();
        eprintln!("undertone: interrupted; {} of {all} recordings are done", self.done + ended);
        Ok(ExitCode::from(interrupt::STATUS))
    }

    /// One recording's result; none where Ctrl-C came first.
    fn one(
        &self,
        path: &Path,
        progress: &Progress,
        interrupt: &Interrupt,
        writer: &Writer,
    ) -> Option<Analysis> {
        if interrupt.pressed() {
            return None;
        }
        let source = match path == Path::new("-") {
            true => Source::Reader(Box::new(std::io::stdin())),
            false => Source::from(path),
        };
        let (engine, progress) = (self.segments.engine(&self.engine, path), progress.clone());
        let follower = self.follow.then(|| writer.follower());
        let work = move || {
            let mut told = Ok(());
            let heard = |at: undertone::engine::Progress| {
                progress.heard(at.heard, at.whole);
                ControlFlow::Continue(())
            };
            let engine = engine?;
            let result = match follower {
                Some(mut follower) => {
                    follower.begin()?;
                    engine.follow(source, heard, |event| follow(&mut follower, &event, &mut told))
                }
                None => engine.analyze(source, heard),
            };
            told.and(result)
        };
        match interrupt.unless_pressed(work) {
            Ok(result) => result,
            Err(error) => Some(Analysis::failed(path.to_path_buf(), &error)),
        }
    }
}

/// Tells a span as soon as it is heard; what cannot be written any more ends the listening.
fn follow(follower: &mut Follower, event: &Event, told: &mut Result<()>) -> ControlFlow<()> {
    if let Event::Span(span) = event {
        *told = follower.tell(span);
    }
    if told.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}
