//! Channels of samples: what becomes of them, and the limits that all samples are held to.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::units::SampleRate;

/// Lowest rate read.
const LOWEST: SampleRate = SampleRate(1_000);
/// Highest rate read.
const HIGHEST: SampleRate = SampleRate(768_000);
/// Most channels read.
pub(super) const MOST_CHANNELS: usize = 32;

/// What becomes of several channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Channels {
    /// One channel: their mean.
    #[default]
    Average,
    /// Each apart: agent and caller.
    Split,
}

/// Whether samples of this rate and so many channels are read.
///
/// # Errors
/// `TooLarge` beyond 32 channels or outside 1–768 kHz.
pub(crate) fn check(rate: SampleRate, channels: usize) -> Result<()> {
    if !(LOWEST..=HIGHEST).contains(&rate) {
        let message = format!("a rate of {rate} is outside {LOWEST} to {HIGHEST}");
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    if channels > MOST_CHANNELS {
        let message = format!("{channels} channels; at most {MOST_CHANNELS} are read");
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    Ok(())
}

/// Whether it is a number that a sample can be.
pub(crate) fn sound(x: f32) -> bool {
    x.abs() < 1e6
}

/// The sample, or 0 where it is no number that a sample can be.
pub(crate) fn clean(x: f32) -> f32 {
    if sound(x) { x } else { 0.0 }
}
