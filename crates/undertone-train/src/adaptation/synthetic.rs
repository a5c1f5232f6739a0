//! Clips of invented speakers whose statistics are known.

use faer::Mat;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::clips::{Clips, Label};

/// Classes of the clips.
pub(super) const CLASSES: usize = 4;
/// Length of their vectors.
pub(super) const WIDTH: usize = 5;

/// Clip = class effect + offset of the speaker + interaction of both + residual of variance 1.
#[derive(Clone, Debug)]
pub(super) struct Synthetic {
    pub speakers: usize,
    /// Of each speaker, the classes in turn.
    pub clips: usize,
    /// Deviation of offsets along each axis.
    pub offset: [f64; WIDTH],
    /// A class lies so far out along its own axis.
    pub effect: f64,
    /// Deviation of the interaction.
    pub interaction: f64,
}

impl Default for Synthetic {
    fn default() -> Synthetic {
        Synthetic {
            speakers: 20,
            clips: 16,
            offset: [3.0, 2.0, 1.5, 1.0, 0.5],
            effect: 1.0,
            interaction: 0.0,
        }
    }
}

impl Synthetic {
    pub fn class_means(&self) -> Mat<f64> {
        Mat::from_fn(CLASSES, WIDTH, |class, at| if class == at { self.effect } else { 0.0 })
    }

    pub fn clips(&self, corpus: &str, seed: u64) -> Clips {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
        let (means, mut rows, mut labels) = (self.class_means(), Vec::new(), Vec::new());
        for speaker in 0..self.speakers {
            let offset = self.offset.map(|deviation| deviation * normal());
            let own = Mat::from_fn(CLASSES, WIDTH, |_, _| self.interaction * normal());
            for clip in 0..self.clips {
                // Every speaker begins with another class, so that all occur however few the clips.
                let class = (speaker + clip) % CLASSES;
                rows.push(
                    offset
                        .iter()
                        .enumerate()
                        .map(|(at, x)| x + means[(class, at)] + own[(class, at)] + normal())
                        .collect::<Vec<f64>>(),
                );
                labels.push(Label {
                    class,
                    speaker: format!("{corpus}/{speaker}"),
                    corpus: corpus.to_string(),
                });
            }
        }
        Clips { rows: Mat::from_fn(rows.len(), WIDTH, |row, at| rows[row][at]), labels }
    }
}
