//! The most likely sequence of speakers: windows near their speaker's mean direction, changes few (Viterbi, 1967).
//!
//! Maximises `Σ 5·cos(window, mean of its speaker) − Σ cost of changes`, a change costing 2 within a stretch and 1 after a pause.

use super::cluster::Item;

/// What a cosine of 1 is worth.
const SHARPNESS: f64 = 5.0;
/// What a change of speaker costs.
const CHANGE: f64 = 2.0;
/// What it costs after a pause.
const CHANGE_AFTER_PAUSE: f64 = 1.0;

/// One label a window. `means` have length 1 (or 0).
pub(super) fn assign(items: &[Item], means: &[Vec<f64>]) -> Vec<usize> {
    let cosine = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut scores: Vec<f64> = vec![0.0; means.len()];
    let mut came_from: Vec<usize> = Vec::with_capacity(items.len() * means.len());
    for (at, item) in items.iter().enumerate() {
        let top = best(&scores);
        let cost = match (at, item.after_pause) {
            (0, _) => 0.0,
            (_, true) => CHANGE_AFTER_PAUSE,
            (_, false) => CHANGE,
        };
        let changed = scores.get(top).copied().unwrap_or(0.0) - cost;
        for (state, mean) in means.iter().enumerate() {
            let stays = scores[state] >= changed;
            came_from.push(if stays { state } else { top });
            scores[state] = scores[state].max(changed) + SHARPNESS * cosine(&item.direction, mean);
        }
    }
    let mut state = best(&scores);
    let mut labels: Vec<usize> = came_from
        .chunks_exact(means.len().max(1))
        .rev()
        .map(|back| {
            let label = state;
            state = back[state];
            label
        })
        .collect();
    labels.reverse();
    labels
}

/// The first of the largest.
fn best(scores: &[f64]) -> usize {
    (1..scores.len()).fold(0, |best, at| if scores[at] > scores[best] { at } else { best })
}
