//! Predictions while a segment is still open, so that nobody waits for the end of a long sentence.
//!
//! The network runs once over each second: every [`BLOCK`] the frames that are new are computed, from samples that reach the
//! receptive field further to either side, and those that no later sample can change are kept. The final predictions are made from
//! the kept ones too. A segment's time is cut into cells [`HOP`] long; a cell is predicted by one window around its middle, as
//! soon as [`AHEAD`] has been heard beyond it. A span is told when the next cell differs or the segment ends: at most 2 s after
//! its own end.

use std::ops::Range;

use super::channel::{Channel, is_cut};
use super::event::Event;
use super::not_speech::Belief;
use super::prediction::{HeardSpeaker, predictions, spans_of};
use super::segment::{Analysed, FRAME, ROWS_A_FRAME};
use super::setup::Setup;
use crate::error::{Error, Result};
use crate::features::{Frames, Modulations, ROWS};
use crate::model::Pool;
use crate::timeline::{Cell, HOP, Span, WINDOW};
use crate::units::{SampleRate, Seconds, Segment};

/// Sound between two runs of the network.
const BLOCK: Seconds = Seconds(1.0);
/// What is heard beyond a cell before it is predicted.
const AHEAD: Seconds = Seconds(0.2);

/// What is listened to: a channel, and its speaker as known beforehand.
#[derive(Clone, Copy)]
pub(super) struct Hearing<'a> {
    pub setup: &'a Setup,
    pub channel: &'a Channel,
    pub speaker: &'a HeardSpeaker,
}

/// One channel as heard live.
#[derive(Default)]
pub(super) struct Live {
    /// Whether somebody is speaking.
    speaking: bool,
    open: Option<Open>,
    /// Cells of one emotion whose end is not known yet.
    run: Vec<Cell>,
    /// Whether it is speech, by what was heard so far.
    belief: Belief,
}

/// A segment that has not ended yet.
struct Open {
    start: u64,
    /// Frames, and their rows of the spectrogram, that are final.
    kept: Trunk,
    /// Frames after these, which later samples may still change.
    edge: Trunk,
    /// Samples heard when the network ran last.
    ran: u64,
    /// Cells that are predicted.
    cells: usize,
}

/// What the network's trunk made of some frames.
#[derive(Default)]
struct Trunk {
    rows: Vec<f32>,
    frames: Vec<f32>,
    width: usize,
}

impl Trunk {
    /// How many frames.
    fn len(&self) -> usize {
        self.frames.len() / self.width.max(1)
    }

    /// Moves the first `count` frames to the end of `kept`.
    fn move_to(&mut self, kept: &mut Trunk, count: usize) {
        let count = count.min(self.len());
        let rows = (count * ROWS_A_FRAME * ROWS).min(self.rows.len());
        kept.width = self.width;
        kept.rows.extend(self.rows.drain(..rows));
        kept.frames.extend(self.frames.drain(..count * self.width));
    }
}

impl Live {
    /// What can be told while a segment is open; `open` is what is certain of it.
    ///
    /// # Errors
    /// `Model` where the network refuses its input.
    pub(super) fn goes_on(&mut self, on: Hearing, open: Range<u64>) -> Result<Vec<Event>> {
        let mut events = self.started(on, open.start);
        let heard = on.channel.end();
        let segment = self.open.get_or_insert_with(|| Open::new(open.start));
        if heard < segment.ran + samples(BLOCK) {
            return Ok(events);
        }
        segment.run(on, heard)?;
        let context = context(on.setup);
        let last = ((open.end - segment.start) / FRAME).saturating_sub(context) as usize;
        let Open { kept, edge, .. } = segment;
        edge.move_to(kept, last.saturating_sub(kept.len()));
        let there = segment.start + (segment.kept.len() + segment.edge.len()) as u64 * FRAME;
        let until = open.end.min(there.saturating_sub(samples(AHEAD)));
        let cells = segment.cells(on, segment.start..until, false, &mut self.belief)?;
        events.extend(self.add(on, cells).into_iter().map(Event::Span));
        events.extend(on.spans(&self.run).pop().map(Event::Provisional));
        Ok(events)
    }

    /// A segment has ended: its final frames, ready to be predicted again, and what was left to say.
    ///
    /// # Errors
    /// `Model` where the network refuses its input.
    pub(super) fn end(&mut self, on: Hearing, range: &Range<u64>) -> Result<(Analysed, Vec<Event>)> {
        let mut events = self.started(on, range.start);
        let own = self.open.take().filter(|open| open.start == range.start);
        let mut segment = own.unwrap_or_else(|| Open::new(range.start));
        let cut = is_cut(range, on.setup);
        segment.run(on, range.end + if cut { context(on.setup) * FRAME } else { 0 })?;
        let left = ((range.end - range.start).div_ceil(FRAME) as usize).saturating_sub(segment.kept.len());
        let Open { kept, edge, .. } = &mut segment;
        edge.move_to(kept, left);
        *edge = Trunk::default();
        let cells = segment.cells(on, range.clone(), true, &mut self.belief)?;
        events.extend(self.add(on, cells).into_iter().map(Event::Span));
        if let Some(last) = self.run.last_mut().filter(|_| segment.rest(range) > 0) {
            // A rest of less than half a cell belongs to the cell before it.
            last.end = SampleRate::MODEL.seconds(range.end).0;
        }
        events.extend(on.spans(&std::mem::take(&mut self.run)).into_iter().map(Event::Span));
        if !cut {
            self.speaking = false;
            let at = SampleRate::MODEL.seconds(range.end);
            events.push(Event::SpeechEnded { channel: on.speaker.channel, at });
        }
        let Trunk { rows, frames, width } = segment.kept;
        let spectrogram = Frames::of_rows(rows, ROWS);
        let analysed = Analysed::new(on.setup, range, &spectrogram, 0, || Frames::new(frames, width))?;
        Ok((analysed, events))
    }

    fn started(&mut self, on: Hearing, start: u64) -> Vec<Event> {
        if std::mem::replace(&mut self.speaking, true) {
            return Vec::new();
        }
        vec![Event::SpeechStarted { channel: on.speaker.channel, at: SampleRate::MODEL.seconds(start) }]
    }

    /// Adds cells; gives the spans they end.
    fn add(&mut self, on: Hearing, cells: Vec<Cell>) -> Vec<Span> {
        let mut told = Vec::new();
        for cell in cells {
            if self.run.last().is_some_and(|last| !last.touches(&cell) || !last.agrees(&cell)) {
                told.extend(on.spans(&std::mem::take(&mut self.run)));
            }
            self.run.push(cell);
        }
        told
    }
}

fn samples(time: Seconds) -> u64 {
    SampleRate::MODEL.samples(time)
}

/// Frames that one frame sees to either side, and one more, as the spectrogram's own windows are wider than a frame.
fn context(setup: &Setup) -> u64 {
    samples(setup.metadata().receptive_seconds).div_ceil(FRAME) + 1
}

impl Open {
    fn new(start: u64) -> Open {
        Open { start, kept: Trunk::default(), edge: Trunk::default(), ran: start, cells: 0 }
    }

    /// Runs the network over what follows the kept frames, up to the sample `to`.
    fn run(&mut self, on: Hearing, to: u64) -> Result<()> {
        let Hearing { setup, channel, .. } = on;
        let at = self.start + self.kept.len() as u64 * FRAME;
        // Where the segment is the rest of a longer one, what lies before it is seen too.
        let first = if channel.goes_on(&(self.start..to)) { channel.start() } else { self.start };
        let before = (at.saturating_sub(first) / FRAME).min(context(setup));
        let mut waveform = channel.samples(at - before * FRAME..to);
        let shortest = samples(setup.metadata().shortest_seconds) as usize;
        waveform.resize(waveform.len().max(shortest), 0.0);
        #[cfg(test)]
        tests::FED.with(|fed| fed.set(fed.get() + waveform.len()));
        let (spectrogram, frames) = setup.workers.one(|worker| {
            let spectrogram = setup.model.spectrogram(&waveform);
            let frames = setup.model.frames_on(&waveform, &spectrogram, Some(worker))?;
            Ok::<_, Error>((spectrogram, frames))
        })?;
        let (width, before) = (frames.width(), before as usize);
        let rows = spectrogram.data().get(before * ROWS_A_FRAME * ROWS..).unwrap_or_default().to_vec();
        let frames = frames.data().get(before * width..).unwrap_or_default().to_vec();
        self.edge = Trunk { rows, frames, width };
        self.ran = channel.end();
        Ok(())
    }

    /// Samples after the last whole cell.
    fn rest(&self, range: &Range<u64>) -> u64 {
        range.end.saturating_sub(self.start + self.cells as u64 * samples(HOP))
    }

    /// Predicts the cells that lie whole in `range` and have not been predicted; to the `end`, also what is left of at least half a
    /// cell, or of a segment with no other.
    fn cells(&mut self, on: Hearing, range: Range<u64>, end: bool, belief: &mut Belief) -> Result<Vec<Cell>> {
        let hop = samples(HOP);
        let mut ranges = Vec::new();
        while self.rest(&range) >= hop {
            let from = self.start + self.cells as u64 * hop;
            ranges.push(from..from + hop);
            self.cells += 1;
        }
        let rest = self.rest(&range);
        if end && rest > 0 && (rest >= hop / 2 || self.cells == 0) {
            ranges.push(range.end - rest..range.end);
            self.cells += 1;
        }
        let frames = [&self.kept.frames[..], &self.edge.frames[..]].concat();
        let rows = [&self.kept.rows[..], &self.edge.rows[..]].concat();
        let width = self.kept.width.max(self.edge.width);
        let there = frames.len() / width.max(1);
        let half = (samples(WINDOW) / 2 / FRAME) as usize;
        let start = self.start;
        let windows = ranges.into_iter().filter_map(|range| {
            let middle = ((range.start + range.end) / 2 - start) / FRAME;
            let window = (middle as usize).saturating_sub(half)..(middle as usize + half).min(there);
            let rows = rows.get(window.start * ROWS_A_FRAME * ROWS..)?;
            let rows = rows[..rows.len().min(window.len() * ROWS_A_FRAME * ROWS)].to_vec();
            let rows = Frames::of_rows(rows, ROWS);
            let heard = |frame: usize| SampleRate::MODEL.seconds(start + frame as u64 * FRAME);
            let around = Segment { start: heard(window.start), end: heard(window.end) };
            let evidence = on.setup.gate.evidence(&Modulations::of(&rows), 0..rows.len());
            let voice = evidence.is_some_and(|evidence| belief.speech(around, evidence));
            let segment = Segment {
                start: SampleRate::MODEL.seconds(range.start),
                end: SampleRate::MODEL.seconds(range.end),
            };
            let frames =
                frames.get(window.start * width..window.end * width).filter(|frames| !frames.is_empty())?;
            voice.then(|| (segment, Pool::new(frames, width).window(0..frames.len() / width)))
        });
        let adaptation = on.speaker.adaptation(on.setup);
        let mut windows = windows.map(|(segment, pooled)| (segment, pooled, &adaptation));
        let predicted = predictions(on.setup, &mut windows)?;
        let cell = |window: crate::timeline::WindowPrediction| Cell {
            start: window.segment.start.0,
            end: window.segment.end.0,
            channel: on.speaker.channel,
            speaker: on.speaker.name.clone(),
            prediction: window.prediction,
        };
        Ok(predicted.into_iter().map(cell).collect())
    }
}

impl Hearing<'_> {
    /// The span or spans that cells of its speaker make.
    fn spans(self, cells: &[Cell]) -> Vec<Span> {
        spans_of(self.setup, cells, std::slice::from_ref(self.speaker))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::cell::Cell;

    use crate::Engine;
    use crate::engine::StreamOptions;

    thread_local! {
        /// Samples that the trunk was run over by this thread's streams.
        pub(super) static FED: Cell<usize> = const { Cell::new(0) };
    }

    #[test]
    fn the_trunk_runs_once_over_each_second_but_for_what_it_sees_to_either_side() {
        let sound = crate::engine::tests::voice(40.0);
        let engine = Engine::builder().threads(1).build().unwrap();
        let mut stream = engine.stream(StreamOptions::default()).unwrap();
        FED.set(0);
        for part in sound.chunks(1600) {
            stream.push(&[part]).unwrap();
        }
        let analysis = stream.finish().unwrap();
        let fed = FED.get() as f64 / 16_000.0;
        // Of every 1 s that is new the network sees 0.56 s more on both sides.
        assert!(analysis.speech_seconds > 25.0, "{} s", analysis.speech_seconds);
        assert!(fed <= 2.3 * analysis.speech_seconds, "{fed} s for {} s", analysis.speech_seconds);
        // The final predictions are those of the file, though made from blocks.
        let whole = engine.analyze_samples(&sound, 16_000).unwrap();
        assert_eq!(analysis.cells.len(), whole.cells.len());
        for (live, whole) in analysis.cells.iter().zip(&whole.cells) {
            let pairs = live.prediction.posterior.iter().zip(whole.prediction.posterior.iter());
            pairs.for_each(|((_, p), (_, q))| assert!((p - q).abs() < 1e-3, "{live:?} {whole:?}"));
        }
    }
}
