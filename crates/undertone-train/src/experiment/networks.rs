//! One network or several, trained on the same speakers, as one model file.

use undertone::Result;
use undertone_eval::holdout::HeldOut;

use crate::data::setup::Setup;
use crate::export::{ModelFile, ensemble, publish, revision};
use crate::train::config::Config;
use crate::train::run::run;

/// Trains a network by each of `configs`, or resumes interrupted trainings; gives the model that answers with the mean of theirs,
/// without figures and calibration.
///
/// A single run lies in the setup's folder; of several networks each has a folder of its own in it, `network-1`, `network-2`, …,
/// and a cache of its own, since their degraded copies differ.
///
/// # Errors
/// What [`run`], [`publish`] and [`ensemble`] answer.
pub fn train(setup: Setup<'_>, configs: &[Config], held_out: &HeldOut<'_>, name: &str) -> Result<ModelFile> {
    let revision = revision();
    let one = |setup: Setup<'_>, config: &Config| {
        run(setup, config, held_out)?;
        publish(setup.folder, [name, "1"], &revision)
    };
    if let [config] = configs {
        return one(setup, config);
    }
    let models = configs.iter().enumerate().map(|(at, config)| {
        let own = format!("network-{}", at + 1);
        let (folder, cache) = (setup.folder.join(&own), setup.cache.with_extension(&own));
        one(Setup { folder: &folder, cache: &cache, ..setup }, config)
    });
    ensemble(&models.collect::<Result<Vec<_>>>()?, [name, "1"])
}
