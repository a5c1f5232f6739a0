//! A speaker's statistics, kept in a small file: enrolled once, used for every recording.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::SpeakerStats;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;

/// The version of the profile file.
pub const FORMAT: &str = "undertone-profile/2";
/// The version before it.
const FIRST_FORMAT: &str = "undertone-profile/1";
/// The models that were shipped with the first format: SHA-256 of their files, and their embedding spaces.
const SHIPPED: [(&str, &str); 3] = [
    ("d63862b69681e5968570ad1f5d4e7aed53f34d11e417b8926bb08dd39a2ded9a", "bcbbd55db9fde27e"),
    ("8a0e7fa6c9791738a465283645f608c154b97caa03334bea1eb7db70a9ba0edc", "b9913d8c28325dc7"),
    ("8983eaf1950881cae38ac3cbbbfb74166e7605081161be750190bbbf9ae32488", "9f736affc60a6f5e"),
];
/// Largest profile file read, in bytes.
const LARGEST: u64 = 16 << 20;

/// A speaker's statistics in one embedding space.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// [`FORMAT`]; another one is refused.
    pub format: String,
    /// The speaker's name.
    pub name: String,
    /// [`crate::model::Metadata::embedding_space`]: models of another space cannot use it.
    pub embedding_space: String,
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

/// What every version of the file begins with.
#[derive(Deserialize)]
struct Version {
    format: String,
}

impl Profile {
    /// What was heard of a speaker by `model`.
    pub fn new(name: &str, model: &Model, stats: &SpeakerStats, seconds: f64, neutral: bool) -> Profile {
        Profile {
            format: FORMAT.to_string(),
            name: name.to_string(),
            embedding_space: model.metadata().embedding_space.clone(),
            neutral,
            seconds,
            windows: stats.windows(),
            mean: stats.mean(),
            deviation: stats.deviation(),
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
        let remedy = "enrol the speaker again with undertone enroll";
        let no_profile =
            |error: serde_json::Error| Error::malformed(format!("is no speaker profile ({error}); {remedy}"));
        let Version { format } = serde_json::from_str(json).map_err(no_profile)?;
        if format == FIRST_FORMAT {
            let message = format!(
                "is of format '{format}', expected {FORMAT}; convert it: undertone enroll --convert FILE"
            );
            return Err(Error::malformed(message));
        }
        if format != FORMAT {
            let message = format!("is of format '{format}', expected {FORMAT}; {remedy}");
            return Err(Error::malformed(message));
        }
        let profile: Profile = serde_json::from_str(json).map_err(no_profile)?;
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

    /// Converts a profile of the first format, which names the file of the model it was enrolled with instead of the embedding
    /// space.
    ///
    /// # Errors
    /// `Malformed` where it is no profile of that format; `Config` where it was enrolled with a model that was not shipped: its
    /// space is not known.
    pub fn convert(json: &str) -> Result<Profile> {
        let damaged = |error: serde_json::Error| {
            Error::malformed(format!("is no speaker profile of format {FIRST_FORMAT} ({error})"))
        };
        let mut value: serde_json::Value = serde_json::from_str(json).map_err(damaged)?;
        let Version { format } = Version::deserialize(&value).map_err(damaged)?;
        let model = value.as_object_mut().and_then(|object| object.remove("model"));
        let sha256 = model.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
        if format != FIRST_FORMAT || sha256.is_empty() {
            return Err(Error::malformed(format!("is no speaker profile of format {FIRST_FORMAT}")));
        }
        let Some((_, space)) = SHIPPED.iter().find(|(known, _)| *known == sha256) else {
            let message = "was enrolled with a model that was not shipped, whose embedding space is not known; enrol the \
                           speaker again with undertone enroll";
            return Err(Error::config(message));
        };
        value["embedding_space"] = (*space).into();
        value["format"] = FORMAT.into();
        Profile::parse(&value.to_string())
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
        let metadata = model.metadata();
        if self.embedding_space == metadata.embedding_space && self.mean.len() == metadata.pooled {
            return Ok(());
        }
        let message = format!(
            "the profile of '{name}' was enrolled in another embedding space ({}, the model's is {}); enrol the speaker \
             again (undertone enroll {name} FILE…), or choose the model it was enrolled with (--model; the built-in one: --model \
             default)",
            self.embedding_space,
            metadata.embedding_space,
            name = self.name
        );
        Err(Error::config(message))
    }

    /// The running sum to go on from: of neutral speech, moved by what the model knows of the difference between all speech and
    /// neutral speech ([`SpeakerStats::moved`]).
    pub fn stats(&self, model: &Model) -> SpeakerStats {
        let heard = SpeakerStats::of(&self.mean, &self.deviation, self.windows);
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
        let stats = SpeakerStats::of(&[1.0, -2.0], &[0.5, 0.25], 4.0);
        let (windows, deviation) = (stats.windows(), stats.deviation());
        let (format, name, embedding_space) = (FORMAT.to_string(), "agent".to_string(), "0".repeat(16));
        Profile {
            format,
            name,
            embedding_space,
            neutral,
            seconds: 9.6,
            windows,
            mean: stats.mean(),
            deviation,
        }
    }

    #[test]
    fn neutral_speech_is_moved_by_what_the_model_knows_and_all_speech_is_not() -> Result<()> {
        let model = Model::embedded()?;
        let width = model.metadata().pooled;
        let heard = SpeakerStats::of(&vec![0.5; width], &vec![0.25; width], 4.0);
        let stats = |neutral| Profile::new("agent", &model, &heard, 9.6, neutral).stats(&model);
        assert_eq!(stats(false), heard);
        let metadata = model.metadata();
        assert_eq!(stats(true), heard.clone().moved(&metadata.neutral_offset, &metadata.population));
        assert_ne!(stats(true), heard);
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
    fn a_profile_of_the_first_format_is_refused_with_the_command_that_converts_it() {
        let first = |model: &str| {
            let own = format!("\"model\":\"{model}\"");
            let json = profile(true).json().unwrap_or_default();
            json.replace("\"embedding_space\":\"0000000000000000\"", &own).replace(FORMAT, FIRST_FORMAT)
        };
        let [(default, space), ..] = SHIPPED;
        let refused =
            Profile::parse(&first(default)).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains("undertone enroll --convert"), "{refused}");
        let converted = Profile { embedding_space: space.to_string(), ..profile(true) };
        assert_eq!(Profile::convert(&first(default)).ok(), Some(converted));
        let kind = |json: &str| Profile::convert(json).err().map(|error| error.kind());
        assert_eq!(kind(&first("0")), Some(ErrorKind::Config), "nobody knows that model's space");
        assert_eq!(
            kind(&profile(true).json().unwrap_or_default()),
            Some(ErrorKind::Malformed),
            "it is of this format"
        );
        assert_eq!(kind("{}"), Some(ErrorKind::Malformed));
    }

    #[test]
    fn a_profile_of_another_embedding_space_says_to_enrol_again() -> Result<()> {
        let model = Model::embedded()?;
        let refused = profile(false).check(&model).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains("undertone enroll agent"), "{refused}");
        let width = model.metadata().pooled;
        let stats = SpeakerStats::of(&vec![0.5; width], &vec![0.25; width], 3.0);
        let own = Profile::new("agent", &model, &stats, 7.2, true);
        own.check(&model)?;
        assert_eq!(own.is_inexact(&model), model.metadata().neutral_offset.is_empty());
        Ok(())
    }
}
