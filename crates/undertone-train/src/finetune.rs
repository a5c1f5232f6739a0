//! `undertone-train finetune`: a model and a manifest → a report, and the corrected model where it is better.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use undertone::model::{Encoder, Model};
use undertone::{Error, Result};
use undertone_encoders::Cache;
use undertone_eval::corpus::Corpus;
use undertone_eval::metrics::Figure;
use undertone_models::MODELS;
use undertone_train::experiment::finetune::{Finetune, Tuned};
use undertone_train::export::ModelFile;

#[derive(Args)]
pub struct Arguments {
    /// Your labelled clips (CSV: path,speaker,label), of three speakers or more.
    #[arg(long, value_name = "FILE.csv")]
    manifest: PathBuf,
    /// The model to begin with: built in (default, large, whisper-base, …) or a model file.
    #[arg(long, default_value = "default", value_name = "NAME|FILE")]
    model: PathBuf,
    /// Folder of the model's encoder, where it needs one; the cache's where not given.
    #[arg(long, value_name = "FOLDER")]
    encoder: Option<PathBuf>,
    /// The model file to write.
    #[arg(long, value_name = "FILE.onnx")]
    out: PathBuf,
    /// The model's name; that of the manifest where not given.
    #[arg(long)]
    name: Option<String>,
    /// Write the model even where no gain can be told from noise.
    #[arg(long)]
    force: bool,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let corpus = Corpus::from_manifest(&arguments.manifest)?;
    let file = opened(&arguments.model, arguments.encoder.as_deref())?;
    let begun = format!("{} {}", file.metadata().name, file.metadata().version);
    let name = arguments.name.clone().unwrap_or_else(|| corpus.name.clone());
    let bar = ProgressBar::new(1).with_message("clips are heard");
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} folds");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.tick();
    let finetune = Finetune::new(file, &corpus)?;
    bar.set_message("speakers are left out in turn");
    let tuned = finetune.run(&name, &|done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    std::io::stdout().write_all(report(&tuned, &corpus.name, &begun).as_bytes())?;
    let Some(file) = tuned.file.as_ref().filter(|_| tuned.is_gain() || arguments.force) else {
        return Ok(());
    };
    file.save(&arguments.out)?;
    eprintln!("{}", arguments.out.display());
    Ok(())
}

/// A model that is built in, or a file, over its encoder where it needs one.
fn opened(model: &Path, folder: Option<&Path>) -> Result<ModelFile> {
    let bytes = match MODELS.iter().find(|built_in| Path::new(built_in.name) == model) {
        Some(built_in) => built_in.bytes.to_vec(),
        None => std::fs::read(model).map_err(|error| {
            let names: Vec<&str> = MODELS.iter().map(|model| model.name).collect();
            let message = format!("no such model; name a file or a built-in model ({})", names.join(", "));
            Error::new(undertone::ErrorKind::Io, message).because(error).at(model)
        })?,
    };
    let (metadata, _) = Model::describe(bytes.clone()).map_err(|error| error.at(model))?;
    let encoder = match (&metadata.encoder, folder) {
        (None, _) => None,
        (Some(_), Some(folder)) => Some(Arc::new(Encoder::open(folder)?)),
        (Some(used), None) => Some(Cache::open()?.encoder(used)?),
    };
    ModelFile::from_bytes_over(bytes, encoder.as_ref()).map_err(|error| error.at(model))
}

fn report(tuned: &Tuned, corpus: &str, begun: &str) -> String {
    let mut out = String::new();
    let mut line = |text: String| {
        out += &text;
        out.push('\n');
    };
    let [clips, speakers, left_out] = tuned.counts;
    let classes: Vec<&str> = tuned.classes.iter().map(|class| class.name()).collect();
    line(format!("{corpus}: {clips} clips of {speakers} speakers: {}", classes.join(", ")));
    if left_out > 0 {
        line(format!("{left_out} clips of classes that {begun} does not know are left out"));
    }
    line("\nUAR in % on speakers that were left out, with 95 % intervals:".to_string());
    line(format!("{:<14} {:>22} {:>22} {:>22}", "", begun, "fine-tuned", "difference"));
    for (condition, [before, after, difference]) in &tuned.conditions {
        let [before, after] = [before, after].map(|figure| shown(figure, ""));
        line(format!(
            "{:<14} {before:>22} {after:>22} {:>22}",
            condition.to_string(),
            shown(difference, "+")
        ));
    }
    line(format!("{:<14} {:>22} {:>22} {:>22}", "mean", "", "", shown(&tuned.gain, "+")));
    line(String::new());
    match (tuned.strength, tuned.is_gain()) {
        (None, _) => line(format!("dev speakers chose {begun} as it is: there is nothing to write")),
        (Some(strength), true) => line(format!("a gain; penalty {strength}, chosen on dev speakers")),
        (Some(strength), false) => line(format!(
            "no gain that can be told from noise (penalty {strength}, chosen on dev speakers): {begun} is kept; --force writes the \
             fine-tuned model all the same"
        )),
    }
    out
}

fn shown(figure: &Figure, sign: &str) -> String {
    let [value, low, high] = [figure.value, figure.interval[0], figure.interval[1]].map(|x| 100.0 * x);
    match sign {
        "" => format!("{value:.1} [{low:.1}, {high:.1}]"),
        _ => format!("{value:+.1} [{low:+.1}, {high:+.1}]"),
    }
}
