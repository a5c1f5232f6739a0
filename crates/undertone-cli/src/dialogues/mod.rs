//! Dialogues with known emotions: composed from corpora, and analysed against their reference annotation.

mod score;
mod write;

pub use score::score;
pub use write::{Request, write};
