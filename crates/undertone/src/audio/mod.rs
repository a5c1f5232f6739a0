//! Bytes → samples: decoding, channels, resampling, limits.

mod clipping;
mod decode;
mod ffmpeg;
mod files;
mod magic;
mod recording;
mod resample;
mod source;
mod waveform;

pub use files::files_below;
pub(crate) use files::rank as format_rank;
pub use recording::{Channels, Chunk, Info, Options, Recording};
pub use source::Source;
pub use waveform::Waveform;

use crate::error::Result;
use crate::units::SampleRate;

/// Reads a whole recording at once: channels averaged, 16 kHz. For clips; use [`Recording`] where the length is not known.
///
/// # Errors
/// What [`Recording::open`] and [`Recording::next_chunk`] answer.
pub fn read(source: impl Into<Source>) -> Result<Waveform> {
    let mut recording = Recording::open(source, &Options::default())?;
    let mut samples = Vec::new();
    while let Some(mut chunk) = recording.next_chunk()? {
        samples.append(&mut chunk.channels[0]);
    }
    Ok(Waveform::new(samples, SampleRate::MODEL))
}
