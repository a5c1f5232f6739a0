//! `undertone completions` and `undertone man`.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;
use undertone::Result;

use crate::arguments::Arguments;

pub fn completions(shell: Shell) -> Result<ExitCode> {
    clap_complete::generate(shell, &mut Arguments::command(), "undertone", &mut std::io::stdout());
    Ok(ExitCode::SUCCESS)
}

pub fn man() -> Result<ExitCode> {
    clap_mangen::Man::new(Arguments::command()).render(&mut std::io::stdout())?;
    Ok(ExitCode::SUCCESS)
}
