//! Audio files below a folder, in the order of their paths.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Extensions that are taken for recordings when a folder is searched; those that lose nothing come first.
const EXTENSIONS: [&str; 22] = [
    "wav", "wave", "flac", "aif", "aiff", "aifc", "caf", "mp3", "opus", "ogg", "oga", "m4a", "m4b", "mp4",
    "m4v", "mov", "aac", "mka", "mkv", "webm", "mp2", "mp1",
];

/// Every audio or video file below `folder` by its extension, sorted; links to folders are not followed, hidden files are
/// passed over.
///
/// # Errors
/// `Io` where a folder cannot be read.
pub fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        let here = |error: std::io::Error| Error::from(error).at(&folder);
        for entry in std::fs::read_dir(&folder).map_err(here)? {
            let entry = entry.map_err(here)?;
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if entry.file_type().map_err(here)?.is_dir() {
                folders.push(entry.path());
            } else if !hidden && format_rank(&entry.path()).is_some() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Where a file's format stands in the order of preference: of two copies of a clip the lower is taken; none for what is no recording.
pub fn format_rank(path: &Path) -> Option<usize> {
    let extension = path.extension()?.to_str()?;
    EXTENSIONS.iter().position(|known| known.eq_ignore_ascii_case(extension))
}
