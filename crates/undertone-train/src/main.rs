//! `undertone-train`: trains a model on labelled corpora and exports it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use undertone::Result;
use undertone_train::config::Config;
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
            for (name, condition) in [("unadapted", &outcome.unadapted), ("baseline", &outcome.baseline)] {
                for (corpus, uar) in &condition.score.uar {
                    eprintln!("held-out speakers, {name}: {corpus} UAR {:.1} %", 100.0 * uar);
                }
            }
            Ok(())
        }
    }
}
