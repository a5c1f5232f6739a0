//! What a model file says of itself: the JSON under its metadata key `undertone`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::SpeakerSpace;
use crate::emotion::Emotion;
use crate::error::{Error, Result};
use crate::units::{SampleRate, Seconds};

/// The version of the metadata that this library reads and writes.
pub const FORMAT: u32 = 2;

/// What a model file says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// Version of this description; another one is refused.
    pub format: u32,
    /// The model's name.
    pub name: String,
    /// The model's version.
    pub version: String,
    /// Names the space of `pooled`: a profile enrolled in one space serves every model of that space, whatever its heads and its
    /// calibration. 16 hexadecimal digits of the SHA-256 of the trunk's weights.
    pub embedding_space: String,
    /// What `logits` stand for, in order.
    pub classes: Vec<Emotion>,
    /// Samples per second of `waveform`.
    pub rate: SampleRate,
    /// Shorter segments are padded with silence.
    pub shortest_seconds: Seconds,
    /// Longer segments are cut.
    pub longest_seconds: Seconds,
    /// Time between two of `frames`.
    pub frame_seconds: Seconds,
    /// How far a frame sees to either side.
    pub receptive_seconds: Seconds,
    /// Length of `pooled`.
    pub pooled: usize,
    /// Whether its graph makes the `spectrogram` in a way of its own: then it is fed waveforms, not the built-in spectrograms.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own_front_end: bool,
    /// The encoder whose hidden layers it reads, where it is a head over one: its graph begins at the input `layers`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder: Option<EncoderUsed>,
    /// What logits are divided by, in the two conditions.
    pub temperature: Conditions<f32>,
    /// Conformal thresholds by coverage ([`Metadata::coverage_key`]): the set holds every class with posterior ≥ 1 − threshold.
    pub thresholds: Conditions<BTreeMap<String, f32>>,
    /// Corpora, none of which it learned from, on which the thresholds were fitted to its answers as an analysis gives them; empty
    /// where they were fitted with the temperatures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thresholds_fitted_on: Vec<String>,
    /// On whose predictions the two were fitted: protocols, or `all-but-<corpus>-to-<corpus>`, learned from
    /// all others and tested on that one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calibrated_on: Vec<String>,
    /// Mean and deviation of `pooled` over the training's clips.
    pub population: Population,
    /// Mean difference of `pooled` between all of a speaker's speech and the neutral part of it, over the training's speakers; empty
    /// where unknown. A speaker enrolled by neutral speech alone is moved by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub neutral_offset: Vec<f32>,
    /// Windows' worth of the population in the mean of a speaker's adaptation.
    pub kappa: f32,
    /// Windows' worth of the population in the scale of a speaker's adaptation; where absent the scale stays the population's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kappa_scale: Option<f32>,
    /// How a speaker's offset is estimated from recordings whose emotions are not known; without it a recording says nothing of
    /// its own speakers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adaptation: Option<SpeakerSpace>,
    /// What it was trained on.
    pub corpora: Vec<TrainedOn>,
    /// Other models it learned from, with their licences.
    pub teachers: Vec<String>,
    /// What was held out of its training: protocols with their folds (`emobox-ravdess 2`).
    #[serde(default)]
    pub held_out: Vec<String>,
    /// Measured figures.
    pub results: Vec<Measured>,
    /// Git revision of the code that trained it.
    pub revision: String,
    /// Trained parameters.
    pub parameters: usize,
}

/// The encoder that a head was trained over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EncoderUsed {
    /// Its name.
    pub name: String,
    /// The hidden layers that stand side by side in `layers`.
    pub layers: Vec<String>,
    /// Values of each in a frame.
    pub widths: Vec<usize>,
    /// Time between two frames of the encoder.
    pub frame_seconds: Seconds,
    /// Hexadecimal SHA-256 of its file in the training.
    pub sha256: String,
    /// What it made of a fixed sound ([`crate::model::Encoder::probe`]): another file with other numbers is another encoder.
    pub probe: Vec<f32>,
}

impl EncoderUsed {
    /// The error where a head is to be used and its encoder is missing; names the command that fetches it.
    pub fn missing(&self) -> Error {
        Error::model(format!(
            "it is a head over the encoder '{name}', which is missing; fetch it: undertone model pull {name} (programs load both by \
             Model::open_with)",
            name = self.name
        ))
    }
}

/// One value for each clip alone, one for a known speaker adaptation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Conditions<T> {
    /// Nothing is known of the speaker.
    pub unadapted: T,
    /// The speaker's statistics are known.
    pub adapted: T,
}

impl<T> Conditions<T> {
    /// The value of the condition that an adaptation of this weight, 0…1, is nearer to.
    pub fn nearer(&self, weight: f32) -> &T {
        if weight > 0.5 { &self.adapted } else { &self.unadapted }
    }
}

/// Mean and deviation of `pooled`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Population {
    /// Per dimension.
    pub mean: Vec<f32>,
    /// Per dimension, above 0.
    pub scale: Vec<f32>,
}

/// A corpus a model was trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainedOn {
    /// Its short name.
    pub name: String,
    /// The licence of its recordings.
    pub licence: String,
    /// What to cite.
    pub citation: String,
    /// Clips learned from.
    pub clips: usize,
}

/// One measured figure, with all that makes it mean something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// How the corpus was cut: a protocol.
    pub protocol: String,
    /// `unadapted`, `adapted-all`, …
    pub condition: String,
    /// How many folds it rests on, each scored by a training of its own.
    pub folds: usize,
    /// `UAR` or `WA`.
    pub metric: String,
    /// 0…1.
    pub value: f64,
    /// 95 % interval by bootstrap over speakers.
    pub interval: [f64; 2],
    /// Clips and speakers it rests on.
    pub clips: usize,
    /// Speakers among them.
    pub speakers: usize,
}

impl Metadata {
    /// What a coverage (0…1) is called among the thresholds: `0.90`.
    pub fn coverage_key(coverage: f32) -> String {
        format!("{coverage:.2}")
    }

    /// What logits are divided by where a speaker's adaptation has this weight, 0…1: between the two conditions.
    pub fn temperature_at(&self, weight: f32) -> f32 {
        let Conditions { unadapted, adapted } = self.temperature;
        unadapted + weight * (adapted - unadapted)
    }

    /// The threshold of prediction sets for a coverage where a speaker's adaptation has this weight, 0…1.
    pub fn threshold_at(&self, coverage: f32, weight: f32) -> Option<f32> {
        self.thresholds.nearer(weight).get(&Metadata::coverage_key(coverage)).copied()
    }

    /// Reads and checks the JSON of a model file.
    pub(super) fn parse(json: &str) -> Result<Metadata> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let damaged = |error: serde_json::Error| Error::model(format!("its description is damaged: {error}"));
        let Version { format } = serde_json::from_str(json).map_err(damaged)?;
        if format != FORMAT {
            let remedy = match format {
                1 => "convert it: undertone-train convert OLD.onnx --out NEW.onnx",
                _ => "take a matching model",
            };
            let message = format!("it is of format {format}, this program reads {FORMAT}; {remedy}");
            return Err(Error::model(message));
        }
        let metadata: Metadata = serde_json::from_str(json).map_err(damaged)?;
        metadata.check()?;
        Ok(metadata)
    }

    fn check(&self) -> Result<()> {
        let (mean, scale) = (self.population.mean.len(), self.population.scale.len());
        if self.pooled == 0 || mean != self.pooled || scale != self.pooled {
            let message = format!(
                "its population has {mean} and {scale} values for a pooled length of {}",
                self.pooled
            );
            return Err(Error::model(message));
        }
        let offset = self.neutral_offset.len();
        if offset != 0 && offset != self.pooled {
            let message =
                format!("its neutral offset has {offset} values for a pooled length of {}", self.pooled);
            return Err(Error::model(message));
        }
        let mut classes = self.classes.clone();
        classes.sort_unstable();
        classes.dedup();
        if classes.is_empty() || classes.len() != self.classes.len() {
            return Err(Error::model("its classes are missing or repeated"));
        }
        if self.rate != SampleRate::MODEL {
            return Err(Error::model(format!("it hears at {}, expected {}", self.rate, SampleRate::MODEL)));
        }
        let positive = [self.frame_seconds, self.longest_seconds].iter().all(|seconds| seconds.0 > 0.0);
        let temperatures = [self.temperature.unadapted, self.temperature.adapted];
        if !positive || !temperatures.iter().all(|t| t.is_finite() && *t > 0.0) {
            return Err(Error::model("its durations and temperatures must be above 0"));
        }
        let kappas = [self.kappa, self.kappa_scale.unwrap_or(1.0)];
        if !kappas.iter().all(|kappa| kappa.is_finite() && *kappa > 0.0) {
            return Err(Error::model("the population's parts in a speaker's adaptation must be above 0"));
        }
        self.adaptation.iter().try_for_each(|space| space.check(self.pooled, self.classes.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;

    #[test]
    fn a_neutral_offset_is_as_long_as_the_embedding_or_unknown() -> Result<()> {
        let mut metadata = Model::embedded()?.metadata().clone();
        let mut parse = |offset: Vec<f32>| {
            metadata.neutral_offset = offset;
            Metadata::parse(&serde_json::to_string(&metadata).unwrap_or_default())
        };
        assert!(parse(Vec::new()).is_ok());
        let refused = parse(vec![0.0; 3]).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains("neutral offset has 3 values"), "{refused}");
        let pooled = parse(Vec::new())?.pooled;
        assert_eq!(parse(vec![0.25; pooled])?.neutral_offset, vec![0.25; pooled]);
        Ok(())
    }
}
