//! Praat's TextGrid: for each speaker an interval tier of emotions and one each of valence, arousal and posterior, from 0 to the
//! recording's end without gaps.

use std::fmt::Write;

use super::label::{emotions, millis, tiers};
use super::values::{names, values};
use crate::analysis::{Analysis, Span};
use crate::error::{Error, Result};

/// The long text form of a TextGrid, UTF-8. Where nobody speaks the interval is empty; times are whole milliseconds.
///
/// # Errors
/// `Config` where the recording has no length: Praat knows no such grid.
pub fn textgrid(recording: &Analysis) -> Result<String> {
    let last = recording.spans.iter().map(|span| millis(span.end)).max().unwrap_or(0);
    let end = millis(recording.seconds).max(last);
    if end == 0 {
        return Err(Error::config("a recording without length has no TextGrid").at(&recording.path));
    }
    let tiers = tiers(recording);
    let mut grids: Vec<(String, Vec<Interval>)> = Vec::new();
    for (tier, beside) in tiers.iter().zip(names(&tiers)) {
        grids.push((tier.name.clone(), intervals(&tier.spans, end, emotions)));
        for (at, name) in beside.into_iter().enumerate() {
            grids.push((name, intervals(&tier.spans, end, |span| values(span)[at].clone())));
        }
    }
    if grids.is_empty() {
        // Praat ends at a grid without a tier.
        grids.push(("speech".to_string(), intervals(&[], end, emotions)));
    }
    let mut out = String::from("File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\n");
    let _ = write!(out, "xmin = 0\nxmax = {}\n", seconds(end));
    let _ = write!(out, "tiers? <exists>\nsize = {}\nitem []:\n", grids.len());
    for (number, (name, intervals)) in grids.iter().enumerate() {
        let _ = write!(
            out,
            "    item [{}]:\n        class = \"IntervalTier\"\n        name = {}\n        xmin = 0\n        \
             xmax = {}\n        intervals: size = {}\n",
            number + 1,
            quote(name),
            seconds(end),
            intervals.len()
        );
        for (number, interval) in intervals.iter().enumerate() {
            let _ = write!(
                out,
                "        intervals [{}]:\n            xmin = {}\n            xmax = {}\n            text = {}\n",
                number + 1,
                seconds(interval.start),
                seconds(interval.end),
                quote(&interval.text)
            );
        }
    }
    Ok(out)
}

/// `[start, end)` in milliseconds.
struct Interval {
    start: u64,
    end: u64,
    text: String,
}

/// Spans and the silences between; a span that begins before the last one's end begins there.
fn intervals(spans: &[&Span], end: u64, text: impl Fn(&Span) -> String) -> Vec<Interval> {
    let (mut out, mut at) = (Vec::new(), 0);
    for span in spans {
        let (start, stop) = (millis(span.start).max(at), millis(span.end));
        if stop <= start {
            continue;
        }
        if start > at {
            out.push(Interval { start: at, end: start, text: String::new() });
        }
        out.push(Interval { start, end: stop, text: text(span) });
        at = stop;
    }
    if at < end {
        out.push(Interval { start: at, end, text: String::new() });
    }
    out
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// A string as Praat writes it: a quotation mark inside is doubled.
fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::{sample, silent};
    use super::*;

    /// A tier's intervals: start, end and text, as they are written.
    fn tier<'a>(grid: &'a str, name: &str) -> Vec<[&'a str; 3]> {
        let (_, tier) = grid.split_once(&format!("name = {}\n", quote(name))).unwrap();
        let tier = tier.split("    item [").next().unwrap();
        let value =
            |interval: &'a str, key: &str| interval.split_once(key).unwrap().1.lines().next().unwrap();
        let intervals = tier.split("        intervals [").skip(1);
        intervals.map(|one| ["xmin = ", "xmax = ", "text = "].map(|key| value(one, key))).collect()
    }

    #[test]
    fn the_grid_opens_as_praat_writes_it() {
        let want = r#"File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 10.500
tiers? <exists>
size = 8
item []:
    item [1]:
        class = "IntervalTier"
        name = "agent"
        xmin = 0
        xmax = 10.500
        intervals: size = 5
        intervals [1]:
            xmin = 0.000
            xmax = 0.500
            text = ""
        intervals [2]:
            xmin = 0.500
            xmax = 3.100
            text = "angry"
"#;
        let grid = textgrid(&sample()).unwrap();
        assert!(grid.starts_with(want), "{grid}");
        assert_eq!(grid.matches("        name = ").count(), 8);
    }

    #[test]
    fn tiers_reach_from_zero_to_the_end_with_empty_intervals_between() {
        let grid = textgrid(&sample()).unwrap();
        let second = "Ann <b>&\"'\\ x";
        for (name, texts) in [
            (second.to_string(), ["\"sad\"", "\"happy\""]),
            (format!("{second} valence"), ["\"-0.25\"", "\"0.71\""]),
            (format!("{second} arousal"), ["\"-0.11\"", "\"0.45\""]),
            (format!("{second} posterior"), ["\"sad 0.70, neutral 0.30\"", "\"happy 0.90, neutral 0.10\""]),
        ] {
            let want = [
                ["0.000", "2.000", "\"\""],
                ["2.000", "4.250", texts[0]],
                ["4.250", "6.000", texts[1]],
                ["6.000", "10.500", "\"\""],
            ];
            assert_eq!(tier(&grid, &name), want, "{name}");
        }
    }

    #[test]
    fn silence_is_a_grid_without_labels_and_no_length_is_refused() {
        let grid = textgrid(&silent()).unwrap();
        assert!(
            grid.contains("size = 1\nitem []:") && grid.contains("xmax = 2.000\n            text = \"\"\n"),
            "{grid}"
        );
        let mut silent = sample();
        silent.spans.clear();
        let grid = textgrid(&silent).unwrap();
        assert_eq!(
            (grid.matches("intervals: size = 1\n").count(), grid.matches("text = \"\"").count()),
            (8, 8)
        );
        silent.seconds = 0.0;
        assert!(textgrid(&silent).unwrap_err().to_string().contains("without length"));
    }

    #[test]
    fn spans_that_overlap_in_one_voice_are_cut() {
        let mut recording = sample();
        recording.spans[3].start = 3.0;
        let grid = textgrid(&recording).unwrap();
        assert!(grid.contains("xmin = 3.100\n            xmax = 9.200\n            text = \"neutral\""));
    }
}
