//! Analysed segments + who speaks when → cells: every window is predicted with the adaptation of its own speaker.

use super::segment::Analysed;
use super::setup::Setup;
use super::voice::HeardSpeaker;
use crate::error::Result;
use crate::model::{Adaptation, Answer, Posterior, Worker};
use crate::speakers::OffsetEstimator;
use crate::timeline::{Cell, Span, WINDOW, WindowPrediction, cells, spans};
use crate::units::Segment;

/// Windows answered together.
const TOGETHER: usize = 1024;

/// What one speaker has of an analysed segment.
#[derive(Debug)]
pub(super) struct Part {
    pub segment: Segment,
    /// The speaker's place in the list of speakers.
    pub speaker: usize,
}

/// A window of an analysed segment.
struct Owned<'a> {
    analysed: &'a Analysed,
    /// Its place in the segment.
    place: usize,
    /// Its speaker's place in the list of speakers.
    owner: Option<usize>,
    /// Speech in it that no window of its speaker before it holds, in windows.
    share: f64,
}

impl Owned<'_> {
    fn pooled(&self) -> Vec<f32> {
        self.analysed.pooled(self.place)
    }
}

/// The model's answers for windows, each with the adaptation of its speaker.
///
/// # Errors
/// `Model` where the network refuses its input.
pub(super) fn answers<'a>(
    setup: &Setup,
    mut windows: impl Iterator<Item = (Vec<f32>, &'a Adaptation)>,
) -> Result<Vec<Answer>> {
    let mut answers = Vec::new();
    loop {
        let (rows, adaptations): (Vec<Vec<f32>>, Vec<&Adaptation>) = (&mut windows).take(TOGETHER).unzip();
        if rows.is_empty() {
            return Ok(answers);
        }
        let answer = |worker: &Worker| setup.model.answer_on(&rows, &adaptations, Some(worker));
        answers.extend(setup.workers.one(answer)?);
    }
}

/// The cells of a channel's segments, with posteriors under the even prior. `parts[i]` are the speakers within `analysed[i]`, in
/// order. Estimates the speakers' offsets and priors on the way.
///
/// A window belongs to the speaker who has most of it. A cell is predicted by the windows of its own speaker; by all over it
/// where that speaker says too little there to have one.
///
/// # Errors
/// `Model` where the network refuses its input.
pub(super) fn cells_of(
    setup: &Setup,
    analysed: &[Analysed],
    parts: &[Vec<Part>],
    speakers: &mut [HeardSpeaker],
) -> Result<Vec<Cell>> {
    let windows = owned(analysed, parts, speakers.len());
    let mut predicted = predicted(setup, &windows, speakers)?.into_iter().zip(&windows);
    let (mut found, mut seconds) = (Vec::new(), vec![0.0; speakers.len()]);
    for (analysed, parts) in analysed.iter().zip(parts) {
        let heard: Vec<(WindowPrediction, &Owned)> =
            predicted.by_ref().take(analysed.windows.len()).collect();
        let all = || heard.iter().map(|(window, _)| window.clone()).collect::<Vec<_>>();
        for part in parts {
            let own = heard.iter().filter(|(_, window)| window.owner == Some(part.speaker));
            let own: Vec<WindowPrediction> = own.map(|(window, _)| window.clone()).collect();
            let speaker = &speakers[part.speaker];
            let mut some = cells(part.segment, &own, speaker.channel);
            if some.is_empty() {
                some = cells(part.segment, &all(), speaker.channel);
            }
            some.iter_mut().for_each(|cell| cell.speaker.clone_from(&speaker.name));
            seconds[part.speaker] += some.iter().map(Cell::duration).sum::<f64>();
            found.extend(some);
        }
    }
    speakers.iter_mut().zip(seconds).for_each(|(speaker, seconds)| speaker.seconds = seconds);
    Ok(found)
}

/// All windows in order, with their speakers.
fn owned<'a>(analysed: &'a [Analysed], parts: &[Vec<Part>], speakers: usize) -> Vec<Owned<'a>> {
    let (mut windows, mut until) = (Vec::new(), vec![f64::NEG_INFINITY; speakers]);
    for (analysed, parts) in analysed.iter().zip(parts) {
        for (place, window) in analysed.windows.iter().enumerate() {
            let owner = owner(*window, parts);
            let share = owner.map_or(0.0, |speaker| {
                let new = (window.end.0 - window.start.0.max(until[speaker])).max(0.0);
                until[speaker] = until[speaker].max(window.end.0);
                new / WINDOW.0
            });
            windows.push(Owned { analysed, place, owner, share });
        }
    }
    windows
}

/// The predictions for windows under the even prior, each with the adaptation of its speaker; estimates offsets and priors.
fn predicted(
    setup: &Setup,
    windows: &[Owned],
    speakers: &mut [HeardSpeaker],
) -> Result<Vec<WindowPrediction>> {
    let nobody = HeardSpeaker::default();
    let population = setup.model.population();
    let adaptations =
        |speakers: &[HeardSpeaker]| speakers.iter().map(|one| one.adaptation(setup)).collect::<Vec<_>>();
    let known = adaptations(speakers);
    let of = |window: &Owned| window.owner.map_or(&population, |speaker| &known[speaker]);
    let mut answered = answers(setup, windows.iter().map(|window| (window.pooled(), of(window))))?;
    estimate_offsets(setup, windows, &answered, speakers);
    let known = adaptations(speakers);
    let adapted = |window: &Owned| window.owner.filter(|&speaker| speakers[speaker].offset.is_some());
    let again = windows.iter().filter_map(|window| Some((window.pooled(), &known[adapted(window)?])));
    let mut again = answers(setup, again)?.into_iter();
    for (answer, window) in answered.iter_mut().zip(windows) {
        if adapted(window).is_some()
            && let Some(better) = again.next()
        {
            *answer = better;
        }
    }
    let predicted: Vec<WindowPrediction> = windows
        .iter()
        .zip(answered)
        .map(|(window, answer)| {
            let speaker = window.owner.map_or(&nobody, |speaker| &speakers[speaker]);
            let prediction = speaker.prediction(setup, answer);
            WindowPrediction { segment: window.analysed.windows[window.place], prediction }
        })
        .collect();
    for (number, speaker) in speakers.iter_mut().enumerate() {
        let own = windows.iter().zip(&predicted).filter(|(window, _)| window.owner == Some(number));
        let own: Vec<(f64, &Posterior)> =
            own.map(|(window, heard)| (window.share, &heard.prediction.posterior)).collect();
        speaker.estimate_prior(setup, &own);
    }
    Ok(predicted)
}

/// Estimates the offsets of those speakers who are adapted to by the recording.
fn estimate_offsets(setup: &Setup, windows: &[Owned], answered: &[Answer], speakers: &mut [HeardSpeaker]) {
    for (number, speaker) in speakers.iter_mut().enumerate().filter(|(_, speaker)| speaker.adapts()) {
        let mut heard = OffsetEstimator::default();
        let own = windows.iter().zip(answered).filter(|(window, _)| window.owner == Some(number));
        for (window, answer) in own {
            heard.hear(setup.metadata(), &window.pooled(), &answer.logits, window.share);
        }
        speaker.offset = heard.estimate(setup.metadata(), setup.asked());
    }
}

/// The speaker who has most of a window.
fn owner(window: Segment, parts: &[Part]) -> Option<usize> {
    let shared =
        |part: &Part| part.segment.end.0.min(window.end.0) - part.segment.start.0.max(window.start.0);
    let mut shares = std::collections::BTreeMap::<usize, f64>::new();
    for part in parts.iter().filter(|part| shared(part) > 0.0) {
        *shares.entry(part.speaker).or_default() += shared(part);
    }
    shares.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(speaker, _)| speaker)
}

/// Cells → spans, with the prediction set of each speaker's condition.
pub(super) fn spans_of(setup: &Setup, cells: &[Cell], speakers: &[HeardSpeaker]) -> Vec<Span> {
    let threshold = |cell: &Cell| {
        let own = speakers.iter().find(|one| one.name == cell.speaker && one.channel == cell.channel);
        setup.threshold(own.map_or(0.0, |speaker| speaker.weight(setup)))
    };
    let runs = cells.chunk_by(|a, b| a.speaker == b.speaker && a.channel == b.channel);
    runs.flat_map(|run| spans(run, run.first().and_then(threshold))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Seconds;

    fn segment(start: f64, end: f64) -> Segment {
        Segment { start: Seconds(start), end: Seconds(end) }
    }

    #[test]
    fn a_window_belongs_to_the_speaker_who_has_most_of_it() {
        let part = |start, end, speaker| Part { segment: segment(start, end), speaker };
        let parts = [part(0.0, 1.0, 0), part(1.0, 2.0, 1), part(2.0, 4.0, 0)];
        assert_eq!(owner(segment(0.0, 2.4), &parts), Some(0));
        assert_eq!(owner(segment(0.9, 2.0), &parts), Some(1));
        assert_eq!(owner(segment(5.0, 6.0), &parts), None);
    }
}
