//! A segment of speech on its way through the network: samples → frames → an embedding a window.

use std::ops::Range;

use half::f16;
use half::slice::HalfFloatSliceExt;

use super::bandwidth::Band;
use super::curve;
use super::given::LONGEST;
use super::not_speech;
use super::setup::Setup;
use crate::error::Result;
use crate::features::{Frames, HOP, Modulations};
use crate::model::{Moments, Pool, Worker};
use crate::speakers::SpeakerVector;
use crate::timeline::windows;
use crate::units::{SampleRate, Seconds, Segment};

/// Rows of the spectrogram in one of the network's frames.
pub(super) const ROWS_A_FRAME: usize = 4;
/// Samples in one of the network's frames.
pub(super) const FRAME: u64 = (HOP * ROWS_A_FRAME) as u64;

/// A segment cut out of its channel, with what the network sees to either side.
#[derive(Debug)]
pub(super) struct Cut {
    /// The recording's samples that are the segment.
    pub range: Range<u64>,
    /// The recording's sample at the front of `samples`.
    pub from: u64,
    pub samples: Vec<f32>,
}

/// A segment after the network: its windows, ready to be predicted again.
#[derive(Debug)]
pub(super) struct Analysed {
    pub segment: Segment,
    /// Where somebody's voice is in it, window by window.
    pub windows: Vec<Segment>,
    /// The evidence that each window holds a voice.
    pub evidence: Vec<f32>,
    /// The line it came over.
    pub band: Band,
    /// For diarization, window by window; none where nobody asks.
    pub speakers: Vec<SpeakerVector>,
    /// What given segments have of it.
    pub parts: Vec<GivenPart>,
    /// What the curve has of it.
    pub curve: curve::Moments,
    /// All of it, where embeddings are asked for.
    pub whole: Option<Moments>,
    /// The windows' embeddings, in half precision: an hour of speech is 6 MB.
    pooled: Vec<f16>,
}

/// What a given segment has of a segment of speech.
#[derive(Clone, Debug)]
pub(super) struct GivenPart {
    /// The given segment's place among all.
    pub place: usize,
    /// The time that both share.
    pub segment: Segment,
    /// [`Moments::row`], in half precision.
    moments: Vec<f16>,
}

impl GivenPart {
    fn new(place: usize, segment: Segment, moments: &Moments) -> GivenPart {
        let mut row = vec![f16::ZERO; moments.row().len()];
        row.convert_from_f32_slice(moments.row());
        GivenPart { place, segment, moments: row }
    }

    /// The moments of its frames.
    pub(super) fn moments(&self) -> Moments {
        Moments::of_row(self.moments.to_f32_vec())
    }
}

impl Cut {
    /// Seconds of sound in it.
    pub(super) fn seconds(&self) -> f64 {
        SampleRate::MODEL.seconds(self.samples.len() as u64).0
    }

    /// Frames, and the embeddings of the windows in which there is a voice.
    ///
    /// # Errors
    /// `Model` where the network refuses its input.
    pub(super) fn analyse(mut self, setup: &Setup, worker: &Worker) -> Result<Analysed> {
        let shortest = SampleRate::MODEL.samples(setup.metadata().shortest_seconds) as usize;
        self.samples.resize(self.samples.len().max(shortest), 0.0);
        let spectrogram = setup.model.spectrogram(&self.samples);
        let skip = ((self.range.start - self.from) / FRAME) as usize;
        Analysed::new(setup, &self.range, &spectrogram, skip, || {
            setup.model.frames_on(&self.samples, &spectrogram, Some(worker))
        })
    }
}

impl Analysed {
    /// From the spectrogram of a segment and its frames, of which `skip` lie before it; where nobody's voice is, no frames are asked for.
    ///
    /// # Errors
    /// What `frames` answers.
    pub(super) fn new(
        setup: &Setup,
        range: &Range<u64>,
        spectrogram: &Frames,
        skip: usize,
        frames: impl FnOnce() -> Result<Frames>,
    ) -> Result<Analysed> {
        let (rate, frame) = (SampleRate::MODEL, setup.metadata().frame_seconds);
        let there = spectrogram.len().div_ceil(ROWS_A_FRAME).saturating_sub(skip);
        let count = ((range.end - range.start).div_ceil(FRAME) as usize).min(there);
        let rows =
            |frames: Range<usize>| (frames.start + skip) * ROWS_A_FRAME..(frames.end + skip) * ROWS_A_FRAME;
        let modulations = Modulations::of(spectrogram);
        let with_evidence =
            |window: Range<usize>| Some((setup.gate.evidence(&modulations, rows(window.clone()))?, window));
        let with_voice: Vec<(f32, Range<usize>)> =
            windows(count, frame).into_iter().filter_map(with_evidence).collect();
        let segment = Segment { start: rate.seconds(range.start), end: rate.seconds(range.end) };
        let band = Band::of(spectrogram);
        let mut analysed = Analysed::none(segment, band);
        if with_voice.iter().all(|(evidence, _)| *evidence <= -not_speech::MOST) {
            return Ok(analysed);
        }
        analysed.speakers = speakers(setup, segment, spectrogram, rows(0..count));
        let frames = frames()?;
        let pool = Pool::new(frames.data(), frames.width());
        for (evidence, window) in with_voice {
            let start = segment.start + Seconds(window.start as f64 * frame.0);
            let end = segment.start + Seconds(window.end as f64 * frame.0);
            let time = Segment { start, end: Seconds(end.0.min(segment.end.0)) };
            analysed.keep(time, evidence, &pool.window(window.start + skip..window.end + skip));
        }
        analysed.parts = parts(setup, segment, count, |own| pool.moments(own.start + skip..own.end + skip));
        analysed.curve =
            curve::Moments::of(setup, segment, count, |own| pool.window(own.start + skip..own.end + skip));
        analysed.whole = setup.embeds.then(|| pool.moments(skip..count + skip));
        Ok(analysed)
    }

    fn none(segment: Segment, band: Band) -> Analysed {
        Analysed {
            segment,
            windows: Vec::new(),
            evidence: Vec::new(),
            band,
            speakers: Vec::new(),
            parts: Vec::new(),
            curve: curve::Moments::default(),
            whole: None,
            pooled: Vec::new(),
        }
    }

    fn keep(&mut self, window: Segment, evidence: f32, pooled: &[f32]) {
        self.windows.push(window);
        self.evidence.push(evidence);
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

    /// Leaves windows out, and what lies outside all windows that stay: of given segments, and of what tells speakers apart.
    pub(super) fn retain(&mut self, keep: impl Fn(usize, Segment) -> bool) {
        let stay: Vec<usize> = (0..self.windows.len()).filter(|&i| keep(i, self.windows[i])).collect();
        if stay.len() == self.windows.len() {
            return;
        }
        let mut kept = Analysed::none(self.segment, self.band);
        for i in stay {
            kept.keep(self.windows[i], self.evidence[i], &self.pooled(i));
        }
        let within = |speaker: &SpeakerVector| {
            let middle = 0.5 * (speaker.segment.start.0 + speaker.segment.end.0);
            kept.windows.iter().any(|window| window.start.0 <= middle && middle <= window.end.0)
        };
        kept.speakers = self.speakers.iter().filter(|speaker| within(speaker)).cloned().collect();
        let heard = |part: &GivenPart| {
            let shared =
                |window: &Segment| window.start.0 < part.segment.end.0 && part.segment.start.0 < window.end.0;
            kept.windows.iter().any(shared)
        };
        kept.parts = self.parts.iter().filter(|part| heard(part)).cloned().collect();
        (kept.curve, kept.whole) = (std::mem::take(&mut self.curve), self.whole.take());
        *self = kept;
    }
}

/// What given segments have of a segment of `count` frames, where they hold more of it than its padding.
fn parts(
    setup: &Setup,
    speech: Segment,
    count: usize,
    moments: impl Fn(Range<usize>) -> Moments,
) -> Vec<GivenPart> {
    let Some(given) = &setup.given else { return Vec::new() };
    let frame = setup.metadata().frame_seconds.0;
    let pad = setup.options.speech.pad.0.min(0.5 * speech.duration().0);
    let spoken = |own: &Segment| own.start.0 < speech.end.0 - pad && own.end.0 > speech.start.0 + pad;
    let part = |(place, own): (usize, Segment)| {
        let at = |time: Seconds| ((time.0 - speech.start.0) / frame).round().max(0.0) as usize;
        let start = at(own.start).min(count.saturating_sub(1));
        let frames = start..at(own.end).clamp(start + 1, count.max(start + 1));
        let time = Segment {
            start: Seconds(own.start.0.max(speech.start.0)),
            end: Seconds(own.end.0.min(speech.end.0)),
        };
        GivenPart::new(place, time, &moments(frames))
    };
    // Embeddings are pooled whole, however long.
    let longest = if setup.embeds { Seconds(f64::INFINITY) } else { LONGEST };
    given.within(speech, longest).filter(|(_, own)| spoken(own)).map(part).collect()
}

/// Segments with their channels.
pub(super) type Waiting = Vec<(usize, Cut)>;

/// Sends segments through the network, side by side.
///
/// # Errors
/// `Model` where it refuses its input.
pub(super) fn analyse(setup: &Setup, waiting: Waiting) -> Result<Vec<(usize, Analysed)>> {
    let analyse = |(number, cut): (usize, Cut), worker: &_| Ok((number, cut.analyse(setup, worker)?));
    setup.workers.each(waiting, analyse).into_iter().collect()
}

/// What tells the speakers of a segment apart, where somebody asks.
fn speakers(setup: &Setup, segment: Segment, spectrogram: &Frames, rows: Range<usize>) -> Vec<SpeakerVector> {
    let Some(projection) = &setup.projection else { return Vec::new() };
    let first = rows.start;
    let time = |row: usize| segment.start + SampleRate::MODEL.seconds(((row - first) * HOP) as u64);
    let windows = projection.windows(spectrogram, rows).into_iter();
    windows
        .map(|window| SpeakerVector {
            segment: Segment {
                start: time(window.frames.start),
                end: Seconds(time(window.frames.end).0.min(segment.end.0)),
            },
            vector: window.vector,
        })
        .collect()
}
