//! Logits → posterior: temperature, classes asked for, prediction sets, ambiguity.

use crate::emotion::{Affect, Emotion, EmotionSet};

/// The second answer is named too when it is at least this share of the first.
const AMBIGUOUS: f32 = 0.5;

/// Calibrated probabilities over the classes asked for; they sum to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Posterior {
    classes: EmotionSet,
    probabilities: [f32; Emotion::ALL.len()],
}

impl Posterior {
    /// softmax(logits / temperature) over `asked`; the logits of all other classes do not compete.
    ///
    /// `logits` go with `classes`; classes not among them have probability 0.
    pub fn new(classes: &[Emotion], logits: &[f32], temperature: f32, asked: EmotionSet) -> Posterior {
        let competing = || classes.iter().zip(logits).filter(|(class, _)| asked.contains(**class));
        let top = competing().map(|(_, &logit)| logit).fold(f32::NEG_INFINITY, f32::max);
        let mut probabilities = [0.0; Emotion::ALL.len()];
        for (&class, &logit) in competing() {
            probabilities[class as usize] = ((logit - top) / temperature).exp();
        }
        let sum: f32 = probabilities.iter().sum();
        Posterior::of(competing().map(|(&class, _)| class).collect(), probabilities.map(|p| p / sum))
    }

    /// Probabilities given as they are, in the order of [`Emotion::ALL`].
    pub fn of(classes: EmotionSet, probabilities: [f32; Emotion::ALL.len()]) -> Posterior {
        Posterior { classes, probabilities }
    }

    /// The probability of one class; 0 for those not asked for.
    pub fn of_class(&self, emotion: Emotion) -> f32 {
        self.probabilities[emotion as usize]
    }

    /// The classes that compete.
    pub fn classes(&self) -> EmotionSet {
        self.classes
    }

    /// All eight probabilities in the order of [`Emotion::ALL`].
    pub fn probabilities(&self) -> &[f32; Emotion::ALL.len()] {
        &self.probabilities
    }

    /// Competing classes, most probable first; ties in the order of [`Emotion::ALL`].
    pub fn ranked(&self) -> Vec<(Emotion, f32)> {
        let mut ranked: Vec<(Emotion, f32)> =
            self.classes.iter().map(|class| (class, self.of_class(class))).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked
    }

    /// The most probable class and its probability.
    pub fn top(&self) -> (Emotion, f32) {
        self.ranked().first().copied().unwrap_or((Emotion::Neutral, 0.0))
    }

    /// The second class, where it is at least half as probable as the first.
    pub fn second_guess(&self) -> Option<(Emotion, f32)> {
        let ranked = self.ranked();
        ranked.get(1).copied().filter(|second| second.1 >= AMBIGUOUS * ranked[0].1)
    }

    /// Every class with probability ≥ 1 − threshold, and the top one always; most probable first.
    pub fn set(&self, threshold: f32) -> Vec<Emotion> {
        let ranked = self.ranked();
        let in_set = |&(rank, &(_, p)): &(usize, &(Emotion, f32))| rank == 0 || p >= 1.0 - threshold;
        ranked.iter().enumerate().filter(in_set).map(|(_, &(emotion, _))| emotion).collect()
    }

    /// The mean of [`Emotion::affect`] under the posterior.
    pub fn affect(&self) -> Affect {
        let mut mean = Affect::default();
        for emotion in self.classes.iter() {
            let (p, at) = (self.of_class(emotion), emotion.affect());
            mean.valence += p * at.valence;
            mean.arousal += p * at.arousal;
        }
        mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLASSES: [Emotion; 3] = [Emotion::Neutral, Emotion::Happy, Emotion::Angry];

    #[test]
    fn a_posterior_sums_to_one_over_the_classes_asked_for() {
        let asked = [Emotion::Happy, Emotion::Angry, Emotion::Calm].into_iter().collect();
        let posterior = Posterior::new(&CLASSES, &[9.0, 1.0, 1.0], 2.0, asked);
        assert_eq!(posterior.of_class(Emotion::Neutral), 0.0);
        assert_eq!(posterior.of_class(Emotion::Happy), 0.5);
        assert_eq!(posterior.classes().len(), 2);
        assert_eq!(posterior.top().0, Emotion::Happy, "ties go to the first");
    }

    #[test]
    fn ambiguity_begins_at_half_of_the_first() {
        let posterior = |p: [f32; 3]| Posterior::new(&CLASSES, &p.map(f32::ln), 1.0, EmotionSet::ALL);
        assert_eq!(posterior([0.59, 0.3, 0.11]).second_guess().map(|guess| guess.0), Some(Emotion::Happy));
        assert_eq!(posterior([0.7, 0.3, 0.0]).second_guess(), None);
    }

    #[test]
    fn a_set_holds_the_top_class_whatever_the_threshold() {
        let posterior = Posterior::new(&CLASSES, &[2.0, 1.0, 0.0], 1.0, EmotionSet::ALL);
        assert_eq!(posterior.set(0.0), [Emotion::Neutral]);
        assert_eq!(posterior.set(0.8), [Emotion::Neutral, Emotion::Happy]);
        assert_eq!(posterior.set(1.0).len(), 3);
    }

    #[test]
    fn a_higher_temperature_is_less_sure() {
        let at = |t| Posterior::new(&CLASSES, &[2.0, 0.0, 0.0], t, EmotionSet::ALL).top().1;
        assert!(at(0.5) > at(1.0) && at(1.0) > at(4.0));
    }
}
