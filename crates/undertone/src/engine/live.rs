//! Predictions while a segment is still open, so that nobody waits for the end of a long sentence.
//!
//! Every [`BLOCK`] the frames that are new are computed, from samples that reach the receptive field further to either side, and
//! those that no later sample can change are kept. The final predictions are made from the kept ones too. A segment's time is cut
//! into cells [`HOP`] long; a cell is predicted by one window around its middle, as soon as it has been heard, and told by the rule
//! for all labels ([`crate::timeline::smooth`]) with the cells so far. A span is told when the next cell differs or the segment
//! ends: at most 1 s after its own end. The speaker's offset and prior are estimated again as more is heard; what was told stays
//! until the end, where all is predicted anew.

use std::ops::Range;

use super::channel::{Channel, context, is_cut, seen_to};
use super::event::Event;
use super::not_speech::Belief;
use super::prediction::{answers, spans_of};
use super::segment::{Analysed, FRAME, ROWS_A_FRAME};
use super::setup::Setup;
use super::voice::HeardSpeaker;
use crate::error::{Error, Result};
use crate::features::{Frames, Modulations, ROWS};
use crate::model::{Pool, Posterior};
use crate::speakers::OffsetEstimator;
use crate::timeline::{Cell, HOP, Span, WINDOW, smooth};
use crate::units::{SampleRate, Seconds, Segment};

/// Sound between two runs of the network.
const BLOCK: Seconds = Seconds(0.4);
/// Cells this far back are not told anew any more as the estimates change.
const MEMORY: Seconds = Seconds(60.0);
/// Offset and prior are estimated again when this share more has been heard.
const MORE: f64 = 1.05;

/// What is listened to: a channel, and what is heard on the others.
#[derive(Clone, Copy)]
pub(super) struct Hearing<'a> {
    pub setup: &'a Setup,
    pub channel: &'a Channel,
    /// All channels as heard live, this one aside.
    pub others: &'a [Live],
}

/// One channel as heard live.
#[derive(Default)]
pub(super) struct Live {
    /// Its speaker, by what is known so far.
    speaker: HeardSpeaker,
    /// All that was heard of the speaker, for the offset.
    heard: OffsetEstimator,
    /// And for the prior: shares of new speech, and posteriors under the even prior.
    even: Vec<(f64, Posterior)>,
    /// Windows heard when both were estimated last.
    estimated: f64,
    /// Whether somebody is speaking.
    speaking: bool,
    open: Option<Open>,
    /// The last cells, under the even prior.
    cells: Vec<Cell>,
    /// Cells of one emotion whose end is not known yet, as they are told.
    run: Vec<Cell>,
    /// Whether it is speech, by what was heard so far.
    belief: Belief,
}

/// A window around a cell: the cell's time, and the window's embedding.
type CellWindow = (Segment, Vec<f32>);

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
    pub(super) fn new(speaker: HeardSpeaker) -> Live {
        Live { speaker, ..Live::default() }
    }

    /// What can be told while a segment is open; `open` is what is certain of it.
    ///
    /// # Errors
    /// `Model` where the network refuses its input.
    pub(super) fn goes_on(&mut self, on: Hearing, open: Range<u64>) -> Result<Vec<Event>> {
        let mut events = self.started(open.start);
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
        let windows = segment.windows(on, segment.start..open.end.min(there), false, &mut self.belief);
        events.extend(self.hear(on, windows)?.into_iter().map(Event::Span));
        events.extend(self.spans(on, &self.run).pop().map(Event::Provisional));
        Ok(events)
    }

    /// A segment has ended: its final frames, ready to be predicted again, and what was left to say.
    ///
    /// # Errors
    /// `Model` where the network refuses its input.
    pub(super) fn end(&mut self, on: Hearing, range: &Range<u64>) -> Result<(Analysed, Vec<Event>)> {
        let mut events = self.started(range.start);
        let own = self.open.take().filter(|open| open.start == range.start);
        let mut segment = own.unwrap_or_else(|| Open::new(range.start));
        let cut = is_cut(range, on.setup);
        segment.run(on, seen_to(range, on.setup))?;
        let left = ((range.end - range.start).div_ceil(FRAME) as usize).saturating_sub(segment.kept.len());
        let Open { kept, edge, .. } = &mut segment;
        edge.move_to(kept, left);
        *edge = Trunk::default();
        let windows = segment.windows(on, range.clone(), true, &mut self.belief);
        events.extend(self.hear(on, windows)?.into_iter().map(Event::Span));
        if segment.rest(range) > 0 {
            // A rest of less than half a cell belongs to the cell before it.
            let last = self.run.last_mut().into_iter().chain(self.cells.last_mut());
            last.for_each(|cell| cell.end = SampleRate::MODEL.seconds(range.end).0);
        }
        let run = std::mem::take(&mut self.run);
        events.extend(self.spans(on, &run).into_iter().map(Event::Span));
        if !cut {
            self.speaking = false;
            let at = SampleRate::MODEL.seconds(range.end);
            events.push(Event::SpeechEnded { channel: self.speaker.channel, at });
        }
        let Trunk { rows, frames, width } = segment.kept;
        let spectrogram = Frames::of_rows(rows, ROWS);
        let analysed = Analysed::new(on.setup, range, &spectrogram, 0, || Frames::new(frames, width))?;
        Ok((analysed, events))
    }

    fn started(&mut self, start: u64) -> Vec<Event> {
        if std::mem::replace(&mut self.speaking, true) {
            return Vec::new();
        }
        vec![Event::SpeechStarted { channel: self.speaker.channel, at: SampleRate::MODEL.seconds(start) }]
    }

    /// Predicts cells by their windows; gives the spans they end.
    ///
    /// # Errors
    /// `Model` where the network refuses its input.
    fn hear(&mut self, on: Hearing, windows: Vec<CellWindow>) -> Result<Vec<Span>> {
        let Hearing { setup, .. } = on;
        if windows.is_empty() {
            return Ok(Vec::new());
        }
        if self.speaker.adapts() {
            let population = setup.model.population();
            let unadapted = answers(setup, windows.iter().map(|(_, pooled)| (pooled.clone(), &population)))?;
            for ((cell, pooled), answer) in windows.iter().zip(unadapted) {
                self.heard.hear(setup.metadata(), pooled, &answer.logits, share(cell));
            }
        }
        let adaptation = self.speaker.adaptation(setup);
        let answered = answers(setup, windows.iter().map(|(_, pooled)| (pooled.clone(), &adaptation)))?;
        let new = windows.iter().zip(answered).map(|((segment, _), answer)| Cell {
            start: segment.start.0,
            end: segment.end.0,
            channel: self.speaker.channel,
            speaker: self.speaker.name.clone(),
            prediction: self.speaker.prediction(setup, answer),
        });
        let new: Vec<Cell> = new.collect();
        self.even.extend(
            windows
                .iter()
                .zip(&new)
                .map(|((time, _), cell)| (share(time), cell.prediction.posterior.clone())),
        );
        self.cells.extend(new);
        let ended = self.tell(on, windows.len());
        self.estimate(setup);
        Ok(ended)
    }

    /// Adds the last `count` cells as they are told; gives the spans they end.
    fn tell(&mut self, on: Hearing, count: usize) -> Vec<Span> {
        let now = self.cells.last().map_or(0.0, |cell| cell.end);
        self.cells.retain(|cell| cell.end > now - MEMORY.0);
        let mut all = self.cells.clone();
        all.extend(on.others.iter().flat_map(|live| live.cells.iter().cloned()));
        all.sort_by(|a, b| a.start.total_cmp(&b.start));
        let prior = self.speaker.prior(on.setup);
        smooth(&mut all, |_| prior);
        all.retain(|cell| cell.channel == self.speaker.channel);
        let new = all.split_off(all.len().saturating_sub(count));
        // What has not been told follows what was heard since, as long as it stays one emotion: its end is not moved back.
        let revised = all.split_off(all.len().saturating_sub(self.run.len()));
        if revised.len() == self.run.len() && revised.windows(2).all(|pair| pair[0].agrees(&pair[1])) {
            self.run = revised;
        }
        let mut told = Vec::new();
        for cell in new {
            if self.run.last().is_some_and(|last| !last.touches(&cell) || !last.agrees(&cell)) {
                let run = std::mem::take(&mut self.run);
                told.extend(self.spans(on, &run));
            }
            self.run.push(cell);
        }
        told
    }

    /// Estimates offset and prior again where enough more was heard.
    fn estimate(&mut self, setup: &Setup) {
        let windows: f64 = self.even.iter().map(|(share, _)| share).sum();
        if windows < MORE * self.estimated {
            return;
        }
        self.estimated = windows;
        if self.speaker.adapts() {
            self.speaker.offset = self.heard.estimate(setup.metadata(), setup.asked());
        }
        let even: Vec<(f64, &Posterior)> = self.even.iter().map(|(share, row)| (*share, row)).collect();
        self.speaker.estimate_prior(setup, &even);
    }

    /// The span or spans that cells of its speaker make.
    fn spans(&self, on: Hearing, cells: &[Cell]) -> Vec<Span> {
        spans_of(on.setup, cells, std::slice::from_ref(&self.speaker))
    }
}

/// How much new speech is in a cell, in windows.
fn share(cell: &Segment) -> f64 {
    cell.duration().0 / WINDOW.0
}

fn samples(time: Seconds) -> u64 {
    SampleRate::MODEL.samples(time)
}

impl Open {
    fn new(start: u64) -> Open {
        Open { start, kept: Trunk::default(), edge: Trunk::default(), ran: start, cells: 0 }
    }

    /// Runs the network over what follows the kept frames, up to the sample `to`.
    fn run(&mut self, on: Hearing, to: u64) -> Result<()> {
        let Hearing { setup, channel, .. } = on;
        let at = self.start + self.kept.len() as u64 * FRAME;
        let first = channel.seen_from(self.start, setup);
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

    /// The windows around the cells that lie whole in `range` and have not been predicted; to the `end`, also around what is left of
    /// at least half a cell, or of a segment with no other. Cells without a voice are left out.
    fn windows(&mut self, on: Hearing, range: Range<u64>, end: bool, belief: &mut Belief) -> Vec<CellWindow> {
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
        windows.collect()
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
    fn the_trunk_runs_over_each_block_and_what_it_sees_to_either_side() {
        let sound = crate::engine::tests::voice(40.0);
        let engine = Engine::builder().threads(1).build().unwrap();
        let mut stream = engine.stream(StreamOptions::default()).unwrap();
        FED.set(0);
        for part in sound.chunks(1600) {
            stream.push(&[part]).unwrap();
        }
        let analysis = stream.finish().unwrap();
        let fed = FED.get() as f64 / 16_000.0;
        // Of every 0.4 s that are new the network sees 0.56 s more on both sides.
        assert!(analysis.speech_seconds > 25.0, "{} s", analysis.speech_seconds);
        assert!(fed <= 4.3 * analysis.speech_seconds, "{fed} s for {} s", analysis.speech_seconds);
        // The final predictions are those of the file, though made from blocks.
        let whole = engine.analyze_samples(&sound, 16_000).unwrap();
        assert_eq!(analysis.cells.len(), whole.cells.len());
        for (live, whole) in analysis.cells.iter().zip(&whole.cells) {
            let pairs = live.prediction.posterior.iter().zip(whole.prediction.posterior.iter());
            pairs.for_each(|((_, p), (_, q))| assert!((p - q).abs() < 1e-3, "{live:?} {whole:?}"));
        }
    }
}
