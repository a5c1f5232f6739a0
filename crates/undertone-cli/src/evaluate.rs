//! `undertone evaluate`: predictions, or labelled recordings and a model → figures as text, JSON or HTML.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use undertone::{Emotion, Error, ErrorKind, Result};
use undertone_eval::augment::Corruption;
use undertone_eval::corpus::Corpus;
use undertone_eval::metrics::{Evaluation, compare};
use undertone_eval::predict::{self, Condition, Prediction};
use undertone_eval::protocol::{NAMES, Protocol};
use undertone_eval::report::{html, json, markdown, results};

use crate::arguments::Evaluate;
use crate::dialogues;
use crate::names;
use crate::output::Output;
use crate::scoring::Scoring;

/// Predictions, read or made, and measured.
struct Measured {
    predictions: Vec<Prediction>,
    evaluation: Evaluation,
}

pub fn run(typed: Evaluate) -> Result<ExitCode> {
    let merge = typed.merge.iter().map(|text| pair(text)).collect::<Result<Vec<_>>>()?;
    if let Some(folder) = &typed.dialogues {
        return dialogues::score(folder, &typed, &merge);
    }
    let page = typed.html.as_deref().map(|path| Output::open(Some(path))).transpose()?;
    let mut output = Output::open(typed.output.as_deref())?;
    let measured = match Scoring::open(&typed)? {
        Some(scoring) => by_model(&scoring, &typed, &merge)?,
        None => {
            let corpora = typed.corpora.as_deref().map(Corpus::open).transpose()?;
            let systems = typed.files.iter().map(|path| predict::open(path)).collect::<Result<Vec<_>>>()?;
            let of = |((path, name), rows): ((&PathBuf, String), &Vec<Prediction>)| {
                from_file(&name, rows.clone(), &merge, corpora.as_deref()).map_err(|error| error.at(path))
            };
            let files = typed.files.iter().zip(names::of_predictions(&typed.files));
            let mut all = files.zip(&systems).map(of).collect::<Result<Vec<Measured>>>()?;
            if typed.fuse {
                // Fused before classes are merged.
                let dependent = all.iter().any(|one| one.evaluation.speaker_dependent);
                let rows = predict::fuse(&systems)?;
                all.push(measure("fusion", rows, &merge, corpora.as_deref().unwrap_or_default(), dependent)?);
            }
            all
        }
    };
    let evaluations: Vec<Evaluation> = measured.iter().map(|one| one.evaluation.clone()).collect();
    if let Some(mut page) = page {
        page.write(&html(&evaluations))?;
        page.finish()?;
    }
    if typed.json {
        output.write(&json(&evaluations)?)?;
    } else if typed.table {
        output.write(&results(&evaluations))?;
    } else {
        for evaluation in &evaluations {
            output.write(&format!("{}\n", markdown(evaluation)))?;
        }
        if let [a, b] = measured.as_slice() {
            output.write(&difference(a, b))?;
        }
    }
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// One predictions file: checked against its protocol, with subgroups, where corpora are given.
fn from_file(
    name: &str,
    predictions: Vec<Prediction>,
    merge: &[(Emotion, Emotion)],
    corpora: Option<&[Corpus]>,
) -> Result<Measured> {
    let first = predictions.first().map_or("", |row| row.protocol.as_str());
    let protocol = NAMES.contains(&first).then(|| Protocol::known(first)).transpose()?;
    if let (Some(protocol), Some(corpora)) = (&protocol, corpora) {
        predict::check(&predictions, &protocol.rows(corpora)?)?;
    }
    measure(name, predictions, merge, corpora.unwrap_or_default(), false)
}

/// Clips scored by a model under the requested conditions, clean and corrupted.
fn by_model(scoring: &Scoring, typed: &Evaluate, merge: &[(Emotion, Emotion)]) -> Result<Vec<Measured>> {
    let corruptions = typed.corrupt.iter().map(|text| text.parse()).collect::<Result<Vec<Corruption>>>()?;
    let clips = scoring.embed(None)?;
    let unadapted = scoring.score(&clips, Condition::Unadapted)?;
    let mut all = Vec::new();
    for &condition in &typed.condition {
        let predictions = match condition {
            Condition::Unadapted => unadapted.clone(),
            _ => scoring.score(&clips, condition)?,
        };
        let name = scoring.name_of(condition);
        if let Some(folder) = &typed.save {
            keep(folder, &name, &predictions)?;
        }
        let mut one = measure(&name, predictions, merge, &scoring.corpora, scoring.speaker_dependent())?;
        let threshold = |coverage, weight| scoring.threshold(coverage, weight);
        one.evaluation.deploy(&scoring.as_analysed(&clips, condition)?, &threshold);
        one.evaluation.notes.extend(scoring.notes());
        if condition != Condition::Unadapted {
            let mut unadapted = unadapted.clone();
            merge_all(&mut unadapted, merge);
            one.evaluation.adapt(&unadapted, &one.predictions)?;
        }
        all.push(one);
    }
    for corruption in corruptions {
        let clips = scoring.embed(Some(corruption))?;
        for (one, &condition) in all.iter_mut().zip(&typed.condition) {
            let mut corrupted = scoring.score(&clips, condition)?;
            if let Some(folder) = &typed.save {
                let name = format!("{}.{}", one.evaluation.name, corruption.file_name());
                keep(folder, &name, &corrupted)?;
            }
            merge_all(&mut corrupted, merge);
            one.evaluation.degrade(&corruption.to_string(), &one.predictions, &corrupted)?;
        }
    }
    Ok(all)
}

/// Writes predictions into a folder, which is made where it is not there yet.
fn keep(folder: &Path, name: &str, predictions: &[Prediction]) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|error| Error::from(error).at(folder))?;
    predict::save(&folder.join(format!("{name}.csv")), predictions)
}

fn measure(
    name: &str,
    mut predictions: Vec<Prediction>,
    merge: &[(Emotion, Emotion)],
    corpora: &[Corpus],
    dependent: bool,
) -> Result<Measured> {
    let about = predict::about(&predictions, corpora);
    let votes = predict::votes(&predictions, corpora);
    merge_all(&mut predictions, merge);
    let mut evaluation = Evaluation::of(name, &predictions, dependent)?;
    about.iter().for_each(|(by, names)| evaluation.divide(by, &predictions, names));
    if merge.is_empty() {
        evaluation.listen(&predictions, &votes);
    }
    Ok(Measured { predictions, evaluation })
}

fn merge_all(predictions: &mut [Prediction], merge: &[(Emotion, Emotion)]) {
    for &(from, to) in merge {
        predictions.iter_mut().for_each(|row| row.merge(from, to));
    }
}

/// How far apart two files are, where they predict the same clips, or one selects some of the other's.
fn difference(a: &Measured, b: &Measured) -> String {
    let (one, other) = (&a.evaluation.name, &b.evaluation.name);
    let Ok(figure) = compare(&a.predictions, &b.predictions) else {
        return "The files predict different clips and are not compared.\n".to_string();
    };
    let [value, low, high] = [figure.value, figure.interval[0], figure.interval[1]].map(|x| 100.0 * x);
    format!(
        "{other} − {one}: UAR {value:+.1} points [{low:+.1}, {high:+.1}], 95 % interval, paired over speakers.\n"
    )
}

/// `calm=neutral`.
fn pair(text: &str) -> Result<(Emotion, Emotion)> {
    let wrong =
        || Error::new(ErrorKind::Config, format!("'{text}' cannot be merged; write it as calm=neutral"));
    let (from, to) = text.split_once('=').ok_or_else(wrong)?;
    Ok((from.parse()?, to.parse()?))
}
