//! Samples in, events out: the one way through for files of any length and for live audio.

use std::sync::mpsc::SyncSender;

use rayon::prelude::*;

use super::answer::{Voice, answer, spans_of};
use super::channel::{Analysed, Channel, Stretch};
use super::level::Alike;
use super::live::{Hearing, Live};
use super::who::{self, Who};
use super::{Analyzer, channels, line, wrong_channels};
use crate::analysis::{Cell, Envelope, RecordingResult, Span, WINDOW, smooth, summarise};
use crate::audio::Info;
use crate::error::{Result, Warning};
use crate::speakers::{Usual, file};
use crate::units::{SampleRate, Seconds};

/// Sound that waits per core before files go through the network, in seconds: enough to keep all cores busy.
const TOGETHER: f64 = 30.0;

/// Stretches that are at least this share of the longest are as long: one a core keeps all busy to the end.
const ALIKE: f64 = 0.9;

/// Stretches with their channels.
pub(super) type Waiting = Vec<(usize, Stretch)>;

/// What a session tells while it listens.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A span whose end has been heard, at most 1.5 s ago, by what is known so far. [`Session::finish`] answers anew for all by the
    /// final baselines and may draw the bounds otherwise.
    Span(Span),
}

/// Whether somebody waits for events.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// Events as soon as they can be told.
    Live,
    /// No events; the work is done in large pieces on all cores.
    Whole,
}

/// Listens to one recording, all its channels together.
pub struct Session<'a> {
    analyzer: &'a Analyzer,
    pace: Pace,
    channels: Vec<Channel>,
    /// One a channel: as heard so far where events are told, else as known beforehand.
    voices: Vec<Voice>,
    live: Vec<Live>,
    /// Cut out, not yet analysed, with their channels.
    waiting: Waiting,
    /// Takes them off to be analysed beside the listening; here and now where there is none.
    worker: Option<SyncSender<Waiting>>,
    envelope: Envelope,
    alike: Alike,
    heard: u64,
}

impl<'a> Session<'a> {
    pub(super) fn new(analyzer: &'a Analyzer, count: usize, pace: Pace) -> Session<'a> {
        Session {
            analyzer,
            pace,
            channels: (0..count).map(|_| Channel::new(analyzer)).collect(),
            voices: (0..count).map(|number| analyzer.voice(number, count)).collect(),
            live: (0..count).map(|_| Live::default()).collect(),
            waiting: Vec::new(),
            worker: None,
            envelope: Envelope::default(),
            alike: Alike::default(),
            heard: 0,
        }
    }

    /// Takes samples at 16 kHz, one vector a channel, all of one length; gives what can be said now.
    ///
    /// # Errors
    /// `Config` where channels or lengths differ from what was announced; `Model` where the network refuses its input.
    pub fn push(&mut self, samples: &[Vec<f32>]) -> Result<Vec<Event>> {
        let length = samples.first().map_or(0, Vec::len);
        if samples.len() != self.channels.len() || samples.iter().any(|channel| channel.len() != length) {
            return Err(wrong_channels(self.channels.len(), samples.len()));
        }
        self.heard += length as u64;
        self.envelope.push(samples);
        self.alike.push(samples);
        let mut events = Vec::new();
        for (number, samples) in samples.iter().enumerate() {
            let ranges = self.channels[number].push(samples);
            for range in ranges {
                events.extend(self.settled(number, range)?);
            }
            events.extend(self.open(number)?);
            let context = self.analyzer.model().metadata().receptive_seconds;
            self.channels[number].forget(context);
        }
        if self.pace == Pace::Live || self.enough_waits() {
            self.analyse()?;
        }
        Ok(events.into_iter().map(Event::Span).collect())
    }

    /// Whether what waits keeps all cores busy, none of them alone with the longest stretch at the end.
    fn enough_waits(&self) -> bool {
        let seconds = || self.waiting.iter().map(|(_, stretch)| stretch.seconds());
        let longest = seconds().fold(0.0, f64::max);
        seconds().sum::<f64>() > rayon::current_num_threads() as f64 * TOGETHER.max(ALIKE * longest)
    }

    /// A segment has ended: it is cut out, and what was not told of it yet is told.
    fn settled(&mut self, number: usize, range: std::ops::Range<u64>) -> Result<Vec<Span>> {
        let channel = &mut self.channels[number];
        self.waiting.push((number, channel.cut(range.clone(), self.analyzer)));
        let on = Hearing { analyzer: self.analyzer, channel, voice: &self.voices[number] };
        match self.pace {
            Pace::Live => self.live[number].end(on, range),
            Pace::Whole => Ok(Vec::new()),
        }
    }

    /// What can be told of a segment that goes on.
    fn open(&mut self, number: usize) -> Result<Vec<Span>> {
        let channel = &self.channels[number];
        match channel.detector.open() {
            Some(open) if self.pace == Pace::Live => {
                let on = Hearing { analyzer: self.analyzer, channel, voice: &self.voices[number] };
                self.live[number].listen(on, open)
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Has what waits analysed, here or by the worker.
    fn analyse(&mut self) -> Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        match &self.worker {
            // A worker that has gone left an error behind, which is found when its results are taken.
            Some(worker) => worker.send(waiting).or(Ok(())),
            None => analyse(self.analyzer, waiting).map(|analysed| self.take(analysed)),
        }
    }

    /// Lets a worker analyse what is cut out from now on; what it makes of it must be given to [`Session::take`].
    pub(super) fn hand_to(&mut self, worker: SyncSender<Waiting>) {
        self.worker = Some(worker);
    }

    /// Nothing more comes for the worker.
    pub(super) fn let_go(&mut self) {
        self.worker = None;
    }

    /// Adds what was analysed, in the order in which it was cut out.
    pub(super) fn take(&mut self, analysed: Vec<(usize, Analysed)>) {
        for (number, analysed) in analysed.into_iter().filter(|(_, one)| !one.windows.is_empty()) {
            self.channels[number].heard.push(analysed);
        }
    }

    /// Says so where what was heard came over a telephone line.
    pub(super) fn telephone(&self, info: &Info) -> Option<Warning> {
        let heard = || self.channels.iter().flat_map(|channel| &channel.heard);
        let speech = heard().map(|analysed| analysed.segment.duration().0).sum();
        line::telephone(info, heard().map(|analysed| analysed.band), speech)
    }

    /// Ends the segments that are still open and hears what waits; gives what was left to say.
    ///
    /// # Errors
    /// `Model` where the network refuses its input.
    pub fn drain(&mut self) -> Result<Vec<Event>> {
        let mut events = Vec::new();
        for number in 0..self.channels.len() {
            if let Some(range) = self.channels[number].detector.end() {
                events.extend(self.settled(number, range)?);
            }
        }
        self.analyse()?;
        Ok(events.into_iter().map(Event::Span).collect())
    }

    /// The statistics of a channel's speaker by what has been analysed of it, and seconds of speech; overlapping windows count by
    /// their share of new speech.
    pub(super) fn usual(&self, channel: usize) -> (Usual, f64) {
        let (mut usual, mut seconds, mut until) = (Usual::default(), 0.0, f64::NEG_INFINITY);
        for (window, pooled) in self.channels[channel].heard.iter().flat_map(Analysed::all) {
            let new = (window.end.0 - window.start.0.max(until)).max(0.0);
            usual.hear(&pooled, new / WINDOW.0);
            seconds += new;
            until = until.max(window.end.0);
        }
        (usual, seconds)
    }

    /// The end: answers again for everything, smoothed over time.
    ///
    /// # Errors
    /// `Model` where the network refuses its input.
    pub fn finish(mut self) -> Result<RecordingResult> {
        self.drain()?;
        let mut result = RecordingResult {
            seconds: SampleRate::MODEL.seconds(self.heard).0,
            channels: self.channels.len(),
            envelope: std::mem::take(&mut self.envelope),
            ..RecordingResult::default()
        };
        let warnings = channels::compare(&mut self.channels, self.alike.same());
        result.warnings.extend(warnings);
        let count = self.channels.len();
        let told = match &self.analyzer.options().who {
            Who::Told(spans) => {
                let (spans, warnings) = file::check(spans, Seconds(result.seconds));
                result.warnings.extend(warnings);
                spans
            }
            _ => Vec::new(),
        };
        let mut all = Vec::new();
        for (number, channel) in self.channels.iter().enumerate() {
            let known = result.speakers.len();
            let (mut voices, parts) = who::voices(self.analyzer, number, count, &channel.heard, &told, known);
            result.cells.extend(answer(self.analyzer, &channel.heard, &parts, &mut voices)?);
            let spoke = voices.iter().filter(|voice| voice.seconds > 0.0);
            result.speakers.extend(spoke.map(Voice::speaker));
            all.push(voices);
        }
        result.cells.sort_by(|a, b| a.start.total_cmp(&b.start).then(a.channel.cmp(&b.channel)));
        smooth(&mut result.cells);
        for (number, voices) in all.iter().enumerate() {
            let own = |cell: &&Cell| cell.channel == number;
            let cells: Vec<Cell> = result.cells.iter().filter(own).cloned().collect();
            result.spans.extend(spans_of(self.analyzer, &cells, voices));
        }
        result.speech_seconds = result.speakers.iter().map(|speaker| speaker.seconds).sum();
        result.spans.sort_by(|a, b| a.start.total_cmp(&b.start).then(a.channel.cmp(&b.channel)));
        result.summary = summarise(&result.spans, result.seconds);
        if result.spans.is_empty() {
            let message = "no speech was found, so there is no emotion to tell";
            result.warnings.push(Warning::new("no_speech", message));
        }
        Ok(result)
    }
}

/// Sends stretches through the network, side by side.
///
/// # Errors
/// `Model` where it refuses its input.
pub(super) fn analyse(analyzer: &Analyzer, waiting: Waiting) -> Result<Vec<(usize, Analysed)>> {
    waiting.into_par_iter().map(|(number, stretch)| Ok((number, stretch.analyse(analyzer)?))).collect()
}
