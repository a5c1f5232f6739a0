//! What is known of a piece of speech: the calibrated posterior, how strong the emotion is, how far listeners would agree.

use serde::{Deserialize, Serialize};

use super::Posterior;
use crate::emotion::Emotion;

/// The prediction for a window, a cell or a span.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The calibrated posterior.
    pub posterior: Posterior,
    /// Strength of the expressed emotion, 0…1; none where unknown.
    pub intensity: Option<f32>,
    /// Share of listeners, who know nothing of the speaker, expected to name the same emotion as most of them do, 0…1; none where
    /// the model does not know.
    #[serde(default)]
    pub agreement: Option<f32>,
}

impl Prediction {
    /// A posterior of which no more is known.
    pub fn new(posterior: Posterior) -> Prediction {
        Prediction { posterior, intensity: None, agreement: None }
    }

    /// The weighted sum `Σ w·prediction`: a mean where the weights sum to 1. Intensity and agreement are known where the first has
    /// them. Of nothing there is none.
    pub fn mean<'a>(weighted: impl Iterator<Item = (f32, &'a Prediction)> + Clone) -> Option<Prediction> {
        let (_, first) = weighted.clone().next()?;
        let mut probabilities = [0.0; Emotion::ALL.len()];
        for (weight, one) in weighted.clone() {
            probabilities
                .iter_mut()
                .zip(one.posterior.probabilities())
                .for_each(|(sum, p)| *sum += weight * p);
        }
        let sum = |value: &dyn Fn(&Prediction) -> Option<f32>| {
            value(first)
                .map(|_| weighted.clone().map(|(weight, one)| weight * value(one).unwrap_or(0.0)).sum())
        };
        Some(Prediction {
            posterior: Posterior::of(first.posterior.classes(), probabilities),
            intensity: sum(&|one| one.intensity),
            agreement: sum(&|one| one.agreement),
        })
    }
}
