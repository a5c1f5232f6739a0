//! Heads over an encoder of others: fold by fold, each fitted to what the encoder makes of the clips, and scored on held-out speakers.
//!
//! Its folder holds what that of a cross-validation holds: `fold-<k>/` with `model.onnx` and, at temperature 1,
//! `scored/<protocol>.<condition>.csv`; and, from all folds that are done, `<protocol>.<condition>.csv`. The encoder hears each clip once
//! for all folds; a fold that is done is not done again. Where corpora are left out in turn, its folder is that of cross-corpus tests.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use undertone::model::{Encoder, Model};
use undertone::{Error, ErrorKind, Result};
use undertone_eval::atomic_file;
use undertone_eval::corpus::Utterance;
use undertone_eval::holdout::HeldOut;
use undertone_eval::metrics::Evaluation;
use undertone_eval::predict::{self, Answering, ClipEmbedding, Condition, Embedded};
use undertone_eval::protocol::Protocol;

use crate::data::clip::Clip;
use crate::data::corpora;
use crate::data::layer_cache::LayerCache;
use crate::data::normalization::Moments;
use crate::data::setup::Setup;
use crate::experiment::cross_corpus::{self, Split};
use crate::experiment::cross_validation;
use crate::export::predictions::assemble;
use crate::export::{HeadTraining, ModelFile, Scored, publish_head, revision};
use crate::train::encoder_head::EncoderHead;
use crate::train::head_config::HeadConfig;
use crate::train::layer_statistics::LayerStatistics;
use crate::train::{progress, run};

/// What is held out, fold by fold, and how heads are fitted.
pub struct HeadValidation<'a> {
    /// Whose layers the heads read.
    pub encoder: Arc<Encoder>,
    /// Held out together.
    pub protocols: &'a [Protocol],
    /// The folds to do; all where empty.
    pub folds: &'a [usize],
    /// Score the next fold's speakers instead, to choose how heads are fitted; the fold itself is left alone.
    pub dev: bool,
    /// How each is fitted.
    pub config: HeadConfig,
    /// The heads' name.
    pub name: &'a str,
}

/// All clips as the encoder hears them.
struct EmbeddedClips {
    clips: Vec<Clip>,
    statistics: LayerStatistics,
    /// Where each clip is among them, by corpus and name.
    places: BTreeMap<(String, String), usize>,
}

/// A head as a model, and what standardises the encoder's values for it.
struct FittedHead {
    model: Model,
    frames: Moments,
}

impl HeadValidation<'_> {
    /// Does the folds that are not done yet and writes the predictions of all that are.
    ///
    /// # Errors
    /// What [`LayerCache::frames`], [`HeldOut::fold`] and the runtime answer.
    pub fn run(&self, setup: Setup<'_>) -> Result<Vec<Scored>> {
        let count = self.protocols.iter().map(|protocol| protocol.folds.len()).max().unwrap_or(0);
        let folds = if self.folds.is_empty() { (1..=count).collect() } else { self.folds.to_vec() };
        let folder = |number: usize| setup.folder.join(format!("fold-{number}"));
        let open: Vec<usize> =
            folds.into_iter().filter(|&number| !folder(number).join("scored").exists()).collect();
        if !open.is_empty() {
            let heard = self.hear(setup)?;
            for number in open {
                eprintln!("fold {number}");
                let held_out = HeldOut::fold(self.protocols, number, self.dev, setup.corpora)?;
                self.fold(Setup { folder: &folder(number), ..setup }, &heard, &held_out)?;
            }
        }
        let scored = cross_validation::read(setup.folder)?;
        for (protocol, condition, rows) in assemble(&scored) {
            predict::save(&setup.folder.join(format!("{protocol}.{condition}.csv")), &rows)?;
        }
        Ok(scored)
    }

    /// Writes the head of one fold as a model, with temperatures, thresholds and figures from the predictions of all folds; gives its path.
    ///
    /// # Errors
    /// `Io` where the fold is not there; what [`ModelFile::calibrate`] answers.
    pub fn model(&self, folder: &Path, fold: usize, scored: &[Scored]) -> Result<PathBuf> {
        let path = folder.join(format!("fold-{fold}")).join("model.onnx");
        let mut model = ModelFile::open_over(&path, Some(&self.encoder))?;
        model.set_results(scored)?;
        model.calibrate(scored)?;
        let path = folder.join(format!("{}.onnx", self.name));
        model.save(&path)?;
        Ok(path)
    }

    /// Leaves each of the corpora out that are named, with those that share speakers with it: a head learns from all others and is scored
    /// on these. Gives the figures, named `all-but-<corpus>-to-<corpus>.<condition>`; what is done is not done again.
    ///
    /// # Errors
    /// What [`cross_corpus::leave_out`], [`LayerCache::frames`] and the runtime answer.
    pub fn leave_out(&self, setup: Setup<'_>, names: &[&str]) -> Result<Vec<Evaluation>> {
        let splits = cross_corpus::leave_out(setup.corpora, names)?;
        let open: Vec<&Split> = splits.iter().filter(|split| !split.is_done(setup.folder)).collect();
        if !open.is_empty() {
            let heard = self.hear(setup)?;
            for split in open {
                eprintln!("learning from {}", split.name);
                let folder = setup.folder.join(&split.name);
                let fitted = self.fit(Setup { folder: &folder, ..setup }, &heard, &split.held_out)?;
                split.score(setup.folder, &fitted.model, &|part, known| {
                    Embedded::before(part, known, |clip| heard.embedding(clip, &fitted))
                })?;
            }
        }
        let evaluations = splits.iter().map(|split| split.evaluations(setup.folder));
        Ok(evaluations.collect::<Result<Vec<_>>>()?.concat())
    }

    /// What the encoder makes of all clips, from the cache as far as it is there.
    fn hear(&self, setup: Setup<'_>) -> Result<EmbeddedClips> {
        let mut clips = corpora::clips(setup.corpora);
        // Behind all others, so that the cache's groups stay as they are.
        clips.append(&mut corpora::defective(setup.corpora));
        let bar = progress::bar(clips.len() as u64, "clips embedded: {pos}/{len} {wide_bar} {eta} left");
        let cache = LayerCache::new(Arc::clone(&self.encoder), setup.cache)?;
        let statistics = LayerStatistics::of(&cache, &clips, &|done| bar.set_position(done as u64))?;
        bar.finish_and_clear();
        let key = |clip: &Clip| (clip.corpus.clone(), clip.name.clone());
        let places = clips.iter().enumerate().map(|(at, clip)| (key(clip), at)).collect();
        Ok(EmbeddedClips { clips, statistics, places })
    }

    /// Fits a head to what is not held out, and writes it.
    fn fit(&self, setup: Setup<'_>, heard: &EmbeddedClips, held_out: &HeldOut<'_>) -> Result<FittedHead> {
        let rows: Vec<usize> =
            held_out.learned.iter().map(|clip| heard.place(clip)).collect::<Result<_>>()?;
        let learned: Vec<Clip> = rows.iter().map(|&row| heard.clips[row].clone()).collect();
        let head = EncoderHead::fit(&learned, &rows, &heard.statistics, &self.config)?;
        let training = HeadTraining {
            corpora: &run::trained(setup.corpora, &learned),
            classes: &run::known(&learned),
            voted: &run::known(learned.iter().filter(|clip| clip.votes.is_some())),
            held_out: held_out.parts.iter().map(|part| format!("{} {}", part.protocol, part.fold)).collect(),
            kappa: self.config.kappa,
            name: [self.name, "1"],
            revision: &revision(),
        };
        let file = publish_head(&head, &self.encoder, training);
        let (bytes, model) = file.to_model()?;
        fs::create_dir_all(setup.folder).map_err(|error| Error::from(error).at(setup.folder))?;
        atomic_file::write(&setup.folder.join("model.onnx"), &bytes)?;
        Ok(FittedHead { model, frames: head.frames })
    }

    /// Fits the head of one fold and scores what it holds out.
    fn fold(&self, setup: Setup<'_>, heard: &EmbeddedClips, held_out: &HeldOut<'_>) -> Result<()> {
        let fitted = self.fit(setup, heard, held_out)?;
        let part = setup.folder.join("scored.part");
        fs::create_dir_all(&part).map_err(|error| Error::from(error).at(&part))?;
        let known = predict::known(setup.corpora);
        for held in &held_out.parts {
            let clips = Embedded::before(held, &known, |clip| heard.embedding(clip, &fitted))?;
            for condition in Condition::ALL {
                let rows = clips.score(&fitted.model, condition, &Answering::raw())?.predictions;
                predict::save(&part.join(format!("{}.{condition}.csv", held.protocol)), &rows)?;
            }
        }
        fs::rename(&part, setup.folder.join("scored")).map_err(|error| Error::from(error).at(&part))
    }
}

impl EmbeddedClips {
    /// A clip's embedding by a head, and its length in seconds.
    fn embedding(&self, clip: &Utterance, by: &FittedHead) -> Result<ClipEmbedding> {
        let row = self.place(clip)?;
        let seconds = self.statistics.frames(row) as f64 * by.model.metadata().frame_seconds.0;
        Ok((self.statistics.pooled(row, &by.frames), seconds))
    }

    /// Where a clip is.
    fn place(&self, clip: &Utterance) -> Result<usize> {
        let place = self.places.get(&(clip.corpus.clone(), clip.clip.clone())).copied();
        place.ok_or_else(|| {
            Error::new(ErrorKind::Config, "the protocol holds it out, but it has no label").at(&clip.path)
        })
    }
}

#[cfg(test)]
mod tests;
