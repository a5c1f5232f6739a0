//! RTTM: who speaks when, one `SPEAKER` line per turn, for diarization tools.

use std::fmt::Write;

use super::label::{distinct, millis, tiers};
use crate::analysis::Report;
use crate::error::Result;

/// A voice's turns with less silence between are one; spans meet exactly, but for rounding.
const TOUCH: u64 = 1;

/// The turns of all recordings. Fields, apart by spaces: `SPEAKER`, the file's name without extension, the channel from 1, start and
/// length in seconds, `<NA> <NA>`, the speaker, `<NA> <NA>`. White space in names is `_`; files of one name are numbered.
///
/// # Errors
/// None today.
pub fn rttm(report: &Report) -> Result<String> {
    let names = report.recordings.iter().map(|recording| {
        let stem = recording.path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        word(&stem.unwrap_or_default())
    });
    let mut out = String::new();
    for (recording, name) in report.recordings.iter().zip(distinct(names)) {
        let mut turns: Vec<(u64, u64, usize, String)> = Vec::new();
        for tier in tiers(recording) {
            let first = turns.len();
            for span in &tier.spans {
                let (start, end) = (millis(span.start), millis(span.end));
                match turns[first..].last_mut() {
                    Some(turn) if start <= turn.1 + TOUCH => turn.1 = turn.1.max(end),
                    _ => turns.push((start, end, tier.channel + 1, word(&tier.name))),
                }
            }
        }
        turns.sort();
        for (start, end, channel, speaker) in turns {
            let [start, long] = [start, end - start].map(|ms| format!("{}.{:03}", ms / 1000, ms % 1000));
            let _ = writeln!(out, "SPEAKER {name} {channel} {start} {long} <NA> <NA> {speaker} <NA> <NA>");
        }
    }
    Ok(out)
}

/// One field: no white space, never empty.
fn word(text: &str) -> String {
    let blank = |c: char| c.is_whitespace() || c.is_control();
    let words: Vec<&str> = text.split(blank).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { "-".to_string() } else { words.join("_") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::{report, sample, silent};
    use super::*;

    #[test]
    fn spans_that_touch_are_one_turn_and_files_of_one_name_are_told_apart() {
        let lines = |file: &str| {
            format!(
                "SPEAKER {file} 1 0.500 2.600 <NA> <NA> agent <NA> <NA>\n\
                 SPEAKER {file} 2 2.000 4.000 <NA> <NA> Ann_<b>&\"'\\_x <NA> <NA>\n\
                 SPEAKER {file} 1 8.000 1.200 <NA> <NA> agent <NA> <NA>\n"
            )
        };
        let file = "a_\"b\"_<c>&|";
        let want = lines(file) + &lines(&format!("{file}-2"));
        assert_eq!(rttm(&report(vec![sample(), silent(), sample()])).unwrap(), want);
    }
}
