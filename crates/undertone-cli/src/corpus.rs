//! `undertone corpus`: what is in a folder of labelled recordings.

use std::path::Path;
use std::process::ExitCode;

use undertone::Result;
use undertone::corpus::{self, Corpus};

use crate::arguments::Corpus as Typed;
use crate::output::Output;

pub fn run(typed: Typed) -> Result<ExitCode> {
    let Typed::Check { path } = typed;
    let corpora = match is_manifest(&path) {
        true => vec![Corpus::from_manifest(&path)?],
        false => Corpus::open(&path)?,
    };
    let mut output = Output::open(None)?;
    let mut clean = true;
    for corpus in &corpora {
        let found = corpus::check(corpus);
        clean &= found.unreadable.is_empty();
        output.write(&format!("{found}\n"))?;
    }
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
}
