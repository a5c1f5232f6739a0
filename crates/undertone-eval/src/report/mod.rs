//! Evaluations as Markdown, JSON, or one HTML file.

mod html;
mod markdown;
mod plots;

pub mod timelines;

pub use html::html;
pub use markdown::{markdown, results};

use crate::metrics::{Evaluation, Figure, Thresholds};
use undertone::error::{Error, Result};

/// Every figure, as indented JSON: a list with one object a file. Figures that are not defined are `null`.
///
/// # Errors
/// `Io` where it cannot be written as JSON, which does not happen to an evaluation.
pub fn json(evaluations: &[Evaluation]) -> Result<String> {
    let text = serde_json::to_string_pretty(evaluations).map_err(|e| Error::from(std::io::Error::from(e)))?;
    Ok(text + "\n")
}

/// What was known of the speakers, from the name of its file, `<protocol>.<condition>`, and the folders before it, where it has any.
fn condition(evaluation: &Evaluation) -> (&str, Option<&str>) {
    let (folder, file) = match evaluation.name.rsplit_once('/') {
        Some((folder, file)) => (Some(folder), file),
        None => (None, evaluation.name.as_str()),
    };
    (file.split_once('.').map_or(file, |(_, condition)| condition), folder)
}

fn title(evaluation: &Evaluation) -> &str {
    if evaluation.protocol.is_empty() { &evaluation.name } else { &evaluation.protocol }
}

/// How many clips and speakers.
fn extent(evaluation: &Evaluation) -> String {
    let speakers = if evaluation.speakers == 1 { "speaker" } else { "speakers" };
    format!("{} clips of {} {speakers}", evaluation.clips, evaluation.speakers)
}

/// Which folds.
fn folds(evaluation: &Evaluation) -> String {
    let names: Vec<&str> = evaluation.folds.iter().map(|fold| fold.fold.as_str()).collect();
    format!(
        "{} {}",
        if names.len() == 1 { "fold" } else { "folds" },
        undertone::report::escape(&names.join(", "))
    )
}

/// `71.3 [65.0, 76.2]` in percent; without an interval where there is one speaker only.
fn percent(figure: Figure, speakers: usize) -> String {
    let [low, high] = figure.interval;
    match speakers {
        0 | 1 => format!("{:.1} (one speaker)", 100.0 * figure.value),
        _ => format!("{:.1} [{:.1}, {:.1}]", 100.0 * figure.value, 100.0 * low, 100.0 * high),
    }
}

/// As [`percent`], for differences.
fn points(figure: Figure, speakers: usize) -> String {
    let [low, high] = figure.interval;
    match speakers {
        0 | 1 => format!("{:+.1} (one speaker)", 100.0 * figure.value),
        _ => format!("{:+.1} [{:+.1}, {:+.1}]", 100.0 * figure.value, 100.0 * low, 100.0 * high),
    }
}

/// As [`percent`], for figures that are no shares.
fn plain(figure: Figure, speakers: usize) -> String {
    let [low, high] = figure.interval;
    match speakers {
        0 | 1 => format!("{:.3} (one speaker)", figure.value),
        _ => format!("{:.3} [{low:.3}, {high:.3}]", figure.value),
    }
}

/// The figures of a file with what each is, in the order they are shown.
fn figures(evaluation: &Evaluation) -> Vec<(&'static str, String)> {
    let n = evaluation.speakers;
    let mut figures = vec![("UAR", percent(evaluation.uar, n))];
    if let Some(unadapted) = evaluation.unadapted {
        figures.push(("UAR of the same clips, unadapted", percent(unadapted.uar, n)));
        figures.push(("UAR minus unadapted, points", points(unadapted.difference, n)));
    }
    figures.extend([
        ("WA", percent(evaluation.wa, n)),
        ("macro-F1", percent(evaluation.macro_f1, n)),
        ("truth among the two likeliest", percent(evaluation.top2, n)),
        ("ECE", plain(evaluation.ece, n)),
        ("Brier score", plain(evaluation.brier, n)),
        ("NLL (nats)", plain(evaluation.nll, n)),
        ("area under risk–coverage", format!("{:.3}", evaluation.area_under_risk)),
    ]);
    figures
}

/// What the prediction sets are made with, for the line above them.
fn thresholds(evaluation: &Evaluation) -> &'static str {
    match evaluation.thresholds {
        Thresholds::Deployed => {
            "Prediction sets by the model's deployed thresholds; all of its classes compete, as in an analysis"
        }
        Thresholds::Refitted => {
            "Prediction sets with thresholds refitted on this file: each speaker's by those of the other speakers. They are not a \
             model's deployed sets"
        }
    }
}
