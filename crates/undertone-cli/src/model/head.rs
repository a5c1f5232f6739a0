//! Heads over encoders of others: a head is a model, its encoder lies in the cache folder.

use std::path::Path;
use std::sync::Arc;

use undertone::model::{Encoder, EncoderUsed, Model};
use undertone::{Error, ErrorKind, Result};
use undertone_encoders::Cache;

/// The head over an encoder, in the encoder's folder.
const HEAD: &str = "head.onnx";

/// The encoder that a head asks for.
pub fn encoder(used: &EncoderUsed) -> Result<Arc<Encoder>> {
    let folder = Cache::open()?.folder(&used.name);
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
pub fn of_encoder(name: &Path) -> Option<Result<Model>> {
    let plain = name.to_str().filter(|_| name.components().count() == 1)?;
    let folder = Cache::open().ok()?.folder(plain);
    if !folder.is_dir() {
        return None;
    }
    let head = folder.join(HEAD);
    Some(match head.exists() {
        true => Model::open_with(&head, encoder),
        false => {
            let message = "the encoder is here, but no head over it; train one (undertone train head) and name its file, or leave it here";
            Err(Error::new(ErrorKind::Model, message).at(&head))
        }
    })
}
