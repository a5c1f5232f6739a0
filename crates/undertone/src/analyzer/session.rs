//! Samples in, events out: the one way through for files of any length and for live audio.

use std::collections::VecDeque;
use std::ops::Range;

use super::{Analyzer, wrong_channels};
use crate::analysis::{
    self, BaselineUsed, Cell, Envelope, Heard, RecordingResult, Span, Speaker, cells, smooth, spans,
    summarise, windows,
};
use crate::error::{Result, Warning};
use crate::features::{Frames, HOP, movement};
use crate::model::{Baseline, Pool, Posterior};
use crate::speakers::Usual;
use crate::speech::Detector;
use crate::units::{SampleRate, Seconds, Segment};

/// Analysis frames in one of the network's.
const VIEW_FRAMES: usize = 4;
/// Windows whose harmonics move less hold notes, not speech; see [`crate::features::Movement`].
const LEAST_HARMONICS: f32 = 0.6;
/// Windows whose timbre moves less are noise.
const LEAST_TIMBRE: f32 = 0.26;
/// At most this share of a voice's frames may hold its strongest partial; of the windows of the five corpora 99.9 % are below.
const MOST_HELD: f32 = 0.35;
/// Windows' worth of a speaker's speech before it serves as a baseline: less holds too few emotions to be usual.
const FEWEST_WINDOWS: f64 = 5.0;

/// What a session tells while it listens.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A span whose end has been heard. [`Session::finish`] may answer anew for it, by the final baseline.
    Span(Span),
}

/// Listens to one recording, all its channels together.
pub struct Session<'a> {
    analyzer: &'a Analyzer,
    channels: Vec<Channel>,
    envelope: Envelope,
    heard: u64,
}

/// One channel: what is still to be analysed, and one vector a window of what has been.
struct Channel {
    detector: Detector,
    buffer: VecDeque<f32>,
    /// The recording's sample at the front of the buffer.
    start: u64,
    segments: Vec<Analysed>,
    usual: Usual,
    speech: f64,
}

/// A segment after the network: its windows, ready to be answered again.
struct Analysed {
    segment: Segment,
    windows: Vec<Segment>,
    pooled: Vec<Vec<f32>>,
}

impl<'a> Session<'a> {
    pub(super) fn new(analyzer: &'a Analyzer, channels: usize) -> Session<'a> {
        let channel = || Channel {
            detector: Detector::new(&analyzer.options.speech),
            buffer: VecDeque::new(),
            start: 0,
            segments: Vec::new(),
            usual: Usual::default(),
            speech: 0.0,
        };
        Session {
            analyzer,
            channels: (0..channels).map(|_| channel()).collect(),
            envelope: Envelope::default(),
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
        let mut events = Vec::new();
        for (number, samples) in samples.iter().enumerate() {
            let channel = &mut self.channels[number];
            channel.buffer.extend(samples);
            let ranges = channel.detector.push(samples);
            for range in ranges {
                events.extend(self.segment(number, range)?);
            }
            self.channels[number].forget(self.analyzer.model().metadata().receptive_seconds);
        }
        Ok(events)
    }

    /// Analyses one segment and answers for it by what is known so far.
    fn segment(&mut self, number: usize, range: Range<u64>) -> Result<Vec<Event>> {
        let channel = &mut self.channels[number];
        let Some(analysed) = channel.analyse(self.analyzer, range)? else { return Ok(Vec::new()) };
        channel.hear(&analysed);
        let baseline = channel.baseline(self.analyzer);
        let mut cells = answer(self.analyzer, &[&analysed], &baseline, number)?;
        name(&mut cells, self.analyzer, number, self.channels.len());
        smooth(&mut cells);
        self.channels[number].segments.push(analysed);
        let spans = spans(&cells, self.analyzer.threshold(baseline.weight));
        Ok(spans.into_iter().map(Event::Span).collect())
    }

    /// The end: answers again for everything by the final baselines.
    ///
    /// # Errors
    /// `Model` where the network refuses its input.
    pub fn finish(mut self) -> Result<RecordingResult> {
        let whole = self.heard;
        let mut result = RecordingResult {
            seconds: SampleRate::MODEL.seconds(whole).0,
            channels: self.channels.len(),
            envelope: std::mem::take(&mut self.envelope),
            ..RecordingResult::default()
        };
        let count = self.channels.len();
        for (number, mut channel) in self.channels.drain(..).enumerate() {
            let detector =
                std::mem::replace(&mut channel.detector, Detector::new(&self.analyzer.options.speech));
            if let Some(range) = detector.finish()
                && let Some(analysed) = channel.analyse(self.analyzer, range)?
            {
                channel.hear(&analysed);
                channel.segments.push(analysed);
            }
            let baseline = channel.baseline(self.analyzer);
            let segments: Vec<&Analysed> = channel.segments.iter().collect();
            let mut cells = answer(self.analyzer, &segments, &baseline, number)?;
            name(&mut cells, self.analyzer, number, count);
            smooth(&mut cells);
            if !cells.is_empty() {
                result.speakers.push(channel.speaker(self.analyzer, number, count, &baseline));
            }
            result.speech_seconds += channel.speech;
            result.spans.extend(spans(&cells, self.analyzer.threshold(baseline.weight)));
            result.cells.extend(cells);
        }
        result.cells.sort_by(|a, b| a.start.total_cmp(&b.start).then(a.channel.cmp(&b.channel)));
        result.spans.sort_by(|a, b| a.start.total_cmp(&b.start).then(a.channel.cmp(&b.channel)));
        result.summary = summarise(&result.spans, result.seconds);
        if result.spans.is_empty() {
            let message = "no speech was found, so there is no emotion to tell";
            result.warnings.push(Warning::new("no_speech", message));
        }
        Ok(result)
    }
}

impl Channel {
    /// Frames of a segment, and the embeddings of its windows; none where nothing in it is a voice.
    fn analyse(&mut self, analyzer: &Analyzer, range: Range<u64>) -> Result<Option<Analysed>> {
        let metadata = analyzer.model().metadata();
        let rate = metadata.rate;
        // What was heard right before belongs to the segment where a long one was cut.
        let cut = self.segments.last().is_some_and(|last| rate.samples(last.segment.end) == range.start);
        let context = if cut { rate.samples(metadata.receptive_seconds) } else { 0 };
        let from = range.start.saturating_sub(context).max(self.start);
        let until = match cut || range.end - range.start >= rate.samples(analyzer.options.speech.longest) {
            true => range.end + rate.samples(metadata.receptive_seconds),
            false => range.end,
        };
        let at = |sample: u64| (sample.saturating_sub(self.start) as usize).min(self.buffer.len());
        let samples: Vec<f32> = self.buffer.range(at(from)..at(until)).copied().collect();
        let shortest = rate.samples(metadata.shortest_seconds) as usize;
        let mut padded = samples;
        padded.resize(padded.len().max(shortest), 0.0);
        let heard = analyzer.model().hear(&padded)?;
        let frame = metadata.frame_seconds;
        let frame_samples = HOP * VIEW_FRAMES;
        let skip = (range.start - from) as usize / frame_samples;
        let count =
            ((range.end - range.start) as usize).div_ceil(frame_samples).min(heard.frames.len() - skip);
        let pool = Pool::new(heard.frames.data(), heard.frames.width());
        let segment = Segment { start: rate.seconds(range.start), end: rate.seconds(range.end) };
        let mut analysed = Analysed { segment, windows: Vec::new(), pooled: Vec::new() };
        for window in windows(count, frame) {
            let of = window.start + skip..window.end + skip;
            let views = of.start * VIEW_FRAMES..of.end * VIEW_FRAMES;
            if !is_voice(&heard.spectrogram, views) {
                continue;
            }
            let start = segment.start + Seconds(window.start as f64 * frame.0);
            let end = segment.start + Seconds(window.end as f64 * frame.0);
            analysed.windows.push(Segment { start, end: Seconds(end.0.min(segment.end.0)) });
            analysed.pooled.push(pool.window(of));
        }
        Ok((!analysed.windows.is_empty()).then_some(analysed))
    }

    /// Adds a segment to the speaker's usual voice; overlapping windows count by their share of new speech.
    fn hear(&mut self, analysed: &Analysed) {
        let mut until = f64::NEG_INFINITY;
        for (window, pooled) in analysed.windows.iter().zip(&analysed.pooled) {
            let new = window.end.0 - window.start.0.max(until);
            self.usual.hear(pooled, new / analysis::WINDOW.0);
            self.speech += new;
            until = window.end.0;
        }
    }

    fn baseline(&self, analyzer: &Analyzer) -> Baseline {
        if self.usual.windows() < FEWEST_WINDOWS {
            return analyzer.model().population();
        }
        let metadata = analyzer.model().metadata();
        self.usual.baseline(&metadata.population, metadata.kappa)
    }

    fn speaker(&self, analyzer: &Analyzer, number: usize, count: usize, baseline: &Baseline) -> Speaker {
        let used = match baseline.weight > 0.0 {
            true => BaselineUsed { source: "recording".to_string(), seconds: self.speech },
            false => BaselineUsed { source: "none".to_string(), seconds: 0.0 },
        };
        let id = speaker(analyzer, number, count).unwrap_or_else(|| "speaker 1".to_string());
        Speaker { id, channel: number, seconds: self.speech, baseline: used }
    }

    /// Drops samples that nothing can ask for any more.
    fn forget(&mut self, context: Seconds) {
        let keep = self.detector.settled().saturating_sub(SampleRate::MODEL.samples(context));
        let drop = (keep.saturating_sub(self.start) as usize).min(self.buffer.len());
        self.buffer.drain(..drop);
        self.start += drop as u64;
    }
}

/// Whether a stretch that the detector takes for speech moves as a voice does.
fn is_voice(spectrogram: &Frames, frames: Range<usize>) -> bool {
    movement(spectrogram, frames).is_some_and(|moved| {
        moved.harmonics >= LEAST_HARMONICS && moved.timbre >= LEAST_TIMBRE && moved.held <= MOST_HELD
    })
}

/// The cells of analysed segments under a baseline.
fn answer(
    analyzer: &Analyzer,
    segments: &[&Analysed],
    baseline: &Baseline,
    channel: usize,
) -> Result<Vec<Cell>> {
    let pooled: Vec<Vec<f32>> = segments.iter().flat_map(|segment| segment.pooled.iter().cloned()).collect();
    let answers = analyzer.model().answer(&pooled, &vec![baseline; pooled.len()])?;
    let classes = &analyzer.model().metadata().classes;
    let temperature = analyzer.temperature(baseline.weight);
    let mut answers = answers.into_iter();
    let mut found = Vec::new();
    for analysed in segments {
        let heard: Vec<Heard> = analysed
            .windows
            .iter()
            .zip(answers.by_ref())
            .map(|(&segment, answer)| Heard {
                segment,
                posterior: Posterior::new(classes, &answer.logits, temperature, analyzer.options.emotions),
                intensity: answer.intensity,
            })
            .collect();
        found.extend(cells(analysed.segment, &heard, channel));
    }
    Ok(found)
}

/// The speaker of a channel: the name given for it, or its number where channels are apart.
fn speaker(analyzer: &Analyzer, number: usize, count: usize) -> Option<String> {
    let given = analyzer.options.speakers.get(number).cloned();
    given.or_else(|| (count > 1).then(|| format!("speaker {}", number + 1)))
}

fn name(cells: &mut [Cell], analyzer: &Analyzer, number: usize, count: usize) {
    let speaker = speaker(analyzer, number, count);
    cells.iter_mut().for_each(|cell| cell.speaker.clone_from(&speaker));
}
