//! Maintenance programs of this repository: `cargo xtask --help`.
#![allow(clippy::print_stdout)]

mod bench;
#[cfg(feature = "train")]
mod clips;
mod decode;
mod everyday;
mod song;
mod speech;
#[cfg(feature = "train")]
mod step;
mod tables;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

#[cfg(feature = "train")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Maintenance programs of this repository.
///
/// `clips` and `step` need the trainer: cargo run --release -p xtask --features train -- step
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Command {
    /// Writes the tables of results into README and model cards from the predictions behind them.
    Tables,
    /// Times the stages of an analysis on recordings, as CSV: what,file,seconds,threads,milliseconds.
    Bench {
        /// Recordings.
        #[arg(required = true)]
        files: Vec<String>,
    },
    /// Decodes recordings and prints their length in samples and their RMS.
    Decode {
        /// Recordings.
        #[arg(required = true)]
        files: Vec<String>,
    },
    /// Prints the speech found in recordings, as CSV: path,seconds,start,end.
    Speech {
        /// Recordings.
        #[arg(required = true)]
        files: Vec<String>,
    },
    /// Measures how well singing is found over music, on RAVDESS's songs of actors held out of the built-in model.
    Song {
        /// Folder with corpora as downloaded; $UNDERTONE_CORPORA where not given.
        #[arg(long, env = "UNDERTONE_CORPORA", hide_env_values = true)]
        corpora: PathBuf,
    },
    /// Prints what unlabelled everyday speech is named, in shares of its time: the table of docs/reference/everyday-speech.md.
    Everyday {
        /// Folder of the manifests of such speech (librispeech3.csv, voxceleb_sample.csv, …).
        folder: PathBuf,
    },
    /// Writes the table of clips that tools/model/lab.py reads, in the order of a training's features.
    #[cfg(feature = "train")]
    Clips {
        /// Folders with corpora as downloaded.
        #[arg(required = true)]
        corpora: Vec<PathBuf>,
    },
    /// Times training steps of the default network on random crops: prints the median in milliseconds.
    #[cfg(feature = "train")]
    Step {
        /// Of the network that reads waveforms through a learned bank instead.
        #[arg(long)]
        waveform: bool,
    },
}

fn main() -> ExitCode {
    match run(Command::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> Result<(), Box<dyn std::error::Error>> {
    match command {
        Command::Tables => tables::run()?,
        Command::Bench { files } => bench::run(&files)?,
        Command::Decode { files } => decode::run(&files),
        Command::Speech { files } => speech::run(&files),
        Command::Song { corpora } => song::run(&corpora)?,
        Command::Everyday { folder } => everyday::run(&folder)?,
        #[cfg(feature = "train")]
        Command::Clips { corpora } => clips::run(&corpora)?,
        #[cfg(feature = "train")]
        Command::Step { waveform } => step::run(waveform)?,
    }
    Ok(())
}
