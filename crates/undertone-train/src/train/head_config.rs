//! How a head over an encoder is fitted: every field has its default, and a file may name those that differ.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use undertone::{Error, ErrorKind, Result};

use crate::train::config::Config;

/// How a head over an encoder is fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HeadConfig {
    /// Seed of all that is drawn.
    pub seed: u64,
    /// Steps of Adam, 512 clips each.
    pub steps: usize,
    /// Weight of the sum of squares of a head's weights, beside the mean loss.
    pub l2: f32,
    /// Share of a target that is spread over the classes of its corpus.
    pub smoothing: f32,
    /// Clips' worth of the population in the mean of a speaker's adaptation.
    pub kappa: f32,
    /// How often a corpus's clips are drawn; 1 where not given.
    pub weights: BTreeMap<String, f64>,
}

impl Default for HeadConfig {
    fn default() -> HeadConfig {
        let Config { seed, smoothing, kappa, .. } = Config::default();
        HeadConfig { seed, steps: 500, l2: 0.03, smoothing, kappa, weights: BTreeMap::new() }
    }
}

impl HeadConfig {
    /// Reads a file.
    ///
    /// # Errors
    /// `Io`, or `Config` naming the file where it holds unknown keys or values out of range.
    pub fn open(path: &Path) -> Result<HeadConfig> {
        let text = std::fs::read_to_string(path).map_err(|error| Error::from(error).at(path))?;
        let broken = |message: String| Error::new(ErrorKind::Config, message).at(path);
        let config: HeadConfig = toml::from_str(&text).map_err(|error| broken(error.to_string()))?;
        let HeadConfig { steps, l2, smoothing, kappa, weights, .. } = &config;
        let sound = |x: f64| x.is_finite() && x >= 0.0;
        let weights_are_sound = weights.values().copied().all(sound);
        let in_range = *steps > 0 && sound(f64::from(*l2)) && (0.0..1.0).contains(smoothing);
        if !in_range || !weights_are_sound || !sound(f64::from(*kappa)) || *kappa == 0.0 {
            return Err(broken(
                "expected steps and kappa above 0, l2 and weights of 0 or more, smoothing from 0 to below 1"
                    .to_string(),
            ));
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_names_what_differs_and_what_is_out_of_range_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("head.toml");
        let open = |text: &str| {
            std::fs::write(&path, text).unwrap();
            HeadConfig::open(&path)
        };
        let config = open("l2 = 0.5\n[weights]\ntess = 0.25\n").unwrap();
        assert_eq!(
            (config.l2, config.weights["tess"], config.steps),
            (0.5, 0.25, HeadConfig::default().steps)
        );
        for text in [
            "steps = 0",
            "l2 = -1.0",
            "l2 = nan",
            "kappa = 0.0",
            "smoothing = 1.0",
            "weights = { tess = -1.0 }",
        ] {
            assert!(open(text).unwrap_err().to_string().contains("expected steps"), "{text}");
        }
        assert!(open("epochs = 3").unwrap_err().to_string().contains("epochs"));
    }
}
