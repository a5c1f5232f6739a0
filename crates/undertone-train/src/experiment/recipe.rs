//! A released recipe: how a model of ours is made again from the corpora, by its name.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use undertone::{Error, ErrorKind, Result};

use crate::data::corpora;
use crate::data::setup::Setup;
use crate::experiment::cross_corpus;
use crate::experiment::cross_validation::CrossValidation;
use crate::export::{ModelFile, Scored, revision};
use crate::nn::front_end::FrontEnd;
use crate::train::config::Config;

/// Names and texts of the recipes.
const KNOWN: [(&str, &str); 3] = [
    ("default", include_str!("../../recipes/default.toml")),
    ("large", include_str!("../../recipes/large.toml")),
    ("cremad", include_str!("../../recipes/cremad.toml")),
];

/// How one model is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The model's version.
    pub version: String,
    /// What is held out, fold by fold: protocols, or `joint`.
    pub protocols: Vec<String>,
    /// Folds of these that are trained and scored: figures come from these, and calibration where no corpus is left out.
    pub folds: Vec<usize>,
    /// Corpora to learn from besides the protocols' own.
    pub extra: Vec<String>,
    /// The fold whose network is the model, or whose networks are.
    pub model: usize,
    /// Also train with each corpus left out and calibrate on these predictions: posteriors then fit corpora the model did not learn
    /// from.
    pub left_out: bool,
    /// How each is trained: one recipe a network, all of them side by side in the model.
    pub training: Vec<Config>,
}

impl Recipe {
    /// A released recipe by its name.
    ///
    /// # Errors
    /// `Config` listing the known names.
    pub fn named(name: &str) -> Result<Recipe> {
        let Some((_, text)) = KNOWN.iter().find(|(known, _)| *known == name) else {
            let known = KNOWN.map(|(known, _)| known).join(", ");
            let message = format!("'{name}' is no recipe; there is {known}");
            return Err(Error::new(ErrorKind::Config, message));
        };
        Recipe::parse(text)
    }

    fn parse(text: &str) -> Result<Recipe> {
        let broken = |message: String| Error::new(ErrorKind::Config, message);
        let recipe: Recipe = toml::from_str(text).map_err(|error| broken(error.to_string()))?;
        recipe.training.iter().try_for_each(Config::check)?;
        if !recipe.folds.contains(&recipe.model) {
            return Err(broken(format!("model = {}: expected one of the folds", recipe.model)));
        }
        let learned = recipe.training.iter().any(|training| training.front_end == FrontEnd::Waveform);
        match recipe.training.len() {
            0 => Err(broken("no [[training]]: expected one or more".to_string())),
            2.. if learned => Err(broken(
                "front_end = 'waveform': networks side by side share one front end, and what is learned differs".to_string(),
            )),
            _ => Ok(recipe),
        }
    }

    /// Trains the folds that are not done yet in `folder`, from the corpora in `folders`, and writes the model beside them; gives its
    /// path and what every fold scored.
    ///
    /// # Errors
    /// What [`corpora::chosen`], [`CrossValidation::run`] and [`cross_corpus::cross_corpus`] answer; `Io` where a file cannot be written.
    pub fn run(
        &self,
        name: &str,
        folders: &[PathBuf],
        teacher: Option<&Path>,
        folder: &Path,
    ) -> Result<(PathBuf, Vec<Scored>)> {
        let protocols = corpora::protocols(&self.protocols)?;
        let corpora = corpora::chosen(folders, &protocols, &self.extra)?;
        let setup = Setup { corpora: &corpora, teacher, folder, cache: &folder.join("features") };
        let validation = CrossValidation { protocols: &protocols, folds: &self.folds, dev: false };
        let scored = validation.run(setup, &self.training)?;
        let mut model = ModelFile::open(&folder.join(format!("fold-{}", self.model)).join("model.onnx"))?;
        model.set_name(&format!("undertone-{name}"), &self.version);
        model.set_revision(&revision());
        model.set_results(&scored)?;
        match self.left_out {
            false => model.calibrate(&scored)?,
            true => {
                let setup = Setup { folder: &folder.join("cross-corpus"), ..setup };
                cross_corpus::cross_corpus(setup, &self.training, true)?;
                model.calibrate(&cross_corpus::left_out(setup.folder)?)?;
            }
        }
        let path = folder.join(format!("{name}.onnx"));
        model.save(&path)?;
        Ok((path, scored))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_known_recipe_can_be_read() {
        for (name, _) in KNOWN {
            Recipe::named(name).unwrap();
        }
        let error = Recipe::named("giant").unwrap_err().to_string();
        assert!(error.contains("'giant'") && error.contains("default"), "{error}");
    }

    #[test]
    fn a_recipe_of_no_model_or_with_an_unknown_key_is_refused() {
        let error =
            Recipe::parse("version = '1'\nprotocols = []\nfolds = [1]\nextra = []\nmodel = 2\nleft_out = false\n[[training]]\n")
                .unwrap_err()
                .to_string();
        assert!(error.contains("model = 2"), "{error}");
        let error = Recipe::parse(
            "version = '1'\nprotocols = []\nfolds = [1]\nextra = []\nmodel = 1\nleft_out = false\n[[training]]\nepoch = 2\n",
        )
        .unwrap_err()
        .to_string();
        assert!(error.contains("epoch"), "{error}");
        let error = Recipe::parse(
            "version = '1'\nprotocols = []\nfolds = [1]\nextra = []\nmodel = 1\nleft_out = false\n[[training]]\nmixup = 2\n",
        )
        .unwrap_err()
        .to_string();
        assert!(error.contains("mixup = 2"), "{error}");
        let begin = "version = '1'\nprotocols = []\nfolds = [1]\nextra = []\nmodel = 1\nleft_out = false\n";
        let refused = |rest: &str| Recipe::parse(&format!("{begin}{rest}")).unwrap_err().to_string();
        assert!(refused("training = []").contains("expected one or more"));
        let learned = "[[training]]\nfront_end = 'waveform'\ndegraded_copies = 0\npace = 0.0\n";
        assert!(refused(&learned.repeat(2)).contains("share one front end"));
        assert!(Recipe::parse(&format!("{begin}{learned}")).is_ok());
    }
}
