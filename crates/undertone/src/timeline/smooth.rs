//! Smoothing over time: a speaker holds an emotion for a while, so cells of one speaker say something about each other.
//!
//! A hidden Markov model over the cells of one speaker. The hidden emotion stays as it is with probability `e^(−Δt/HOLD)` and is
//! drawn anew from all classes otherwise, Δt being the time between the middles of two cells: across a pause less is carried
//! over. Each cell speaks for an emotion with its posterior to the power [`WEIGHT`], below 1 because windows overlap and hear
//! the same. Where another speaker has spoken since, nothing is carried over: an answer may be of another emotion than what it
//! answers. The new posterior is the emotion's probability given *all* cells, by the forward–backward algorithm (Rabiner,
//! "A tutorial on hidden Markov models", Proc. IEEE 77, 1989), with a uniform prior.

use std::collections::BTreeMap;

use super::Cell;
use crate::emotion::Emotion;
use crate::model::Posterior;

/// Seconds an emotion is held, on average.
const HOLD: f64 = 8.0;
/// The share of its evidence that a cell counts for: four windows lie over each, so each is heard four times.
const WEIGHT: f32 = 0.25;
/// Smallest probability of a class that competes: no cell rules an emotion out alone.
const LEAST: f32 = 1e-4;

type Row = [f32; Emotion::ALL.len()];

/// Gives the cells of a recording, all its channels together in order of time, the posteriors that all cells of the same turn
/// together speak for. They sum to 1 over the classes that compete; intensities stay. Cells whose speaker is not known stay as
/// they are: two speakers taken for one would colour each other (`docs/decisions/0008-smoothing.md`).
pub fn smooth(cells: &mut [Cell]) {
    for of_turn in turns(cells) {
        let own: Vec<&Cell> = of_turn.iter().map(|&number| &cells[number]).collect();
        let smoothed = given_all(&own);
        for (number, posterior) in of_turn.into_iter().zip(smoothed) {
            cells[number].prediction.posterior = posterior;
        }
    }
}

/// The cells of each turn: those of one speaker on one channel, up to a pause in which anybody else speaks.
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
            !cells[last + 1..number].iter().any(|other| pause.contains(&((other.start + other.end) / 2.0)))
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

/// Forward–backward over the cells of one turn.
fn given_all(cells: &[&Cell]) -> Vec<Posterior> {
    let evidence: Vec<Row> = cells.iter().map(|cell| evidence(&cell.prediction.posterior)).collect();
    let stays: Vec<f32> = cells.windows(2).map(|pair| stays(pair[0], pair[1])).collect();
    let mut forward: Vec<Row> = Vec::with_capacity(cells.len());
    for (at, row) in evidence.iter().enumerate() {
        let before = match at.checked_sub(1) {
            Some(last) => moved(&forward[last], row, stays[last]),
            None => *row,
        };
        forward.push(if at == 0 { before } else { normalised(times(&before, row)) });
    }
    let mut smoothed = Vec::with_capacity(cells.len());
    let mut backward: Row = evidence.last().map_or([0.0; 8], |row| row.map(|p| f32::from(u8::from(p > 0.0))));
    for at in (0..cells.len()).rev() {
        let posterior = normalised(times(&forward[at], &backward));
        smoothed.push(Posterior::of(cells[at].prediction.posterior.classes(), posterior));
        if at > 0 {
            let seen = normalised(times(&backward, &evidence[at]));
            backward = moved(&seen, &evidence[at], stays[at - 1]);
        }
    }
    smoothed.reverse();
    smoothed
}

/// What a cell speaks for: `posterior^WEIGHT`, normalised; 0 for classes that do not compete.
fn evidence(posterior: &Posterior) -> Row {
    let mut row = [0.0; Emotion::ALL.len()];
    for emotion in posterior.classes().iter() {
        row[emotion as usize] = posterior.of_class(emotion).max(LEAST).powf(WEIGHT);
    }
    normalised(row)
}

/// How probably the emotion of one cell is still that of the next.
fn stays(cell: &Cell, next: &Cell) -> f32 {
    let apart = (next.start + next.end - cell.start - cell.end) / 2.0;
    (-apart.max(0.0) / HOLD).exp() as f32
}

/// A distribution after a step in which it stays or is drawn anew from the classes of `like`.
fn moved(row: &Row, like: &Row, stays: f32) -> Row {
    let count = like.iter().filter(|p| **p > 0.0).count().max(1) as f32;
    let mut next = [0.0; Emotion::ALL.len()];
    for (next, (p, like)) in next.iter_mut().zip(row.iter().zip(like)) {
        *next = if *like > 0.0 { stays * p + (1.0 - stays) / count } else { 0.0 };
    }
    next
}

fn times(a: &Row, b: &Row) -> Row {
    std::array::from_fn(|i| a[i] * b[i])
}

fn normalised(row: Row) -> Row {
    let sum: f32 = row.iter().sum();
    if sum > 0.0 { row.map(|p| p / sum) } else { row }
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

    /// The definition: every path of emotions, weighed by its probability.
    fn literal(cells: &[Cell]) -> Vec<[f64; 3]> {
        let mut sums = vec![[0.0; 3]; cells.len()];
        for path in 0..3usize.pow(cells.len() as u32) {
            let emotion = |at: usize| path / 3usize.pow(at as u32) % 3;
            let mut weight = 1.0 / 3.0;
            for (at, cell) in cells.iter().enumerate() {
                weight *= f64::from(cell.prediction.posterior.probabilities()[emotion(at)].powf(WEIGHT));
                if at > 0 {
                    let stays = (-(cell.start - cells[at - 1].start) / HOLD).exp();
                    weight *= (1.0 - stays) / 3.0 + if emotion(at) == emotion(at - 1) { stays } else { 0.0 };
                }
            }
            (0..cells.len()).for_each(|at| sums[at][emotion(at)] += weight);
        }
        for row in &mut sums {
            let sum: f64 = row.iter().sum();
            row.iter_mut().for_each(|p| *p /= sum);
        }
        sums
    }

    #[test]
    fn every_cell_gets_the_sum_over_all_paths_of_emotions() {
        let rows = [[0.7, 0.2, 0.1], [0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0.2, 0.6, 0.2], [0.4, 0.3, 0.3]];
        let starts = [0.0, 0.6, 1.2, 3.0, 3.6];
        let mut cells: Vec<Cell> =
            starts.iter().zip(rows).map(|(&at, row)| cell(at, Some("a"), row)).collect();
        let want = literal(&cells);
        smooth(&mut cells);
        for (cell, want) in cells.iter().zip(want) {
            let got = cell.prediction.posterior.probabilities();
            assert!((0..3).all(|i| (f64::from(got[i]) - want[i]).abs() < 1e-5), "{got:?} {want:?}");
            assert!((got.iter().sum::<f32>() - 1.0).abs() < 1e-5 && got[3..] == [0.0; 5]);
        }
    }

    #[test]
    fn one_doubtful_cell_between_sure_ones_follows_them_and_a_lasting_change_stays() {
        let sure = [0.9, 0.05, 0.05];
        let mut cells: Vec<Cell> = (0..9).map(|i| cell(f64::from(i) * 0.6, Some("a"), sure)).collect();
        cells[4] = cell(2.4, Some("a"), [0.4, 0.5, 0.1]);
        smooth(&mut cells);
        assert!(cells.iter().all(|cell| cell.prediction.posterior.top().0 == Emotion::ALL[0]));
        let mut changing: Vec<Cell> = (0..24)
            .map(|i| cell(f64::from(i) * 0.6, Some("a"), if i < 12 { sure } else { [0.05, 0.9, 0.05] }))
            .collect();
        smooth(&mut changing);
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
        let later = own(&[3.0, 3.6], 0, "agent", doubtful);
        let smoothed = |parts: &[Vec<Cell>]| {
            let mut cells = parts.concat();
            cells.sort_by(|a, b| a.start.total_cmp(&b.start));
            smooth(&mut cells);
            cells.into_iter().filter(|cell| cell.speaker.as_deref() == Some("agent")).collect::<Vec<_>>()
        };
        let apart = [smoothed(std::slice::from_ref(&first)), smoothed(std::slice::from_ref(&later))].concat();
        let caller = |starts: &[f64]| own(starts, 1, "caller", angry);
        assert_eq!(smoothed(&[first.clone(), caller(&[1.4, 2.0]), later.clone()]), apart);
        let together = smoothed(&[first.clone(), later.clone()]);
        assert_ne!(together, apart, "a pause in which nobody speaks is bridged");
        let at_once = smoothed(&[first, caller(&[0.3, 0.9, 3.3]), later]);
        assert_eq!(at_once, apart, "the caller went on into the pause");
        let long = own(&[0.0, 0.6, 1.2, 1.8], 0, "agent", doubtful);
        assert_eq!(
            smoothed(&[long.clone(), caller(&[0.4, 1.0])]),
            smoothed(&[long]),
            "talking at once ends no turn"
        );
    }

    #[test]
    fn a_long_pause_carries_nothing_over() {
        let doubtful = [0.4, 0.5, 0.1];
        let mut apart = [cell(0.0, Some("a"), [0.9, 0.05, 0.05]), cell(600.0, Some("a"), doubtful)];
        smooth(&mut apart);
        let one = evidence(&cell(0.0, Some("a"), doubtful).prediction.posterior);
        assert!((apart[1].prediction.posterior.probabilities()[1] - one[1]).abs() < 1e-5);
        let untold = [cell(0.0, None, [0.9, 0.05, 0.05]), cell(0.6, None, doubtful)];
        let mut same = untold.clone();
        smooth(&mut same);
        assert_eq!(same, untold, "the speaker is not known");
        smooth(&mut []);
    }
}
