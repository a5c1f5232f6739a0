//! File-name rules of the known corpora, one file each.
//!
//! A rule reads a name in whatever case, and gives the clip the one spelling that protocols use.

mod cremad;
mod ravdess;
mod savee;
mod tess;

use std::path::Path;

/// The known corpora.
pub(super) const NAMES: [&str; 5] = ["cremad", "ravdess", "ravdess_song", "savee", "tess"];

/// What a file's name tells.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Named {
    pub corpus: &'static str,
    pub clip: String,
    pub speaker: String,
    pub label: String,
    pub intensity: Option<f32>,
    pub about: Vec<(&'static str, String)>,
}

/// Reads the name of a file by whichever layout knows it.
pub(super) fn read(path: &Path) -> Option<Named> {
    let stem = path.file_stem()?.to_str()?;
    let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or("");
    ravdess::read(stem)
        .or_else(|| cremad::read(stem))
        .or_else(|| tess::read(stem))
        .or_else(|| savee::read(stem, folder))
}

fn digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
}
