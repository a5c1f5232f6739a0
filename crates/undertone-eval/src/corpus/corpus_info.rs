//! A corpus's description: title, label map, licence, citation, defective clips.

use std::collections::BTreeMap;

use serde::Deserialize;

use undertone::emotion::Emotion;
use undertone::error::{Error, Result};

/// A corpus's card, `corpora/<name>.toml` or the TOML beside a manifest.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CorpusInfo {
    /// Its full name.
    pub title: String,
    /// The licence of its recordings.
    pub licence: String,
    /// What to cite.
    pub citation: String,
    /// Where it can be had.
    pub download: String,
    /// Its own labels → emotions.
    pub labels: BTreeMap<String, Emotion>,
    /// Clips left out of training and dev, and why.
    pub defective: BTreeMap<String, String>,
}

impl CorpusInfo {
    /// The card of a corpus that is known here.
    pub(super) fn known(name: &str) -> Result<CorpusInfo> {
        let text = match name {
            "ravdess" => include_str!("../../corpora/ravdess.toml"),
            "ravdess_song" => include_str!("../../corpora/ravdess_song.toml"),
            "tess" => include_str!("../../corpora/tess.toml"),
            "cremad" => include_str!("../../corpora/cremad.toml"),
            "savee" => include_str!("../../corpora/savee.toml"),
            _ => return Err(Error::config(format!("no corpus is called '{name}'"))),
        };
        CorpusInfo::parse(text)
    }

    pub(super) fn parse(text: &str) -> Result<CorpusInfo> {
        toml::from_str(text).map_err(|error| Error::config(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_card_reads_and_names_its_licence() {
        for name in super::super::layouts::NAMES {
            let card = CorpusInfo::known(name).unwrap_or_default();
            assert!(!card.licence.is_empty() && card.labels.len() >= 6, "{name}: {card:?}");
        }
    }

    #[test]
    fn unknown_keys_are_refused() {
        let error =
            CorpusInfo::parse("license = 'x'").err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("license"), "{error}");
    }
}
