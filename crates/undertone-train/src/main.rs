//! `undertone-train`: trains a model on labelled corpora and exports it.

mod finetune;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use undertone::model::Encoder;
use undertone::{Error, Result};
use undertone_eval::atomic_file;
use undertone_eval::corpus::Corpus;
use undertone_eval::holdout::HeldOut;
use undertone_eval::metrics::{Evaluation, UnseenSets, unseen_sets};
use undertone_eval::predict::Condition;
use undertone_eval::protocol::Protocol;
use undertone_train::adaptation::{self, Sample};
use undertone_train::data::corpora;
use undertone_train::data::layer_cache::LayerCache;
use undertone_train::data::setup::Setup;
use undertone_train::experiment::cross_corpus;
use undertone_train::experiment::cross_validation::{self, CrossValidation};
use undertone_train::experiment::encoder_head::HeadValidation;
use undertone_train::experiment::recipe::Recipe;
use undertone_train::export::{
    ClipLayers, Embedder, HeldOutCalibration, ModelFile, Scored, ensemble, held_out_calibration, predictions,
    publish, revision, set_thresholds,
};
use undertone_train::reference::Reference;
use undertone_train::train::config::Config;
use undertone_train::train::head_config::HeadConfig;
use undertone_train::train::run;
use undertone_train::train::speaker_lda::{self, Verification};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Trains Undertone's models: corpora in, one ONNX file out.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Trains a network on all clips; an interrupted run resumes.
    Train {
        /// Folders with corpora as downloaded, or manifests (.csv).
        #[arg(required = true)]
        corpora: Vec<PathBuf>,
        /// Folder of the run: recipe, checkpoints, log, curve, result.
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        training: Training,
    },
    /// Cross-validates: trains once per fold and scores its held-out speakers; an interrupted run resumes.
    Cv {
        #[command(flatten)]
        data: CrossValidated,
        /// Folder of the folds and their predictions.
        #[arg(long, default_value = "runs/cv")]
        out: PathBuf,
        /// Only these folds.
        #[arg(long, value_delimiter = ',', value_name = "NUMBERS")]
        folds: Vec<usize>,
        /// To choose a recipe: hold the next fold out too and score that one; the fold itself is not scored.
        #[arg(long)]
        dev: bool,
        #[command(flatten)]
        training: Training,
    },
    /// Trains a head over an encoder of others, fold by fold, and scores each fold's held-out speakers, or leaves corpora out in turn;
    /// interrupted runs resume.
    Head {
        /// Folder of the encoder (model.toml and its ONNX file), as `undertone model pull` or `import` leaves it.
        #[arg(long, value_name = "FOLDER")]
        encoder: PathBuf,
        #[command(flatten)]
        data: CrossValidated,
        /// Folder of the folds, their heads and predictions.
        #[arg(long, default_value = "runs/head")]
        out: PathBuf,
        /// Only these folds.
        #[arg(long, value_delimiter = ',', value_name = "NUMBERS")]
        folds: Vec<usize>,
        /// To choose how heads are fitted: hold the next fold out too and score that one; the fold itself is not scored.
        #[arg(long)]
        dev: bool,
        /// Instead of folds, leave each corpus of the protocols out in turn and score it: for `calibrate --left-out`.
        #[arg(long, conflicts_with_all = ["folds", "dev", "model_fold"])]
        leave_one_out: bool,
        /// As --leave-one-out, but leave these corpora out in turn: names, those of extra manifests too.
        #[arg(long, value_delimiter = ',', value_name = "CORPUS", conflicts_with_all = ["folds", "dev", "model_fold", "leave_one_out"])]
        leave_out: Vec<String>,
        /// How the head is fitted (TOML); defaults where not given.
        #[arg(long)]
        config: Option<PathBuf>,
        /// Folder that keeps the encoder's layers between runs; `layers` in the folder of the folds where not given.
        #[arg(long)]
        cache: Option<PathBuf>,
        /// The heads' name; the encoder's where not given.
        #[arg(long)]
        name: Option<String>,
        /// The fold whose head becomes the model NAME.onnx, calibrated on the predictions of all folds that are done.
        #[arg(long, value_name = "FOLD", conflicts_with = "dev")]
        model_fold: Option<usize>,
    },
    /// Reproduces a released model from the corpora; an interrupted run resumes.
    Recipe {
        /// The recipe: default, large, or cremad (from CREMA-D alone).
        name: String,
        /// Folders with corpora as downloaded; $UNDERTONE_CORPORA where not given.
        #[arg(long, num_args = 1.., env = "UNDERTONE_CORPORA", hide_env_values = true, required = true)]
        corpora: Vec<PathBuf>,
        /// Folder of the trainings, and of the model when they are done.
        #[arg(long, default_value = "runs/recipe")]
        out: PathBuf,
        /// Folder of a teacher to distil from; without it the model is another one, and less accurate.
        #[arg(long)]
        teacher: Option<PathBuf>,
    },
    /// Trains on each corpus and tests on every other, over the classes both know.
    #[command(alias = "across")]
    CrossCorpus {
        /// Folders with corpora as downloaded, or manifests (.csv).
        #[arg(required = true)]
        corpora: Vec<PathBuf>,
        /// Train on all corpora but one, and test on that one.
        #[arg(long)]
        leave_one_out: bool,
        /// Folder of the runs and predictions.
        #[arg(long, default_value = "runs/cross-corpus")]
        out: PathBuf,
        #[command(flatten)]
        training: Training,
    },
    /// Measures simpler systems on the same folds: majority, log-mel and prosody with linear classifiers and support vectors.
    Reference {
        /// The protocol.
        #[arg(long, value_name = "NAME|FILE.toml")]
        protocol: String,
        /// Folders with corpora as downloaded; $UNDERTONE_CORPORA where not given.
        #[arg(long, num_args = 1.., env = "UNDERTONE_CORPORA", hide_env_values = true, required = true)]
        corpora: Vec<PathBuf>,
        /// Folder of a teacher, to measure its layer too.
        #[arg(long)]
        teacher: Option<PathBuf>,
        /// Corrupt the test clips too (g711,white:10,babble:10,reverb:0.6).
        #[arg(long, value_name = "LIST", value_delimiter = ',')]
        corrupt: Vec<String>,
        /// Folder for the predictions.
        #[arg(long, default_value = "runs/reference")]
        out: PathBuf,
    },
    /// Trains the projection for diarization (LDA over speakers) and measures it on held-out speakers.
    #[command(alias = "voices")]
    SpeakerLda {
        /// Folders with corpora as downloaded, or manifests (.csv).
        #[arg(required = true)]
        corpora: Vec<PathBuf>,
        /// The file to write.
        #[arg(long)]
        out: PathBuf,
        /// The joint fold whose speakers are held out; the embedded model's own.
        #[arg(long, default_value_t = 2)]
        fold: usize,
        /// To choose anything: hold the next fold out too and measure on that one.
        #[arg(long)]
        dev: bool,
    },
    /// Writes a finished run as one ONNX file.
    Export {
        /// Folder of the run.
        run: PathBuf,
        /// The model file.
        #[arg(long)]
        out: PathBuf,
        /// Folder of the cross-validation of the same recipe: calibration and figures come from it.
        #[arg(long, value_name = "FOLDER")]
        calibration: Option<PathBuf>,
        /// The model's name.
        #[arg(long, default_value = "undertone-default")]
        name: String,
        /// The model's version.
        #[arg(long, default_value = "1")]
        version: String,
        /// Git revision of the code that trained it; that of this program's checkout where not given.
        #[arg(long)]
        revision: Option<String>,
    },
    /// Puts models side by side in one file that answers with their mean; not calibrated yet.
    #[command(alias = "join")]
    Ensemble {
        /// The model files.
        #[arg(required = true, num_args = 2..)]
        models: Vec<PathBuf>,
        /// The model file to write.
        #[arg(long)]
        out: PathBuf,
        /// The model's name.
        #[arg(long, default_value = "undertone-ensemble")]
        name: String,
        /// The model's version.
        #[arg(long, default_value = "1")]
        version: String,
    },
    /// Calibrates a model on corpora it did not learn from; its network and its figures stay.
    Calibrate {
        #[command(flatten)]
        finished: Finished,
        /// Folder of `cross-corpus --leave-one-out` by the same recipe: temperatures and prediction sets come from it.
        #[arg(long, value_name = "FOLDER")]
        left_out: PathBuf,
    },
    /// Fits the statistics that adaptation to a speaker rests on, and writes the model with them; its network stays.
    Adaptation {
        #[command(flatten)]
        finished: Finished,
        /// Labelled clips of speakers that the network did not learn from, better on many microphones (.csv); may be given again.
        #[arg(long = "manifest", required = true, value_name = "FILE.csv")]
        manifests: Vec<PathBuf>,
        /// Folders or manifests (.csv) with the corpora that it learned from, others in them are left out; $UNDERTONE_CORPORA where
        /// not given.
        #[arg(long, num_args = 1.., env = "UNDERTONE_CORPORA", hide_env_values = true, required = true)]
        corpora: Vec<PathBuf>,
        /// The protocols that its training held a fold of out.
        #[arg(
            long = "protocol",
            value_delimiter = ',',
            value_name = "NAME|FILE.toml",
            default_value = "joint"
        )]
        protocols: Vec<String>,
        /// The fold of these that its training held out.
        #[arg(long, default_value_t = 2)]
        joint_fold: usize,
    },
    /// Fits the thresholds of prediction sets to what `analyze` answers to corpora that the model did not learn from, and prints how
    /// the sets do on each by the thresholds of the others; network and temperatures stay.
    PredictionSets {
        #[command(flatten)]
        finished: Finished,
        /// Labelled clips of such a corpus (.csv); may be given again.
        #[arg(long = "manifest", required = true, value_name = "FILE.csv")]
        manifests: Vec<PathBuf>,
    },
    /// Corrects a model's logits for your own labelled clips; its network stays. Reports what that brings on speakers left out, and writes
    /// the model only where the gain can be told from noise.
    Finetune(finetune::Arguments),
    /// Converts a model file of format 1 to format 2, without retraining.
    Convert {
        /// The model file of format 1.
        model: PathBuf,
        /// The model file to write.
        #[arg(long)]
        out: PathBuf,
    },
}

/// A model file that is finished, or a head with its encoder, and the file that is made of it.
#[derive(Args)]
struct Finished {
    /// The model file.
    model: PathBuf,
    /// Folder of the encoder (model.toml and its ONNX file), where the model is a head over one.
    #[arg(long, value_name = "FOLDER")]
    encoder: Option<PathBuf>,
    /// Folder that keeps the encoder's layers between runs; `layers` beside the model where not given.
    #[arg(long, requires = "encoder", value_name = "FOLDER")]
    cache: Option<PathBuf>,
    /// The model file to write.
    #[arg(long)]
    out: PathBuf,
    /// Its version, where it is to have another.
    #[arg(long)]
    version: Option<String>,
}

impl Finished {
    fn open(&self) -> Result<ModelFile> {
        let encoder = self.encoder.as_ref().map(|folder| Encoder::open(folder)).transpose()?;
        ModelFile::open_over(&self.model, encoder.map(Arc::new).as_ref())
    }

    /// Where the layers of its encoder are kept, if it has one.
    fn layers(&self, file: &ModelFile) -> Result<Option<LayerCache>> {
        let folder = self.cache.clone().unwrap_or_else(|| self.model.with_file_name("layers"));
        file.encoder().map(|encoder| LayerCache::new(Arc::clone(encoder), &folder)).transpose()
    }

    fn save(&self, mut file: ModelFile) -> Result<()> {
        if let Some(version) = &self.version {
            let name = file.metadata().name.clone();
            file.set_name(&name, version);
        }
        file.save(&self.out)
    }
}

/// What is cross-validated.
#[derive(Args)]
struct CrossValidated {
    /// A protocol, or several to hold out together; `joint` stands for the four behind Undertone's own figures.
    #[arg(long = "protocol", required = true, value_delimiter = ',', value_name = "NAME|FILE.toml")]
    protocols: Vec<String>,
    /// Folders with corpora as downloaded; $UNDERTONE_CORPORA where not given.
    #[arg(long, num_args = 1.., env = "UNDERTONE_CORPORA", hide_env_values = true, required = true)]
    corpora: Vec<PathBuf>,
    /// Corpora to learn from besides those of the protocols: names, or manifests (.csv).
    #[arg(long, num_args = 1.., value_delimiter = ',', value_name = "CORPUS")]
    extra: Vec<String>,
}

impl CrossValidated {
    fn open(&self) -> Result<(Vec<Protocol>, Vec<Corpus>)> {
        let protocols = corpora::protocols(&self.protocols)?;
        let corpora = corpora::chosen(&self.corpora, &protocols, &self.extra)?;
        Ok((protocols, corpora))
    }
}

/// How a network is trained.
#[derive(Args)]
struct Training {
    /// The recipe (TOML); defaults where not given.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Epochs, whatever the recipe says.
    #[arg(long)]
    epochs: Option<usize>,
    /// Folder of a teacher to distil from.
    #[arg(long)]
    teacher: Option<PathBuf>,
    /// File that keeps computed spectrograms between runs.
    #[arg(long)]
    cache: Option<PathBuf>,
}

impl Training {
    fn config(&self) -> Result<Config> {
        let config = self.config.as_ref().map_or(Ok(Config::default()), |path| Config::open(path))?;
        Ok(Config { epochs: self.epochs.unwrap_or(config.epochs), ..config })
    }

    fn cache(&self, folder: &Path) -> PathBuf {
        self.cache.clone().unwrap_or_else(|| folder.join("features"))
    }

    fn setup<'a>(&'a self, corpora: &'a [Corpus], folder: &'a Path, cache: &'a Path) -> Setup<'a> {
        Setup { corpora, teacher: self.teacher.as_deref(), folder, cache }
    }
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("undertone-train: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Train { corpora, out, training } => {
            let corpora = corpora::open(&corpora)?;
            let cache = training.cache(&out);
            let setup = training.setup(&corpora, &out, &cache);
            run::run(setup, &training.config()?, &HeldOut::nothing(&corpora)).map(drop)
        }
        Command::Cv { data, out, folds, dev, training } => {
            let (protocols, corpora) = data.open()?;
            let validation = CrossValidation { protocols: &protocols, folds: &folds, dev };
            let cache = training.cache(&out);
            let setup = training.setup(&corpora, &out, &cache);
            print_scored(&validation.run(setup, &[training.config()?])?)
        }
        Command::Head {
            encoder,
            data,
            out,
            folds,
            dev,
            leave_one_out,
            leave_out,
            config,
            cache,
            name,
            model_fold,
        } => {
            let encoder = Arc::new(Encoder::open(&encoder)?);
            let (protocols, corpora) = data.open()?;
            let config = config.map_or(Ok(HeadConfig::default()), |path| HeadConfig::open(&path))?;
            let (cache, name) = (
                cache.unwrap_or_else(|| out.join("layers")),
                name.unwrap_or_else(|| encoder.spec().name.clone()),
            );
            let validation =
                HeadValidation { encoder, protocols: &protocols, folds: &folds, dev, config, name: &name };
            let setup = Setup { corpora: &corpora, teacher: None, folder: &out, cache: &cache };
            let mut names: Vec<&str> = leave_out.iter().map(String::as_str).collect();
            if leave_one_out {
                names.extend(protocols.iter().map(|protocol| protocol.corpus.as_str()));
            }
            if !names.is_empty() {
                validation.leave_out(setup, &names)?.iter().for_each(print_evaluation);
                return Ok(());
            }
            let scored = validation.run(setup)?;
            if let Some(fold) = model_fold {
                eprintln!("{}", validation.model(&out, fold, &scored)?.display());
            }
            print_scored(&scored)
        }
        Command::Recipe { name, corpora, out, teacher } => {
            let recipe = Recipe::named(&name)?;
            let (path, scored) = recipe.run(&name, &corpora, teacher.as_deref(), &out)?;
            print_scored(&scored)?;
            eprintln!("{}", path.display());
            Ok(())
        }
        Command::CrossCorpus { corpora, leave_one_out, out, training } => {
            let corpora = corpora::open(&corpora)?;
            let cache = training.cache(&out);
            let setup = training.setup(&corpora, &out, &cache);
            let evaluations = cross_corpus::cross_corpus(setup, &[training.config()?], leave_one_out)?;
            evaluations.iter().for_each(print_evaluation);
            Ok(())
        }
        Command::Reference { protocol, corpora, teacher, corrupt, out } => {
            let corruptions = corrupt.iter().map(|text| text.parse()).collect::<Result<Vec<_>>>()?;
            let protocol = corpora::protocols(std::slice::from_ref(&protocol))?.remove(0);
            let corpora = corpora::chosen(&corpora, std::slice::from_ref(&protocol), &[])?;
            let setup = Setup { corpora: &corpora, teacher: teacher.as_deref(), folder: &out, cache: &out };
            Reference { setup, protocol: &protocol, corruptions: &corruptions }.run().map(drop)
        }
        Command::SpeakerLda { corpora, out, fold, dev } => speaker_lda(&corpora, &out, fold, dev),
        Command::Export { run, out, calibration, name, version, revision } => {
            let revision = revision.unwrap_or_else(self::revision);
            export(&run, [&name, &version], &revision, calibration.as_deref(), &out)
        }
        Command::Ensemble { models, out, name, version } => {
            let models = models.iter().map(|path| ModelFile::open(path)).collect::<Result<Vec<_>>>()?;
            ensemble(&models, [&name, &version])?.save(&out)
        }
        Command::Calibrate { finished, left_out } => calibrate(&finished, &left_out),
        Command::Adaptation { finished, manifests, corpora, protocols, joint_fold } => {
            let unheard = corpora::open(&manifests)?;
            adapt(&finished, unheard, corpora::open(&corpora)?, &corpora::protocols(&protocols)?, joint_fold)
        }
        Command::PredictionSets { finished, manifests } => {
            prediction_sets(&finished, &corpora::open(&manifests)?)
        }
        Command::Finetune(arguments) => finetune::run(&arguments),
        Command::Convert { model, out } => {
            let file = std::fs::read(&model).map_err(|error| Error::from(error).at(&model))?;
            ModelFile::from_format_1(&file).map_err(|error| error.at(&model))?.save(&out)
        }
    }
}

fn export(run: &Path, name: [&str; 2], revision: &str, calibration: Option<&Path>, out: &Path) -> Result<()> {
    let mut model = publish(run, name, revision)?;
    if let Some(folder) = calibration {
        let scored = cross_validation::read(folder)?;
        model.set_results(&scored).map_err(|error| error.at(folder))?;
        model.calibrate(&scored).map_err(|error| error.at(folder))?;
    }
    model.save(out)
}

fn speaker_lda(corpora: &[PathBuf], out: &Path, fold: usize, dev: bool) -> Result<()> {
    let corpora = corpora::open(corpora)?;
    let protocols = corpora::protocols(&["joint".to_string()])?;
    let held_out = HeldOut::fold(&protocols, fold, dev, &corpora)?;
    let (projection, verifications) = speaker_lda::learn(&held_out)?;
    for Verification { protocol, equal_error, windows } in verifications {
        eprintln!("{protocol}: equal error rate {:.1} % over {windows} windows", 100.0 * equal_error);
    }
    atomic_file::write(out, &projection.to_bytes()?)
}

fn calibrate(finished: &Finished, left_out: &Path) -> Result<()> {
    let mut model = finished.open()?;
    let scored = cross_corpus::left_out(left_out)?;
    model.calibrate(&scored).map_err(|error| error.at(left_out))?;
    for HeldOutCalibration { protocol, condition, temperature, ece, sets } in held_out_calibration(&scored) {
        let [at_1, calibrated] = ece;
        let coverages = sets.map(|sets| format!("{:.1}", 100.0 * sets.coverage)).join(", ");
        eprintln!(
            "{protocol}.{condition}: ECE {at_1:.3}; calibrated on the others (temperature {temperature:.2}) {calibrated:.3}, \
             80, 90 and 95 % prediction sets cover {coverages} %"
        );
    }
    finished.save(model)
}

fn adapt(
    finished: &Finished,
    mut all: Vec<Corpus>,
    mut learned: Vec<Corpus>,
    protocols: &[Protocol],
    fold: usize,
) -> Result<()> {
    let mut file = finished.open()?;
    let own = |corpus: &Corpus| file.metadata().corpora.iter().any(|trained| trained.name == corpus.name);
    learned.retain(own);
    let unheard = all.len();
    all.extend(learned);
    let (unheard, learned) = all.split_at(unheard);
    let held = HeldOut::fold(protocols, fold, false, learned)?;
    let cache = finished.layers(&file)?;
    let layers = cache.as_ref().map(|cache| ClipLayers { cache, corpora: &all });
    let samples = adaptation::fit(&mut file, unheard, &held, layers.as_ref())?;
    for (samples, what) in samples.iter().zip(["offsets and class effects", "class effects"]) {
        for Sample { corpus, clips, speakers, .. } in samples {
            eprintln!("{corpus}: {clips} clips of {speakers} speakers, for {what}");
        }
    }
    finished.save(file)
}

fn prediction_sets(finished: &Finished, corpora: &[Corpus]) -> Result<()> {
    let mut file = finished.open()?;
    let (_, model) = file.to_model()?;
    let cache = finished.layers(&file)?;
    let layers = cache.as_ref().map(|cache| ClipLayers { cache, corpora });
    let unseen = set_thresholds::unseen(&Embedder::new(&model, layers.as_ref())?, corpora)?;
    for UnseenSets { corpus, met } in unseen_sets(&unseen) {
        for (condition, met) in
            [(Condition::Unadapted, &met.unadapted), (Condition::AdaptedAll, &met.adapted)]
        {
            let coverages = met.map(|sets| format!("{:.1}", 100.0 * sets.coverage)).join(", ");
            let sizes = met.map(|sets| format!("{:.2}", sets.size)).join(", ");
            eprintln!(
                "{corpus}.{condition}: by the thresholds of the others 80, 90 and 95 % prediction sets cover {coverages} % with \
                 {sizes} classes"
            );
        }
    }
    file.set_thresholds(&unseen);
    let thresholds = &file.metadata().thresholds;
    eprintln!("thresholds: unadapted {:?}, adapted {:?}", thresholds.unadapted, thresholds.adapted);
    finished.save(file)
}

/// One line per predictions file.
fn print_scored(scored: &[Scored]) -> Result<()> {
    for (protocol, condition, rows) in predictions::assemble(scored) {
        print_evaluation(&Evaluation::of(&format!("{protocol}.{condition}"), &rows, false)?);
    }
    Ok(())
}

fn print_evaluation(one: &Evaluation) {
    let Evaluation { name, speaker_dependent, uar_of_folds, wa_of_folds, uar, folds, .. } = one;
    let marked = if *speaker_dependent { " (speaker-dependent)" } else { "" };
    let [of_folds, wa, low, high] =
        [*uar_of_folds, *wa_of_folds, uar.interval[0], uar.interval[1]].map(|x| 100.0 * x);
    eprintln!(
        "{name}{marked}: UAR {of_folds:.1} % [{low:.1}, {high:.1}], WA {wa:.1} %, {} folds",
        folds.len()
    );
}
