//! Samples → segments: where someone speaks.

mod merge;

use std::ops::Range;

use serde::{Deserialize, Serialize};

pub use merge::{Merge, Rules};

use crate::units::{SampleRate, Seconds, Segment};

/// Samples that one score stands for: 16 ms at 16 kHz.
const FRAME: usize = 256;

/// How speech is found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Speech begins where the detector's score reaches this, 0…1.
    pub open: f32,
    /// It goes on while the score reaches this.
    pub hold: f32,
    /// Pauses up to this long do not end a segment.
    pub join: Seconds,
    /// Shorter segments are dropped.
    pub shortest: Seconds,
    /// Added before and after each segment.
    pub pad: Seconds,
    /// Longer segments are cut.
    pub longest: Seconds,
    /// What has been heard beyond a cut when the segment before it is given.
    pub behind: Seconds,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            open: 0.6,
            hold: 0.35,
            join: Seconds(0.4),
            shortest: Seconds(0.2),
            pad: Seconds(0.1),
            longest: Seconds(60.0),
            behind: Seconds(0.5),
        }
    }
}

impl Options {
    fn rules(&self) -> Rules {
        let frames = |time: Seconds| (SampleRate::MODEL.samples(time) as usize).div_ceil(FRAME);
        let join = frames(self.join);
        Rules {
            open: self.open,
            hold: self.hold,
            join,
            shortest: frames(self.shortest),
            pad: frames(self.pad).min(join / 2),
            longest: frames(self.longest).max(1),
            behind: frames(self.behind),
        }
    }
}

/// Finds speech in a stream of samples at 16 kHz.
pub struct Detector {
    network: Box<earshot::Detector>,
    merge: Merge,
    waiting: Vec<f32>,
    heard: u64,
}

impl std::fmt::Debug for Detector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Detector").field("heard", &self.heard).finish_non_exhaustive()
    }
}

impl Detector {
    /// Nothing heard yet.
    pub fn new(options: &Options) -> Detector {
        Detector {
            network: earshot::Detector::default_boxed(),
            merge: Merge::new(options.rules()),
            waiting: Vec::new(),
            heard: 0,
        }
    }

    /// Takes the next samples; gives the segments that are settled, as sample ranges from the start of the stream.
    pub fn push(&mut self, samples: &[f32]) -> Vec<Range<u64>> {
        self.heard += samples.len() as u64;
        self.waiting.extend_from_slice(samples);
        let whole = self.waiting.len() / FRAME * FRAME;
        let mut found = Vec::new();
        for frame in self.waiting[..whole].chunks_exact(FRAME) {
            let score = score(&mut self.network, frame);
            found.extend(self.merge.push(score).map(samples_of));
        }
        self.waiting.drain(..whole);
        found
    }

    /// The segment that is still open at the end of the stream.
    pub fn end(&mut self) -> Option<Range<u64>> {
        let mut last = None;
        if !self.waiting.is_empty() {
            self.waiting.resize(FRAME, 0.0);
            let score = score(&mut self.network, &self.waiting);
            last = self.merge.push(score);
        }
        let heard = self.heard;
        last.or_else(|| self.merge.finish()).map(samples_of).map(|range| range.start..range.end.min(heard))
    }

    /// The segment that is still open, as far as it is certain.
    pub fn open(&self) -> Option<Range<u64>> {
        self.merge.open().map(samples_of)
    }

    /// The sample before which nothing will be found any more.
    pub fn settled(&self) -> u64 {
        (self.merge.settled() * FRAME) as u64
    }
}

/// The score of one frame; samples beyond full scale, as decoders and resampling leave them, count as full scale.
fn score(network: &mut earshot::Detector, frame: &[f32]) -> f32 {
    let mut within = [0.0; FRAME];
    within.iter_mut().zip(frame).for_each(|(within, x)| *within = x.clamp(-1.0, 1.0));
    network.predict_f32(&within)
}

fn samples_of(frames: Range<usize>) -> Range<u64> {
    (frames.start * FRAME) as u64..(frames.end * FRAME) as u64
}

/// The segments of a whole waveform at 16 kHz.
pub fn segments(waveform: &[f32], options: &Options) -> Vec<Segment> {
    let mut detector = Detector::new(options);
    let mut found = detector.push(waveform);
    found.extend(detector.end());
    let time = |sample: u64| SampleRate::MODEL.seconds(sample.min(waveform.len() as u64));
    found.into_iter().map(|range| Segment { start: time(range.start), end: time(range.end) }).collect()
}
