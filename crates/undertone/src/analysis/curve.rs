//! The curve: a posterior at every step of time in which somebody speaks.

use serde::{Deserialize, Serialize};

use crate::model::Posterior;

/// A moment of speech, answered by the window around it alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CurvePoint {
    /// Seconds from the recording's start, a multiple of the step.
    pub time: f64,
    /// The channel, from 0.
    pub channel: usize,
    /// The speaker's id, where known.
    pub speaker: Option<String>,
    /// The posterior over the classes asked for.
    pub posterior: Posterior,
    /// −1…1, derived from the posterior.
    pub valence: f32,
    /// −1…1, derived from the posterior.
    pub arousal: f32,
}
