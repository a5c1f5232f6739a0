//! Undertone hears the emotion in speech.

pub mod audio;
pub mod corpus;
pub mod corrupt;
pub mod emotion;
pub mod error;
pub mod eval;
pub mod features;
pub mod model;
pub mod predict;
pub mod speakers;
pub mod speech;
pub mod units;

pub use emotion::{Emotion, EmotionSet};
pub use error::{Error, ErrorKind, Result, Warning};
