//! A run: corpora and a recipe in, a folder out that holds everything the exporter and a later session need.
//!
//! `config.toml`, `checkpoint-<epoch>/`, `log.csv` and `curve.svg` (the epochs so far) and, at the end, `network.bpk` and `result.json`.

use std::collections::BTreeSet;
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use undertone::corpus::held::HeldOut;
use undertone::corpus::{Corpus, Utterance};
use undertone::{Emotion, EmotionSet, Error, ErrorKind, Result};

use crate::checkpoint::{self, Checkpoints};
use crate::clip::Clip;
use crate::config::Config;
use crate::curve;
use crate::draw::Draw;
use crate::front_end::FrontEnd;
use crate::heads;
use crate::material::{Material, Place, Wanted};
use crate::memory::Memory;
use crate::network::Network;
use crate::population::{Level, Population};
use crate::score::{self, Score};
use crate::teacher::Teacher;
use crate::train::{Epoch, Watch, train};

/// Held-out speakers are scored after every so many epochs, and after the last.
const SCORE_EVERY: usize = 4;

/// The finished network in a run's folder: the average of the training, its heads fitted anew.
pub const NETWORK: &str = "network.bpk";

/// What a run needs.
pub struct Run<'a> {
    /// Labelled recordings.
    pub corpora: &'a [Corpus],
    /// Which of them are learned from, and which are scored.
    pub held_out: &'a HeldOut<'a>,
    /// The recipe.
    pub config: Config,
    /// A teacher's folder, for distillation.
    pub teacher: Option<&'a Path>,
    /// Where the run is kept.
    pub folder: &'a Path,
    /// Where computed spectrograms are kept.
    pub cache: &'a Path,
}

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
    pub views: Level,
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
    /// UAR per corpus with all of the speaker's clips as baseline.
    pub baseline: Score,
    /// Who it was distilled from, where there was one.
    pub teacher: Option<Taught>,
    /// What a speaker's mean of `pooled` lies from that of the neutral clips, on average over the speakers learned from.
    #[serde(default)]
    pub neutral_offset: Vec<f32>,
}

impl Run<'_> {
    /// Trains, or goes on training, and writes `result.json`.
    ///
    /// # Errors
    /// `Config` where nothing is left to train on or the folder holds a run of another recipe; what decoding answers.
    pub fn run(&self) -> Result<Outcome> {
        std::fs::create_dir_all(self.folder).map_err(|error| Error::from(error).at(self.folder))?;
        self.keep_config()?;
        let clips = clips(self.corpora);
        let teacher = self.teacher.map(Teacher::open).transpose()?;
        let bar = bar(clips.len() as u64, "clips computed: {pos}/{len} {wide_bar} {eta} left");
        let wanted = Wanted {
            teacher: teacher.as_ref(),
            degraded_copies: self.config.degraded_copies,
            waveforms: self.config.front_end == FrontEnd::Waveform,
            seed: self.config.seed,
        };
        let material = Material::prepare(&clips, wanted, self.cache, &|done| bar.set_position(done as u64))?;
        bar.finish_and_clear();
        let side = |wanted: &[&Utterance]| -> (Vec<Clip>, Vec<Place>) {
            let wanted: BTreeSet<(&str, &str)> = wanted.iter().map(|u| (&*u.corpus, &*u.clip)).collect();
            let both = clips.iter().zip(&material.places);
            both.filter(|(clip, _)| wanted.contains(&(&*clip.corpus, &*clip.name)))
                .map(|(c, p)| (c.clone(), *p))
                .unzip()
        };
        let parts = &self.held_out.parts;
        let scored: Vec<&Utterance> = parts.iter().flat_map(|part| &part.clips).copied().collect();
        let ((learned, places), (dev, dev_places)) = (side(&self.held_out.learned), side(&scored));
        let population = Population::measure(&learned, &places, &material);
        let draw = Draw::new(&learned, places.clone(), &material, &population, &self.config)?;
        let mut watch = Progress {
            bar: self::bar(1, "epoch {msg} {wide_bar} {pos}/{len} {eta} left"),
            epochs: self.config.epochs,
            folder: self.folder,
            score: &|network| {
                let pooled = score::embed(network, &dev_places, &material, &population, 0);
                score::outputs(network, &dev, &pooled, self.config.kappa, None)
            },
            dev: &dev,
        };
        let network = train(&self.config, &draw, &Checkpoints::new(self.folder), &mut watch)?;
        watch.bar.finish_and_clear();
        let embed = |places: &[Place], copy| score::embed(&network, places, &material, &population, copy);
        let remember = |copy| {
            let mut memory = Memory::new(&learned, self.config.size.pooled());
            memory.keep(&(0..learned.len()).collect::<Vec<_>>(), &embed(&places, copy).concat());
            memory
        };
        let heard: Vec<Memory> = (0..material.copies.len()).map(remember).collect();
        let pooled = embed(&dev_places, 0);
        let network = heads::fit(network, &draw, &heard)?;
        checkpoint::write(&network, &self.folder.join(NETWORK))?;
        let outputs = score::outputs(&network, &dev, &pooled, self.config.kappa, Some(heads::KAPPA_SCALE));
        let outcome = Outcome {
            views: population.views.clone(),
            corpora: trained(self.corpora, &learned),
            classes: known(&learned),
            voted: known(learned.iter().filter(|clip| clip.votes.is_some())),
            held_out: parts.iter().map(|part| format!("{} {}", part.protocol, part.fold)).collect(),
            held_out_clips: dev.len(),
            unadapted: score::score(&dev, &outputs.unadapted),
            baseline: score::score(&dev, &outputs.baseline),
            teacher: teacher.as_ref().map(Taught::by),
            neutral_offset: heard[0].neutral_offset(),
        };
        let text = serde_json::to_string_pretty(&outcome).map_err(std::io::Error::from)?;
        std::fs::write(self.folder.join("result.json"), text)?;
        Ok(outcome)
    }

    /// Writes the recipe, or refuses a folder that holds a run of another one.
    fn keep_config(&self) -> Result<()> {
        let path = self.folder.join("config.toml");
        let text = toml::to_string(&self.config).map_err(|e| Error::new(ErrorKind::Config, e.to_string()))?;
        if path.exists() && Config::open(&path)? != self.config {
            let message = "this folder holds a run of another recipe; choose another folder or remove it";
            return Err(Error::new(ErrorKind::Config, message).at(self.folder));
        }
        std::fs::write(&path, text).map_err(|error| Error::from(error).at(&path))
    }
}

/// The labelled, sound clips of all corpora, in the order of a training's material.
pub fn clips(corpora: &[Corpus]) -> Vec<Clip> {
    let mut clips = Vec::new();
    for corpus in corpora {
        let known = corpus.emotions();
        clips.extend(corpus.utterances.iter().filter(|utterance| utterance.defect.is_none()).filter_map(
            |u| {
                Some(Clip {
                    corpus: u.corpus.clone(),
                    name: u.clip.clone(),
                    path: u.path.clone(),
                    segment: u.segment,
                    speaker: u.speaker.clone(),
                    emotion: u.emotion?,
                    known,
                    intensity: u.intensity,
                    votes: u.votes,
                })
            },
        ));
    }
    clips
}

/// The classes that the corpora of some clips know.
fn known<'a>(clips: impl IntoIterator<Item = &'a Clip>) -> Vec<Emotion> {
    clips.into_iter().flat_map(|clip| clip.known.iter()).collect::<EmotionSet>().iter().collect()
}

fn trained(corpora: &[Corpus], learned: &[Clip]) -> Vec<Trained> {
    let of = |corpus: &Corpus| Trained {
        name: corpus.name.clone(),
        licence: corpus.card.licence.clone(),
        citation: corpus.card.citation.clone(),
        clips: learned.iter().filter(|clip| clip.corpus == corpus.name).count(),
    };
    corpora.iter().map(of).filter(|corpus| corpus.clips > 0).collect()
}

fn bar(length: u64, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length).with_style(style)
}

/// Shows where the training is, and keeps its log.
struct Progress<'a> {
    bar: ProgressBar,
    epochs: usize,
    folder: &'a Path,
    score: &'a dyn Fn(&Network) -> score::Outputs,
    dev: &'a [Clip],
}

impl Watch for Progress<'_> {
    fn step(&mut self, epoch: usize, step: usize, steps: usize, loss: f64) {
        self.bar.set_length((self.epochs * steps) as u64);
        self.bar.set_position((epoch * steps + step) as u64);
        self.bar.set_message(format!("{}/{} loss {loss:.3}", epoch + 1, self.epochs));
    }

    fn epoch(&mut self, number: usize, epoch: &mut Epoch, average: &Network) {
        let due = number.is_multiple_of(SCORE_EVERY) || number == self.epochs;
        if due && !self.dev.is_empty() {
            let outputs = (self.score)(average);
            let mean = |outputs: &[Vec<f32>]| score::score(self.dev, outputs).mean();
            epoch.dev = Some([mean(&outputs.unadapted), mean(&outputs.baseline)]);
        }
    }

    fn saved(&mut self, epochs: &[Epoch]) {
        let mut log =
            "epoch,loss,speaker,distillation,intensity,seconds,dev_unadapted,dev_baseline\n".to_string();
        for (i, Epoch { loss, speaker, distillation, intensity, seconds, dev }) in epochs.iter().enumerate() {
            let dev = dev.map_or(",".to_string(), |[a, b]| format!("{a:.4},{b:.4}"));
            let line = format!(
                "{},{loss:.4},{speaker:.4},{distillation:.4},{intensity:.4},{seconds:.1},{dev}\n",
                i + 1
            );
            log.push_str(&line);
        }
        // Log and curve are conveniences: a full disk shows at the checkpoint.
        let _ = std::fs::write(self.folder.join("log.csv"), log);
        let _ = std::fs::write(self.folder.join("curve.svg"), curve::svg(epochs));
    }
}
