//! Output files that are complete or absent: written beside their final place and renamed when finished.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use undertone::error::{Error, ErrorKind, Result};

/// A file that appears at its path, whole, when [`AtomicFile::commit`] is called; dropped before that it leaves nothing, and what
/// was at the path stays. A file that is replaced keeps its permissions. A symbolic link is followed and its target replaced; devices
/// and pipes are written directly.
#[derive(Debug)]
pub struct AtomicFile {
    place: Place,
    path: PathBuf,
}

#[derive(Debug)]
enum Place {
    /// A temporary file, and where it goes.
    Temporary(BufWriter<NamedTempFile>, PathBuf),
    /// What cannot be replaced by renaming.
    Direct(BufWriter<File>),
}

impl AtomicFile {
    /// Begins to write the file that is to be at `path`.
    ///
    /// # Errors
    /// `Config` where the path is a folder, `Io` where its folder cannot be written; both name the path.
    pub fn create(path: &Path) -> Result<AtomicFile> {
        if path.is_dir() {
            return Err(Error::new(ErrorKind::Config, "is a folder; name a file to write").at(path));
        }
        let place = Place::of(path).map_err(|error| Error::from(error).at(path))?;
        Ok(AtomicFile { place, path: path.to_path_buf() })
    }

    /// The path it is to have.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes `content` to the file at `path`, whole or not at all.
    ///
    /// # Errors
    /// As [`AtomicFile::create`], and what `content` answers.
    pub fn save(path: &Path, content: impl FnOnce(&mut AtomicFile) -> Result<()>) -> Result<()> {
        let mut file = AtomicFile::create(path)?;
        content(&mut file).map_err(|error| error.at(path))?;
        file.commit()
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// `Io` naming the path where it cannot be written or renamed.
    pub fn commit(self) -> Result<()> {
        let done = match self.place {
            Place::Direct(mut file) => file.flush(),
            Place::Temporary(file, target) => match file.into_inner() {
                Ok(file) => file.persist(target).map(drop).map_err(|error| error.error),
                Err(error) => Err(error.into_error()),
            },
        };
        done.map_err(|error| Error::from(error).at(self.path))
    }
}

/// Writes bytes to the file at `path`, whole or not at all.
///
/// # Errors
/// As [`AtomicFile::create`].
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    AtomicFile::save(path, |file| Ok(file.write_all(bytes)?))
}

impl Place {
    fn of(path: &Path) -> std::io::Result<Place> {
        match std::fs::metadata(path) {
            Ok(metadata) if !metadata.is_file() => {
                Ok(Place::Direct(BufWriter::new(OpenOptions::new().write(true).open(path)?)))
            }
            Ok(metadata) => {
                let target = std::fs::canonicalize(path)?;
                let file = temporary(folder(&target))?;
                // Who may read a report about a person stays as it was.
                file.as_file().set_permissions(metadata.permissions())?;
                Ok(Place::Temporary(BufWriter::new(file), target))
            }
            // A link whose target does not exist yet.
            Err(_) if path.is_symlink() => Ok(Place::Direct(BufWriter::new(File::create(path)?))),
            Err(_) => Ok(Place::Temporary(BufWriter::new(temporary(folder(path))?), path.to_path_buf())),
        }
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match &mut self.place {
            Place::Temporary(file, _) => file.write(bytes),
            Place::Direct(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match &mut self.place {
            Place::Temporary(file, _) => file.flush(),
            Place::Direct(file) => file.flush(),
        }
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A temporary file in `folder` with the permissions of any new file, not those of a secret.
///
/// # Errors
/// Where the folder cannot be written.
pub fn temporary(folder: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_unfinished_file_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "old").unwrap();
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        AtomicFile::save(&path, |file| Ok(file.write_all(b"new")?)).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    #[cfg(unix)]
    fn a_file_that_is_replaced_keeps_its_permissions() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("private.json");
        std::fs::write(&path, "old").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        write(&path, b"new").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    #[cfg(unix)]
    fn links_are_followed_and_pipes_stay_pipes() {
        use std::os::unix::fs::FileTypeExt;
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        std::fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        AtomicFile::save(&link, |file| Ok(file.write_all(b"new")?)).unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "new");
        // A FIFO stands for all that is no plain file: whoever reads from it gets the bytes, and it is still there.
        let fifo = folder.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
        assert!(made.success());
        let reader = std::thread::spawn({
            let fifo = fifo.clone();
            move || std::fs::read(fifo).unwrap()
        });
        write(&fifo, b"x").unwrap();
        assert_eq!(reader.join().unwrap(), b"x");
        assert!(std::fs::metadata(&fifo).unwrap().file_type().is_fifo());
    }
}
