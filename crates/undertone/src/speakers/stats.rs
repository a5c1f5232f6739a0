//! Statistics of a speaker: mean and deviation of what was heard, shrunk towards the population's by how little that is.

use crate::model::{Adaptation, Population};

/// Running sums of a speaker's embeddings (`pooled`).
///
/// With n windows heard the adaptation's mean is `(n·own + κ·population) / (n + κ)` and its weight `n / (n + κ)`; its scale is the
/// root of `(n·own² + κₛ·population²) / (n + κₛ)`, or the population's for models that know no κₛ. Nothing heard is the
/// population itself with weight 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpeakerStats {
    sum: Vec<f64>,
    squares: Vec<f64>,
    windows: f64,
}

impl SpeakerStats {
    /// So many windows of this mean and deviation.
    pub fn of(mean: &[f32], deviation: &[f32], windows: f64) -> SpeakerStats {
        let square = |(&mean, &deviation)| windows * (f64::from(mean).powi(2) + f64::from(deviation).powi(2));
        SpeakerStats {
            sum: mean.iter().map(|&x| windows * f64::from(x)).collect(),
            squares: mean.iter().zip(deviation).map(square).collect(),
            windows,
        }
    }

    /// The mean of what was heard; empty where nothing was.
    pub fn mean(&self) -> Vec<f32> {
        if self.windows > 0.0 {
            self.sum.iter().map(|sum| (sum / self.windows) as f32).collect()
        } else {
            Vec::new()
        }
    }

    /// The deviation of what was heard; empty where nothing was.
    pub fn deviation(&self) -> Vec<f32> {
        let variances = (0..self.mean().len()).map(|i| self.variance(i));
        variances.map(|variance| variance.sqrt() as f32).collect()
    }

    fn variance(&self, i: usize) -> f64 {
        (self.squares[i] / self.windows - (self.sum[i] / self.windows).powi(2)).max(0.0)
    }

    /// Adds one window's embedding, counting `share` of a window (1 for windows that do not overlap).
    pub fn hear(&mut self, pooled: &[f32], share: f64) {
        self.sum.resize(pooled.len(), 0.0);
        self.squares.resize(pooled.len(), 0.0);
        for ((sum, square), &x) in self.sum.iter_mut().zip(&mut self.squares).zip(pooled) {
            *sum += share * f64::from(x);
            *square += share * f64::from(x).powi(2);
        }
        self.windows += share;
    }

    /// Adds all that was heard of the same speaker elsewhere.
    pub fn join(&mut self, other: &SpeakerStats) {
        for (own, other) in [(&mut self.sum, &other.sum), (&mut self.squares, &other.squares)] {
            own.resize(own.len().max(other.len()), 0.0);
            own.iter_mut().zip(other).for_each(|(own, x)| *own += x);
        }
        self.windows += other.windows;
    }

    /// The same speaker as if heard in all kinds of speech, where it was heard in neutral speech alone: the mean moved by `offset`
    /// ([`crate::model::Metadata::neutral_offset`]; empty where that is unknown, and it stays), the deviation the population's,
    /// since neutral speech varies less than all.
    pub fn moved(self, offset: &[f32], population: &Population) -> SpeakerStats {
        let mut mean = self.mean();
        mean.iter_mut().zip(offset).for_each(|(mean, offset)| *mean += offset);
        SpeakerStats::of(&mean, &population.scale, self.windows)
    }

    /// Windows heard.
    pub fn windows(&self) -> f64 {
        self.windows
    }

    /// The weight of the adaptation that follows, 0…1.
    pub fn weight(&self, kappa: f32) -> f32 {
        let n = self.windows;
        if n > 0.0 { (n / (n + f64::from(kappa))) as f32 } else { 0.0 }
    }

    /// The adaptation that follows, with κ and κₛ as in [`crate::model::Metadata`].
    pub fn adaptation(&self, population: &Population, kappa: f32, kappa_scale: Option<f32>) -> Adaptation {
        let (n, weight, Population { mean, scale }) = (self.windows, self.weight(kappa), population.clone());
        if n <= 0.0 {
            return Adaptation { mean, scale, weight };
        }
        let shrunk = |own: f64, population: f64, kappa: f64| (n * own + kappa * population) / (n + kappa);
        let kappa = f64::from(kappa);
        let own = mean.iter().zip(&self.sum);
        let mean = own.map(|(&x, sum)| shrunk(sum / n, f64::from(x), kappa) as f32).collect();
        let Some(kappa) = kappa_scale.map(f64::from) else { return Adaptation { mean, scale, weight } };
        let own = scale.iter().enumerate();
        let variances = own.map(|(i, &x)| shrunk(self.variance(i), f64::from(x).powi(2), kappa));
        Adaptation { mean, scale: variances.map(|variance| variance.sqrt() as f32).collect(), weight }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_heard_is_the_population_and_much_heard_is_the_speaker() {
        let population = Population { mean: vec![1.0, 2.0], scale: vec![1.0, 1.0] };
        let mut stats = SpeakerStats::default();
        let adaptation = |stats: &SpeakerStats, kappa| stats.adaptation(&population, kappa, Some(3.0));
        assert_eq!(adaptation(&stats, 1.5).mean, [1.0, 2.0]);
        assert_eq!((adaptation(&stats, 1.5).weight, adaptation(&stats, 1.5).scale), (0.0, vec![1.0, 1.0]));
        stats.hear(&[4.0, 0.0], 1.0);
        assert_eq!(adaptation(&stats, 1.0).mean, [2.5, 1.0]);
        assert_eq!(adaptation(&stats, 1.0).weight, 0.5);
        // One window does not vary: three quarters of the variance are the population's.
        assert_eq!(adaptation(&stats, 1.0).scale, [0.75f32.sqrt(); 2]);
        assert_eq!(stats.adaptation(&population, 1.0, None).scale, [1.0, 1.0]);
        (0..1000).for_each(|i| stats.hear(&[4.0 + if i % 2 == 0 { 0.5 } else { -0.5 }, 0.0], 1.0));
        assert!((adaptation(&stats, 1.0).mean[0] - 4.0).abs() < 0.01);
        assert!((adaptation(&stats, 1.0).scale[0] - 0.5).abs() < 0.01);
        assert!(adaptation(&stats, 1.0).scale[1] > 0.0);
    }

    #[test]
    fn a_voice_heard_in_neutral_speech_moves_by_what_all_speech_differs_from_it() {
        let mut stats = SpeakerStats::default();
        stats.hear(&[1.0, -2.0], 1.0);
        stats.hear(&[3.0, 2.0], 1.0);
        let population = Population { mean: vec![0.0; 2], scale: vec![3.0, 4.0] };
        assert_eq!(stats.clone().moved(&[], &population).mean(), stats.mean());
        let moved = stats.moved(&[0.5, -1.0], &population);
        assert_eq!((moved.mean(), moved.deviation()), (vec![2.5, -1.0], vec![3.0, 4.0]));
        assert_eq!(SpeakerStats::default().moved(&[0.5], &population), SpeakerStats::default());
    }

    #[test]
    fn a_mean_and_its_windows_go_on_as_if_never_put_away() {
        let mut stats = SpeakerStats::default();
        assert_eq!(stats.mean(), [] as [f32; 0]);
        stats.hear(&[1.0, -2.0], 1.0);
        stats.hear(&[4.0, 1.0], 0.5);
        assert_eq!(stats.mean(), [2.0, -1.0]);
        assert_eq!(stats.deviation(), [2f32.sqrt(), 2f32.sqrt()]);
        let mut again = SpeakerStats::of(&stats.mean(), &stats.deviation(), stats.windows());
        for stats in [&mut stats, &mut again] {
            stats.hear(&[0.5, 0.5], 1.0);
        }
        assert_eq!((again.mean(), again.windows()), (stats.mean(), stats.windows()));
        for (again, stats) in again.deviation().iter().zip(stats.deviation()) {
            assert!((again - stats).abs() < 1e-6);
        }
        let mut joined = SpeakerStats::default();
        joined.join(&stats);
        assert_eq!(joined, stats);
        joined.join(&stats);
        assert_eq!((joined.mean(), joined.windows()), (stats.mean(), 2.0 * stats.windows()));
    }
}
