//! `undertone corpus`: check, split and compose labelled recordings.

use std::path::Path;
use std::process::ExitCode;

use undertone::{Error, ErrorKind, Result};
use undertone_eval::corpus::{self, Corpus};
use undertone_eval::protocol::Protocol;

use crate::arguments::{By, Corpus as Typed};
use crate::dialogues::{self, Request};
use crate::output::Output;

pub fn run(typed: Typed) -> Result<ExitCode> {
    match typed {
        Typed::Check { path } => check(&open(&path)?),
        Typed::Split { path, by: By::Speaker, folds, seed, output } => {
            let mut output = Output::open(output.as_deref())?;
            match open(&path)?.as_slice() {
                [corpus] => output.write(&Protocol::by_speaker(corpus, folds, seed)?.to_toml()?)?,
                several => {
                    let names: Vec<&str> = several.iter().map(|corpus| corpus.name.as_str()).collect();
                    let message = format!("holds {}; name the folder of one corpus", names.join(", "));
                    return Err(Error::new(ErrorKind::Config, message).at(path));
                }
            }
            output.finish()?;
            Ok(ExitCode::SUCCESS)
        }
        Typed::Dialogues { path, out, count, seed, protocol, fold, speakers } => {
            dialogues::write(&open(&path)?, &Request { out, count, seed, protocol, fold, speakers })
        }
    }
}

fn open(path: &Path) -> Result<Vec<Corpus>> {
    match is_manifest(path) {
        true => Ok(vec![Corpus::from_manifest(path)?]),
        false => Corpus::open(path),
    }
}

fn check(corpora: &[Corpus]) -> Result<ExitCode> {
    let mut output = Output::open(None)?;
    let mut clean = true;
    for corpus in corpora {
        let found = corpus::check(corpus);
        clean &= found.unreadable.is_empty();
        output.write(&format!("{found}\n"))?;
    }
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
}
