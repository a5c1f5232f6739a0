//! SRT: numbered captions. Tags (`<i>`, `{\an8}`) are left out of the text.

use super::GivenSegment;
use super::captions::{bracketed, cues, without_tags};
use crate::error::Result;

pub(super) fn read(text: &str) -> Result<Vec<GivenSegment>> {
    cues(text, |lines| bracketed(&without_positions(&without_tags(lines))))
}

/// A text without `{\an8}` and its like.
fn without_positions(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once("{\\") {
        plain.push_str(before);
        match inside.split_once('}') {
            Some((_, after)) => rest = after,
            None => {
                plain.push_str("{\\");
                rest = inside;
            }
        }
    }
    plain + rest
}
