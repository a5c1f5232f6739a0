//! Encoders of others in their cache folder: by name, and for the heads over them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use undertone::model::{Encoder, EncoderUsed, Model};
use undertone::{Error, ErrorKind, Result};

/// Names the folder of encoders, one folder each; without it they lie in the platform's cache folder.
const VARIABLE: &str = "UNDERTONE_CACHE";
/// The head over an encoder, in the encoder's folder.
const HEAD: &str = "head.onnx";

/// The encoder that a head asks for.
pub fn find(used: &EncoderUsed) -> Result<Arc<Encoder>> {
    let folder = root()?.join(&used.name);
    if !folder.is_dir() {
        let name = &used.name;
        let message = format!(
            "it is a head over the encoder '{name}', which is not here; fetch it: undertone model pull {name}"
        );
        return Err(Error::new(ErrorKind::Model, message));
    }
    Encoder::open(&folder).map(Arc::new)
}

/// The model over an encoder that was fetched, by the encoder's name; none where no encoder of that name is there.
pub fn named(name: &Path) -> Option<Result<Model>> {
    let folder = root().ok()?.join(name);
    let plain = name.components().count() == 1;
    if !plain || !folder.is_dir() {
        return None;
    }
    let head = folder.join(HEAD);
    Some(match head.exists() {
        true => Model::open_with(&head, find),
        false => {
            let message = "the encoder is here, but no head over it; train one (undertone train head) and name its file, or leave it here";
            Err(Error::new(ErrorKind::Model, message).at(&head))
        }
    })
}

/// Where encoders lie.
fn root() -> Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let platform = || {
        let cache = if cfg!(windows) {
            set("LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            set("HOME").map(|home| home.join("Library/Caches"))
        } else {
            set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")))
        };
        cache.map(|cache| cache.join("undertone").join("encoders"))
    };
    set(VARIABLE).or_else(platform).ok_or_else(|| {
        let message = format!("there is no cache folder for encoders; name one by {VARIABLE}=FOLDER");
        Error::new(ErrorKind::Config, message)
    })
}
