//! `undertone-train`: trains a model on labelled corpora and exports it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use undertone::{Error, Result, predict};
use undertone_train::config::Config;
use undertone_train::export::Publish;
use undertone_train::run::Run;

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
    /// Trains a network, or goes on where an ended training stopped.
    Train {
        /// Folders with corpora as downloaded, or manifests (.csv).
        #[arg(required = true)]
        corpora: Vec<PathBuf>,
        /// Folder of the run: recipe, checkpoints, log, result.
        #[arg(long)]
        out: PathBuf,
        /// The recipe (TOML); defaults where not given.
        #[arg(long)]
        config: Option<PathBuf>,
        /// Folder of a teacher to distil from.
        #[arg(long)]
        teacher: Option<PathBuf>,
        /// Joint fold (1–6) whose speakers are left out and scored.
        #[arg(long)]
        held_out: Option<usize>,
        /// File that keeps computed spectrograms between runs.
        #[arg(long)]
        cache: Option<PathBuf>,
    },
    /// Writes a finished run as one ONNX file, calibrated and scored on its held-out speakers.
    Export {
        /// Folder of the run.
        run: PathBuf,
        /// The corpora it was trained on.
        #[arg(required = true)]
        corpora: Vec<PathBuf>,
        /// The model file.
        #[arg(long)]
        out: PathBuf,
        /// The model's name.
        #[arg(long, default_value = "undertone-default")]
        name: String,
        /// The model's version.
        #[arg(long, default_value = "1")]
        version: String,
        /// Git revision of the code that trained it.
        #[arg(long, default_value = "unknown")]
        revision: String,
        /// Folder for the predictions behind its figures.
        #[arg(long)]
        predictions: Option<PathBuf>,
    },
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
        Command::Train { corpora, out, config, teacher, held_out, cache } => {
            let config = config.map_or(Ok(Config::default()), |path| Config::open(&path))?;
            let cache = cache.unwrap_or_else(|| out.join("material"));
            let run = Run {
                corpora: &corpora,
                config,
                teacher: teacher.as_deref(),
                held_out,
                folder: &out,
                cache: &cache,
            };
            let outcome = run.run()?;
            for (name, score) in [("unadapted", &outcome.unadapted), ("baseline", &outcome.baseline)] {
                for (corpus, uar) in &score.uar {
                    eprintln!("held-out speakers, {name}: {corpus} UAR {:.1} %", 100.0 * uar);
                }
            }
            Ok(())
        }
        Command::Export { run, corpora, out, name, version, revision, predictions } => {
            let publish =
                Publish { run: &run, corpora: &corpora, name: [&name, &version], revision: &revision };
            let published = publish.publish()?;
            std::fs::write(&out, &published.model).map_err(|error| Error::from(error).at(&out))?;
            if let Some(folder) = predictions {
                std::fs::create_dir_all(&folder).map_err(|error| Error::from(error).at(&folder))?;
                for (condition, rows) in &published.predictions {
                    let path = folder.join(format!("{name}.{condition}.csv"));
                    let file = std::fs::File::create(&path).map_err(|error| Error::from(error).at(&path))?;
                    predict::write(std::io::BufWriter::new(file), rows).map_err(|error| error.at(&path))?;
                }
            }
            Ok(())
        }
    }
}
