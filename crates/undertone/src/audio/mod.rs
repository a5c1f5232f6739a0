//! Bytes → samples: decoding, channels, resampling, limits.

mod waveform;

pub use waveform::Waveform;
