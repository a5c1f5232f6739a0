//! Bytes → samples: decoding, channels, resampling, limits.

mod channels;
mod clipping;
#[cfg(feature = "decode")]
mod decode;
#[cfg(feature = "ffmpeg")]
mod ffmpeg;
mod files;
#[cfg(feature = "decode")]
mod gaps;
#[cfg(feature = "decode")]
mod magic;
#[cfg(feature = "decode")]
mod pair;
#[cfg(feature = "decode")]
mod recording;
pub(crate) mod resample;
#[cfg(feature = "decode")]
mod source;
mod waveform;

pub use channels::Channels;
pub(crate) use channels::{check, clean, sound};
pub(crate) use clipping::Clipping;
pub use files::{Listing, files_below, format_rank};
#[cfg(feature = "decode")]
pub use recording::{Chunk, Info, Options, Recording};
#[cfg(feature = "decode")]
pub use source::Source;
pub use waveform::Waveform;

#[cfg(feature = "decode")]
use crate::error::Result;
#[cfg(feature = "decode")]
use crate::units::SampleRate;

/// Reads a whole recording at once: channels averaged, 16 kHz. For clips; use [`Recording`] where the length is not known.
///
/// # Errors
/// What [`Recording::open`] and [`Recording::next_chunk`] answer.
#[cfg(feature = "decode")]
pub fn read(source: impl Into<Source>) -> Result<Waveform> {
    let mut recording = Recording::open(source, &Options::default())?;
    let mut samples = Vec::new();
    while let Some(mut chunk) = recording.next_chunk()? {
        samples.append(&mut chunk.channels[0]);
    }
    Ok(Waveform::new(samples, SampleRate::MODEL))
}
