//! The plots of a recording, for the page or as files of their own.

mod axis;
pub mod columns;
mod frame;
mod pieces;
mod plane;
mod posteriors;
mod ribbon;
mod waveform;

pub use axis::axis;
pub use frame::{Plot, code, definitions};

use crate::analysis::Analysis;
use crate::report::label::tiers;

/// What can be drawn of a recording, in the order it is shown.
pub fn plots(recording: &Analysis) -> Vec<Plot> {
    let tiers = tiers(recording);
    let plot = |name, title, timed, panels| Plot { name, title, timed, panels };
    let plots = [
        plot("waveform", "Sound", true, waveform::panels(recording)),
        plot("emotions", "Emotion", true, ribbon::panels(recording, &tiers)),
        plot("posteriors", "Probabilities", true, posteriors::panels(recording, &tiers)),
        plot("affect", "Valence and arousal", false, plane::panels(recording, &tiers)),
    ];
    plots.into_iter().filter(|plot| !plot.panels.is_empty()).collect()
}

/// Seconds as a place across a plot, in percent of its width.
fn across(seconds: f64, whole: f64) -> String {
    let text = format!("{:.3}", 100.0 * seconds / whole.max(1e-9));
    text.trim_end_matches('0').trim_end_matches('.').to_string() + "%"
}

/// Pixels across a phone.
const PHONE: f64 = 330.0;
/// Classes of what is shown once a plot is 1, 2, 4, … times a phone's width.
const LEVELS: [&str; 7] = ["l1", "l2", "l4", "l8", "l16", "l32", "l64"];

/// Pixels that a text needs.
fn room(text: &str) -> f64 {
    6.5 * text.chars().count() as f64 + 6.0
}

/// The class of a text that needs `pixels` across `share` of the width: shown once the plot is so many times a phone's width;
/// none where it never is.
fn level(pixels: f64, share: f64) -> Option<&'static str> {
    let fits = |step: &usize| share * PHONE * 2f64.powi(*step as i32) >= pixels;
    (0..LEVELS.len()).find(fits).map(|step| LEVELS[step])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_short_and_texts_wait_for_room() {
        assert_eq!(across(1.5, 6.0), "25%");
        assert_eq!((level(30.0, 0.1), level(60.0, 0.1), level(60.0, 1e-4)), (Some("l1"), Some("l2"), None));
    }
}
