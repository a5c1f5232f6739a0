//! The time axis: more ticks as the plot gets longer.

use std::fmt::Write;

use super::{LEVELS, across};
use crate::report::text::clock;

/// Steps between ticks in seconds; each divides the next, so that finer ticks fall between coarser ones.
const STEPS: [f64; 13] =
    [0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 36_000.0, 108_000.0];
/// Ticks across a phone.
const FEW: f64 = 6.0;

/// Ticks and times over `seconds`, 20 pixels high.
pub fn axis(seconds: f64) -> String {
    let step = |level: usize| {
        let fits = |step: &&f64| seconds / **step <= FEW * 2f64.powi(level as i32);
        *STEPS.iter().find(fits).unwrap_or(&STEPS[STEPS.len() - 1])
    };
    let mut out = String::new();
    let finest = step(LEVELS.len() - 1);
    for number in 0..=(seconds / finest).floor() as usize {
        let time = number as f64 * finest;
        let falls = |level: &usize| (time / step(*level)).fract().abs() < 1e-9;
        let Some(level) = (0..LEVELS.len()).find(falls) else { continue };
        let place = across(time, seconds);
        // The last label would stand half outside.
        let side = match (number, time > 0.97 * seconds) {
            (0, _) => "",
            (_, true) => " end",
            _ => " middle",
        };
        let shown = short(time);
        let _ = write!(
            out,
            "<g class=\"{}\"><line x1=\"{place}\" x2=\"{place}\" y1=\"0\" y2=\"5\" class=\"grid\"/><text x=\"{place}\" y=\"16\" \
             class=\"soft{side}\">{shown}</text></g>",
            LEVELS[level]
        );
    }
    out
}

/// `m:ss`, with tenths only where there are some.
fn short(time: f64) -> String {
    let text = clock(time);
    text.strip_suffix(".0").map_or(text.clone(), String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_sees_few_ticks_and_the_finer_fall_between() {
        let axis = axis(63.0);
        let shown = |class: &str| axis.matches(&format!("<g class=\"{class}\">")).count();
        assert_eq!((shown("l1"), shown("l2")), (3, 4));
        assert!(axis.contains(">0:30<") && axis.contains(">0:10<"), "{axis}");
    }
}
