//! Cues: what SRT and WebVTT have in common. Times, and the lines below them.

use super::{GivenSegment, at, push, shown, some};
use crate::error::{Error, Result};

/// What stands between the times of a cue.
const ARROW: &str = "-->";

/// Whether a line gives the times of a cue.
pub(super) fn is_time_line(line: &str) -> bool {
    line.contains(ARROW) && line.trim_start().starts_with(|x: char| x.is_ascii_digit() || x == '-')
}

/// The cues of a file, in its order; `payload` makes speaker and text of the lines of each.
///
/// # Errors
/// `Malformed` naming a line whose times cannot be; `TooLarge` for too many.
pub(super) fn cues(
    text: &str,
    payload: impl Fn(&str) -> (Option<String>, Option<String>),
) -> Result<Vec<GivenSegment>> {
    let mut segments = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        if !is_time_line(line) {
            continue;
        }
        let wrong = |error: Error| at("line", number + 1, error);
        let (start, end) = times(line).map_err(wrong)?;
        let mut own = Vec::new();
        while let Some((_, next)) = lines.next_if(|(_, next)| !next.trim().is_empty() && !is_time_line(next))
        {
            own.push(next.trim_end());
        }
        let (speaker, text) = payload(&own.join("\n"));
        let segment = GivenSegment { speaker, text, ..GivenSegment::new(start, end) };
        push(&mut segments, segment).map_err(wrong)?;
    }
    Ok(segments)
}

/// `00:01:02,500 --> 00:01:04,000`, and settings after it.
fn times(line: &str) -> Result<(f64, f64)> {
    let (start, rest) = line.split_once(ARROW).unwrap_or((line, ""));
    let end = rest.split_whitespace().next().unwrap_or("");
    Ok((clock(start.trim())?, clock(end)?))
}

/// `[hh:]mm:ss` with a fraction after a comma or a point → seconds.
fn clock(text: &str) -> Result<f64> {
    let wrong = || Error::malformed(format!("'{}' is no time such as 00:01:02,500", shown(text)));
    let whole = |part: &str| -> Option<f64> {
        let digits = (1..=9).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse().ok()).flatten()
    };
    let (clock, fraction) = text.split_once([',', '.']).unwrap_or((text, "0"));
    let scale = 10f64.powi(fraction.len() as i32);
    let fraction = whole(fraction).ok_or_else(wrong)? / scale;
    let parts: Option<Vec<f64>> = clock.split(':').map(|part| whole(part.trim())).collect();
    match parts.ok_or_else(wrong)?[..] {
        [h, m, s] => Ok(3600.0 * h + 60.0 * m + s + fraction),
        [m, s] => Ok(60.0 * m + s + fraction),
        _ => Err(wrong()),
    }
}

/// `[SPEAKER_00]: text`, as WhisperX writes it → speaker and text.
pub(super) fn bracketed(text: &str) -> (Option<String>, Option<String>) {
    let speaker = text.trim_start().strip_prefix('[').and_then(|rest| rest.split_once("]:"));
    match speaker.filter(|(name, _)| !name.contains(['[', '\n'])) {
        Some((name, rest)) => (some(name), some(rest)),
        None => (None, some(text)),
    }
}

/// A text without its tags: `<i>`, `</b>`, `<00:00:01.000>`. What no tag can be stays, such as `a < b`.
pub(super) fn without_tags(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        plain.push_str(&rest[..at]);
        let inside = &rest[at + 1..];
        let begins = |x: char| x.is_ascii_alphanumeric() || x == '/';
        match inside.find(['<', '>', '\n']).filter(|&end| inside[end..].starts_with('>')) {
            Some(end) if inside.starts_with(begins) => rest = &inside[end + 1..],
            _ => {
                plain.push('<');
                rest = inside;
            }
        }
    }
    plain + rest
}
