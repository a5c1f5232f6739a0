//! One channel of a recording: what is still to be heard, and one vector a window of what has been.

use std::collections::VecDeque;
use std::ops::Range;

use half::f16;
use half::slice::HalfFloatSliceExt;

use super::Analyzer;
use super::level::Levels;
use super::line::Band;
use crate::analysis::windows;
use crate::error::Result;
use crate::features::{Frames, HOP, Movements};
use crate::model::Pool;
use crate::speakers::Voice;
use crate::speech::Detector;
use crate::units::{SampleRate, Seconds, Segment};

/// Analysis frames in one of the network's.
pub(super) const VIEW_FRAMES: usize = 4;
/// One channel.
pub(super) struct Channel {
    pub detector: Detector,
    buffer: VecDeque<f32>,
    /// The recording's sample at the front of the buffer.
    start: u64,
    /// Where the last stretch ended.
    cut_at: Option<u64>,
    /// How loud it is, for comparing channels.
    pub levels: Levels,
    /// In the order of time.
    pub heard: Vec<Analysed>,
}

/// A stretch of speech cut out of its channel, with what the network sees to either side.
pub(super) struct Stretch {
    range: Range<u64>,
    /// The recording's sample at the front of `samples`.
    from: u64,
    samples: Vec<f32>,
}

/// A stretch after the network: its windows, ready to be answered again.
pub(super) struct Analysed {
    pub segment: Segment,
    /// Where somebody's voice is in it, window by window.
    pub windows: Vec<Segment>,
    /// The line it came over.
    pub band: Band,
    /// What tells voices apart, window by window; none where nobody asks.
    pub voices: Vec<Voice>,
    /// The windows' embeddings, in half precision: an hour of speech is 6 MB.
    pooled: Vec<f16>,
}

impl Channel {
    pub(super) fn new(analyzer: &Analyzer) -> Channel {
        Channel {
            detector: Detector::new(analyzer.speech()),
            buffer: VecDeque::new(),
            start: 0,
            cut_at: None,
            levels: Levels::default(),
            heard: Vec::new(),
        }
    }

    /// Takes the next samples; gives the segments that are settled.
    pub(super) fn push(&mut self, samples: &[f32]) -> Vec<Range<u64>> {
        self.buffer.extend(samples);
        self.levels.push(samples);
        self.detector.push(samples)
    }

    /// Samples heard so far.
    pub(super) fn end(&self) -> u64 {
        self.start + self.buffer.len() as u64
    }

    /// The samples in `range`, as far as they are still there.
    pub(super) fn samples(&self, range: Range<u64>) -> Vec<f32> {
        let at = |sample: u64| (sample.saturating_sub(self.start) as usize).min(self.buffer.len());
        self.buffer.range(at(range.start)..at(range.end)).copied().collect()
    }

    /// Cuts a settled segment out. Where a long one was cut in two, what lies beyond the cut comes along.
    pub(super) fn cut(&mut self, range: Range<u64>, analyzer: &Analyzer) -> Stretch {
        let metadata = analyzer.model().metadata();
        let receptive = metadata.rate.samples(metadata.receptive_seconds);
        let rest = self.cut_at == Some(range.start);
        self.cut_at = Some(range.end);
        let longest = metadata.rate.samples(analyzer.speech().longest);
        let before = if rest { receptive } else { 0 };
        let after = if rest || range.end - range.start >= longest { receptive } else { 0 };
        let from = range.start.saturating_sub(before).max(self.start);
        Stretch { samples: self.samples(from..range.end + after), from, range }
    }

    /// Drops samples that nothing can ask for any more.
    pub(super) fn forget(&mut self, context: Seconds) {
        let keep = self.detector.settled().saturating_sub(SampleRate::MODEL.samples(context));
        let drop = (keep.saturating_sub(self.start) as usize).min(self.buffer.len());
        self.buffer.drain(..drop);
        self.start += drop as u64;
    }
}

impl Stretch {
    /// Seconds of sound in it.
    pub(super) fn seconds(&self) -> f64 {
        SampleRate::MODEL.seconds(self.samples.len() as u64).0
    }

    /// Frames, and the embeddings of the windows in which there is a voice.
    ///
    /// # Errors
    /// `Model` where the network refuses its input.
    pub(super) fn analyse(mut self, analyzer: &Analyzer) -> Result<Analysed> {
        let metadata = analyzer.model().metadata();
        let (rate, frame) = (metadata.rate, metadata.frame_seconds);
        let shortest = rate.samples(metadata.shortest_seconds) as usize;
        self.samples.resize(self.samples.len().max(shortest), 0.0);
        let spectrogram = analyzer.model().spectrogram(&self.samples);
        let Range { start, end } = self.range;
        let frame_samples = HOP * VIEW_FRAMES;
        let skip = (start - self.from) as usize / frame_samples;
        let there = spectrogram.len().div_ceil(VIEW_FRAMES) - skip;
        let count = ((end - start) as usize).div_ceil(frame_samples).min(there);
        let views =
            |frames: Range<usize>| (frames.start + skip) * VIEW_FRAMES..(frames.end + skip) * VIEW_FRAMES;
        let movements = Movements::of(&spectrogram);
        let mut with_voice = windows(count, frame);
        with_voice.retain(|window| analyzer.bounds().hold(movements.within(views(window.clone()))));
        let segment = Segment { start: rate.seconds(start), end: rate.seconds(end) };
        let band = Band::of(&spectrogram);
        let mut analysed =
            Analysed { segment, band, voices: Vec::new(), windows: Vec::new(), pooled: Vec::new() };
        // Where nobody's voice is, the network need not listen.
        if with_voice.is_empty() {
            return Ok(analysed);
        }
        analysed.voices = voices(analyzer, segment, &spectrogram, views(0..count));
        let frames = analyzer.model().frames_alone(&self.samples, &spectrogram)?;
        let pool = Pool::new(frames.data(), frames.width());
        for window in with_voice {
            let start = segment.start + Seconds(window.start as f64 * frame.0);
            let end = segment.start + Seconds(window.end as f64 * frame.0);
            let time = Segment { start, end: Seconds(end.0.min(segment.end.0)) };
            analysed.keep(time, &pool.window(window.start + skip..window.end + skip));
        }
        Ok(analysed)
    }
}

impl Analysed {
    fn keep(&mut self, window: Segment, pooled: &[f32]) {
        self.windows.push(window);
        let at = self.pooled.len();
        self.pooled.resize(at + pooled.len(), f16::ZERO);
        self.pooled[at..].convert_from_f32_slice(pooled);
    }

    /// Its windows with their embeddings.
    pub(super) fn all(&self) -> impl Iterator<Item = (Segment, Vec<f32>)> {
        self.windows.iter().enumerate().map(|(i, &window)| (window, self.pooled(i)))
    }

    /// The embedding of one of its windows.
    pub(super) fn pooled(&self, window: usize) -> Vec<f32> {
        let width = self.pooled.len() / self.windows.len();
        self.pooled[window * width..][..width].to_f32_vec()
    }

    /// Leaves windows out.
    pub(super) fn retain(&mut self, keep: &dyn Fn(Segment) -> bool) {
        if self.windows.iter().all(|&window| keep(window)) {
            return;
        }
        let mut kept = Analysed {
            segment: self.segment,
            band: self.band,
            voices: self.voices.iter().filter(|voice| keep(voice.segment)).cloned().collect(),
            windows: Vec::new(),
            pooled: Vec::new(),
        };
        for (i, &window) in self.windows.iter().enumerate() {
            if keep(window) {
                kept.keep(window, &self.pooled(i));
            }
        }
        *self = kept;
    }
}

/// What tells voices apart in a stretch, where somebody asks.
fn voices(analyzer: &Analyzer, segment: Segment, spectrogram: &Frames, frames: Range<usize>) -> Vec<Voice> {
    let Some(projection) = analyzer.projection() else { return Vec::new() };
    let first = frames.start;
    let time = |frame: usize| segment.start + SampleRate::MODEL.seconds(((frame - first) * HOP) as u64);
    let windows = projection.windows(spectrogram, frames).into_iter();
    windows
        .map(|window| Voice {
            segment: Segment {
                start: time(window.frames.start),
                end: Seconds(time(window.frames.end).0.min(segment.end.0)),
            },
            vector: window.vector,
        })
        .collect()
}
