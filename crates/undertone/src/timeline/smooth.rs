//! The posteriors of cells as they are told: within a turn, cells of one speaker say something about each other.
//!
//! Cells come with posteriors under the even prior; `q` is the prior of their speaker. Nothing is carried over between turns: an
//! answer may be of another emotion than what it answers.
//!
//! - A turn of at most one window is answered as a whole: the mean posterior of its cells, under `q`.
//! - In a longer turn a cell gets the mean posterior of the cells within half a window of its middle, under `q`.
//!
//! A mean is never surer than what it is of. Multiplying evidence over a turn, as a hidden Markov model does, would be: the errors
//! of one speaker's windows are much the same (`docs/decisions/0016-speaker-offset-and-prior.md`).

use std::collections::BTreeMap;

use super::{Cell, WINDOW};
use crate::emotion::Emotion;
use crate::model::{Posterior, Prediction};
use crate::prior::apply;

/// What sums of times are off by at most, in seconds.
const ROUNDING: f64 = 1e-6;

type Row = [f32; Emotion::ALL.len()];

/// Gives the cells of a recording, all its channels together in order of time, the posteriors that they are told with; `prior` is
/// that of a cell's speaker. They sum to 1 over the classes that compete; intensities stay. Cells whose speaker is not known are
/// taken each alone: two speakers taken for one would colour each other (`docs/decisions/0008-smoothing.md`).
pub fn smooth(cells: &mut [Cell], prior: impl Fn(&Cell) -> Row) {
    for turn in turns(cells) {
        let own: Vec<&Cell> = turn.iter().map(|&number| &cells[number]).collect();
        let Some(prior) = own.first().map(|first| prior(first)) else { continue };
        let posteriors = told(&own, &prior);
        for (number, posterior) in turn.into_iter().zip(posteriors) {
            cells[number].prediction.posterior = posterior;
        }
    }
    for cell in cells.iter_mut().filter(|cell| cell.speaker.is_none()) {
        cell.prediction.posterior = apply(&cell.prediction.posterior, &prior(cell));
    }
}

/// Whether a turn is no longer than one window.
fn is_short(turn: &[&Cell]) -> bool {
    match turn {
        [first, .., last] => last.end - first.start <= WINDOW.0 + ROUNDING,
        _ => true,
    }
}

/// For each cell of a turn the mean posterior of those near it; of a short turn, of all.
fn told(turn: &[&Cell], prior: &Row) -> Vec<Posterior> {
    let reach = if is_short(turn) { f64::INFINITY } else { WINDOW.0 / 2.0 + ROUNDING };
    let middle = |cell: &Cell| (cell.start + cell.end) / 2.0;
    let near = |at: f64| {
        let first = turn.partition_point(|cell| middle(cell) < at - reach);
        let end = turn.partition_point(|cell| middle(cell) <= at + reach);
        mean(&turn[first..end], prior)
    };
    turn.iter().filter_map(|cell| near(middle(cell))).collect()
}

/// The mean posterior of some cells, by their durations, under a prior.
fn mean(cells: &[&Cell], prior: &Row) -> Option<Posterior> {
    let whole: f64 = cells.iter().map(|cell| cell.duration()).sum();
    let weighted = cells.iter().map(|cell| ((cell.duration() / whole) as f32, &cell.prediction));
    Prediction::mean(weighted).map(|mean| apply(&mean.posterior, prior))
}

/// The cells of each turn: those of one speaker on one channel, up to a pause that is longer than a window or in which anybody
/// else speaks.
fn turns(cells: &[Cell]) -> Vec<Vec<usize>> {
    let mut turns: Vec<Vec<usize>> = Vec::new();
    let mut open = BTreeMap::<(usize, &str), usize>::new();
    for (number, cell) in cells.iter().enumerate() {
        let Some(speaker) = &cell.speaker else { continue };
        let own = (cell.channel, speaker.as_str());
        let goes_on = open.get(&own).copied().filter(|&turn| {
            let last = turns[turn][turns[turn].len() - 1];
            let pause = cells[last].end..cell.start;
            // Whoever shares speaker and channel would have been the last.
            pause.end - pause.start <= WINDOW.0
                && !cells[last + 1..number]
                    .iter()
                    .any(|other| pause.contains(&((other.start + other.end) / 2.0)))
        });
        match goes_on {
            Some(turn) => turns[turn].push(number),
            None => {
                open.insert(own, turns.len());
                turns.push(vec![number]);
            }
        }
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emotion::EmotionSet;
    use crate::model::Prediction;

    fn cell(start: f64, speaker: Option<&str>, probabilities: [f32; 3]) -> Cell {
        let classes: EmotionSet = Emotion::ALL[..3].iter().copied().collect();
        let [a, b, c] = probabilities;
        Cell {
            start,
            end: start + 0.6,
            channel: 0,
            speaker: speaker.map(str::to_string),
            prediction: Prediction::new(Posterior::of(classes, [a, b, c, 0.0, 0.0, 0.0, 0.0, 0.0])),
        }
    }

    const EVEN: Row = [1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0, 0.0, 0.0, 0.0, 0.0, 0.0];

    #[test]
    fn a_cell_of_a_longer_turn_gets_the_mean_of_those_near_it_under_the_prior() {
        let rows = [[0.7, 0.2, 0.1], [0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0.2, 0.6, 0.2], [0.4, 0.3, 0.3]];
        let starts = [0.0, 0.6, 1.2, 3.0, 3.6];
        // Those whose middles are at most 1.2 s away.
        let near: [&[usize]; 5] = [&[0, 1, 2], &[0, 1, 2], &[0, 1, 2], &[3, 4], &[3, 4]];
        let prior = [0.6, 0.3, 0.1];
        let mut cells: Vec<Cell> =
            starts.iter().zip(rows).map(|(&at, row)| cell(at, Some("a"), row)).collect();
        smooth(&mut cells, |_| [0.6, 0.3, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0]);
        for (cell, near) in cells.iter().zip(near) {
            let want: Vec<f32> =
                (0..3).map(|k| prior[k] * near.iter().map(|&i| rows[i][k]).sum::<f32>()).collect();
            let (got, sum) = (cell.prediction.posterior.probabilities(), want.iter().sum::<f32>());
            assert!((0..3).all(|k| (got[k] - want[k] / sum).abs() < 1e-5), "{got:?} {want:?}");
            assert!(got[3..] == [0.0; 5]);
        }
    }

    #[test]
    fn one_doubtful_cell_between_sure_ones_follows_them_and_a_lasting_change_stays() {
        let sure = [0.9, 0.05, 0.05];
        let mut cells: Vec<Cell> = (0..9).map(|i| cell(f64::from(i) * 0.6, Some("a"), sure)).collect();
        cells[4] = cell(2.4, Some("a"), [0.4, 0.5, 0.1]);
        smooth(&mut cells, |_| EVEN);
        assert!(cells.iter().all(|cell| cell.prediction.posterior.top().0 == Emotion::ALL[0]));
        let mut changing: Vec<Cell> = (0..24)
            .map(|i| cell(f64::from(i) * 0.6, Some("a"), if i < 12 { sure } else { [0.05, 0.9, 0.05] }))
            .collect();
        smooth(&mut changing, |_| EVEN);
        let tops: Vec<Emotion> = changing.iter().map(|cell| cell.prediction.posterior.top().0).collect();
        assert!(tops[..12].iter().all(|top| *top == Emotion::ALL[0]), "{tops:?}");
        assert!(tops[12..].iter().all(|top| *top == Emotion::ALL[1]), "{tops:?}");
    }

    #[test]
    fn nothing_crosses_the_turn_of_another_speaker() {
        let (angry, doubtful) = ([0.05, 0.9, 0.05], [0.4, 0.3, 0.3]);
        let own = |starts: &[f64], channel: usize, name: &str, row: [f32; 3]| -> Vec<Cell> {
            starts.iter().map(|&at| Cell { channel, ..cell(at, Some(name), row) }).collect()
        };
        let first = own(&[0.0, 0.6], 0, "agent", angry);
        let later = own(&[1.8, 2.4], 0, "agent", doubtful);
        let smoothed = |parts: &[Vec<Cell>]| {
            let mut cells = parts.concat();
            cells.sort_by(|a, b| a.start.total_cmp(&b.start));
            smooth(&mut cells, |_| EVEN);
            cells.into_iter().filter(|cell| cell.speaker.as_deref() == Some("agent")).collect::<Vec<_>>()
        };
        let apart = [smoothed(std::slice::from_ref(&first)), smoothed(std::slice::from_ref(&later))].concat();
        let caller = |starts: &[f64]| own(starts, 1, "caller", angry);
        assert_eq!(smoothed(&[first.clone(), caller(&[1.2]), later.clone()]), apart);
        let together = smoothed(&[first.clone(), later.clone()]);
        assert_ne!(together, apart, "a pause in which nobody speaks is bridged");
        let at_once = smoothed(&[first, caller(&[0.3, 0.9, 2.1]), later]);
        assert_eq!(at_once, apart, "the caller went on into the pause");
        let long = own(&[0.0, 0.6, 1.2, 1.8], 0, "agent", doubtful);
        assert_eq!(
            smoothed(&[long.clone(), caller(&[0.4, 1.0])]),
            smoothed(&[long]),
            "talking at once ends no turn"
        );
    }

    #[test]
    fn a_turn_of_at_most_one_window_is_answered_by_its_mean_under_the_prior() {
        let rows = [[0.9, 0.05, 0.05], [0.2, 0.6, 0.2], [0.4, 0.3, 0.3], [0.5, 0.3, 0.2]];
        let row: Vec<Cell> =
            (0u8..).zip(rows).map(|(i, row)| cell(f64::from(i) * 0.6, Some("a"), row)).collect();
        let mut cells = row.clone();
        smooth(&mut cells, |_| [0.2, 0.4, 0.4, 0.0, 0.0, 0.0, 0.0, 0.0]);
        // The mean is 0.5, 0.3125, 0.1875.
        let sum = 0.5 * 0.2 + 0.3125 * 0.4 + 0.1875 * 0.4;
        for cell in &cells {
            let got = cell.prediction.posterior.probabilities();
            assert!((got[0] - 0.1 / sum).abs() < 1e-5 && (got[1] - 0.125 / sum).abs() < 1e-5, "{got:?}");
        }
        let mut longer = [row, vec![cell(2.4, Some("a"), [0.3, 0.4, 0.3])]].concat();
        smooth(&mut longer, |_| EVEN);
        assert_ne!(longer[0].prediction.posterior, longer[4].prediction.posterior);
    }

    #[test]
    fn a_class_without_a_share_is_never_told_and_an_outburst_survives_the_prior() {
        let mut cells: Vec<Cell> =
            (0..9).map(|i| cell(f64::from(i) * 0.6, Some("a"), [0.05, 0.05, 0.9])).collect();
        let quiet = [0.9, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        smooth(&mut cells, |_| quiet);
        assert!(cells.iter().all(|cell| cell.prediction.posterior.probabilities()[2] == 0.0));
        let mut outburst = [cell(0.0, Some("a"), [0.02, 0.96, 0.02])];
        smooth(&mut outburst, |_| quiet);
        assert_eq!(outburst[0].prediction.posterior.top().0, Emotion::ALL[1]);
    }

    #[test]
    fn a_long_pause_carries_nothing_over() {
        let doubtful = [0.4, 0.5, 0.1];
        let mut apart = [cell(0.0, Some("a"), [0.9, 0.05, 0.05]), cell(600.0, Some("a"), doubtful)];
        smooth(&mut apart, |_| EVEN);
        let later = apart[1].prediction.posterior.probabilities();
        assert!(later.iter().zip(doubtful).all(|(p, q)| (p - q).abs() < 1e-6), "{later:?}");
        let untold = [cell(0.0, None, [0.9, 0.05, 0.05]), cell(0.6, None, doubtful)];
        let mut same = untold.clone();
        smooth(&mut same, |_| EVEN);
        for (same, untold) in same.iter().zip(&untold) {
            let pairs = same.prediction.posterior.iter().zip(untold.prediction.posterior.iter());
            pairs.for_each(|((_, p), (_, q))| assert!((p - q).abs() < 1e-6, "the speaker is not known"));
        }
        smooth(&mut [], |_| EVEN);
    }
}
