//! `undertone-train`: trains a model on labelled corpora and exports it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use undertone::corpus::held::HeldOut;
use undertone::eval::Evaluation;
use undertone::model::{Metadata, Model};
use undertone::{Error, Result};
use undertone_train::across::{self, Across};
use undertone_train::config::Config;
use undertone_train::corpora;
use undertone_train::cv::{self, CrossValidation, Scored};
use undertone_train::export::{Elsewhere, Publish, calibrated, elsewhere, join, measured, named};
use undertone_train::recipe::Recipe;
use undertone_train::reference::Reference;
use undertone_train::run::Run;
use undertone_train::voices::{self, Told};

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
    /// Trains a network on all there is, or goes on where an ended training stopped.
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
    /// Trains once a fold and scores speakers never heard; goes on where it was ended.
    Cv {
        /// A protocol, or several to hold out together; `joint` stands for the four behind Undertone's own figures.
        #[arg(long = "protocol", required = true, value_delimiter = ',', value_name = "NAME|FILE.toml")]
        protocols: Vec<String>,
        /// Folders with corpora as downloaded; $UNDERTONE_CORPORA where not given.
        #[arg(long, num_args = 1.., env = "UNDERTONE_CORPORA", hide_env_values = true, required = true)]
        corpora: Vec<PathBuf>,
        /// Corpora to learn from besides those of the protocols: names, or manifests (.csv).
        #[arg(long, num_args = 1.., value_delimiter = ',', value_name = "CORPUS")]
        extra: Vec<String>,
        /// Folder of the folds and their predictions.
        #[arg(long, default_value = "runs/cv")]
        out: PathBuf,
        /// Only these folds.
        #[arg(long, value_delimiter = ',', value_name = "NUMBERS")]
        folds: Vec<usize>,
        /// To choose a recipe: hold the next fold out too and score that one; the fold itself stays untouched.
        #[arg(long)]
        dev: bool,
        #[command(flatten)]
        training: Training,
    },
    /// Makes a released model again from the corpora, in one command; goes on where it was ended.
    Recipe {
        /// The recipe: default, or cremad (from CREMA-D alone).
        name: String,
        /// Folders with corpora as downloaded; $UNDERTONE_CORPORA where not given.
        #[arg(long, num_args = 1.., env = "UNDERTONE_CORPORA", hide_env_values = true, required = true)]
        corpora: Vec<PathBuf>,
        /// Folder of the trainings, and of the model when they are done.
        #[arg(long, default_value = "runs/recipe")]
        out: PathBuf,
        /// Folder of a teacher to distil from; without it the model is another one, and hears less well.
        #[arg(long)]
        teacher: Option<PathBuf>,
    },
    /// Trains on each corpus and tests on every other, over the classes both know.
    Across {
        /// Folders with corpora as downloaded, or manifests (.csv).
        #[arg(required = true)]
        corpora: Vec<PathBuf>,
        /// Learn from all corpora but one, and test on that one.
        #[arg(long)]
        leave_one_out: bool,
        /// Folder of the runs and predictions.
        #[arg(long, default_value = "runs/across")]
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
        /// Spoil the test clips too (g711,white:10,babble:10,reverb:0.6).
        #[arg(long, value_name = "LIST", value_delimiter = ',')]
        corrupt: Vec<String>,
        /// Folder for the predictions.
        #[arg(long, default_value = "runs/reference")]
        out: PathBuf,
    },
    /// Learns what tells voices apart, and measures it on the speakers held out.
    Voices {
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
        /// Git revision of the code that trained it.
        #[arg(long, default_value = "unknown")]
        revision: String,
    },
    /// Puts models side by side in one file, which answers with the mean of theirs; not calibrated yet.
    Join {
        /// The model files.
        #[arg(required = true, num_args = 2..)]
        models: Vec<PathBuf>,
        /// The model file to write.
        #[arg(long)]
        out: PathBuf,
        /// The model's name.
        #[arg(long, default_value = "undertone-joined")]
        name: String,
        /// The model's version.
        #[arg(long, default_value = "1")]
        version: String,
    },
    /// Makes a model as sure as it may be on recordings unlike those it learned from; its network and its figures stay.
    Calibrate {
        /// The model file.
        model: PathBuf,
        /// Folder of `across --leave-one-out` by the same recipe: temperatures and prediction sets come from it.
        #[arg(long, value_name = "FOLDER")]
        left_out: PathBuf,
        /// The model file to write.
        #[arg(long)]
        out: PathBuf,
        /// Its version, where it is to have another.
        #[arg(long)]
        version: Option<String>,
    },
}

/// What decides how a network is trained.
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
        self.cache.clone().unwrap_or_else(|| folder.join("material"))
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
            let run = Run {
                corpora: &corpora,
                held_out: &HeldOut::nothing(&corpora),
                config: training.config()?,
                teacher: training.teacher.as_deref(),
                folder: &out,
                cache: &training.cache(&out),
            };
            run.run().map(drop)
        }
        Command::Cv { protocols, corpora, extra, out, folds, dev, training } => {
            let protocols = corpora::protocols(&protocols)?;
            let corpora = corpora::chosen(&corpora, &protocols, &extra)?;
            let validation = CrossValidation {
                corpora: &corpora,
                protocols: &protocols,
                folds: &folds,
                dev,
                recipes: &[training.config()?],
                teacher: training.teacher.as_deref(),
                folder: &out,
                cache: &training.cache(&out),
            };
            tell(&validation.run()?)
        }
        Command::Recipe { name, corpora, out, teacher } => {
            let recipe = Recipe::named(&name)?;
            let (path, scored) = recipe.run(&name, &corpora, teacher.as_deref(), &out)?;
            tell(&scored)?;
            eprintln!("{}", path.display());
            Ok(())
        }
        Command::Across { corpora, leave_one_out, out, training } => {
            let across = Across {
                corpora: &corpora::open(&corpora)?,
                leave_one_out,
                recipes: &[training.config()?],
                teacher: training.teacher.as_deref(),
                folder: &out,
                cache: &training.cache(&out),
            };
            across.run()?.iter().for_each(line);
            Ok(())
        }
        Command::Reference { protocol, corpora, teacher, corrupt, out } => {
            let corruptions = corrupt.iter().map(|text| text.parse()).collect::<Result<Vec<_>>>()?;
            let protocol = corpora::protocols(std::slice::from_ref(&protocol))?.remove(0);
            let corpora = corpora::chosen(&corpora, std::slice::from_ref(&protocol), &[])?;
            let reference = Reference {
                corpora: &corpora,
                protocol: &protocol,
                teacher: teacher.as_deref(),
                corruptions: &corruptions,
                folder: &out,
            };
            reference.run().map(drop)
        }
        Command::Voices { corpora, out, fold, dev } => {
            let corpora = corpora::open(&corpora)?;
            let protocols = corpora::protocols(&["joint".to_string()])?;
            let held = HeldOut::fold(&protocols, fold, dev, &corpora)?;
            let (voices, told) = voices::learn(&held)?;
            for Told { protocol, equal_error, windows } in told {
                eprintln!("{protocol}: equal error rate {:.1} % over {windows} windows", 100.0 * equal_error);
            }
            std::fs::write(&out, voices.to_bytes()?).map_err(|error| Error::from(error).at(&out))
        }
        Command::Export { run, out, calibration, name, version, revision } => {
            let mut model = Publish { run: &run, name: [&name, &version], revision: &revision }.publish()?;
            if let Some(folder) = calibration {
                model = measured(&model, &cv::read(&folder)?).map_err(|error| error.at(&folder))?;
            }
            std::fs::write(&out, model).map_err(|error| Error::from(error).at(&out))
        }
        Command::Join { models, out, name, version } => {
            let read = |path: &PathBuf| std::fs::read(path).map_err(|error| Error::from(error).at(path));
            let files = models.iter().map(read).collect::<Result<Vec<_>>>()?;
            std::fs::write(&out, join(&files, [&name, &version])?)
                .map_err(|error| Error::from(error).at(&out))
        }
        Command::Calibrate { model, left_out, out, version } => {
            let file = std::fs::read(&model).map_err(|error| Error::from(error).at(&model))?;
            let scored = across::left_out(&left_out)?;
            let mut file = calibrated(&file, &scored).map_err(|error| error.at(&model))?;
            if let Some(version) = version {
                let Metadata { name, revision, .. } = Model::from_bytes(file.clone())?.metadata().clone();
                file = named(&file, [&name, &version, &revision])?;
            }
            for Elsewhere { protocol, condition, temperature, ece, sets } in elsewhere(&scored) {
                let [at_1, at_theirs] = ece;
                let met = sets.map(|sets| format!("{:.1}", 100.0 * sets.coverage)).join(", ");
                eprintln!(
                    "{protocol}.{condition}: ECE {at_1:.3}; calibrated on the others (temperature {temperature:.2}) {at_theirs:.3}, sets of 80, 90, 95 % hold the truth in {met} %"
                );
            }
            std::fs::write(&out, file).map_err(|error| Error::from(error).at(&out))
        }
    }
}

/// One line a predictions file.
fn tell(scored: &[Scored]) -> Result<()> {
    for (protocol, condition, rows) in cv::assemble(scored) {
        line(&Evaluation::of(&format!("{protocol}.{condition}"), &rows, false)?);
    }
    Ok(())
}

fn line(one: &Evaluation) {
    let Evaluation { name, speaker_dependent, uar_of_folds, wa_of_folds, uar, folds, .. } = one;
    let marked = if *speaker_dependent { " (speaker-dependent)" } else { "" };
    let [of_folds, wa, low, high] =
        [*uar_of_folds, *wa_of_folds, uar.interval[0], uar.interval[1]].map(|x| 100.0 * x);
    eprintln!(
        "{name}{marked}: UAR {of_folds:.1} % [{low:.1}, {high:.1}], WA {wa:.1} %, {} folds",
        folds.len()
    );
}
