//! Families of encoders: how each wants its waveform, and what the files beside it say.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use undertone::model::Normalisation;
use undertone::{Error, Result};

/// A family of encoders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Preset {
    /// OpenAI Whisper, from the waveform or from its log-mel spectrogram.
    Whisper,
    /// wav2vec 2.0.
    Wav2vec2,
    /// HuBERT.
    Hubert,
    /// WavLM.
    Wavlm,
    /// emotion2vec.
    Emotion2vec,
    /// audEERING's dimensional model, which gives one embedding of the whole input.
    AudeeringDim,
    /// None of these.
    Other,
}

/// All that have a name to choose them by.
pub const PRESETS: [Preset; 6] = [
    Preset::Whisper,
    Preset::Wav2vec2,
    Preset::Hubert,
    Preset::Wavlm,
    Preset::Emotion2vec,
    Preset::AudeeringDim,
];

impl Preset {
    /// `whisper`, `wav2vec2`, …
    pub fn name(self) -> &'static str {
        match self {
            Preset::Whisper => "whisper",
            Preset::Wav2vec2 => "wav2vec2",
            Preset::Hubert => "hubert",
            Preset::Wavlm => "wavlm",
            Preset::Emotion2vec => "emotion2vec",
            Preset::AudeeringDim => "audeering-dim",
            Preset::Other => "other",
        }
    }

    /// What the family does to a waveform, where no file beside the encoder says it.
    pub fn normalisation(self) -> Normalisation {
        match self {
            Preset::Whisper | Preset::Wavlm | Preset::Other => Normalisation::None,
            Preset::Wav2vec2 | Preset::Hubert | Preset::Emotion2vec | Preset::AudeeringDim => {
                Normalisation::ZeroMeanUnitVariance
            }
        }
    }

    /// The output to take where several could be.
    pub(crate) fn output(self) -> Option<&'static str> {
        (self == Preset::AudeeringDim).then_some("hidden_states")
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Preset {
    type Err = Error;

    fn from_str(text: &str) -> Result<Preset> {
        PRESETS.into_iter().find(|preset| preset.name() == text).ok_or_else(|| {
            let names = PRESETS.map(Preset::name).join(", ");
            Error::config(format!("'{text}' is no preset; there are {names}"))
        })
    }
}

/// What the files of a repository say, as far as they are there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beside {
    /// `config.json`: the family, and attention heads of its encoder.
    pub model_type: Option<String>,
    pub heads: Option<usize>,
    /// `preprocessor_config.json`: Hz, and whether the waveform is normalised.
    pub rate: Option<u32>,
    pub normalised: Option<bool>,
    /// The licence in the front matter of `README.md`.
    pub licence: Option<String>,
}

impl Beside {
    /// Reads what lies in this folder.
    ///
    /// # Errors
    /// `Malformed` where one of the files is not JSON.
    pub fn read(folder: &Path) -> Result<Beside> {
        let json = |name: &str| -> Result<serde_json::Value> {
            let path = folder.join(name);
            match std::fs::read(&path) {
                Ok(bytes) => serde_json::from_slice(&bytes)
                    .map_err(|error| Error::malformed("is no JSON").because(error).at(path)),
                Err(_) => Ok(serde_json::Value::Null),
            }
        };
        let config = json("config.json")?;
        let processor = json("preprocessor_config.json")?;
        let whole = |value: &serde_json::Value| value.as_u64().and_then(|value| u32::try_from(value).ok());
        Ok(Beside {
            model_type: config["model_type"].as_str().map(str::to_string),
            heads: whole(&config["encoder_attention_heads"]).map(|heads| heads as usize),
            rate: whole(&processor["sampling_rate"]),
            normalised: processor["do_normalize"].as_bool(),
            licence: std::fs::read_to_string(folder.join("README.md")).ok().and_then(|text| licence(&text)),
        })
    }

    /// The family that `config.json` names.
    pub fn preset(&self) -> Option<Preset> {
        self.model_type.as_deref()?.parse().ok()
    }
}

/// The value of `license:` in the front matter of a model card.
fn licence(card: &str) -> Option<String> {
    let front = card.strip_prefix("---")?.split("\n---").next()?;
    let line = |name: &str| {
        let value = front.lines().find_map(|line| line.strip_prefix(name))?.trim();
        let value = value.trim_matches(['"', '\'']);
        (!value.is_empty()).then(|| value.to_string())
    };
    let licence = line("license:")?;
    // The hub's word for a licence that has no short name.
    if licence == "other" { line("license_name:").or(Some(licence)) } else { Some(licence) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_licence_stands_in_the_front_matter() {
        assert_eq!(
            licence("---\nlanguage: en\nlicense: apache-2.0\n---\n# Model\nlicense: mit").unwrap(),
            "apache-2.0"
        );
        assert_eq!(licence("---\nlicense: other\nlicense_name: \"acme-1\"\n---\n").unwrap(), "acme-1");
        assert_eq!(licence("---\nlanguage: en\n---\nlicense: mit"), None);
        assert_eq!(licence("# Model\nlicense: mit"), None);
    }

    #[test]
    fn every_preset_is_read_by_its_name() {
        for preset in PRESETS {
            assert_eq!(preset.name().parse::<Preset>().unwrap(), preset);
        }
        assert!("other".parse::<Preset>().unwrap_err().to_string().contains("wavlm, emotion2vec"));
    }

    #[test]
    fn files_that_are_not_there_say_nothing_and_damaged_ones_are_named() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Beside::read(folder.path()).unwrap().preset().is_none());
        std::fs::write(folder.path().join("config.json"), r#"{"model_type": "hubert"}"#).unwrap();
        std::fs::write(
            folder.path().join("preprocessor_config.json"),
            r#"{"sampling_rate": 8000, "do_normalize": false}"#,
        )
        .unwrap();
        let beside = Beside::read(folder.path()).unwrap();
        assert_eq!(
            (beside.preset(), beside.rate, beside.normalised),
            (Some(Preset::Hubert), Some(8000), Some(false))
        );
        std::fs::write(folder.path().join("config.json"), "{").unwrap();
        assert!(Beside::read(folder.path()).unwrap_err().to_string().contains("config.json"));
    }
}
