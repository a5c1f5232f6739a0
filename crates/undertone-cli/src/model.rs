//! `undertone model`: what the model is, what it was trained on, how well it does, what it must not be used for.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use undertone::model::{Metadata, Model};
use undertone::{Error, ErrorKind, Result};

use crate::arguments::Model as Typed;
use crate::output::Output;

/// What the card says too.
const USE: &str = "\
Not to be used to decide about people. In the European Union, inferring emotions of people at work and in education is
prohibited except for medical or safety reasons (AI Act, Regulation (EU) 2024/1689, article 5(1)(f)).";

/// The larger model that is built in beside the library's own: its name, and its file.
const LARGE: (&str, &[u8]) = ("large", include_bytes!("../models/large.onnx"));

/// The model that was asked for: `large`, or a file; the library's own where nothing was.
pub fn chosen(asked: Option<&Path>) -> Result<Model> {
    match asked {
        None => Model::embedded(),
        Some(name) if name == Path::new(LARGE.0) => Model::from_bytes(LARGE.1.to_vec()),
        Some(path) if !path.exists() => {
            let message = format!("no such model: name a file, or '{}', the larger model built in", LARGE.0);
            Err(Error::new(ErrorKind::Io, message).at(path))
        }
        Some(path) => Model::open(path),
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
        corpora,
        teachers,
        results,
        parameters,
        revision,
        ..
    } = model.metadata();
    let mut out = String::new();
    let mut row = |name: &str, text: String| {
        let _ = writeln!(out, "{name:<12} {text}");
    };
    row("model", format!("{name} {version}, {parameters} parameters, revision {revision}"));
    row("sha256", model.sha256().to_string());
    let names: Vec<&str> = classes.iter().map(|class| class.name()).collect();
    row("classes", names.join(", "));
    row(
        "temperature",
        format!("{:.3} alone, {:.3} with a speaker baseline", temperature.unadapted, temperature.baseline),
    );
    if !calibrated_on.is_empty() {
        row("calibrated", format!("on {}", calibrated_on.join(", ")));
    }
    for corpus in corpora {
        row("trained on", format!("{}: {} clips, {}", corpus.name, corpus.clips, corpus.licence));
    }
    for teacher in teachers {
        row("taught by", teacher.clone());
    }
    row(
        "licence",
        "of the weights: as the strictest of these corpora (see LICENSE beside the model)".to_string(),
    );
    for figure in results {
        let [low, high] = figure.interval.map(|x| 100.0 * x);
        row(
            &figure.metric,
            format!(
                "{:5.1} % [{low:.1}, {high:.1}]  {}, {} ({} clips of {} speakers never trained on, {} folds)",
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
