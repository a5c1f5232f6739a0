//! Audio files below a folder, in the order of their paths.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Extensions that are taken for recordings when a folder is searched.
const EXTENSIONS: [&str; 22] = [
    "wav", "wave", "flac", "mp3", "opus", "ogg", "oga", "m4a", "m4b", "mp4", "m4v", "mov", "aac", "aif",
    "aiff", "aifc", "caf", "mka", "mkv", "webm", "mp2", "mp1",
];

/// Every audio or video file below `folder`, sorted; links to folders are not followed.
pub(crate) fn audio_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| Error::from(error).at(&folder))?;
        for entry in entries {
            let entry = entry.map_err(|error| Error::from(error).at(&folder))?;
            let (path, kind) =
                (entry.path(), entry.file_type().map_err(|error| Error::from(error).at(&folder))?);
            if kind.is_dir() {
                folders.push(path);
            } else if is_audio(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn is_audio(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
    EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension))
}
