//! The cache folder: one folder an encoder, each whole or absent.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use undertone::model::{ENCODER_FILE, Encoder, EncoderSpec, EncoderUsed};
use undertone::{Error, ErrorKind, Result};

/// The environment variable that names the cache folder.
pub const VARIABLE: &str = "UNDERTONE_CACHE";
/// The folder of downloads that are not complete.
const PARTIAL: &str = ".partial";

/// A folder of encoders.
#[derive(Clone, Debug)]
pub struct Cache {
    root: PathBuf,
}

impl Cache {
    /// The folder that `UNDERTONE_CACHE` names, else `undertone/encoders` in the platform's cache folder.
    ///
    /// # Errors
    /// `Config` where neither is known.
    pub fn open() -> Result<Cache> {
        let named = std::env::var_os(VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from);
        let platform = || Some(dirs::cache_dir()?.join("undertone").join("encoders"));
        let root = named.or_else(platform).ok_or_else(|| {
            Error::config(format!("this platform has no cache folder; name one by {VARIABLE}=FOLDER"))
        })?;
        Ok(Cache::at(root))
    }

    /// This folder.
    pub fn at(root: impl Into<PathBuf>) -> Cache {
        Cache { root: root.into() }
    }

    /// Where the encoders lie.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of an encoder, whether it is there or not.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Whether an encoder of this name is there.
    pub fn holds(&self, name: &str) -> bool {
        self.folder(name).join(ENCODER_FILE).is_file()
    }

    /// The encoder that a head needs.
    ///
    /// # Errors
    /// `Model` naming the command that fetches it where it is missing; as [`Encoder::open`].
    pub fn encoder(&self, used: &EncoderUsed) -> Result<Arc<Encoder>> {
        match self.holds(&used.name) {
            true => Encoder::open(&self.folder(&used.name)).map(Arc::new),
            false => Err(used.missing()),
        }
    }

    /// Every encoder, by name: its folder, and its description or why it cannot be used.
    ///
    /// # Errors
    /// `Io` where the cache folder cannot be read.
    pub fn list(&self) -> Result<Vec<(PathBuf, Result<EncoderSpec>)>> {
        let entries = match std::fs::read_dir(&self.root) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|error| Error::from(error).at(&self.root))?,
        };
        let folders = entries.flatten().map(|entry| entry.path());
        let mut folders: Vec<PathBuf> =
            folders.filter(|folder| folder.join(ENCODER_FILE).is_file()).collect();
        folders.retain(|folder| !hidden(folder));
        folders.sort();
        Ok(folders.into_iter().map(|folder| (folder.clone(), EncoderSpec::describe(&folder))).collect())
    }

    /// The folder of downloads that are not complete; made where it is missing.
    ///
    /// # Errors
    /// `Io` where it cannot be made.
    pub fn partial(&self) -> Result<PathBuf> {
        let folder = self.root.join(PARTIAL);
        std::fs::create_dir_all(&folder).map_err(|error| Error::from(error).at(&folder))?;
        Ok(folder)
    }

    /// A folder beside the encoders to write a new one in; it goes when it is dropped.
    ///
    /// # Errors
    /// `Io` where it cannot be made.
    pub fn workplace(&self) -> Result<TempDir> {
        let partial = self.partial()?;
        tempfile::Builder::new()
            .prefix("new-")
            .tempdir_in(&partial)
            .map_err(|error| Error::from(error).at(partial))
    }

    /// Puts what was written in a workplace in the encoder's folder. Of an encoder that was there before, only what is no part of it
    /// stays, such as a head.
    ///
    /// # Errors
    /// `Config` where the name is no plain name, `Io` where it cannot be moved.
    pub fn install(&self, workplace: TempDir, name: &str) -> Result<PathBuf> {
        check_name(name)?;
        let folder = self.folder(name);
        let named = |error: std::io::Error| Error::from(error).at(&folder);
        if folder.exists() {
            if !folder.join(ENCODER_FILE).is_file() {
                let message = format!(
                    "is in the way: it holds no {ENCODER_FILE}, so it is no encoder; move it, or choose another --name"
                );
                return Err(Error::new(ErrorKind::Config, message).at(folder));
            }
            keep_others(&folder, workplace.path()).map_err(named)?;
            // Both moves are within one file system; what was there goes with the folder it is moved to.
            let old = self.workplace()?;
            std::fs::rename(&folder, old.path().join("old")).map_err(named)?;
        }
        std::fs::rename(workplace.path(), &folder).map_err(named)?;
        // It has moved: there is nothing to remove.
        let _ = workplace.keep();
        share(&folder);
        Ok(folder)
    }
}

/// # Errors
/// `Config` where an encoder cannot have this name.
pub fn check_name(name: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !name.is_empty() && name.chars().all(allowed) && !name.starts_with('.') {
        return Ok(());
    }
    let message =
        format!("'{name}' cannot be an encoder's name; use letters, digits, '-', '_' and '.': --name NAME");
    Err(Error::config(message))
}

/// Copies files of an encoder's folder that are no part of the encoder.
fn keep_others(folder: &Path, into: &Path) -> std::io::Result<()> {
    let onnx = EncoderSpec::describe(folder).map(|spec| spec.file).unwrap_or_default();
    for entry in std::fs::read_dir(folder)? {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        let there = into.join(&name);
        if path.is_file() && name != *onnx && !there.exists() {
            std::fs::copy(path, there)?;
        }
    }
    Ok(())
}

fn hidden(folder: &Path) -> bool {
    folder.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'))
}

/// Gives a folder made as a temporary one the permissions of any new folder.
fn share(folder: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A cache that only its owner can read still works.
        let _ = std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755));
    }
    #[cfg(not(unix))]
    let _ = folder;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_encoder_is_replaced_as_a_whole_and_a_head_beside_it_stays() {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache::at(root.path().join("deep"));
        assert!(cache.list().unwrap().is_empty());
        for text in ["first", "second"] {
            let workplace = cache.workplace().unwrap();
            std::fs::write(workplace.path().join(ENCODER_FILE), text).unwrap();
            std::fs::write(workplace.path().join("encoder.onnx"), text).unwrap();
            let folder = cache.install(workplace, "mine").unwrap();
            std::fs::write(folder.join(format!("{text}.head")), "head").unwrap();
        }
        let listed = cache.list().unwrap();
        assert_eq!(listed.len(), 1);
        assert!(listed[0].1.is_err(), "'second' is no description");
        assert_eq!(std::fs::read_to_string(listed[0].0.join("encoder.onnx")).unwrap(), "second");
        assert!(listed[0].0.join("first.head").is_file());
        assert_eq!(std::fs::read_dir(cache.partial().unwrap()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_is_no_encoder_is_not_replaced() {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache::at(root.path());
        std::fs::create_dir(root.path().join("photos")).unwrap();
        let error = cache.install(cache.workplace().unwrap(), "photos").unwrap_err().to_string();
        assert!(error.contains("photos") && error.contains("--name"), "{error}");
        for name in ["", "../x", ".partial", "a/b"] {
            assert!(cache.install(cache.workplace().unwrap(), name).is_err(), "{name}");
        }
    }
}
