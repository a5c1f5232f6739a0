//! `undertone model info`: what a model's card says.

use std::fmt::Write;

use undertone::Result;
use undertone::model::{EncoderUsed, Measured, Metadata};
use undertone_models::{Embedded, MODELS};

use super::choice::{Choice, pulled};

/// As in the model card.
const USE: &str = "\
Must not be used to make decisions about people. In the European Union, inferring emotions of people at work and in education is
prohibited except for medical or safety reasons (AI Act, Regulation (EU) 2024/1689, article 5(1)(f)).";

/// The text of it.
pub fn info(choice: &Choice) -> Result<String> {
    let (metadata, sha256) = choice.describe()?;
    let Metadata {
        name,
        version,
        classes,
        temperature,
        calibrated_on,
        thresholds_fitted_on,
        corpora,
        teachers,
        results,
        parameters,
        revision,
        encoder,
        ..
    } = &metadata;
    let mut out = String::new();
    let mut row = |name: &str, text: String| {
        let _ = writeln!(out, "{name:<12} {text}");
    };
    row("model", format!("{name} {version}, {parameters} parameters, revision {revision}"));
    row("sha256", sha256);
    if let Some(EncoderUsed { name, layers, sha256, .. }) = encoder {
        row("encoder", format!("{name}, {} (SHA-256 {sha256} in the training)", layers.join(", ")));
        if !pulled(name) {
            row("", format!("missing; fetch it: undertone model pull {name}"));
        }
    }
    let names: Vec<&str> = classes.iter().map(|class| class.name()).collect();
    row("classes", names.join(", "));
    row(
        "temperature",
        format!("{:.3} unadapted, {:.3} with speaker adaptation", temperature.unadapted, temperature.adapted),
    );
    if !calibrated_on.is_empty() {
        row("calibrated", format!("on {}", calibrated_on.join(", ")));
    }
    if !thresholds_fitted_on.is_empty() {
        row("sets", format!("prediction sets, thresholds fitted on {}", thresholds_fitted_on.join(", ")));
    }
    for corpus in corpora {
        row("trained on", format!("{}: {} clips, {}", corpus.name, corpus.clips, corpus.licence));
    }
    for teacher in teachers {
        row("distilled", teacher.clone());
    }
    row(
        "licence",
        "weights follow the strictest of these corpora (see LICENSE-WEIGHTS, models/LICENSE)".to_string(),
    );
    for figure in results {
        let [low, high] = figure.interval.map(|x| 100.0 * x);
        row(
            &figure.metric,
            format!(
                "{:5.1} % [{low:.1}, {high:.1}]  {}, {} ({} clips of {} unseen speakers, {} folds)",
                100.0 * figure.value,
                figure.protocol,
                figure.condition,
                figure.clips,
                figure.speakers,
                figure.folds
            ),
        );
    }
    for better in MODELS.iter().filter(|model| model.encoder.is_some_and(|encoder| !pulled(encoder))) {
        out += &offered(better, &metadata)?;
    }
    let _ = writeln!(out, "\n{USE}");
    Ok(out)
}

/// What a head brings whose encoder is not there: its figures beside those of the model described, where both have them.
fn offered(head: &'static Embedded, than: &Metadata) -> Result<String> {
    let Metadata { name, results, encoder, .. } = Choice::BuiltIn(head).describe()?.0;
    if name == than.name {
        return Ok(String::new());
    }
    let encoder = encoder.map(|used| used.name).unwrap_or_default();
    let mut out = format!("\n{name}: undertone model pull {encoder}\n");
    for figure in &results {
        let same = |other: &&Measured| {
            (&other.protocol, &other.condition, &other.metric)
                == (&figure.protocol, &figure.condition, &figure.metric)
        };
        if let Some(other) = than.results.iter().find(same) {
            let [this, that] = [figure.value, other.value].map(|value| 100.0 * value);
            let Measured { metric, protocol, condition, .. } = figure;
            let _ =
                writeln!(out, "{metric:<12} {this:5.1} % instead of {that:.1} %  {protocol}, {condition}");
        }
    }
    Ok(out)
}
