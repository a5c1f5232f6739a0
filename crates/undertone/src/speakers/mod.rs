//! Who speaks, and how that voice usually sounds.

mod baseline;
mod cluster;
pub mod file;
mod linkage;
mod profile;
mod smooth;
mod statistics;
mod voices;

pub use baseline::Usual;
pub use cluster::{Count, Turn, Voice, cluster, speaker_of};
pub use profile::{FORMAT, Profile};
pub use statistics::{Statistics, WIDTH, statistics};
pub use voices::{About, VoiceWindow, Voices};
