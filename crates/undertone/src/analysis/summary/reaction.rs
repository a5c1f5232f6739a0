//! How speakers follow one another, turn by turn.

use super::voice::{self, Voice};
use crate::analysis::{Reaction, Span};

/// Fewest pairs of turns a correlation is given for.
const FEWEST: usize = 3;

/// A run of spans of one speaker, with its means over time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Turn<'a> {
    pub(super) id: &'a str,
    pub(super) valence: f64,
    pub(super) arousal: f64,
}

/// The turns of spans that are in the order of their starts: whoever starts last has the turn.
pub(super) fn turns<'a>(spans: &[&'a Span]) -> Vec<Turn<'a>> {
    let turn = |run: &[&'a Span]| {
        let voice = Voice::of(voice::id(run[0]), run.to_vec());
        Turn {
            id: voice.id,
            valence: voice.mean(|span| f64::from(span.valence)),
            arousal: voice.mean(|span| f64::from(span.arousal)),
        }
    };
    spans.chunk_by(|a, b| voice::id(a) == voice::id(b)).map(turn).collect()
}

/// For every ordered pair of speakers of whom the second ever follows the first: how the second's turns go with the turns right
/// before them.
pub(super) fn reactions(turns: &[Turn], voices: &[Voice]) -> Vec<Reaction> {
    let pairs = voices.iter().flat_map(|from| voices.iter().map(move |to| (from.id, to.id)));
    let reaction = |(from, to): (&str, &str)| {
        let follow = |pair: &&[Turn]| pair[0].id == from && pair[1].id == to;
        let followed: Vec<&[Turn]> = turns.windows(2).filter(follow).collect();
        let correlate = |value: fn(&Turn) -> f64| {
            let values: Vec<[f64; 2]> =
                followed.iter().map(|pair| [value(&pair[0]), value(&pair[1])]).collect();
            correlation(&values)
        };
        (!followed.is_empty()).then(|| Reaction {
            from: from.to_string(),
            to: to.to_string(),
            turns: followed.len(),
            valence: correlate(|turn| turn.valence),
            arousal: correlate(|turn| turn.arousal),
        })
    };
    pairs.filter_map(reaction).collect()
}

/// Pearson's r = Σ (x − x̄)(y − ȳ) / √(Σ (x − x̄)² · Σ (y − ȳ)²), −1…1; none for fewer than 3 pairs or where one side does not vary.
fn correlation(pairs: &[[f64; 2]]) -> Option<f32> {
    if pairs.len() < FEWEST {
        return None;
    }
    let mean = |side: usize| pairs.iter().map(|pair| pair[side]).sum::<f64>() / pairs.len() as f64;
    let means = [mean(0), mean(1)];
    let product = |a: usize, b: usize| -> f64 {
        pairs.iter().map(|pair| (pair[a] - means[a]) * (pair[b] - means[b])).sum()
    };
    let (x, y) = (product(0, 0), product(1, 1));
    // Values come from f32: smaller scatter than their rounding is none.
    let varies = |sum: f64| sum > 1e-12 * pairs.len() as f64;
    (varies(x) && varies(y)).then(|| (product(0, 1) / (x * y).sqrt()).clamp(-1.0, 1.0) as f32)
}

/// Whether a correlation of `turns` pairs is beyond chance: Fisher's |atanh r|·√(turns − 3) > 1.96. Never for fewer than 4.
pub(super) fn beyond_chance(r: f32, turns: usize) -> bool {
    turns > FEWEST && f64::from(r).abs().atanh() * ((turns - FEWEST) as f64).sqrt() > 1.96
}
