//! A speaker's usual voice, kept in a small file: enrolled once, used for every recording.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Usual;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;

/// The version of the profile file.
pub const FORMAT: &str = "undertone-profile/1";
/// Largest profile file read, in bytes.
const LARGEST: u64 = 16 << 20;

/// A speaker's usual voice, as one model hears it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// [`FORMAT`]; another one is refused.
    pub format: String,
    /// The speaker's name.
    pub name: String,
    /// Hexadecimal SHA-256 of the model's file: another model hears in another space.
    pub model: String,
    /// Whether only neutral speech was enrolled.
    pub neutral: bool,
    /// Seconds of speech heard.
    pub seconds: f64,
    /// Windows heard; those that overlap count by their new speech.
    pub windows: f64,
    /// Mean of the windows' embeddings (`pooled`).
    pub mean: Vec<f32>,
    /// Their deviation.
    pub deviation: Vec<f32>,
}

impl Profile {
    /// What was heard of a speaker by `model`.
    pub fn new(name: &str, model: &Model, usual: &Usual, seconds: f64, neutral: bool) -> Profile {
        Profile {
            format: FORMAT.to_string(),
            name: name.to_string(),
            model: model.sha256().to_string(),
            neutral,
            seconds,
            windows: usual.windows(),
            mean: usual.mean(),
            deviation: usual.deviation(),
        }
    }

    /// Reads a profile file.
    ///
    /// # Errors
    /// `Io` where it cannot be read; `TooLarge` beyond 16 MiB; else as [`Profile::parse`].
    pub fn open(path: &Path) -> Result<Profile> {
        let here = |error: std::io::Error| Error::from(error).at(path);
        if std::fs::metadata(path).map_err(here)?.len() > LARGEST {
            return Err(Error::new(ErrorKind::TooLarge, "is larger than any profile (16 MiB)").at(path));
        }
        Profile::parse(&std::fs::read_to_string(path).map_err(here)?).map_err(|error| error.at(path))
    }

    /// Reads a profile's JSON.
    ///
    /// # Errors
    /// `Malformed` where it is no profile, of another format, or holds figures that cannot be.
    pub fn parse(json: &str) -> Result<Profile> {
        let remedy = "enrol the voice again with undertone enroll";
        let profile: Profile = serde_json::from_str(json)
            .map_err(|error| Error::malformed(format!("is no speaker profile ({error}); {remedy}")))?;
        if profile.format != FORMAT {
            let message = format!("is of format '{}', expected {FORMAT}; {remedy}", profile.format);
            return Err(Error::malformed(message));
        }
        let lasts = |figure: f64| figure.is_finite() && figure > 0.0;
        let Profile { mean, deviation, .. } = &profile;
        let finite =
            mean.iter().all(|x| x.is_finite()) && deviation.iter().all(|x| x.is_finite() && *x >= 0.0);
        let whole = !mean.is_empty() && mean.len() == deviation.len();
        if !lasts(profile.seconds) || !lasts(profile.windows) || !whole || !finite {
            return Err(Error::malformed(format!("holds figures that cannot be; {remedy}")));
        }
        Ok(profile)
    }

    /// The file's text: JSON.
    ///
    /// # Errors
    /// None for profiles made by this library; `Io` where a figure cannot be written.
    pub fn json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::from(std::io::Error::from(error)))
    }

    /// Whether `model` can use it.
    ///
    /// # Errors
    /// `Config` where it was enrolled with another model; says to enrol again.
    pub fn check(&self, model: &Model) -> Result<()> {
        if self.model == model.sha256() && self.mean.len() == model.metadata().pooled {
            return Ok(());
        }
        let start = |sha256: &str| sha256.chars().take(12).collect::<String>();
        let message = format!(
            "the profile of '{}' was enrolled with another model ({}…, this one is {}…); enrol the voice again: \
             undertone enroll {} FILE…",
            self.name,
            start(&self.model),
            start(model.sha256()),
            self.name
        );
        Err(Error::config(message))
    }

    /// The running sum to go on from: of neutral speech, moved by what the model knows of the difference between all speech and
    /// neutral speech ([`Usual::moved`]).
    pub fn usual(&self, model: &Model) -> Usual {
        let heard = Usual::of(&self.mean, &self.deviation, self.windows);
        let metadata = model.metadata();
        if self.neutral { heard.moved(&metadata.neutral_offset, &metadata.population) } else { heard }
    }

    /// Whether it is of neutral speech and `model` does not know by how much that differs from all speech: less exact.
    pub fn is_inexact(&self, model: &Model) -> bool {
        self.neutral && model.metadata().neutral_offset.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(neutral: bool) -> Profile {
        let usual = Usual::of(&[1.0, -2.0], &[0.5, 0.25], 4.0);
        let (windows, deviation) = (usual.windows(), usual.deviation());
        let (format, name, model) = (FORMAT.to_string(), "agent".to_string(), "0".repeat(64));
        Profile { format, name, model, neutral, seconds: 9.6, windows, mean: usual.mean(), deviation }
    }

    #[test]
    fn neutral_speech_is_moved_by_what_the_model_knows_and_all_speech_is_not() -> Result<()> {
        let model = Model::embedded()?;
        let width = model.metadata().pooled;
        let heard = Usual::of(&vec![0.5; width], &vec![0.25; width], 4.0);
        let usual = |neutral| Profile::new("agent", &model, &heard, 9.6, neutral).usual(&model);
        assert_eq!(usual(false), heard);
        let metadata = model.metadata();
        assert_eq!(usual(true), heard.clone().moved(&metadata.neutral_offset, &metadata.population));
        assert_ne!(usual(true), heard);
        Ok(())
    }

    #[test]
    fn a_file_reads_back_and_strange_fields_are_refused() {
        let json = profile(true).json().unwrap_or_default();
        assert_eq!(Profile::parse(&json).ok(), Some(profile(true)));
        let strange = json.replace("\"name\"", "\"weight\":1,\"name\"");
        assert_eq!(Profile::parse(&strange).err().map(|error| error.kind()), Some(ErrorKind::Malformed));
    }

    #[test]
    fn a_profile_of_another_model_says_to_enrol_again() -> Result<()> {
        let model = Model::embedded()?;
        let refused = profile(false).check(&model).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains("undertone enroll agent"), "{refused}");
        let width = model.metadata().pooled;
        let usual = Usual::of(&vec![0.5; width], &vec![0.25; width], 3.0);
        let own = Profile::new("agent", &model, &usual, 7.2, true);
        own.check(&model)?;
        assert_eq!(own.is_inexact(&model), model.metadata().neutral_offset.is_empty());
        Ok(())
    }
}
