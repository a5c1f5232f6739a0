//! Analysed segments + who speaks when → cells: every window is predicted with the adaptation of its own speaker.

use super::segment::Analysed;
use super::setup::Setup;
use crate::analysis::{AdaptationSource, AdaptationUsed, Speaker};
use crate::error::Result;
use crate::model::{Adaptation, Answer, Posterior, Prediction, Worker};
use crate::speakers::SpeakerStats;
use crate::timeline::{Cell, Span, WindowPrediction, cells, spans};
use crate::units::Segment;

/// Windows answered together.
const TOGETHER: usize = 1024;

/// A speaker, and all that is known of them.
#[derive(Debug)]
pub(super) struct HeardSpeaker {
    /// The name, where there is one.
    pub name: Option<String>,
    /// The channel, from 0.
    pub channel: usize,
    /// Seconds of speech heard in this recording.
    pub seconds: f64,
    /// The statistics enrolled beforehand and the seconds of speech they rest on; none where nobody was. What is heard in
    /// the recording itself changes nothing: see `docs/decisions/0014-no-adaptation-to-the-recording-itself.md`.
    pub enrolled: Option<(SpeakerStats, f64)>,
}

/// What one speaker has of an analysed segment.
#[derive(Debug)]
pub(super) struct Part {
    pub segment: Segment,
    /// The speaker's place in the list of speakers.
    pub speaker: usize,
}

impl HeardSpeaker {
    pub(super) fn new(name: Option<String>, channel: usize) -> HeardSpeaker {
        HeardSpeaker { name, channel, seconds: 0.0, enrolled: None }
    }

    /// What answers rest on: the population's statistics where nobody was enrolled.
    pub(super) fn adaptation(&self, setup: &Setup) -> Adaptation {
        let metadata = setup.metadata();
        match &self.enrolled {
            Some((stats, _)) => stats.adaptation(&metadata.population, metadata.kappa, metadata.kappa_scale),
            None => setup.model.population(),
        }
    }

    /// The weight of [`HeardSpeaker::adaptation`].
    fn weight(&self, setup: &Setup) -> f32 {
        let weight = |(stats, _): &(SpeakerStats, f64)| stats.weight(setup.metadata().kappa);
        self.enrolled.as_ref().map_or(0.0, weight)
    }

    /// What the result says of it.
    pub(super) fn speaker(&self) -> Speaker {
        let (source, seconds) = match self.enrolled {
            Some((_, seconds)) => (AdaptationSource::Enrolled, seconds),
            None => (AdaptationSource::None, 0.0),
        };
        Speaker {
            id: self.name.clone().unwrap_or_else(|| "speaker 1".to_string()),
            channel: self.channel,
            seconds: self.seconds,
            adaptation: AdaptationUsed { source, seconds },
        }
    }
}

/// The predictions for windows, each with the adaptation of its speaker.
///
/// # Errors
/// `Model` where the network refuses its input.
pub(super) fn predictions(
    setup: &Setup,
    mut pooled: &mut (dyn Iterator<Item = (Segment, Vec<f32>, &Adaptation)> + '_),
) -> Result<Vec<WindowPrediction>> {
    let (classes, mut predicted) = (&setup.metadata().classes, Vec::new());
    loop {
        let (mut windows, mut rows, mut adaptations) = (Vec::new(), Vec::new(), Vec::new());
        for (window, row, adaptation) in (&mut pooled).take(TOGETHER) {
            windows.push(window);
            rows.push(row);
            adaptations.push(adaptation);
        }
        if rows.is_empty() {
            return Ok(predicted);
        }
        let answer = |worker: &Worker| setup.model.answer_on(&rows, &adaptations, Some(worker));
        let answers = setup.workers.one(answer)?;
        predicted.extend(windows.into_iter().zip(&adaptations).zip(answers).map(
            |((segment, adaptation), answer)| {
                let temperature = setup.temperature(adaptation.weight);
                let Answer { logits, intensity, agreement } = answer;
                let posterior = Posterior::new(classes, &logits, temperature, setup.options.emotions);
                let prediction = Prediction { posterior, intensity: Some(intensity), agreement };
                WindowPrediction { segment, prediction }
            },
        ));
    }
}

/// The cells of a channel's segments. `parts[i]` are the speakers within `analysed[i]`, in order.
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
    let owners: Vec<Vec<Option<usize>>> = analysed
        .iter()
        .zip(parts)
        .map(|(analysed, parts)| analysed.windows.iter().map(|&window| owner(window, parts)).collect())
        .collect();
    let adaptations: Vec<Adaptation> = speakers.iter().map(|speaker| speaker.adaptation(setup)).collect();
    let nobody = setup.model.population();
    let mut windows = analysed.iter().zip(&owners).flat_map(|(analysed, owners)| {
        let adaptation = |i: usize| owners[i].map_or(&nobody, |speaker| &adaptations[speaker]);
        (0..owners.len()).map(move |i| (analysed.windows[i], analysed.pooled(i), adaptation(i)))
    });
    let mut predicted = predictions(setup, &mut windows)?.into_iter();
    let (mut found, mut seconds) = (Vec::new(), vec![0.0; speakers.len()]);
    for ((analysed, owners), parts) in analysed.iter().zip(&owners).zip(parts) {
        let heard: Vec<WindowPrediction> = predicted.by_ref().take(analysed.windows.len()).collect();
        for part in parts {
            let own = heard.iter().zip(owners).filter(|(_, owner)| **owner == Some(part.speaker));
            let own: Vec<WindowPrediction> = own.map(|(heard, _)| heard.clone()).collect();
            let speaker = &speakers[part.speaker];
            let mut some = cells(part.segment, &own, speaker.channel);
            if some.is_empty() {
                some = cells(part.segment, &heard, speaker.channel);
            }
            some.iter_mut().for_each(|cell| cell.speaker.clone_from(&speaker.name));
            seconds[part.speaker] += some.iter().map(Cell::duration).sum::<f64>();
            found.extend(some);
        }
    }
    speakers.iter_mut().zip(seconds).for_each(|(speaker, seconds)| speaker.seconds = seconds);
    Ok(found)
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
