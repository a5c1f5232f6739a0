//! WebVTT: the voice (`<v Ann>`) is the speaker; other tags are left out of the text.

use super::captions::{bracketed, cues, without_tags};
use super::{GivenSegment, some};
use crate::error::Result;

/// The references that WebVTT knows, and the two that are written for quotation marks. The ampersand comes last.
const REFERENCES: [(&str, &str); 8] = [
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&nbsp;", "\u{a0}"),
    ("&lrm;", "\u{200e}"),
    ("&rlm;", "\u{200f}"),
    ("&quot;", "\""),
    ("&#39;", "'"),
    ("&amp;", "&"),
];

pub(super) fn read(text: &str) -> Result<Vec<GivenSegment>> {
    cues(text, |lines| {
        let (named, text) = bracketed(&plain(&without_tags(lines)));
        (voice(lines).or(named), text)
    })
}

/// The voice of a cue; none where it has several.
fn voice(lines: &str) -> Option<String> {
    let mut voices = lines.split("<v").skip(1).filter_map(|tag| {
        let (inside, _) = tag.split_once('>')?;
        // Classes may stand before the name: `<v.loud Ann>`.
        let (classes, name) = inside.split_once(char::is_whitespace)?;
        (classes.is_empty() || classes.starts_with('.')).then(|| some(&plain(name))).flatten()
    });
    let first = voices.next()?;
    voices.all(|other| other == first).then_some(first)
}

fn plain(text: &str) -> String {
    REFERENCES.iter().fold(text.to_string(), |text, (reference, letter)| text.replace(reference, letter))
}
