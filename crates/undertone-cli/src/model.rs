//! `undertone model`: description, training data, results and limits of a model.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use undertone::model::{EncoderUsed, Metadata, Model};
use undertone::{Error, ErrorKind, Result};

use crate::arguments::Model as Typed;
use crate::encoders;
use crate::output::Output;

/// As in the model card.
const USE: &str = "\
Must not be used to make decisions about people. In the European Union, inferring emotions of people at work and in education is
prohibited except for medical or safety reasons (AI Act, Regulation (EU) 2024/1689, article 5(1)(f)).";

/// The requested model: a built-in one by name, a file, or the head over an encoder that was fetched, by that one's name; the default where
/// none is named.
pub fn chosen(requested: Option<&Path>) -> Result<Model> {
    let built_in = || undertone_models::MODELS.iter().map(|model| model.name);
    match requested {
        None => Model::embedded(),
        Some(path) => match built_in().find(|name| path == Path::new(name)) {
            Some(name) => Model::named(name),
            None if path.is_file() => Model::open_with(path, encoders::find),
            None => encoders::named(path).unwrap_or_else(|| {
                let names: Vec<String> = built_in().map(|name| format!("'{name}'")).collect();
                let message = format!(
                    "no such model; name a file, a built-in model ({}) or an encoder that was fetched (undertone model pull NAME)",
                    names.join(", ")
                );
                Err(Error::new(ErrorKind::Io, message).at(path))
            }),
        },
    }
}

pub fn run(typed: Typed) -> Result<ExitCode> {
    let Typed::Info { model } = typed;
    let model = chosen(model.as_deref())?;
    let mut output = Output::open(None)?;
    output.write(&info(&model))?;
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}

fn info(model: &Model) -> String {
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
    } = model.metadata();
    let mut out = String::new();
    let mut row = |name: &str, text: String| {
        let _ = writeln!(out, "{name:<12} {text}");
    };
    row("model", format!("{name} {version}, {parameters} parameters, revision {revision}"));
    row("sha256", model.sha256().to_string());
    if let Some(EncoderUsed { name, layers, sha256, .. }) = encoder {
        row("encoder", format!("{name}, {} (SHA-256 {sha256} in the training)", layers.join(", ")));
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
    let _ = writeln!(out, "\n{USE}");
    out
}
