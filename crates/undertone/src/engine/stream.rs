//! Samples in, events out: the one way through for files of any length and for live audio.

use std::sync::Arc;

use super::Engine;
#[cfg(feature = "parallel")]
use super::background::Background;
use super::channel::Channel;
use super::event::Event;
use super::intake::Intake;
use super::level::Alike;
use super::live::{Hearing, Live};
use super::options::StreamOptions;
use super::prediction::{cells_of, spans_of};
use super::segment::{Analysed, Waiting, analyse};
use super::setup::Setup;
use super::told::Told;
use super::voice::HeardSpeaker;
use super::{bandwidth, channels, curve, enroll, given, speaker_source};
use crate::analysis::{Analysis, Envelope, summarise};
use crate::error::{Error, Result, Warning, WarningCode};
use crate::speakers::SpeakerStats;
use crate::timeline::{Cell, Span, WINDOW, smooth};
use crate::units::{SampleRate, Seconds};

/// Sound that waits per thread before files go through the network, in seconds: enough to keep all threads busy.
const TOGETHER: f64 = 30.0;

/// Segments that are at least this share of the longest are as long: one a thread keeps all busy to the end.
const ALIKE: f64 = 0.9;

/// Whether somebody waits for events.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// Events as soon as they can be told.
    Live,
    /// No events; the work is done in large pieces on all threads.
    Whole,
}

/// Listens to one recording, all its channels together: samples in, events out, and the analysis at the end.
///
/// ```
/// use undertone::Engine;
/// use undertone::engine::{Event, StreamOptions};
///
/// let engine = Engine::embedded()?;
/// let mut stream = engine.stream(StreamOptions { rate: 8_000.into(), ..StreamOptions::default() })?;
/// for _ in 0..10 {
///     for event in stream.push(&[[0.0; 800]])? {
///         match event {
///             Event::Span(span) => println!("{:.1} s: {}", span.start, span.emotion),
///             other => println!("{other:?}"),
///         }
///     }
/// }
/// assert!(stream.finish()?.spans.is_empty(), "a second of silence");
/// # Ok::<(), undertone::Error>(())
/// ```
pub struct Stream {
    setup: Arc<Setup>,
    pace: Pace,
    intake: Intake,
    channels: Vec<Channel>,
    live: Vec<Live>,
    /// Cut out, not yet analysed, with their channels.
    waiting: Waiting,
    #[cfg(feature = "parallel")]
    background: Option<Background>,
    envelope: Envelope,
    alike: Alike,
    heard: u64,
    /// Codec and rate of what is heard, as far as they are known.
    line: (&'static str, SampleRate),
    warnings: Vec<Warning>,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let heard = SampleRate::MODEL.seconds(self.heard);
        f.debug_struct("Stream")
            .field("channels", &self.channels.len())
            .field("heard", &heard)
            .finish_non_exhaustive()
    }
}

impl Stream {
    /// # Errors
    /// `Config` for no channel; `TooLarge` for more than 32 or a rate outside 1–768 kHz.
    pub(super) fn new(engine: &Engine, options: StreamOptions, pace: Pace) -> Result<Stream> {
        let setup = Arc::clone(&engine.0);
        let count = options.channels;
        if count == 0 {
            return Err(Error::config("a stream has at least one channel"));
        }
        Ok(Stream {
            pace,
            intake: Intake::new(options)?,
            channels: (0..count).map(|_| Channel::new(&setup)).collect(),
            live: (0..count).map(|number| Live::new(setup.speaker_of_channel(number, count))).collect(),
            waiting: Vec::new(),
            #[cfg(feature = "parallel")]
            background: (pace == Pace::Whole && setup.workers.count() > 1)
                .then(|| Background::new(Arc::clone(&setup))),
            envelope: Envelope::default(),
            alike: Alike::default(),
            heard: 0,
            line: ("", options.rate),
            warnings: Vec::new(),
            setup,
        })
    }

    /// Takes samples, nominal −1…1, a slice a channel, all of one length; gives what can be said now. Numbers that cannot be samples
    /// (NaN, infinity) count as 0.
    ///
    /// # Errors
    /// `Config` where channels or lengths differ from what was announced; `Model` where the network refuses its input.
    pub fn push<S: AsRef<[f32]>>(&mut self, samples: &[S]) -> Result<Vec<Event>> {
        let length = samples.first().map_or(0, |channel| channel.as_ref().len());
        let alike = samples.iter().all(|channel| channel.as_ref().len() == length);
        if samples.len() != self.channels.len() || !alike {
            let message = format!(
                "expected samples of {} channels of one length, got {}",
                self.channels.len(),
                samples.len()
            );
            return Err(Error::config(message));
        }
        let samples = self.intake.push(samples)?;
        self.hear(&samples)
    }

    /// Takes samples at the model's rate that are known to be samples, a vector a channel.
    pub(super) fn hear(&mut self, samples: &[Vec<f32>]) -> Result<Vec<Event>> {
        self.heard += samples.first().map_or(0, Vec::len) as u64;
        self.envelope.push(samples);
        self.alike.push(samples);
        let mut events = Vec::new();
        for (number, samples) in samples.iter().enumerate() {
            for range in self.channels[number].push(samples) {
                self.settled(number, range, &mut events)?;
            }
            if self.pace == Pace::Live
                && let Some(open) = self.channels[number].detector.open()
            {
                events.extend(self.live(number, |live, on| live.goes_on(on, open))?);
            }
            // A frame more than the network sees: live frames begin at whole ones.
            let context = self.setup.metadata().receptive_seconds;
            self.channels[number].forget(Seconds(context.0 + 0.1));
        }
        if self.enough_waits() {
            self.analyse()?;
        }
        Ok(events)
    }

    /// Whether what waits keeps all threads busy, none of them alone with the longest segment at the end.
    fn enough_waits(&self) -> bool {
        let seconds = || self.waiting.iter().map(|(_, cut)| cut.seconds());
        let longest = seconds().fold(0.0, f64::max);
        seconds().sum::<f64>() > self.setup.workers.count() as f64 * TOGETHER.max(ALIKE * longest)
    }

    /// Has one channel listened to live.
    fn live<T>(&mut self, number: usize, listen: impl FnOnce(&mut Live, Hearing) -> Result<T>) -> Result<T> {
        let mut own = std::mem::take(&mut self.live[number]);
        let on = Hearing { setup: &self.setup, channel: &self.channels[number], others: &self.live };
        let result = listen(&mut own, on);
        self.live[number] = own;
        result
    }

    /// A segment has ended: it is cut out, or what was not told of it yet is told.
    fn settled(&mut self, number: usize, range: std::ops::Range<u64>, events: &mut Vec<Event>) -> Result<()> {
        let channel = &mut self.channels[number];
        if self.pace == Pace::Whole {
            self.waiting.push((number, channel.cut(range, &self.setup)));
            return Ok(());
        }
        let (analysed, told) = self.live(number, |live, on| live.end(on, &range))?;
        self.channels[number].ended(&range);
        events.extend(told);
        self.take(vec![(number, analysed)]);
        Ok(())
    }

    /// Has what waits analysed, here or in the background.
    fn analyse(&mut self) -> Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        #[cfg(feature = "parallel")]
        if let Some(background) = &self.background {
            background.send(waiting);
            return background
                .done()
                .into_iter()
                .try_for_each(|done| done.map(|analysed| self.take(analysed)));
        }
        let analysed = analyse(&self.setup, waiting)?;
        self.take(analysed);
        Ok(())
    }

    /// Adds what was analysed, in the order in which it was cut out.
    fn take(&mut self, analysed: Vec<(usize, Analysed)>) {
        for (number, analysed) in analysed.into_iter().filter(|(_, one)| !one.windows.is_empty()) {
            self.channels[number].heard.push(analysed);
        }
    }

    /// Ends the segments that are still open and has what waits analysed; gives what was left to say.
    pub(super) fn close(&mut self) -> Result<Vec<Event>> {
        let rest = self.intake.finish()?;
        let mut events = self.hear(&rest)?;
        for number in 0..self.channels.len() {
            if let Some(range) = self.channels[number].detector.end() {
                self.settled(number, range, &mut events)?;
            }
        }
        self.analyse()?;
        #[cfg(feature = "parallel")]
        if let Some(background) = self.background.take() {
            background.finish().into_iter().try_for_each(|done| done.map(|analysed| self.take(analysed)))?;
        }
        self.channels.iter_mut().for_each(Channel::leave_out_what_is_no_speech);
        Ok(events)
    }

    /// The channels, as far as they were analysed.
    #[cfg(feature = "decode")]
    pub(super) fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// Seconds heard so far.
    pub fn heard(&self) -> Seconds {
        SampleRate::MODEL.seconds(self.heard)
    }

    /// Says what was tolerated before the samples came here.
    #[cfg(feature = "decode")]
    pub(super) fn warn(&mut self, warnings: impl IntoIterator<Item = Warning>) {
        self.warnings.extend(warnings);
    }

    /// Says over what line the samples came.
    #[cfg(feature = "decode")]
    pub(super) fn came_over(&mut self, codec: &'static str, rate: SampleRate) {
        self.line = (codec, rate);
    }

    /// The statistics of a channel's speaker by what has been analysed of it, and seconds of speech; overlapping windows count by
    /// their share of new speech.
    pub(super) fn stats(&self, channel: usize) -> (SpeakerStats, f64) {
        let (mut stats, mut seconds, mut until) = (SpeakerStats::default(), 0.0, f64::NEG_INFINITY);
        for (window, pooled) in self.channels[channel].heard.iter().flat_map(Analysed::all) {
            let new = (window.end.0 - window.start.0.max(until)).max(0.0);
            stats.hear(&pooled, new / WINDOW.0);
            seconds += new;
            until = until.max(window.end.0);
        }
        (stats, seconds)
    }

    /// The end: predicts again for everything, smoothed over time.
    ///
    /// # Errors
    /// `Model` where the network refuses its input.
    pub fn finish(self) -> Result<Analysis> {
        self.finish_with(|_| {})
    }

    /// [`Stream::finish`], telling the events that were left.
    ///
    /// # Errors
    /// `Model` where the network refuses its input.
    pub fn finish_with(mut self, event: impl FnMut(Event)) -> Result<Analysis> {
        self.close()?.into_iter().for_each(event);
        let mut result = Analysis {
            path: "-".into(),
            seconds: self.heard().0,
            channels: self.channels.len(),
            envelope: std::mem::take(&mut self.envelope),
            warnings: std::mem::take(&mut self.warnings),
            prior: self.setup.options.prior.clone(),
            ..Analysis::default()
        };
        result.warnings.extend(self.intake.warnings());
        result.warnings.extend(self.telephone());
        result.warnings.extend(enroll::notes(&self.setup, self.channels.len()));
        result.warnings.extend(channels::compare(&mut self.channels, self.alike.same()));
        self.predict(&mut result)?;
        if let Some(given) = &self.setup.given {
            given::conclude(given, &mut result);
        }
        result.summary = summarise(&result.spans, result.seconds);
        if result.spans.is_empty() && result.speech_seconds == 0.0 {
            let message = "no speech was found, so there is no emotion to tell";
            result.warnings.push(Warning::new(WarningCode::NoSpeech, message));
        }
        Ok(result)
    }

    /// Speakers, cells and spans of all channels.
    fn predict(&self, result: &mut Analysis) -> Result<()> {
        let setup = &*self.setup;
        let (mut all, mut owners, named) = (Vec::new(), Vec::new(), setup.is_named());
        for (number, channel) in self.channels.iter().enumerate() {
            let (heard, known) = (&channel.heard, result.speakers.len());
            let (mut speakers, parts) =
                speaker_source::speakers(setup, number, self.channels.len(), heard, known);
            result.cells.extend(cells_of(setup, heard, &parts, &mut speakers)?);
            // Of those whom given segments leave without a name only the speech counts.
            result.speech_seconds += speakers.iter().map(|speaker| speaker.seconds).sum::<f64>();
            let spoke = speakers.iter().filter(|one| one.seconds > 0.0 && (one.name.is_some() || !named));
            result.speakers.extend(spoke.map(|speaker| speaker.speaker(setup)));
            all.push(speakers);
            owners.push(parts);
        }
        result.cells.sort_by(|a, b| a.start.total_cmp(&b.start).then(a.channel.cmp(&b.channel)));
        smooth(&mut result.cells, |cell| {
            let own = all[cell.channel].iter().find(|speaker: &&HeardSpeaker| speaker.name == cell.speaker);
            own.map_or_else(|| HeardSpeaker::default().prior(setup), |speaker| speaker.prior(setup))
        });
        if result.speakers.len() == 1 && setup.options.speakers.is_empty() && !named {
            // The only voice of a recording needs no number.
            result.cells.iter_mut().for_each(|cell| cell.speaker = None);
            all.iter_mut().flatten().for_each(|speaker| speaker.name = None);
        }
        let given = setup.given.as_ref().map(|given| (given, given.channels(&self.channels)));
        for (number, speakers) in all.iter().enumerate() {
            let heard = &self.channels[number].heard;
            let told = Told { number, heard, parts: &owners[number], speakers };
            if setup.options.curve.is_some() {
                result.curve.get_or_insert_default().extend(curve::points(setup, &told)?);
            }
            let Some((given, channels)) = &given else {
                let own = |cell: &&Cell| cell.channel == number;
                let cells: Vec<Cell> = result.cells.iter().filter(own).cloned().collect();
                result.spans.extend(spans_of(setup, &cells, speakers));
                continue;
            };
            result.spans.extend(given::spans(setup, given, &told, channels, result.seconds)?);
        }
        if let Some(curve) = &mut result.curve {
            curve.sort_by(|a, b| a.time.total_cmp(&b.time).then(a.channel.cmp(&b.channel)));
        }
        let times = |span: &Span| (span.start, span.segment, span.channel);
        result.spans.sort_by(|a, b| {
            let ((a, of_a, on_a), (b, of_b, on_b)) = (times(a), times(b));
            a.total_cmp(&b).then(of_a.cmp(&of_b)).then(on_a.cmp(&on_b))
        });
        Ok(())
    }

    /// Says so where what was heard came over a telephone line.
    fn telephone(&self) -> Option<Warning> {
        let heard = || self.channels.iter().flat_map(|channel| &channel.heard);
        let speech = heard().map(|analysed| analysed.segment.duration().0).sum();
        bandwidth::telephone(self.line, heard().map(|analysed| analysed.band), speech)
    }
}
