//! Samples as they are pushed → samples as the model hears them: numbers that are none become 0, any rate becomes 16 kHz.

use super::options::StreamOptions;
use crate::audio::resample::Resample;
use crate::audio::{Clipping, check, clean, sound};
use crate::error::{Result, Warning, WarningCode};
use crate::units::SampleRate;

/// Takes the samples of all channels of one stream.
pub(super) struct Intake {
    resample: Resample,
    clipping: Vec<Clipping>,
    replaced: u64,
}

impl Intake {
    /// # Errors
    /// `TooLarge` for more than 32 channels or a rate outside 1–768 kHz.
    pub(super) fn new(StreamOptions { channels, rate }: StreamOptions) -> Result<Intake> {
        check(rate, channels)?;
        Ok(Intake {
            resample: Resample::new(rate, SampleRate::MODEL, channels)?,
            clipping: vec![Clipping::default(); channels],
            replaced: 0,
        })
    }

    /// # Errors
    /// None known: the resampler takes any samples.
    pub(super) fn push<S: AsRef<[f32]>>(&mut self, samples: &[S]) -> Result<Vec<Vec<f32>>> {
        for (clipping, channel) in self.clipping.iter_mut().zip(samples) {
            clipping.push(channel.as_ref(), 1);
            self.replaced += channel.as_ref().iter().filter(|&&x| !sound(x)).count() as u64;
        }
        let clean = |channel: &S| channel.as_ref().iter().map(|&x| clean(x)).collect();
        self.resample.push(samples.iter().map(clean).collect())
    }

    /// What is still inside.
    pub(super) fn finish(&mut self) -> Result<Vec<Vec<f32>>> {
        self.resample.finish(self.clipping.len())
    }

    /// What was tolerated.
    pub(super) fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if self.replaced > 0 {
            let message = format!("{} samples were not numbers and count as 0", self.replaced);
            warnings.push(Warning::new(WarningCode::NotFinite, message));
        }
        warnings.extend(self.clipping.iter().find_map(Clipping::warning));
        warnings
    }
}
