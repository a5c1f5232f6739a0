//! `undertone model`: models, and the encoders that some stand on.

mod choice;
mod encoders;
mod info;
mod list;

use std::path::Path;
use std::process::ExitCode;

use undertone::model::Model;
use undertone::{Error, Result};
use undertone_models::Embedded;

use crate::arguments::Model as Typed;
use crate::output::Output;
use choice::{AUTO, Choice};

/// The requested model: `auto`, a built-in one by name, a file, or the head over an encoder that was fetched, by that one's name.
pub fn chosen(requested: &Path) -> Result<Model> {
    let choice = Choice::of(requested)?;
    let without = |error: Error| match &choice {
        Choice::BuiltIn(Embedded { encoder: Some(_), .. }) if requested == Path::new(AUTO) => {
            let message = format!("{}; to do without it: --model default", error.message());
            let whole = Error::new(error.kind(), message);
            match error.path() {
                Some(path) => whole.at(path),
                None => whole,
            }
        }
        _ => error,
    };
    choice.load().map_err(without)
}

pub fn run(typed: Typed) -> Result<ExitCode> {
    let text = match typed {
        Typed::Info { model } => info::info(&Choice::of(&model.name)?)?,
        Typed::Pull { name, from, quiet } => encoders::pull(&name, &from, quiet)?,
        Typed::Import { file, preset, layers, name } => encoders::import(&file, preset, layers, name)?,
        Typed::List => list::list()?,
    };
    let mut output = Output::open(None)?;
    output.write(&text)?;
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}
