//! Who speaks: diarization, statistics and profiles.

mod cluster;
mod count;
mod linkage;
mod offset;
mod profile;
mod projection;
mod smooth;
mod statistics;
mod stats;

pub use cluster::{Count, SpeakerVector, Turn, cluster, speaker_of};
pub use offset::{OffsetEstimator, SpeakerOffset, self_adapted};
pub use profile::{FORMAT, Profile};
pub use projection::{ProjectedWindow, ProjectionInfo, SpeakerProjection};
pub use statistics::{Statistics, WIDTH, statistics};
pub use stats::SpeakerStats;
