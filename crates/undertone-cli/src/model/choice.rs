//! Which model answers: built in, in a file, or a head in the folder of the encoder that it needs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use undertone::model::{Encoder, EncoderUsed, Metadata, Model};
use undertone::{Error, ErrorKind, Result};
use undertone_encoders::Cache;
use undertone_models::{Embedded, MODELS};

/// The head over an encoder of the user's, in the encoder's folder.
const HEAD: &str = "head.onnx";
/// What stands for the best model that is there.
pub const AUTO: &str = "auto";

/// A model that was chosen, and is not loaded yet.
pub enum Choice {
    /// One that is built in.
    BuiltIn(&'static Embedded),
    /// A model file.
    File(PathBuf),
}

impl Choice {
    /// The model of a name: `auto`, one that is built in, a file, or an encoder with a head in its folder.
    pub fn of(name: &Path) -> Result<Choice> {
        let built_in = MODELS.iter().find(|model| Path::new(model.name) == name);
        match built_in {
            _ if name == Path::new(AUTO) => Ok(Choice::BuiltIn(best())),
            Some(model) => Ok(Choice::BuiltIn(model)),
            None if name.is_file() => Ok(Choice::File(name.to_path_buf())),
            None => in_cache(name).unwrap_or_else(|| Err(unknown(name))),
        }
    }

    /// The model, with its encoder where it needs one.
    pub fn load(&self) -> Result<Model> {
        match self {
            Choice::BuiltIn(model) => Model::named_with(model.name, encoder),
            Choice::File(path) => Model::open_with(path, encoder),
        }
    }

    /// What it says of itself and the SHA-256 of its file, whether its encoder is there or not.
    pub fn describe(&self) -> Result<(Metadata, String)> {
        match self {
            Choice::BuiltIn(model) => Model::describe(model.bytes),
            Choice::File(path) => {
                let bytes = std::fs::read(path).map_err(|error| Error::from(error).at(path))?;
                Model::describe(bytes).map_err(|error| error.at(path))
            }
        }
    }
}

/// The model that `auto` takes: the first head whose encoder is there, else the default.
pub fn best() -> &'static Embedded {
    first_of(MODELS.iter().map(|model| (model, model.encoder)), pulled).unwrap_or(&MODELS[0])
}

/// The first head whose encoder is there.
fn first_of<T>(
    models: impl Iterator<Item = (T, Option<&'static str>)>,
    is_there: impl Fn(&str) -> bool,
) -> Option<T> {
    models.into_iter().find(|(_, encoder)| encoder.is_some_and(&is_there)).map(|(model, _)| model)
}

/// Whether the cache holds an encoder of this name.
pub fn pulled(name: &str) -> bool {
    Cache::open().is_ok_and(|cache| cache.holds(name))
}

/// The encoder that a head asks for.
fn encoder(used: &EncoderUsed) -> Result<Arc<Encoder>> {
    Cache::open()?.encoder(used)
}

/// The head in the folder of an encoder in the cache, by that one's name; none where no encoder of that name is there.
fn in_cache(name: &Path) -> Option<Result<Choice>> {
    let plain = name.to_str().filter(|_| name.components().count() == 1)?;
    let head = Cache::open().ok().filter(|_| pulled(plain))?.folder(plain).join(HEAD);
    Some(match head.is_file() {
        true => Ok(Choice::File(head)),
        false => {
            let message = "the encoder is here, but no head over it; train one (undertone train head) and name its file, or leave it here";
            Err(Error::new(ErrorKind::Model, message).at(head))
        }
    })
}

fn unknown(name: &Path) -> Error {
    let names: Vec<String> = MODELS.iter().map(|model| format!("'{}'", model.name)).collect();
    let message = format!(
        "no such model; name a file, '{AUTO}', a built-in model ({}) or an encoder that was fetched (undertone model pull NAME)",
        names.join(", ")
    );
    Error::new(ErrorKind::Io, message).at(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_head_whose_encoder_is_there_is_taken() {
        let models =
            || [("default", None), ("base", Some("b")), ("tiny", Some("t")), ("open", Some("b"))].into_iter();
        assert_eq!(first_of(models(), |_| false), None);
        assert_eq!(first_of(models(), |name| name == "t"), Some("tiny"));
        assert_eq!(first_of(models(), |_| true), Some("base"));
    }

    #[test]
    fn heads_stand_last_and_the_default_needs_no_encoder() {
        assert_eq!((MODELS[0].name, MODELS[0].encoder), ("default", None));
        assert!(MODELS.is_sorted_by_key(|model| model.encoder.is_some()));
    }
}
