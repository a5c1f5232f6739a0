//! One network or several, trained on the same speakers, as one model file.

use std::path::Path;

use undertone::Result;
use undertone::corpus::Corpus;
use undertone::corpus::held::HeldOut;

use crate::config::Config;
use crate::export::{Publish, join};
use crate::run::Run;

/// What they need.
pub struct Networks<'a> {
    /// Labelled recordings.
    pub corpora: &'a [Corpus],
    /// Which of them are learned from, and which are scored.
    pub held_out: &'a HeldOut<'a>,
    /// A recipe a network.
    pub recipes: &'a [Config],
    /// A teacher's folder, for distillation.
    pub teacher: Option<&'a Path>,
    /// Where the run is kept; of several networks each in a folder of its own, `network-1`, `network-2`, ….
    pub folder: &'a Path,
    /// Where computed spectrograms are kept: one file a network, since their degraded copies differ.
    pub cache: &'a Path,
}

impl Networks<'_> {
    /// Trains them, or goes on training; gives the file that answers with the mean of theirs, without figures and calibration.
    ///
    /// # Errors
    /// What [`Run::run`], [`Publish::publish`] and [`join`] answer.
    pub fn train(&self, name: &str) -> Result<Vec<u8>> {
        let Networks { corpora, held_out, teacher, .. } = *self;
        let file = |config: &Config, folder: &Path, cache: &Path| {
            Run { corpora, held_out, config: config.clone(), teacher, folder, cache }.run()?;
            Publish { run: folder, name: [name, "1"], revision: "" }.publish()
        };
        if let [config] = self.recipes {
            return file(config, self.folder, self.cache);
        }
        let files = self.recipes.iter().enumerate().map(|(at, config)| {
            let own = format!("network-{}", at + 1);
            file(config, &self.folder.join(&own), &self.cache.with_extension(&own))
        });
        join(&files.collect::<Result<Vec<_>>>()?, [name, "1"])
    }
}
