//! Cross-validation: one training per fold, each scored once, through the runtime, on held-out speakers.
//!
//! Its folder holds `fold-<k>/` (a run, its `model.onnx` and `scored/<protocol>.<condition>.csv` at temperature 1) and, from
//! all folds that are done, `<protocol>.<condition>.csv`: what every figure is computed from. A fold that is done is not done
//! again; an interrupted training resumes. The temperature of a fold's predictions is fitted on the other folds, where each
//! speaker counts the same, so that no test speaker has a say in it; with a single fold it stays 1.

use std::fs;
use std::path::Path;
use std::time::Instant;

use undertone::model::Model;
use undertone::{Error, Result};
use undertone_eval::holdout::HeldOut;
use undertone_eval::predict::{self, Condition};
use undertone_eval::protocol::Protocol;

use crate::data::setup::Setup;
use crate::experiment::networks;
use crate::export::predictions::{Scored, assemble, files, listed};
use crate::train::config::Config;
use undertone_eval::atomic_file;

/// What is held out, fold by fold.
#[derive(Clone, Copy)]
pub struct CrossValidation<'a> {
    /// Held out together.
    pub protocols: &'a [Protocol],
    /// The folds to do; all where empty.
    pub folds: &'a [usize],
    /// Score the next fold's speakers instead, to choose a recipe; the fold itself is left alone.
    pub dev: bool,
}

impl CrossValidation<'_> {
    /// Does the folds that are not done yet and writes the predictions of all that are.
    ///
    /// # Errors
    /// What [`HeldOut::fold`], [`networks::train`] and the runtime answer.
    pub fn run(&self, setup: Setup<'_>, configs: &[Config]) -> Result<Vec<Scored>> {
        let count = self.protocols.iter().map(|protocol| protocol.folds.len()).max().unwrap_or(0);
        let folds = if self.folds.is_empty() { (1..=count).collect() } else { self.folds.to_vec() };
        let begin = Instant::now();
        let mut trained = 0;
        for (at, &number) in folds.iter().enumerate() {
            let folder = setup.folder.join(format!("fold-{number}"));
            if folder.join("scored").exists() {
                eprintln!("fold {number}: done before");
                continue;
            }
            match begin.elapsed().as_secs_f64() / 60.0 / f64::from(trained.max(1)) {
                _ if trained == 0 => eprintln!("fold {number}"),
                each => {
                    eprintln!("fold {number}: about {:.0} min left", each * (folds.len() - at) as f64);
                }
            }
            let held_out = HeldOut::fold(self.protocols, number, self.dev, setup.corpora)?;
            fold(Setup { folder: &folder, ..setup }, configs, &held_out)?;
            trained += 1;
        }
        let scored = read(setup.folder)?;
        for (protocol, condition, rows) in assemble(&scored) {
            predict::save(&setup.folder.join(format!("{protocol}.{condition}.csv")), &rows)?;
        }
        Ok(scored)
    }
}

/// Trains one fold and scores what it holds out.
fn fold(setup: Setup<'_>, configs: &[Config], held_out: &HeldOut<'_>) -> Result<()> {
    let file = networks::train(setup, configs, held_out, "undertone-fold")?.to_bytes()?;
    atomic_file::write(&setup.folder.join("model.onnx"), &file)?;
    let (model, part) = (Model::from_bytes(file)?, setup.folder.join("scored.part"));
    fs::create_dir_all(&part).map_err(|error| Error::from(error).at(&part))?;
    for held in &held_out.parts {
        let known = predict::known(setup.corpora);
        let scored = predict::score(&model, held, &known, &Condition::ALL, None)?;
        for (condition, rows) in Condition::ALL.iter().zip(scored) {
            predict::save(&part.join(format!("{}.{condition}.csv", held.protocol)), &rows)?;
        }
    }
    fs::rename(&part, setup.folder.join("scored")).map_err(|error| Error::from(error).at(&part))
}

/// The folds of a cross-validation's folder that are done.
///
/// # Errors
/// `Io`, or `Malformed` naming the file.
pub fn read(folder: &Path) -> Result<Vec<Scored>> {
    let mut scored = Vec::new();
    for fold in listed(folder)? {
        let inside = fold.join("scored");
        if inside.is_dir() {
            scored.extend(files(&inside)?);
        }
    }
    Ok(scored)
}
