//! What an epoch of training is summed up by.

use serde::{Deserialize, Serialize};

/// One epoch's means.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Cross-entropy of the unadapted head.
    pub loss: f64,
    /// Cross-entropy of the speaker head.
    pub speaker: f64,
    /// Mean squared distance to the teacher.
    pub distillation: f64,
    /// Mean squared error of intensity.
    pub intensity: f64,
    /// Seconds it took.
    pub seconds: f64,
    /// Mean UAR on held-out speakers, where they were scored.
    pub dev: Option<[f64; 2]>,
}

impl Epoch {
    /// Sums → means; the speaker head and the teacher see only the crops that were not mixed.
    pub fn over(self, steps: usize, mixup: f64) -> Epoch {
        let (all, plain) = (steps as f64, (steps as f64 * (1.0 - mixup)).max(1.0));
        Epoch {
            loss: self.loss / all,
            intensity: self.intensity / plain,
            speaker: self.speaker / plain,
            distillation: self.distillation / plain,
            ..self
        }
    }
}
