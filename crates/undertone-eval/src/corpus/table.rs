//! Tables that lie beside a corpus's clips.

use std::path::{Path, PathBuf};

/// A table of one of these names: in the folder of `clip`, or one above it and so on, up to the folder that holds `opened`.
pub(super) fn find(clip: &Path, opened: &Path, names: &[&str]) -> Option<PathBuf> {
    let top = opened.parent().unwrap_or(opened);
    let folders = clip.ancestors().skip(1).take_while(|folder| folder.starts_with(top));
    folders.flat_map(|folder| names.iter().map(|name| folder.join(name))).find(|path| path.is_file())
}
