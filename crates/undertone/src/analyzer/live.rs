//! Answers while a segment is still open, so that nobody waits for the end of a long sentence.
//!
//! A segment's time is cut into cells [`HOP`] long. A cell is answered once [`AHEAD`] has been heard beyond it, by one window
//! around its middle; a span is told when the next cell sounds otherwise or the segment ends: at most [`HOP`] + [`AHEAD`] = 1.5 s
//! after its own end.

use std::ops::Range;

use super::Analyzer;
use super::answer::{Voice, posteriors, spans_of};
use super::channel::{Channel, VIEW_FRAMES};
use crate::analysis::{Cell, HOP, Span, WINDOW};
use crate::error::Result;
use crate::features::{self, Movements};
use crate::model::Pool;
use crate::units::{SampleRate, Seconds, Segment};

/// What is heard beyond a cell before it is answered.
const AHEAD: Seconds = Seconds(0.9);

/// What is listened to: a channel, by whom, and the voice on it as known so far.
#[derive(Clone, Copy)]
pub(super) struct Hearing<'a> {
    pub analyzer: &'a Analyzer,
    pub channel: &'a Channel,
    pub voice: &'a Voice,
}

/// What has been told of the segment that is open.
#[derive(Default)]
pub(super) struct Live {
    /// Where the segment began and how many of its cells are done.
    done: Option<(u64, usize)>,
    /// Cells of one emotion whose end is not known yet.
    run: Vec<Cell>,
}

impl Live {
    /// Spans that can be told while `open` is still open.
    ///
    /// # Errors
    /// `Model` where the network refuses its input.
    pub(super) fn listen(&mut self, on: Hearing, open: Range<u64>) -> Result<Vec<Span>> {
        let heard = on.channel.end().saturating_sub(samples(AHEAD));
        self.until(on, open.start..open.end.min(heard))
    }

    /// All that is left of a segment that has ended.
    ///
    /// # Errors
    /// `Model` where the network refuses its input.
    pub(super) fn end(&mut self, on: Hearing, segment: Range<u64>) -> Result<Vec<Span>> {
        let mut told = self.until(on, segment.clone())?;
        let (_, cells) = self.done.take().unwrap_or((segment.start, 0));
        let from = segment.start + cells as u64 * samples(HOP);
        // A rest of less than half a cell belongs to the cell before it.
        match self.run.last_mut() {
            Some(last) if segment.end.saturating_sub(from) < samples(HOP) / 2 => {
                last.end = SampleRate::MODEL.seconds(segment.end).0;
            }
            _ => {
                if let Some(cell) = on.cell(from..segment.end, &segment)? {
                    told.extend(self.add(on, cell));
                }
            }
        }
        told.extend(on.spans(&std::mem::take(&mut self.run)));
        Ok(told)
    }

    /// Answers whole cells up to the end of `segment`.
    fn until(&mut self, on: Hearing, segment: Range<u64>) -> Result<Vec<Span>> {
        let hop = samples(HOP);
        let mut told = Vec::new();
        let (start, mut done) =
            self.done.filter(|done| done.0 == segment.start).unwrap_or((segment.start, 0));
        while start + (done as u64 + 1) * hop <= segment.end {
            let range = start + done as u64 * hop..start + (done as u64 + 1) * hop;
            if let Some(cell) = on.cell(range, &segment)? {
                told.extend(self.add(on, cell));
            }
            done += 1;
        }
        self.done = Some((start, done));
        Ok(told)
    }

    /// Adds a cell; gives the span it ends, if it does.
    fn add(&mut self, on: Hearing, cell: Cell) -> Vec<Span> {
        let goes_on = self
            .run
            .last()
            .is_none_or(|last| last.touches(&cell) && last.posterior.top().0 == cell.posterior.top().0);
        let ended = if goes_on { Vec::new() } else { std::mem::take(&mut self.run) };
        self.run.push(cell);
        on.spans(&ended)
    }
}

fn samples(time: Seconds) -> u64 {
    SampleRate::MODEL.samples(time)
}

impl Hearing<'_> {
    /// The span or spans that cells of its voice make.
    fn spans(self, cells: &[Cell]) -> Vec<Span> {
        spans_of(self.analyzer, cells, std::slice::from_ref(self.voice))
    }

    /// The answer for `range` by a window around its middle that does not reach out of the segment at its start.
    fn cell(self, range: Range<u64>, segment: &Range<u64>) -> Result<Option<Cell>> {
        let Hearing { analyzer, channel, voice } = self;
        let (rate, metadata) = (SampleRate::MODEL, analyzer.model().metadata());
        let middle = (range.start + range.end) / 2;
        let half = samples(WINDOW) / 2;
        let window = middle.saturating_sub(half).max(segment.start)..(middle + half).max(range.end);
        let from = window.start.saturating_sub(samples(metadata.receptive_seconds)).max(segment.start);
        let mut waveform = channel.samples(from..window.end + samples(metadata.receptive_seconds));
        waveform.resize(waveform.len().max(samples(metadata.shortest_seconds) as usize), 0.0);
        let heard = analyzer.model().hear(&waveform)?;
        let frame = features::HOP * VIEW_FRAMES;
        let at = |sample: u64| (((sample - from) as usize).div_ceil(frame)).min(heard.frames.len());
        let frames = at(window.start)..at(window.end.min(channel.end()));
        let views = frames.start * VIEW_FRAMES..frames.end * VIEW_FRAMES;
        if frames.is_empty() || !analyzer.bounds().hold(Movements::of(&heard.spectrogram).within(views)) {
            return Ok(None);
        }
        let pooled = Pool::new(heard.frames.data(), heard.frames.width()).window(frames);
        let baseline = voice.baseline(analyzer);
        let segment = Segment { start: rate.seconds(range.start), end: rate.seconds(range.end) };
        let answered = posteriors(analyzer, &mut std::iter::once((segment, pooled, &baseline)))?;
        Ok(answered.into_iter().next().map(|heard| Cell {
            start: segment.start.0,
            end: segment.end.0,
            channel: voice.channel,
            speaker: voice.name.clone(),
            posterior: heard.posterior,
            intensity: heard.intensity,
            agreement: heard.agreement,
        }))
    }
}
