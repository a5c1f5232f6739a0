//! Logits → posterior: temperature, classes asked for, prediction sets, ambiguity.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::emotion::{Affect, Emotion, EmotionSet};

/// The second answer is named too when it is at least this share of the first.
const AMBIGUOUS: f32 = 0.5;

/// Calibrated probabilities over the classes asked for; they sum to 1. In JSON an object: emotion → probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<Emotion, f32>", into = "BTreeMap<Emotion, f32>")]
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

    /// Competing classes with their probabilities, in the order of [`Emotion::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Emotion, f32)> {
        self.classes.iter().map(|class| (class, self.of_class(class)))
    }

    /// Competing classes, most probable first; ties in the order of [`Emotion::ALL`].
    pub fn ranked(&self) -> Vec<(Emotion, f32)> {
        let mut ranked: Vec<(Emotion, f32)> = self.iter().collect();
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

    /// Valence and arousal: `Σ p·a − (H/ln K)⁴ · Σ a/K`, with `a` = [`Emotion::affect`], `p` the posterior, `H` its entropy in nats
    /// and `K` the number of competing classes.
    ///
    /// The first sum is the mean placement under the posterior. The second takes out what the placements alone would say: their
    /// mean is not 0 (the eight have valence −0.10, arousal 0.25), and a posterior that knows nothing is to have neither. So a
    /// flat posterior is at the origin, as neutral is; the fourth power leaves one that is fairly sure of an emotion near that
    /// emotion's place.
    pub fn affect(&self) -> Affect {
        let count = self.classes.len() as f32;
        let doubt = if count > 1.0 { (self.entropy() / count.ln()).powi(4) } else { 0.0 };
        let mut affect = Affect::default();
        for emotion in self.classes.iter() {
            let (weight, at) = (self.of_class(emotion) - doubt / count, emotion.affect());
            affect.valence += weight * at.valence;
            affect.arousal += weight * at.arousal;
        }
        affect
    }

    /// `−Σ p·ln p`, in nats.
    fn entropy(&self) -> f32 {
        let terms = self.classes.iter().map(|emotion| self.of_class(emotion)).filter(|p| *p > 0.0);
        -terms.map(|p| p * p.ln()).sum::<f32>()
    }
}

impl From<BTreeMap<Emotion, f32>> for Posterior {
    fn from(map: BTreeMap<Emotion, f32>) -> Posterior {
        map.into_iter().collect()
    }
}

impl From<Posterior> for BTreeMap<Emotion, f32> {
    fn from(posterior: Posterior) -> Self {
        posterior.classes.iter().map(|class| (class, posterior.of_class(class))).collect()
    }
}

impl FromIterator<(Emotion, f32)> for Posterior {
    /// Probabilities given as they are; the classes are those that are named.
    fn from_iter<I: IntoIterator<Item = (Emotion, f32)>>(named: I) -> Posterior {
        let mut posterior = Posterior::of(EmotionSet::EMPTY, [0.0; Emotion::ALL.len()]);
        for (emotion, p) in named {
            posterior.classes.insert(emotion);
            posterior.probabilities[emotion as usize] = p;
        }
        posterior
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

    #[test]
    fn a_posterior_that_knows_nothing_is_neither_pleasant_nor_aroused_and_a_sure_one_is_where_its_emotion_is()
    {
        let near = |a: Affect, b: Affect| {
            assert!(
                (a.valence - b.valence).abs() < 1e-6 && (a.arousal - b.arousal).abs() < 1e-6,
                "{a:?} {b:?}"
            );
        };
        let sets = [
            EmotionSet::ALL,
            [Emotion::Sad, Emotion::Angry].into_iter().collect(),
            [Emotion::Happy].into_iter().collect(),
        ];
        for set in sets {
            let flat = Emotion::ALL.map(|e| if set.contains(e) { 1.0 / set.len() as f32 } else { 0.0 });
            if set.len() > 1 {
                near(Posterior::of(set, flat).affect(), Affect::default());
            }
            for emotion in set.iter() {
                let sure = Emotion::ALL.map(|e| f32::from(u8::from(e == emotion)));
                near(Posterior::of(set, sure).affect(), emotion.affect());
            }
        }
        for neutral in [0.3, 0.5, 0.7, 0.9] {
            let mut rest = [(1.0 - neutral) / 7.0; 8];
            rest[Emotion::Neutral as usize] = neutral;
            let Affect { valence, arousal } = Posterior::of(EmotionSet::ALL, rest).affect();
            assert!(valence.abs() < 0.03 && arousal.abs() < 0.06, "neutral {neutral}: {valence} {arousal}");
        }
        let mut rest = [0.05 / 7.0; 8];
        rest[Emotion::Angry as usize] = 0.95;
        let angry = Posterior::of(EmotionSet::ALL, rest).affect();
        assert!((angry.valence + 0.49).abs() < 0.01 && (angry.arousal - 0.58).abs() < 0.01, "{angry:?}");
    }
}
