//! Who speaks, and how that voice usually sounds.

mod baseline;

pub use baseline::Usual;
