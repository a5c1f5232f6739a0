//! Audio files below a folder, in the order of their paths.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Extensions that are taken for recordings when a folder is searched; those that lose nothing come first, those that only ffmpeg
/// reads last.
const EXTENSIONS: [&str; 46] = [
    "wav", "wave", "w64", "rf64", "flac", "aif", "aiff", "aifc", "au", "snd", "caf", "mp3", "opus", "ogg",
    "oga", "m4a", "m4b", "mp4", "m4v", "3gp", "3g2", "mov", "qt", "aac", "adts", "mka", "mkv", "weba",
    "webm", "mp2", "mp1", "ape", "wv", "wma", "wmv", "asf", "amr", "awb", "ac3", "eac3", "dts", "spx", "avi",
    "flv", "mpg", "mpeg",
];

/// What a folder holds.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Listing {
    /// Audio and video files, sorted by path.
    pub files: Vec<PathBuf>,
    /// Folders in it that cannot be read, and why; each error names its folder.
    pub unread: Vec<Error>,
}

impl Listing {
    /// The files, where every folder could be read.
    ///
    /// # Errors
    /// The first of [`Listing::unread`].
    pub fn complete(self) -> Result<Vec<PathBuf>> {
        self.unread.into_iter().next().map_or(Ok(self.files), Err)
    }
}

/// Every audio or video file below `folder` by its extension. Links to folders are not followed; hidden files and folders, and what is
/// no plain file (pipes, devices), are passed over.
///
/// # Errors
/// `Io` where `folder` itself cannot be read.
pub fn files_below(folder: &Path) -> Result<Listing> {
    let (mut listing, mut folders) = (Listing::default(), Vec::new());
    list(folder, &mut listing.files, &mut folders)?;
    while let Some(folder) = folders.pop() {
        if let Err(error) = list(&folder, &mut listing.files, &mut folders) {
            listing.unread.push(error);
        }
    }
    listing.files.sort();
    Ok(listing)
}

/// One folder's own files and folders.
fn list(folder: &Path, files: &mut Vec<PathBuf>, folders: &mut Vec<PathBuf>) -> Result<()> {
    let here = |error: std::io::Error| Error::from(error).at(folder);
    for entry in std::fs::read_dir(folder).map_err(here)? {
        let entry = entry.map_err(here)?;
        let path = entry.path();
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type().map_err(here)?.is_dir() {
            folders.push(path);
        } else if format_rank(&path).is_some() && path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

/// Where a file's format stands in the order of preference: of two copies of a clip the lower is taken; none for what is no recording.
pub fn format_rank(path: &Path) -> Option<usize> {
    let extension = path.extension()?.to_str()?;
    EXTENSIONS.iter().position(|known| known.eq_ignore_ascii_case(extension))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn hidden_folders_and_what_is_no_file_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["b/late.weba", "a.3gp", "memo.WMA", "text.txt", ".hidden.wav", ".Trash/old.wav"] {
            std::fs::create_dir_all(at(name).parent().unwrap()).unwrap();
            std::fs::write(at(name), b"").unwrap();
        }
        std::fs::create_dir(at("folder.wav")).unwrap();
        #[cfg(unix)]
        assert!(std::process::Command::new("mkfifo").arg(at("x.wav")).status().unwrap().success());
        let found = files_below(folder.path()).unwrap();
        assert_eq!(found.files, [at("a.3gp"), at("b/late.weba"), at("memo.WMA")]);
        assert!(found.unread.is_empty());
        assert!(files_below(&at("missing")).unwrap_err().to_string().contains("missing"));
    }
}
