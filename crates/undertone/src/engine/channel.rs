//! One channel of a recording: samples that may still be asked for, and what has been analysed.

use std::collections::VecDeque;
use std::ops::Range;

use super::level::Levels;
use super::not_speech;
use super::segment::{Analysed, Cut, FRAME};
use super::setup::Setup;
use crate::speech::Detector;
use crate::units::{SampleRate, Seconds, Segment};

/// Frames of sound that the network sees before and after a segment: clips that it learned from begin and end in silence too.
/// Less than is heard after a segment until that is settled.
const EDGE: u64 = 6;

/// One channel.
pub(super) struct Channel {
    pub detector: Detector,
    buffer: VecDeque<f32>,
    /// The recording's sample at the front of the buffer.
    start: u64,
    /// Where the last segment ended.
    cut_at: Option<u64>,
    /// How loud it is, for comparing channels.
    pub levels: Levels,
    /// In the order of time.
    pub heard: Vec<Analysed>,
}

impl Channel {
    pub(super) fn new(setup: &Setup) -> Channel {
        Channel {
            detector: Detector::new(&setup.options.speech),
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

    /// Remembers that a segment has ended.
    pub(super) fn ended(&mut self, range: &Range<u64>) {
        self.cut_at = Some(range.end);
    }

    /// Cuts a settled segment out, with what the network is to see to either side.
    pub(super) fn cut(&mut self, range: Range<u64>, setup: &Setup) -> Cut {
        let (from, to) = (self.seen_from(range.start, setup), seen_to(&range, setup));
        self.ended(&range);
        Cut { samples: self.samples(from..to), from, range }
    }

    /// The first sample that the network sees of a segment from `start`, whole frames before it, as far as they are still there.
    pub(super) fn seen_from(&self, start: u64, setup: &Setup) -> u64 {
        let before = if self.cut_at == Some(start) { context(setup) } else { EDGE };
        start - before.min(start.saturating_sub(self.start) / FRAME) * FRAME
    }

    /// Leaves out what is no speech, by all that was heard.
    pub(super) fn leave_out_what_is_no_speech(&mut self) {
        let windows: Vec<(Segment, f32)> = self
            .heard
            .iter()
            .flat_map(|analysed| analysed.windows.iter().copied().zip(analysed.evidence.iter().copied()))
            .collect();
        let speech = not_speech::speech(&windows);
        let mut before = 0;
        for analysed in &mut self.heard {
            let own = &speech[before..][..analysed.windows.len()];
            before += own.len();
            analysed.retain(|i, _| own[i]);
        }
        self.heard.retain(|analysed| !analysed.windows.is_empty());
    }

    /// Drops samples that nothing can ask for any more.
    pub(super) fn forget(&mut self, context: Seconds) {
        let keep = self.detector.settled().saturating_sub(SampleRate::MODEL.samples(context));
        let drop = (keep.saturating_sub(self.start) as usize).min(self.buffer.len());
        self.buffer.drain(..drop);
        self.start += drop as u64;
    }
}

/// The sample at which ends what the network sees of a segment.
pub(super) fn seen_to(range: &Range<u64>, setup: &Setup) -> u64 {
    range.end + FRAME * if is_cut(range, setup) { context(setup) } else { EDGE }
}

/// Frames that one frame sees to either side, and one more, as the spectrogram's own windows are wider than a frame.
pub(super) fn context(setup: &Setup) -> u64 {
    SampleRate::MODEL.samples(setup.metadata().receptive_seconds).div_ceil(FRAME) + 1
}

/// Whether a segment was ended because it had grown too long.
pub(super) fn is_cut(range: &Range<u64>, setup: &Setup) -> bool {
    range.end - range.start >= SampleRate::MODEL.samples(setup.options.speech.longest)
}
