//! JSON Lines that survive whatever ends the program: every line is on its way to the disk as soon as its recording is done.
//!
//! Lines go to `FILE.partial`, each in one write, and the file gets its name when all are done or Ctrl-C was pressed. `--resume`
//! takes the lines of `FILE.partial`, else of FILE, and does not do their recordings again. A recording is known by its path as
//! written; one that failed, or was changed after the lines were written, is done anew. What an unfinished write left of a last line is
//! dropped.

use std::collections::HashSet;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use undertone::analysis::Analysis;
use undertone::{Error, ErrorKind, Result};

use crate::output::temporary;

/// How every line begins.
const BEGINNING: &str = "{\"path\":";

/// A file of lines under its temporary name.
pub struct Journal {
    file: File,
    partial: PathBuf,
    path: PathBuf,
}

/// What an earlier run left.
struct Left {
    lines: String,
    done: HashSet<PathBuf>,
}

impl Journal {
    /// Begins, or goes on where an earlier run ended; gives the recordings that are done.
    ///
    /// # Errors
    /// `Config` where an unfinished file is in the way of a new beginning, or what is to be gone on with is not of this kind.
    pub fn open(path: &Path, resume: bool) -> Result<(Journal, HashSet<PathBuf>)> {
        if path.is_dir() {
            return Err(Error::new(ErrorKind::Config, "is a folder; name a file to write").at(path));
        }
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        if !resume && partial.exists() {
            let message = "is left of an unfinished run; go on with it by --resume, or remove it";
            return Err(Error::new(ErrorKind::Config, message).at(partial));
        }
        let before = [&partial, path].into_iter().find(|path| resume && path.exists());
        let left = before.map(|path: &Path| left(path).map_err(|error| error.at(path))).transpose()?;
        let Left { lines, done } =
            left.unwrap_or_else(|| Left { lines: String::new(), done: HashSet::new() });
        // Whatever ends this run now, the lines are whole either here or where they were.
        let here = |error: std::io::Error| Error::from(error).at(path);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = temporary(folder).map_err(here)?;
        file.write_all(lines.as_bytes()).map_err(here)?;
        let file = file.persist(&partial).map_err(|error| here(error.error))?;
        Ok((Journal { file, partial, path: path.to_path_buf() }, done))
    }

    /// Writes whole lines.
    pub fn write(&mut self, lines: &str) -> Result<()> {
        self.file.write_all(lines.as_bytes()).map_err(|error| Error::from(error).at(&self.partial))
    }

    /// Gives the file its name. Without a line it goes, and what had the name stays.
    pub fn finish(self) -> Result<()> {
        let here = |error: std::io::Error| Error::from(error).at(&self.partial);
        self.file.sync_all().map_err(here)?;
        if self.file.metadata().map_err(here)?.len() == 0 {
            return std::fs::remove_file(&self.partial).map_err(here);
        }
        std::fs::rename(&self.partial, &self.path).map_err(|error| Error::from(error).at(&self.path))
    }
}

/// The whole lines of a file whose recordings need not be done again, and these recordings.
fn left(path: &Path) -> Result<Left> {
    let text = std::fs::read_to_string(path)?;
    let written = std::fs::metadata(path)?.modified().ok();
    let (whole, rest) = text.split_at(text.rfind('\n').map_or(0, |at| at + 1));
    if !(rest.starts_with(BEGINNING) || BEGINNING.starts_with(rest)) {
        return Err(no_lines(text.lines().count()));
    }
    let mut left = Left { lines: String::new(), done: HashSet::new() };
    for (number, line) in whole.lines().enumerate() {
        let result: Analysis = serde_json::from_str(line).map_err(|_| no_lines(number + 1))?;
        // A name that is no UTF-8 cannot be told from another in a line.
        let named = !result.path.to_string_lossy().contains(char::REPLACEMENT_CHARACTER);
        if named && result.error.is_none() && !changed_since(&result.path, written) {
            left.lines.push_str(line);
            left.lines.push('\n');
            left.done.insert(result.path);
        }
    }
    Ok(left)
}

fn no_lines(number: usize) -> Error {
    let message = format!("line {number} is no result of undertone analyze --jsonl; name the file it wrote");
    Error::new(ErrorKind::Config, message)
}

/// Whether a recording was written later than the lines. One that is gone was not.
fn changed_since(recording: &Path, written: Option<SystemTime>) -> bool {
    let changed = std::fs::metadata(recording).and_then(|data| data.modified()).ok();
    changed.zip(written).is_some_and(|(changed, written)| changed > written)
}
