//! Clips made harder: degraded waveforms, augmented spectrograms, babble, crops mixed in pairs.

pub mod babble;
pub mod mixup;
pub mod spec_augment;
pub mod waveform_augment;
