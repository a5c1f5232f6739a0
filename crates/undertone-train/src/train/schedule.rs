//! Learning rates over a training.

use crate::train::config::Config;

/// One epoch of warm-up, then a cosine to 0.
pub fn learning_rate(config: &Config, step: usize, steps_an_epoch: usize) -> f64 {
    let warm = ((step + 1) as f64 / steps_an_epoch as f64).min(1.0);
    config.learning_rate * warm * cosine(step, steps_an_epoch * config.epochs)
}

/// From 1 at the first of so many steps to 0 after the last, as half a cosine.
pub fn cosine(step: usize, steps: usize) -> f64 {
    0.5 * (1.0 + (std::f64::consts::PI * step as f64 / steps as f64).cos())
}
