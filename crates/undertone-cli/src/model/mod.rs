//! `undertone model`: models, and the encoders that some stand on.

mod encoders;
mod head;
mod info;

use std::path::Path;
use std::process::ExitCode;

use undertone::model::Model;
use undertone::{Error, ErrorKind, Result};

use crate::arguments::Model as Typed;
use crate::output::Output;

/// The requested model: a built-in one by name, a file, or the head over an encoder that was fetched, by that one's name; the default
/// where none is named.
pub fn chosen(requested: Option<&Path>) -> Result<Model> {
    let built_in = || undertone_models::MODELS.iter().map(|model| model.name);
    match requested {
        None => Model::embedded(),
        Some(path) => match built_in().find(|name| path == Path::new(name)) {
            Some(name) => Model::named(name),
            None if path.is_file() => Model::open_with(path, head::encoder),
            None => head::of_encoder(path).unwrap_or_else(|| {
                let names: Vec<String> = built_in().map(|name| format!("'{name}'")).collect();
                let message = format!(
                    "no such model; name a file, a built-in model ({}) or an encoder that was fetched (undertone model pull NAME)",
                    names.join(", ")
                );
                Err(Error::new(ErrorKind::Io, message).at(path))
            }),
        },
    }
}

pub fn run(typed: Typed) -> Result<ExitCode> {
    let text = match typed {
        Typed::Info { model } => info::info(&chosen(model.as_deref())?),
        Typed::Pull { name, from, quiet } => encoders::pull(&name, &from, quiet)?,
        Typed::Import { file, preset, layers, name } => encoders::import(&file, preset, layers, name)?,
        Typed::List => encoders::list()?,
    };
    let mut output = Output::open(None)?;
    output.write(&text)?;
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}
