//! Evaluates speech emotion recognition: labelled corpora, speaker-independent protocols, corrupted audio, predictions and metrics.
//!
//! *corpus → protocol → holdout → predictions → metrics → report*. Every figure is computed from a predictions file, so that any
//! systems can be compared.

pub mod atomic_file;
pub mod augment;
pub mod corpus;
pub mod dialogue;
pub mod holdout;
pub mod metrics;
pub mod predict;
pub mod protocol;
pub mod report;
