//! `undertone train`: the trainer is a heavy program of its own, found beside this one.

use std::process::{Command, ExitCode};

use undertone::{Error, ErrorKind, Result};

use crate::arguments::Train;

pub fn run(typed: Train) -> Result<ExitCode> {
    let here = std::env::current_exe()?;
    let name = format!("undertone-train{}", std::env::consts::EXE_SUFFIX);
    let program = here.with_file_name(name);
    if !program.exists() {
        let message = "the trainer is not installed; build it with cargo build --release -p undertone-train";
        return Err(Error::new(ErrorKind::Config, message).at(program));
    }
    let status = Command::new(program).args(typed.arguments).status()?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(2)))
}
