//! Who speaks, and how that voice usually sounds.

mod baseline;
mod profile;

pub use baseline::Usual;
pub use profile::{FORMAT, Profile};
