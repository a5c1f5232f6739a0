//! Where options come from that were not typed, first come, first served: the environment, a file that is named, the current folder's
//! file, the user's.

use std::io::Read;
use std::path::{Path, PathBuf};

use undertone::{Error, ErrorKind, Result};

use super::file::{self, Key, Value};
use crate::arguments::ConfigFiles;

/// The file of the current folder.
pub const HERE: &str = "undertone.toml";
/// Bytes of the largest file.
const LARGEST: u64 = 1 << 20;
/// The options that the current folder's file may set. It may have come with a download: what writes files or runs programs is not
/// among them, and nor is an option that nobody has looked at.
const HARMLESS: [&str; 15] = [
    "format", "emotions", "coverage", "channels", "speakers", "segments", "curve", "adapt", "prior",
    "follow", "song", "track", "model", "threads", "quiet",
];

/// Options from one place.
pub struct Layer {
    /// The place, as it is shown.
    pub source: String,
    pub entries: Vec<(String, Value)>,
}

/// The environment variable of an option.
pub fn variable(name: &str) -> String {
    format!("UNDERTONE_{}", name.to_uppercase().replace('-', "_"))
}

/// All places that set something, the first one first.
///
/// # Errors
/// `Config` where a file or variable holds what no option takes, `Io` where a file cannot be read.
pub fn layers(typed: &ConfigFiles, keys: &[Key]) -> Result<Vec<Layer>> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let named = typed.config.clone().or_else(|| {
        let here = !typed.no_config && set("UNDERTONE_NO_CONFIG").is_none();
        set("UNDERTONE_CONFIG").filter(|_| here).map(PathBuf::from)
    });
    let mut layers = environment(keys)?;
    if let Some(path) = &named {
        layers.push(read(path, keys)?);
    }
    if typed.no_config || set("UNDERTONE_NO_CONFIG").is_some() {
        return Ok(layers);
    }
    let here = Path::new(HERE);
    if here.is_file() {
        let layer = read(here, keys)?;
        if let Some((name, _)) = layer.entries.iter().find(|(name, _)| !HARMLESS.contains(&name.as_str())) {
            let message = format!(
                "'{name}' writes files or runs programs, which a file in the current folder may not ask for; type it, or put it \
                 into a file that --config names"
            );
            return Err(Error::config(message).at(here));
        }
        layers.push(layer);
    }
    if let Some(path) = user().filter(|path| path.is_file()) {
        layers.push(read(&path, keys)?);
    }
    Ok(layers)
}

/// The user's file; none where the platform has no folder for it.
pub fn user() -> Option<PathBuf> {
    Some(dirs::config_dir()?.join("undertone").join("config.toml"))
}

/// A layer for every variable that is set.
fn environment(keys: &[Key]) -> Result<Vec<Layer>> {
    let mut layers = Vec::new();
    for key in keys {
        let source = variable(&key.name);
        let Some(value) = std::env::var_os(&source).filter(|value| !value.is_empty()) else { continue };
        let text =
            value.into_string().map_err(|_| Error::config(format!("{source} is not text in UTF-8")))?;
        let value = match text.to_lowercase().as_str() {
            _ if !key.flag => Value::Text(text),
            "1" | "true" | "yes" | "on" => Value::Flag(true),
            "0" | "false" | "no" | "off" => Value::Flag(false),
            _ => return Err(Error::config(format!("{source} is 1 or 0"))),
        };
        layers.push(Layer { source, entries: vec![(key.name.clone(), value)] });
    }
    Ok(layers)
}

fn read(path: &Path, keys: &[Key]) -> Result<Layer> {
    let here = |error: std::io::Error| Error::from(error).at(path);
    let mut bytes = Vec::new();
    std::fs::File::open(path).map_err(here)?.take(LARGEST + 1).read_to_end(&mut bytes).map_err(here)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Error::new(ErrorKind::Config, "is too long for a file of options: over 1 MB").at(path));
    }
    let entries = file::parse(&bytes, keys).map_err(|error| error.at(path))?;
    Ok(Layer { source: path.display().to_string(), entries })
}
