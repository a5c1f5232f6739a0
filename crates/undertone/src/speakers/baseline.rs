//! A speaker's usual voice: the mean of what was heard, shrunk towards the population's by how little that is.

use crate::model::{Baseline, Population};

/// Running sums of a speaker's embeddings (`pooled`).
///
/// With n windows heard the baseline's mean is `(n·own + κ·population) / (n + κ)` and its weight `n / (n + κ)`; the scale stays the
/// population's. Nothing heard is the population itself with weight 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usual {
    sum: Vec<f64>,
    windows: f64,
}

impl Usual {
    /// So many windows of this mean.
    pub fn of(mean: &[f32], windows: f64) -> Usual {
        Usual { sum: mean.iter().map(|&x| windows * f64::from(x)).collect(), windows }
    }

    /// The mean of what was heard; empty where nothing was.
    pub fn mean(&self) -> Vec<f32> {
        if self.windows > 0.0 {
            self.sum.iter().map(|sum| (sum / self.windows) as f32).collect()
        } else {
            Vec::new()
        }
    }

    /// Adds one window's embedding, counting `share` of a window (1 for windows that do not overlap).
    pub fn hear(&mut self, pooled: &[f32], share: f64) {
        self.sum.resize(pooled.len(), 0.0);
        for (sum, &x) in self.sum.iter_mut().zip(pooled) {
            *sum += share * f64::from(x);
        }
        self.windows += share;
    }

    /// The same voice as if heard in all kinds of speech, where it was heard in neutral speech alone: every window moved by
    /// `offset` ([`crate::model::Metadata::neutral_offset`]; empty where that is unknown, and nothing moves).
    pub fn moved(mut self, offset: &[f32]) -> Usual {
        for (sum, &offset) in self.sum.iter_mut().zip(offset) {
            *sum += self.windows * f64::from(offset);
        }
        self
    }

    /// Windows heard.
    pub fn windows(&self) -> f64 {
        self.windows
    }

    /// The weight of the baseline that follows, 0…1.
    pub fn weight(&self, kappa: f32) -> f32 {
        let n = self.windows;
        if n > 0.0 { (n / (n + f64::from(kappa))) as f32 } else { 0.0 }
    }

    /// The baseline that follows.
    pub fn baseline(&self, population: &Population, kappa: f32) -> Baseline {
        let weight = self.weight(kappa);
        let (n, kappa) = (self.windows, f64::from(kappa));
        let own = |i: usize| self.sum.get(i).copied().unwrap_or(0.0);
        let shrunk = |(i, &mean): (usize, &f32)| match n > 0.0 {
            true => ((own(i) + kappa * f64::from(mean)) / (n + kappa)) as f32,
            false => mean,
        };
        Baseline {
            mean: population.mean.iter().enumerate().map(shrunk).collect(),
            scale: population.scale.clone(),
            weight,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_heard_is_the_population_and_much_heard_is_the_speaker() {
        let population = Population { mean: vec![1.0, 2.0], scale: vec![1.0, 1.0] };
        let mut usual = Usual::default();
        assert_eq!(usual.baseline(&population, 1.5).mean, [1.0, 2.0]);
        assert_eq!(usual.baseline(&population, 1.5).weight, 0.0);
        usual.hear(&[4.0, 0.0], 1.0);
        assert_eq!(usual.baseline(&population, 1.0).mean, [2.5, 1.0]);
        assert_eq!(usual.baseline(&population, 1.0).weight, 0.5);
        (0..1000).for_each(|_| usual.hear(&[4.0, 0.0], 1.0));
        assert!((usual.baseline(&population, 1.0).mean[0] - 4.0).abs() < 0.01);
    }

    #[test]
    fn a_voice_heard_in_neutral_speech_moves_by_what_all_speech_differs_from_it() {
        let mut usual = Usual::default();
        usual.hear(&[1.0, -2.0], 1.0);
        usual.hear(&[3.0, 2.0], 1.0);
        assert_eq!(usual.clone().moved(&[]), usual);
        assert_eq!(usual.moved(&[0.5, -1.0]).mean(), [2.5, -1.0]);
        assert_eq!(Usual::default().moved(&[0.5]), Usual::default());
    }

    #[test]
    fn a_mean_and_its_windows_go_on_as_if_never_put_away() {
        let mut usual = Usual::default();
        assert_eq!(usual.mean(), [] as [f32; 0]);
        usual.hear(&[1.0, -2.0], 1.0);
        usual.hear(&[4.0, 1.0], 0.5);
        assert_eq!(usual.mean(), [2.0, -1.0]);
        let mut again = Usual::of(&usual.mean(), usual.windows());
        assert_eq!(again, usual);
        for usual in [&mut usual, &mut again] {
            usual.hear(&[0.5, 0.5], 1.0);
        }
        assert_eq!(again, usual);
    }
}
