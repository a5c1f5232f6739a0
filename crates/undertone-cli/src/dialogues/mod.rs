//! Dialogues with known emotions: made from corpora, and analysed against their truth.

mod score;
mod write;

pub use score::score;
pub use write::{Asked, write};
