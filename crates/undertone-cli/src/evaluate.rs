//! `undertone evaluate`: predictions files → figures, for reading, for programs, or as a page.

use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

use undertone::corpus::Corpus;
use undertone::corpus::protocol::{NAMES, Protocol};
use undertone::eval::{Evaluation, compare};
use undertone::predict::{self, Prediction};
use undertone::report::evaluation::{html, json, markdown, results};
use undertone::{Emotion, Error, ErrorKind, Result};

use crate::arguments::Evaluate;
use crate::output::Output;

/// A predictions file, read and measured.
struct Measured {
    predictions: Vec<Prediction>,
    evaluation: Evaluation,
}

pub fn run(typed: Evaluate) -> Result<ExitCode> {
    let merge = typed.merge.iter().map(|text| pair(text)).collect::<Result<Vec<_>>>()?;
    let corpora = typed.corpora.as_deref().map(Corpus::open).transpose()?;
    let measured = typed
        .files
        .iter()
        .map(|path| measure(path, &merge, corpora.as_deref()).map_err(|error| error.at(path)))
        .collect::<Result<Vec<Measured>>>()?;
    let evaluations: Vec<Evaluation> = measured.iter().map(|one| one.evaluation.clone()).collect();
    if let Some(path) = &typed.html {
        let mut page = Output::open(Some(path))?;
        page.write(&html(&evaluations))?;
        page.finish()?;
    }
    let mut output = Output::open(typed.output.as_deref())?;
    if typed.json {
        output.write(&json(&evaluations)?)?;
    } else if typed.table {
        output.write(&results(&evaluations))?;
    } else {
        for evaluation in &evaluations {
            output.write(&format!("{}\n", markdown(evaluation)))?;
        }
        if let [a, b] = measured.as_slice() {
            output.write(&difference(a, b)?)?;
        }
    }
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// One predictions file: checked against its protocol and divided by what its corpus tells, where corpora are at hand.
fn measure(path: &Path, merge: &[(Emotion, Emotion)], corpora: Option<&[Corpus]>) -> Result<Measured> {
    let mut predictions = predict::read(File::open(path)?)?;
    let name = path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let first = predictions.first().map_or("", |row| row.protocol.as_str());
    let protocol = NAMES.contains(&first).then(|| Protocol::known(first)).transpose()?;
    if let (Some(protocol), Some(corpora)) = (&protocol, corpora) {
        predict::check(&predictions, &protocol.rows(corpora)?)?;
    }
    let about = corpora.map(|corpora| predict::about(&predictions, corpora));
    for &(from, to) in merge {
        predictions.iter_mut().for_each(|row| row.merge(from, to));
    }
    let dependent = protocol.is_some_and(|protocol| protocol.speaker_dependent);
    let mut evaluation = Evaluation::of(&name, &predictions, dependent)?;
    for (by, names) in about.into_iter().flatten() {
        evaluation.divide(&by, &predictions, &names);
    }
    Ok(Measured { predictions, evaluation })
}

/// How far apart two files are, where they predict the same clips.
fn difference(a: &Measured, b: &Measured) -> Result<String> {
    let Ok(figure) = compare(&a.predictions, &b.predictions) else {
        return Ok("The two files predict different clips; they are not compared.\n".to_string());
    };
    let [value, low, high] = [figure.value, figure.interval[0], figure.interval[1]].map(|x| 100.0 * x);
    let (one, other) = (&a.evaluation.name, &b.evaluation.name);
    Ok(format!(
        "{other} − {one}: UAR {value:+.1} points [{low:+.1}, {high:+.1}], 95 % over the same speakers.\n"
    ))
}

/// `calm=neutral`.
fn pair(text: &str) -> Result<(Emotion, Emotion)> {
    let wrong = || Error::new(ErrorKind::Config, format!("'{text}' is no merge; write it as calm=neutral"));
    let (from, to) = text.split_once('=').ok_or_else(wrong)?;
    Ok((from.parse()?, to.parse()?))
}
