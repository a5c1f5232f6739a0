//! The `undertone` command.

mod analyze;
mod arguments;
mod config;
mod corpus;
mod curve;
mod dialogues;
mod embed;
mod enroll;
mod evaluate;
mod follower;
mod format;
mod interrupt;
mod model;
mod names;
mod npz;
mod output;
mod pages;
mod progress;
mod resume;
mod scoring;
mod segments;
mod shell;
mod train;
mod writer;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use undertone::Result;

fn main() -> ExitCode {
    match config::arguments().and_then(run) {
        Ok(code) => code,
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("undertone: {}", output::with_causes(&error));
            ExitCode::from(2)
        }
    }
}

fn run(typed: Arguments) -> Result<ExitCode> {
    match typed.command {
        Command::Analyze(typed) => analyze::run(typed),
        Command::Enroll(typed) => enroll::run(typed),
        Command::Embed(typed) => embed::run(typed),
        Command::Model(typed) => model::run(typed),
        Command::Corpus(typed) => corpus::run(typed),
        Command::Evaluate(typed) => evaluate::run(typed),
        Command::Train(typed) => train::run(typed),
        Command::Config(files) => config::show(&files),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man => shell::man(),
    }
}
