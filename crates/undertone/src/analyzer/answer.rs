//! Analysed stretches + who speaks when → cells: every window answered by the usual voice of its own speaker.

use super::Analyzer;
use super::channel::Analysed;
use crate::analysis::{BaselineUsed, Cell, Heard, Span, Speaker, cells, spans};
use crate::error::Result;
use crate::model::{Answer, Baseline, Posterior};
use crate::speakers::Usual;
use crate::units::Segment;

/// Windows answered together.
const TOGETHER: usize = 1024;

/// One voice, and all that is known of it.
pub(super) struct Voice {
    /// Its name, where there is one.
    pub name: Option<String>,
    /// The channel, from 0.
    pub channel: usize,
    /// Seconds of speech heard in this recording.
    pub seconds: f64,
    /// The statistics enrolled beforehand and the seconds of speech they rest on; none where nobody was. What is heard in
    /// the recording itself changes nothing: see `docs/decisions/0014-no-adaptation-to-the-recording-itself.md`.
    pub enrolled: Option<(Usual, f64)>,
}

/// A stretch of one voice within an analysed segment.
pub(super) struct Part {
    pub segment: Segment,
    /// The voice's place in the list of voices.
    pub voice: usize,
}

impl Voice {
    pub(super) fn new(name: Option<String>, channel: usize) -> Voice {
        Voice { name, channel, seconds: 0.0, enrolled: None }
    }

    /// What answers rest on: the population's statistics where nobody was enrolled.
    pub(super) fn baseline(&self, analyzer: &Analyzer) -> Baseline {
        let metadata = analyzer.model().metadata();
        match &self.enrolled {
            Some((usual, _)) => usual.baseline(&metadata.population, metadata.kappa, metadata.kappa_scale),
            None => analyzer.model().population(),
        }
    }

    /// The weight of [`Voice::baseline`].
    fn weight(&self, analyzer: &Analyzer) -> f32 {
        let weight = |(usual, _): &(Usual, f64)| usual.weight(analyzer.model().metadata().kappa);
        self.enrolled.as_ref().map_or(0.0, weight)
    }

    /// What the result says of it.
    pub(super) fn speaker(&self) -> Speaker {
        let (source, seconds) = match self.enrolled {
            Some((_, seconds)) => ("enrolled", seconds),
            None => ("none", 0.0),
        };
        Speaker {
            id: self.name.clone().unwrap_or_else(|| "speaker 1".to_string()),
            channel: self.channel,
            seconds: self.seconds,
            baseline: BaselineUsed { source: source.to_string(), seconds },
        }
    }
}

/// The posteriors of windows, each with the baseline of its voice.
///
/// # Errors
/// `Model` where the network refuses its input.
pub(super) fn posteriors(
    analyzer: &Analyzer,
    mut pooled: &mut dyn Iterator<Item = (Segment, Vec<f32>, &Baseline)>,
) -> Result<Vec<Heard>> {
    let (classes, mut heard) = (&analyzer.model().metadata().classes, Vec::new());
    loop {
        let (mut windows, mut rows, mut baselines) = (Vec::new(), Vec::new(), Vec::new());
        for (window, row, baseline) in (&mut pooled).take(TOGETHER) {
            windows.push(window);
            rows.push(row);
            baselines.push(baseline);
        }
        if rows.is_empty() {
            return Ok(heard);
        }
        let answers = analyzer.model().answer(&rows, &baselines)?;
        heard.extend(windows.into_iter().zip(&baselines).zip(answers).map(
            |((segment, baseline), answer)| {
                let temperature = analyzer.temperature(baseline.weight);
                let asked = analyzer.emotions();
                let posterior = Posterior::new(classes, &answer.logits, temperature, asked);
                let Answer { intensity, agreement, .. } = answer;
                Heard { segment, posterior, intensity, agreement }
            },
        ));
    }
}

/// The cells of a channel's stretches. `parts[i]` are the voices within `analysed[i]`, in order.
///
/// A window belongs to the voice that has most of it. A cell is answered by the windows of its own voice; by all over it where
/// that voice says too little there to have one.
///
/// # Errors
/// `Model` where the network refuses its input.
pub(super) fn answer(
    analyzer: &Analyzer,
    analysed: &[Analysed],
    parts: &[Vec<Part>],
    voices: &mut [Voice],
) -> Result<Vec<Cell>> {
    let owners: Vec<Vec<Option<usize>>> = analysed
        .iter()
        .zip(parts)
        .map(|(analysed, parts)| analysed.windows.iter().map(|&window| owner(window, parts)).collect())
        .collect();
    let baselines: Vec<Baseline> = voices.iter().map(|voice| voice.baseline(analyzer)).collect();
    let nobody = analyzer.model().population();
    let mut windows = analysed.iter().zip(&owners).flat_map(|(analysed, owners)| {
        let baseline = |i: usize| owners[i].map_or(&nobody, |voice| &baselines[voice]);
        (0..owners.len()).map(move |i| (analysed.windows[i], analysed.pooled(i), baseline(i)))
    });
    let mut heard = posteriors(analyzer, &mut windows)?.into_iter();
    let (mut found, mut seconds) = (Vec::new(), vec![0.0; voices.len()]);
    for ((analysed, owners), parts) in analysed.iter().zip(&owners).zip(parts) {
        let heard: Vec<Heard> = heard.by_ref().take(analysed.windows.len()).collect();
        for part in parts {
            let own = heard.iter().zip(owners).filter(|(_, owner)| **owner == Some(part.voice));
            let own: Vec<Heard> = own.map(|(heard, _)| heard.clone()).collect();
            let voice = &voices[part.voice];
            let mut some = cells(part.segment, &own, voice.channel);
            if some.is_empty() {
                some = cells(part.segment, &heard, voice.channel);
            }
            some.iter_mut().for_each(|cell| cell.speaker.clone_from(&voice.name));
            seconds[part.voice] += some.iter().map(Cell::duration).sum::<f64>();
            found.extend(some);
        }
    }
    voices.iter_mut().zip(seconds).for_each(|(voice, seconds)| voice.seconds = seconds);
    Ok(found)
}

/// The voice that has most of a window.
fn owner(window: Segment, parts: &[Part]) -> Option<usize> {
    let shared =
        |part: &Part| part.segment.end.0.min(window.end.0) - part.segment.start.0.max(window.start.0);
    let mut shares = std::collections::BTreeMap::<usize, f64>::new();
    for part in parts.iter().filter(|part| shared(part) > 0.0) {
        *shares.entry(part.voice).or_default() += shared(part);
    }
    shares.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(voice, _)| voice)
}

/// Cells → spans, with the prediction set of each voice's condition.
pub(super) fn spans_of(analyzer: &Analyzer, cells: &[Cell], voices: &[Voice]) -> Vec<Span> {
    let threshold = |cell: &Cell| {
        let own = voices.iter().find(|voice| voice.name == cell.speaker && voice.channel == cell.channel);
        analyzer.threshold(own.map_or(0.0, |voice| voice.weight(analyzer)))
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
    fn a_window_belongs_to_the_voice_that_has_most_of_it() {
        let part = |start, end, voice| Part { segment: segment(start, end), voice };
        let parts = [part(0.0, 1.0, 0), part(1.0, 2.0, 1), part(2.0, 4.0, 0)];
        assert_eq!(owner(segment(0.0, 2.4), &parts), Some(0));
        assert_eq!(owner(segment(0.9, 2.0), &parts), Some(1));
        assert_eq!(owner(segment(5.0, 6.0), &parts), None);
    }
}
