//! One channel after the timeline was made: what was heard, and whose it is.

use super::prediction::Part;
use super::segment::Analysed;
use super::voice::HeardSpeaker;

/// One channel after the timeline was made.
pub(super) struct Told<'a> {
    pub number: usize,
    pub heard: &'a [Analysed],
    /// The speakers within each of `heard`.
    pub parts: &'a [Vec<Part>],
    pub speakers: &'a [HeardSpeaker],
}
