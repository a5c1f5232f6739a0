//! Published protocols: rules in small files that divide a corpus into folds.
//!
//! A rule names the speakers of each fold's test and dev parts; all others are in training. The two protocols that list
//! clips instead have every speaker on both sides; they are marked speaker-dependent and serve only for comparison.

mod cut;
mod leak;
mod split;

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use undertone::error::{Error, Result};

pub use cut::{Fold, Row, Split, write_rows};
pub use leak::{audit, audit_contents};

/// The protocols known here.
pub const NAMES: [&str; 8] = [
    "emobox-ravdess",
    "luna-ravdess",
    "emobox-savee",
    "emosuperb-cremad",
    "noss-cremad",
    "loso-tess",
    "emobox-cremad",
    "emobox-tess",
];

/// A way to cut one corpus into folds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protocol {
    /// Its name: that of its file.
    #[serde(skip)]
    pub name: String,
    /// What it is, in a line.
    pub title: String,
    /// Who cut it so.
    #[serde(default)]
    pub citation: String,
    /// The corpus it cuts.
    pub corpus: String,
    /// Whether speakers are on both sides: its figures do not measure unseen speakers.
    #[serde(default)]
    pub speaker_dependent: bool,
    /// How many clips each fold divides; another number means that the corpus is not complete.
    pub clips: usize,
    /// Clips of the corpus it passes over.
    #[serde(default)]
    pub except: BTreeSet<String>,
    /// Its folds, the first of which has the number 1.
    pub folds: Vec<Rule>,
}

/// What a fold holds out; every other clip of the corpus is learned from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Speakers (without the corpus's name) whose clips are scored once.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub test: BTreeSet<String>,
    /// Speakers on whose clips choices are made.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dev: BTreeSet<String>,
    /// Single clips that are scored once.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub test_clips: BTreeSet<String>,
    /// Single clips on which choices are made.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dev_clips: BTreeSet<String>,
}

impl Protocol {
    /// A published protocol by its name, one of [`NAMES`].
    ///
    /// # Errors
    /// `Config` listing the names where none is called so.
    pub fn known(name: &str) -> Result<Protocol> {
        let text = match name {
            "emobox-ravdess" => include_str!("../../corpora/protocols/emobox-ravdess.toml"),
            "luna-ravdess" => include_str!("../../corpora/protocols/luna-ravdess.toml"),
            "emobox-savee" => include_str!("../../corpora/protocols/emobox-savee.toml"),
            "emosuperb-cremad" => include_str!("../../corpora/protocols/emosuperb-cremad.toml"),
            "noss-cremad" => include_str!("../../corpora/protocols/noss-cremad.toml"),
            "loso-tess" => include_str!("../../corpora/protocols/loso-tess.toml"),
            "emobox-cremad" => include_str!("../../corpora/protocols/emobox-cremad.toml"),
            "emobox-tess" => include_str!("../../corpora/protocols/emobox-tess.toml"),
            _ => {
                let message = format!("no protocol is called '{name}'; there are {}", NAMES.join(", "));
                return Err(Error::config(message));
            }
        };
        Protocol::parse(name, text)
    }

    /// A protocol of one's own: a TOML file with `title`, `corpus`, `clips` and `[[folds]]`; see `docs/reference/formats.md`.
    ///
    /// # Errors
    /// `Io`, or `Config` naming the key that is wrong.
    pub fn open(path: &Path) -> Result<Protocol> {
        let text = std::fs::read_to_string(path).map_err(|error| Error::from(error).at(path))?;
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("protocol");
        Protocol::parse(name, &text).map_err(|error| error.at(path))
    }

    /// The file [`Protocol::open`] reads.
    ///
    /// # Errors
    /// `Config` where it cannot be put in words, which does not happen to one that was read or made here.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string(self).map_err(|error| Error::config(error.to_string()))
    }

    fn parse(name: &str, text: &str) -> Result<Protocol> {
        let protocol: Protocol = toml::from_str(text).map_err(|error| Error::config(error.to_string()))?;
        if protocol.folds.is_empty() {
            return Err(Error::config("a protocol needs at least one [[folds]]"));
        }
        Ok(Protocol { name: name.to_string(), ..protocol })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_known_protocol_reads_back_from_what_it_writes() {
        for name in NAMES {
            let protocol = Protocol::known(name).unwrap();
            assert_eq!(Protocol::parse(name, &protocol.to_toml().unwrap()).unwrap(), protocol);
            assert_eq!(
                protocol.speaker_dependent,
                ["emobox-cremad", "emobox-tess"].contains(&name),
                "{name}"
            );
        }
        let error = Protocol::known("emobox").unwrap_err().to_string();
        assert!(error.contains("emobox-savee"), "{error}");
    }

    #[test]
    fn a_file_with_a_wrong_key_or_without_folds_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        for (text, word) in [
            ("title = 'x'\ncorpus = 'mine'\nclips = 3\nfolds = []\n", "[[folds]]"),
            ("title = 'x'\ncorpus = 'mine'\nclips = 3\n[[folds]]\ntests = ['a']\n", "tests"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = Protocol::open(&path).unwrap_err().to_string();
            assert!(error.contains(word) && error.contains("mine.toml"), "{error}");
        }
    }
}
