//! How speakers follow one another, turn by turn.

use super::speaker::{self, SpeakerSpans};
use crate::analysis::{Reaction, Span};

/// Fewest pairs of turns that are looked at.
const FEWEST: usize = 20;
/// The level of significance, of all tests in a recording together.
const LEVEL: f64 = 0.05;
/// Permutations of a test.
const PERMUTATIONS: usize = 1999;
/// Pairs in a row within which turns are exchanged: what both speakers share over a longer time is no reaction.
const BLOCK: usize = 5;
/// Of the permutations.
const SEED: u64 = 1;

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
        let turn = SpeakerSpans::of(speaker::id(run[0]), run.to_vec());
        Turn {
            id: turn.id,
            valence: turn.mean(|span| f64::from(span.valence)),
            arousal: turn.mean(|span| f64::from(span.arousal)),
        }
    };
    spans.chunk_by(|a, b| speaker::id(a) == speaker::id(b)).map(turn).collect()
}

/// For every ordered pair of speakers of whom the second follows the first at least [`FEWEST`] times: how the second's turns go with
/// the turns right before them, as far as it is significant. Pairs without a significant correlation are left out.
///
/// Significance is that of a permutation test (two-sided, 1999 permutations, the same ones at each call) that exchanges
/// turns within blocks of 5 pairs in a row only: a mood that both speakers share over minutes stays in all permutations (restricted
/// permutation: Good, *Permutation, Parametric, and Bootstrap Tests of Hypotheses*, 2005). p < .05 after Bonferroni's correction
/// for the number of tests in the recording.
pub(super) fn reactions(turns: &[Turn], speakers: &[SpeakerSpans]) -> Vec<Reaction> {
    let both = speakers.iter().flat_map(|from| speakers.iter().map(move |to| (from.id, to.id)));
    let measured = both.filter_map(|(from, to)| {
        let follow = |pair: &&[Turn]| pair[0].id == from && pair[1].id == to;
        let followed: Vec<&[Turn]> = turns.windows(2).filter(follow).collect();
        let test = |value: fn(&Turn) -> f64| {
            Test::of(&followed.iter().map(|pair| [value(&pair[0]), value(&pair[1])]).collect::<Vec<_>>())
        };
        let enough = followed.len() >= FEWEST;
        enough.then(|| (from, to, followed.len(), [test(|turn| turn.valence), test(|turn| turn.arousal)]))
    });
    let measured: Vec<_> = measured.collect();
    let tests = measured.iter().flat_map(|one| &one.3).flatten().count();
    let significant =
        |test: &Option<Test>| test.as_ref().filter(|test| test.p * tests as f64 <= LEVEL).map(|test| test.r);
    let reaction =
        |(from, to, turns, [valence, arousal]): &(&str, &str, usize, [Option<Test>; 2])| Reaction {
            from: from.to_string(),
            to: to.to_string(),
            turns: *turns,
            valence: significant(valence),
            arousal: significant(arousal),
        };
    measured.iter().map(reaction).filter(|one| one.valence.or(one.arousal).is_some()).collect()
}

/// A correlation and how often chance gives one as far from what chance gives on average.
struct Test {
    r: f32,
    p: f64,
}

impl Test {
    /// Pearson's r = Σ (x − x̄)(y − ȳ) / √(Σ (x − x̄)² · Σ (y − ȳ)²), −1…1, and its p; none where one side does not vary.
    fn of(pairs: &[[f64; 2]]) -> Option<Test> {
        let mean = |side: usize| pairs.iter().map(|pair| pair[side]).sum::<f64>() / pairs.len() as f64;
        let means = [mean(0), mean(1)];
        let [x, mut y] =
            [0, 1].map(|side| pairs.iter().map(|pair| pair[side] - means[side]).collect::<Vec<f64>>());
        let product = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
        let (xx, yy) = (product(&x, &x), product(&y, &y));
        // Values come from f32: smaller scatter than their rounding is none.
        let varies = |sum: f64| sum > 1e-12 * pairs.len() as f64;
        if !varies(xx) || !varies(yy) {
            return None;
        }
        let r = product(&x, &y) / (xx * yy).sqrt();
        let mut random = Random(SEED);
        let by_chance: Vec<f64> = (0..PERMUTATIONS)
            .map(|_| {
                y.chunks_mut(BLOCK).for_each(|block| random.shuffle(block));
                product(&x, &y) / (xx * yy).sqrt()
            })
            .collect();
        let expected = by_chance.iter().sum::<f64>() / PERMUTATIONS as f64;
        let far = |r: f64| (r - expected).abs();
        let farther = by_chance.iter().filter(|&&chance| far(chance) >= far(r) - 1e-9).count();
        Some(Test { r: r.clamp(-1.0, 1.0) as f32, p: (farther + 1) as f64 / (PERMUTATIONS + 1) as f64 })
    }
}

/// SplitMix64 (Steele, Lea & Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Fisher and Yates.
    fn shuffle(&mut self, values: &mut [f64]) {
        for i in (1..values.len()).rev() {
            values.swap(i, (self.next() % (i as u64 + 1)) as usize);
        }
    }
}
