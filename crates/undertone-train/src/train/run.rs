//! A run: corpora and a recipe in, a folder out that holds what the exporter and a resumed run need.
//!
//! `config.toml`, `checkpoint-<epoch>/`, `log.csv` and `curve.svg` (the epochs so far) and, at the end, `network.bpk` and `result.json`.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};
use undertone::{Emotion, EmotionSet, Error, ErrorKind, Result};
use undertone_eval::corpus::{Corpus, Utterance};
use undertone_eval::holdout::HeldOut;

use crate::augment::waveform_augment;
use crate::data::clip::Clip;
use crate::data::corpora;
use crate::data::feature_cache::{FeatureCache, Place, Wanted};
use crate::data::normalization::{Moments, Normalization};
use crate::data::setup::Setup;
use crate::data::teacher::Teacher;
use crate::nn::front_end::FrontEnd;
use crate::train::checkpoint::{self, Checkpoints};
use crate::train::config::Config;
use crate::train::embedding_bank::EmbeddingBank;
use crate::train::heads;
use crate::train::progress::{self, Progress};
use crate::train::sampler::Sampler;
use crate::train::score::{self, Score};
use crate::train::training::train;
use undertone_eval::atomic_file;

/// The finished network in a run's folder: the average of the training, its heads fitted anew.
pub const NETWORK: &str = "network.bpk";

/// A corpus a model was trained on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Trained {
    /// Its name.
    pub name: String,
    /// Its licence.
    pub licence: String,
    /// What to cite.
    pub citation: String,
    /// Clips learned from.
    pub clips: usize,
}

/// The teachers that a model was distilled from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Taught {
    /// The networks' names and licences.
    pub names: Vec<String>,
    /// Values in one frame of its features.
    pub width: usize,
    /// Names their files.
    pub sha256: Vec<String>,
}

impl Taught {
    fn by(teacher: &Teacher) -> Taught {
        let sha256 = teacher.sha256().into_iter().map(String::from).collect();
        Taught { names: teacher.names(), width: teacher.width(), sha256 }
    }
}

/// What a finished run says of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// Mean and deviation of the spectrogram's rows.
    pub views: Moments,
    /// The corpora it learned from.
    pub corpora: Vec<Trained>,
    /// The classes they know.
    pub classes: Vec<Emotion>,
    /// Those listeners could name, where there are votes of any.
    #[serde(default)]
    pub voted: Vec<Emotion>,
    /// What was held out: protocols and their folds.
    pub held_out: Vec<String>,
    /// Clips held out.
    pub held_out_clips: usize,
    /// UAR per corpus, each clip alone.
    pub unadapted: Score,
    /// UAR per corpus with all of the speaker's clips as adaptation.
    pub adapted: Score,
    /// Who it was distilled from, where there was one.
    pub teacher: Option<Taught>,
    /// What a speaker's mean of `pooled` lies from that of the neutral clips, on average over the speakers learned from.
    #[serde(default)]
    pub neutral_offset: Vec<f32>,
}

/// Trains on what is not held out, or resumes an interrupted training, and writes `result.json`.
///
/// # Errors
/// `Config` where nothing is left to train on or the folder holds a run of another recipe; what decoding answers.
pub fn run(setup: Setup<'_>, config: &Config, held_out: &HeldOut<'_>) -> Result<Outcome> {
    std::fs::create_dir_all(setup.folder).map_err(|error| Error::from(error).at(setup.folder))?;
    keep_config(setup.folder, config)?;
    let clips = corpora::clips(setup.corpora);
    let teacher = setup.teacher.map(Teacher::open).transpose()?;
    let features = features(setup, config, &clips, teacher.as_ref())?;
    let side = |wanted: &[&Utterance]| -> (Vec<Clip>, Vec<Place>) {
        let wanted: BTreeSet<(&str, &str)> = wanted.iter().map(|u| (&*u.corpus, &*u.clip)).collect();
        let both = clips.iter().zip(&features.places);
        both.filter(|(clip, _)| wanted.contains(&(&*clip.corpus, &*clip.name)))
            .map(|(c, p)| (c.clone(), *p))
            .unzip()
    };
    let parts = &held_out.parts;
    let scored: Vec<&Utterance> = parts.iter().flat_map(|part| &part.clips).copied().collect();
    let ((learned, places), (dev, dev_places)) = (side(&held_out.learned), side(&scored));
    let normalization = Normalization::measure(&learned, &places, &features);
    let sampler = Sampler::new(&learned, places.clone(), &features, &normalization, config)?;
    let mut watch = Progress {
        bar: progress::bar(1, "epoch {msg} {wide_bar} {pos}/{len} {eta} left"),
        epochs: config.epochs,
        folder: setup.folder,
        score: &|network| {
            let pooled = score::embed(network, &dev_places, &features, &normalization, 0);
            score::outputs(network, &dev, &pooled, config.kappa, None)
        },
        dev: &dev,
    };
    let network = train(config, &sampler, &Checkpoints::new(setup.folder), &mut watch)?;
    watch.bar.finish_and_clear();
    let embed = |places: &[Place], copy| score::embed(&network, places, &features, &normalization, copy);
    let embeddings = |copy| {
        let mut bank = EmbeddingBank::new(&learned, config.size.pooled());
        bank.keep(&(0..learned.len()).collect::<Vec<_>>(), &embed(&places, copy).concat());
        bank
    };
    let banks: Vec<EmbeddingBank> = (0..features.copies.len()).map(embeddings).collect();
    let pooled = embed(&dev_places, 0);
    let network = heads::fit(network, &sampler, &banks)?;
    checkpoint::write(&network, &setup.folder.join(NETWORK))?;
    let outputs = score::outputs(&network, &dev, &pooled, config.kappa, Some(heads::KAPPA_SCALE));
    let outcome = Outcome {
        views: normalization.views.clone(),
        corpora: trained(setup.corpora, &learned),
        classes: known(&learned),
        voted: known(learned.iter().filter(|clip| clip.votes.is_some())),
        held_out: parts.iter().map(|part| format!("{} {}", part.protocol, part.fold)).collect(),
        held_out_clips: dev.len(),
        unadapted: score::score(&dev, &outputs.unadapted),
        adapted: score::score(&dev, &outputs.adapted),
        teacher: teacher.as_ref().map(Taught::by),
        neutral_offset: banks[0].neutral_offset(),
    };
    let text = serde_json::to_string_pretty(&outcome).map_err(std::io::Error::from)?;
    atomic_file::write(&setup.folder.join("result.json"), text.as_bytes())?;
    Ok(outcome)
}

/// Reads the clips' features from the cache, or computes them.
fn features(
    setup: Setup<'_>,
    config: &Config,
    clips: &[Clip],
    teacher: Option<&Teacher>,
) -> Result<FeatureCache> {
    let bar = progress::bar(clips.len() as u64, "clips computed: {pos}/{len} {wide_bar} {eta} left");
    let wanted = Wanted {
        teacher,
        degraded_copies: config.degraded_copies,
        augment: waveform_augment::augment,
        waveforms: config.front_end == FrontEnd::Waveform,
        seed: config.seed,
    };
    let features = FeatureCache::prepare(clips, wanted, setup.cache, &|done| bar.set_position(done as u64))?;
    bar.finish_and_clear();
    Ok(features)
}

/// Writes the recipe, or refuses a folder that holds a run of another one.
fn keep_config(folder: &Path, config: &Config) -> Result<()> {
    let path = folder.join("config.toml");
    let text = toml::to_string(config).map_err(|e| Error::new(ErrorKind::Config, e.to_string()))?;
    if path.exists() && Config::open(&path)? != *config {
        let message = "this folder holds a run of another recipe; choose another folder or remove it";
        return Err(Error::new(ErrorKind::Config, message).at(folder));
    }
    atomic_file::write(&path, text.as_bytes())
}

/// The classes that the corpora of some clips know.
pub fn known<'a>(clips: impl IntoIterator<Item = &'a Clip>) -> Vec<Emotion> {
    clips.into_iter().flat_map(|clip| clip.known.iter()).collect::<EmotionSet>().iter().collect()
}

/// The corpora that clips were learned from.
pub fn trained(corpora: &[Corpus], learned: &[Clip]) -> Vec<Trained> {
    let of = |corpus: &Corpus| Trained {
        name: corpus.name.clone(),
        licence: corpus.card.licence.clone(),
        citation: corpus.card.citation.clone(),
        clips: learned.iter().filter(|clip| clip.corpus == corpus.name).count(),
    };
    corpora.iter().map(of).filter(|corpus| corpus.clips > 0).collect()
}
