//! Speech or not: the evidence of single windows, and what they say together.
//!
//! The detector takes much music for speech. A window's evidence is a logistic regression on [`crate::features::Modulations::measures`]; a
//! hidden Markov model with two states, speech and not speech, weighs the windows of a channel together, as a tune goes on
//! for long and speech does too. See `docs/decisions/0017-not-speech.md`.

use crate::features::MEASURES;
use crate::timeline::WINDOW;
use crate::units::Segment;

/// Mean, deviation and weight of each measure.
const WEIGHTS: [[f32; 3]; MEASURES] = [
    [1.3228, 0.5186, 1.6932],
    [0.9784, 1.0327, -1.4460],
    [0.5518, 0.2595, 0.8806],
    [0.8851, 0.2487, 1.1806],
    [10.6460, 4.4143, -1.2090],
    [0.6572, 0.1760, -0.7460],
    [-0.5958, 0.4756, 0.9392],
    [-0.9467, 0.3738, 0.8449],
    [12.3786, 4.9697, -1.2106],
    [2.3787, 0.3703, 1.0178],
    [0.5816, 0.2993, 0.8939],
    [0.3130, 0.2654, -1.6855],
    [-1.5728, 0.8433, 1.3045],
    [-1.7915, 0.6984, 0.5552],
    [-1.7703, 0.6417, 0.5673],
    [-3.3727, 0.7872, -1.4106],
];
/// What is added to the weighted sum.
const BIAS: f32 = -0.8685;
/// A measure counts for at most so many deviations.
const FURTHEST: f32 = 4.0;
/// A window counts for at most so much evidence.
pub(super) const MOST: f32 = 4.0;
/// What the detector's own decision counts for: the odds of speech before any window is heard.
const PRIOR: f32 = 1.5;
/// Seconds for which speech, or what is none, goes on on average.
const HOLD: f64 = 20.0;

/// The evidence of one window's measures, in natural logarithms of odds: above 0 for speech.
pub(super) fn evidence(measures: &[f32; MEASURES]) -> f32 {
    let part = |(x, [mean, deviation, weight]): (&f32, &[f32; 3])| {
        weight * ((x - mean) / deviation).clamp(-FURTHEST, FURTHEST)
    };
    (BIAS + measures.iter().zip(&WEIGHTS).map(part).sum::<f32>()).clamp(-MOST, MOST)
}

/// How sure it is that there is speech, by all windows up to now.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Belief {
    /// Odds and middle of the last window; none before the first.
    last: Option<(f32, f64)>,
    /// Up to where sound has been heard.
    until: f64,
}

impl Belief {
    /// Hears the next window in the order of time: the odds of speech in it, and the evidence that it adds. Where windows overlap
    /// only what is new counts.
    fn hear(&mut self, window: Segment, evidence: f32) -> (f32, f32) {
        let new = (window.end.0 - window.start.0.max(self.until)).clamp(0.1 * WINDOW.0, WINDOW.0);
        self.until = self.until.max(window.end.0);
        let (middle, own) = (middle(window), evidence * (new / WINDOW.0) as f32);
        let before = self.last.map_or(PRIOR, |(odds, at)| drifted(odds, middle - at));
        self.last = Some((before + own, middle));
        (before + own, own)
    }

    /// Whether there is speech in the next window, by what was heard so far.
    pub(super) fn speech(&mut self, window: Segment, evidence: f32) -> bool {
        self.hear(window, evidence).0 > 0.0
    }
}

/// Whether there is speech in each of a channel's windows (in the order of time), by all of them.
pub(super) fn speech(windows: &[(Segment, f32)]) -> Vec<bool> {
    let mut belief = Belief::default();
    let heard: Vec<(f32, f32)> =
        windows.iter().map(|&(window, evidence)| belief.hear(window, evidence)).collect();
    let mut later = 0.0;
    let mut speech = vec![false; windows.len()];
    for at in (0..windows.len()).rev() {
        if let (Some((next, _)), Some((_, own))) = (windows.get(at + 1), heard.get(at + 1)) {
            later = seen_from(later + own, middle(*next) - middle(windows[at].0));
        }
        speech[at] = heard[at].0 + later > 0.0;
    }
    speech
}

fn middle(window: Segment) -> f64 {
    (window.start.0 + window.end.0) / 2.0
}

/// How probably the state is still what it was some seconds ago.
fn stays(seconds: f64) -> f32 {
    (-seconds.max(0.0) / HOLD).exp() as f32
}

fn probability(odds: f32) -> f32 {
    1.0 / (1.0 + (-odds).exp())
}

/// Odds after some seconds, in which the state may have been drawn anew.
fn drifted(odds: f32, seconds: f64) -> f32 {
    let stays = stays(seconds);
    let p = stays * probability(odds) + (1.0 - stays) * probability(PRIOR);
    (p / (1.0 - p)).ln()
}

/// What evidence of some seconds later says now.
fn seen_from(evidence: f32, seconds: f64) -> f32 {
    let stays = stays(seconds);
    let [speech, other] = [0.5 * evidence, -0.5 * evidence].map(f32::exp);
    let anew = (1.0 - stays) * (probability(PRIOR) * speech + (1.0 - probability(PRIOR)) * other);
    ((stays * speech + anew) / (stays * other + anew)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Seconds;

    /// Windows of the timeline from `start` on, each with its evidence.
    fn windows(start: f64, evidence: &[f32]) -> Vec<(Segment, f32)> {
        let window = |i: usize| {
            let start = start + 0.6 * i as f64;
            Segment { start: Seconds(start), end: Seconds(start + 2.4) }
        };
        evidence.iter().enumerate().map(|(i, &evidence)| (window(i), evidence)).collect()
    }

    #[test]
    fn a_doubtful_clip_is_heard_and_a_tune_is_not() {
        assert_eq!(speech(&windows(0.0, &[-1.0])), [true]);
        assert_eq!(speech(&windows(0.0, &[-3.0])), [false]);
        assert_eq!(speech(&windows(0.0, &[-1.5; 20])), [false; 20]);
        assert_eq!(speech(&[]), [] as [bool; 0]);
    }

    #[test]
    fn one_odd_window_is_outvoted_and_speech_after_music_is_heard() {
        let mut evidence = [3.0; 20];
        evidence[7] = -4.0;
        assert_eq!(speech(&windows(0.0, &evidence)), [true; 20]);
        assert_eq!(speech(&windows(0.0, &evidence.map(|x| -x))), [false; 20]);
        let both = [windows(0.0, &[-3.0; 20]), windows(15.0, &[3.0; 20])].concat();
        let heard = speech(&both);
        assert!(!heard[..19].contains(&true) && !heard[21..].contains(&false), "{heard:?}");
    }

    #[test]
    fn live_decisions_follow_what_was_heard_so_far() {
        let mut belief = Belief::default();
        let heard: Vec<bool> = [windows(0.0, &[-3.0; 10]), windows(60.0, &[3.0; 10])]
            .concat()
            .into_iter()
            .map(|(window, evidence)| belief.speech(window, evidence))
            .collect();
        assert!(!heard[..10].contains(&true) && !heard[11..].contains(&false), "{heard:?}");
    }
}
