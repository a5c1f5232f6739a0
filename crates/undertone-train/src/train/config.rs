//! The recipe of a training: one struct, its defaults, and how it is read from TOML.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use undertone::{Error, ErrorKind, Result};

use crate::data::clip::Clip;
use crate::nn::front_end::FrontEnd;
use crate::nn::network::Size;

/// Everything that decides what a training makes of its clips. Saved beside the model it made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Times the training draws as many crops as there are clips.
    pub epochs: usize,
    /// Crops in one step.
    pub minibatch: usize,
    /// Length of a crop, in seconds; shorter clips are padded with their quietest values.
    pub crop_seconds: f32,
    /// Largest learning rate of AdamW, reached after the first epoch, then falling to 0 as a cosine.
    pub learning_rate: f64,
    /// Decoupled weight decay of AdamW.
    pub weight_decay: f32,
    /// Largest norm of one parameter's gradient.
    pub clip_gradient: f32,
    /// What the averaged network keeps of itself at each step.
    pub average: f64,
    /// Seed of everything drawn.
    pub seed: u64,
    /// How often a corpus's clips are drawn, relative to 1.
    pub draw: BTreeMap<String, f64>,
    /// Share of the listeners' votes in the target of a clip that has them.
    pub votes: f32,
    /// Share of the target spread evenly over the classes the corpus knows.
    pub smoothing: f32,
    /// Weight of the squared error of intensity.
    pub intensity: f32,
    /// Weight of the speaker head's loss.
    pub speaker: f32,
    /// Weight of the squared distance to the teacher's features.
    pub distillation: f32,
    /// Share of steps whose crops are mixed in pairs (mixup, Zhang et al. 2018).
    pub mixup: f64,
    /// Clips' worth of the population in a speaker's adaptation.
    pub kappa: f32,
    /// Share of crops whose log-mel is standardised by its own speaker's mean and deviation.
    pub own_level: f64,
    /// Degraded copies of every clip (noise, music, telephone, reverberation) kept beside the clean one.
    pub degraded_copies: usize,
    /// Share of crops taken from a degraded copy.
    pub degraded: f64,
    /// Share of the clean crops with one to six other clips added, together up to 25 dB softer; 0 for `waveform`.
    pub babble: f64,
    /// Share of crops at another level: up to 25 dB softer, 10 dB louder.
    pub distance: f64,
    /// Share of spoken crops with another vocal tract (up to 15 % longer or shorter) and pitch (five semitones higher or lower).
    pub voice: f64,
    /// Share of spoken crops up to a quarter faster or slower; 0 for `waveform`.
    pub pace: f64,
    /// What the network reads: `spectrogram`, or `waveform`, which has no degraded copies.
    pub front_end: FrontEnd,
    /// The network.
    pub size: Size,
}

impl Default for Config {
    fn default() -> Self {
        let draw = [("savee", 3.0), ("ravdess", 1.5), ("tess", 0.6)];
        Config {
            epochs: 20,
            minibatch: 64,
            crop_seconds: 2.0,
            learning_rate: 2e-3,
            weight_decay: 0.05,
            clip_gradient: 5.0,
            average: 0.998,
            seed: 0,
            draw: draw.map(|(name, weight)| (name.to_string(), weight)).into(),
            votes: 0.3,
            smoothing: 0.05,
            intensity: 1.0,
            speaker: 1.0,
            distillation: 16.0,
            mixup: 0.3,
            kappa: 1.5,
            own_level: 0.6,
            degraded_copies: 2,
            degraded: 0.4,
            babble: 0.0,
            distance: 0.5,
            voice: 0.7,
            pace: 0.5,
            front_end: FrontEnd::Spectrogram,
            size: Size::default(),
        }
    }
}

impl Config {
    /// Reads a recipe; keys it lacks keep their defaults.
    ///
    /// # Errors
    /// `Io` where the file cannot be read, `Config` for unknown keys, wrong types and values out of range.
    pub fn open(path: &Path) -> Result<Config> {
        let text = std::fs::read_to_string(path).map_err(|error| Error::from(error).at(path))?;
        let config: Config = toml::from_str(&text)
            .map_err(|error| Error::new(ErrorKind::Config, error.to_string()).at(path))?;
        config.check().map_err(|error| error.at(path))?;
        Ok(config)
    }

    /// Whether its values are possible.
    ///
    /// # Errors
    /// `Config` naming the first that is not.
    pub fn check(&self) -> Result<()> {
        let shares = [
            ("votes", f64::from(self.votes)),
            ("smoothing", f64::from(self.smoothing)),
            ("mixup", self.mixup),
            ("own_level", self.own_level),
            ("degraded", self.degraded),
            ("babble", self.babble),
            ("distance", self.distance),
            ("voice", self.voice),
            ("pace", self.pace),
            ("average", self.average),
            ("dropout", self.size.dropout),
        ];
        if let Some((name, value)) = shares.into_iter().find(|(_, value)| !(0.0..=1.0).contains(value)) {
            let message = format!("{name} = {value}: expected a share between 0 and 1");
            return Err(Error::new(ErrorKind::Config, message));
        }
        let wholes = [("epochs", self.epochs), ("minibatch", self.minibatch)];
        if let Some((name, _)) = wholes.into_iter().find(|(_, value)| *value == 0) {
            return Err(Error::new(ErrorKind::Config, format!("{name} = 0: expected at least 1")));
        }
        let spectrogram_alone =
            [("degraded_copies", self.degraded_copies as f64), ("babble", self.babble), ("pace", self.pace)];
        let set = spectrogram_alone.into_iter().find(|(_, value)| *value > 0.0);
        if let (FrontEnd::Waveform, Some((name, value))) = (self.front_end, set) {
            let message =
                format!("{name} = {value}: front_end = 'waveform' reads clips as they are; set it to 0");
            return Err(Error::new(ErrorKind::Config, message));
        }
        if !(0.5..=60.0).contains(&self.crop_seconds) {
            let message = format!("crop_seconds = {}: expected 0.5 to 60 seconds", self.crop_seconds);
            return Err(Error::new(ErrorKind::Config, message));
        }
        Ok(())
    }

    /// How often a clip is drawn, by its corpus.
    pub fn weight(&self, clip: &Clip) -> f64 {
        self.draw.get(&clip.corpus).copied().unwrap_or(1.0)
    }

    /// Length of a crop in analysis frames of 10 ms: a whole number of the network's frames.
    pub fn crop_frames(&self) -> usize {
        (self.crop_seconds * 100.0) as usize / crate::nn::network::STRIDE * crate::nn::network::STRIDE
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> Result<Config> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Config::open(file.path())
    }

    #[test]
    fn what_a_recipe_leaves_out_keeps_its_default() {
        let config = read("epochs = 3\n[size]\nwidth = 64\n").unwrap();
        assert_eq!((config.epochs, config.size.width, config.size.frames), (3, 64, 256));
        assert_eq!(config.minibatch, Config::default().minibatch);
    }

    #[test]
    fn an_unknown_key_and_an_impossible_value_are_refused_by_name() {
        let error = read("epoch = 3").unwrap_err();
        assert!(error.to_string().contains("epoch"), "{error}");
        let error = read("mixup = 1.5").unwrap_err();
        assert!(error.to_string().contains("mixup = 1.5"), "{error}");
        let error = read("front_end = 'waveform'").unwrap_err();
        assert!(error.to_string().contains("degraded_copies = 2"), "{error}");
        let error = read("front_end = 'waveform'\ndegraded_copies = 0").unwrap_err();
        assert!(error.to_string().contains("pace = 0.5"), "{error}");
        let error =
            read("front_end = 'waveform'\ndegraded_copies = 0\npace = 0.0\nbabble = 0.1").unwrap_err();
        assert!(error.to_string().contains("babble = 0.1"), "{error}");
        let error = read("front_end = 'cochlea'").unwrap_err();
        assert!(error.to_string().contains("cochlea"), "{error}");
    }

    #[test]
    fn a_saved_recipe_reads_back() {
        for (front_end, degraded_copies) in [(FrontEnd::Spectrogram, 2), (FrontEnd::Waveform, 0)] {
            let config = Config { epochs: 7, front_end, degraded_copies, pace: 0.0, ..Config::default() };
            assert_eq!(read(&toml::to_string(&config).unwrap()).unwrap(), config);
        }
    }
}
