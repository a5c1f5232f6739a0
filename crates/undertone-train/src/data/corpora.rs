//! Corpora and protocols by their names and folders, and the clips to learn from.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use undertone::{Error, ErrorKind, Result};
use undertone_eval::corpus::{Corpus, Utterance};
use undertone_eval::holdout::JOINT;
use undertone_eval::protocol::Protocol;

use crate::data::clip::Clip;

/// Opens folders of corpora and manifests (`.csv`).
pub fn open(paths: &[PathBuf]) -> Result<Vec<Corpus>> {
    let mut corpora = Vec::new();
    for path in paths {
        match is(path, "csv") {
            true => corpora.push(Corpus::from_manifest(path)?),
            false => corpora.extend(Corpus::open(path)?),
        }
    }
    Ok(corpora)
}

/// Published protocols by name, files of one's own, and `joint`.
pub fn protocols(names: &[String]) -> Result<Vec<Protocol>> {
    let mut protocols = Vec::new();
    for name in names {
        match name.as_str() {
            "joint" => protocols.extend(JOINT.map(Protocol::known)),
            file if is(Path::new(file), "toml") => protocols.push(Protocol::open(Path::new(file))),
            name => protocols.push(Protocol::known(name)),
        }
    }
    protocols.into_iter().collect()
}

/// Of the corpora in folders those that protocols cut, and the extra ones.
pub fn chosen(folders: &[PathBuf], protocols: &[Protocol], extra: &[String]) -> Result<Vec<Corpus>> {
    let (manifests, names): (Vec<&String>, Vec<&String>) =
        extra.iter().partition(|name| is(Path::new(name), "csv"));
    let mut wanted: BTreeSet<&str> = names.iter().map(|name| name.as_str()).collect();
    wanted.extend(protocols.iter().map(|protocol| protocol.corpus.as_str()));
    let mut corpora = open(folders)?;
    if let Some(missing) = wanted.iter().find(|name| corpora.iter().all(|corpus| corpus.name != **name)) {
        let there: Vec<&str> = corpora.iter().map(|corpus| corpus.name.as_str()).collect();
        let message =
            format!("the corpus '{missing}' is not in these folders; there is {}", there.join(", "));
        return Err(Error::new(ErrorKind::Config, message));
    }
    corpora.retain(|corpus| wanted.contains(corpus.name.as_str()));
    for manifest in manifests {
        corpora.push(Corpus::from_manifest(Path::new(manifest))?);
    }
    Ok(corpora)
}

/// The labelled, sound clips of all corpora, in the order of a training's features.
pub fn clips(corpora: &[Corpus]) -> Vec<Clip> {
    labelled(corpora, |utterance| utterance.defect.is_none())
}

/// The labelled clips that are defective: none is learned from, but protocols may hold them out.
pub fn defective(corpora: &[Corpus]) -> Vec<Clip> {
    labelled(corpora, |utterance| utterance.defect.is_some())
}

fn labelled(corpora: &[Corpus], wanted: impl Fn(&Utterance) -> bool) -> Vec<Clip> {
    let mut clips = Vec::new();
    for corpus in corpora {
        let known = corpus.emotions();
        clips.extend(corpus.utterances.iter().filter(|utterance| wanted(utterance)).filter_map(|u| {
            Some(Clip {
                corpus: u.corpus.clone(),
                name: u.clip.clone(),
                path: u.path.clone(),
                segment: u.segment,
                speaker: u.speaker.clone(),
                emotion: u.emotion?,
                known,
                intensity: u.intensity,
                votes: u.votes,
            })
        }));
    }
    clips
}

fn is(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
}
