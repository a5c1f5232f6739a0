//! Writes what `tools/model/lab.py` asks of the clips, in the order of a training's material: a line a clip, by tabs: corpus, name, speaker, emotion (its
//! number), the classes its corpus knows, intensity (−1 where unknown), votes, and for each joint fold and then for the search's dev speakers whether it is
//! learned from (1), scored (2) or left alone (0): `cargo run --release -p undertone-train --example clips -- CORPORA > clips.tsv`

#![allow(clippy::print_stdout)]
use std::collections::BTreeSet;
use std::path::PathBuf;

use undertone::corpus::Utterance;
use undertone::corpus::held::HeldOut;
use undertone::{Emotion, Result};
use undertone_train::clip::Clip;
use undertone_train::corpora;
use undertone_train::run::clips;

fn main() -> Result<()> {
    let folders: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    let protocols = corpora::protocols(&["joint".to_string()])?;
    let corpora = corpora::chosen(&folders, &protocols, &["ravdess_song".to_string()])?;
    let held = (1..=6).map(|fold| HeldOut::fold(&protocols, fold, false, &corpora));
    let held: Vec<HeldOut> =
        held.chain([HeldOut::fold(&protocols, 1, true, &corpora)]).collect::<Result<_>>()?;
    let name = |utterance: &&'_ Utterance| (utterance.corpus.clone(), utterance.clip.clone());
    let roles: Vec<[BTreeSet<_>; 2]> = held
        .iter()
        .map(|held| {
            let scored = held.parts.iter().flat_map(|part| &part.clips);
            [held.learned.iter().map(name).collect(), scored.map(name).collect()]
        })
        .collect();
    for clip in clips(&corpora) {
        let Clip { corpus, name, speaker, emotion, known, intensity, votes, .. } = clip;
        let key = (corpus.clone(), name.clone());
        let role = |[learned, scored]: &[BTreeSet<_>; 2]| {
            u8::from(learned.contains(&key)) + 2 * u8::from(scored.contains(&key))
        };
        let knows = joined(Emotion::ALL.map(|emotion| u8::from(known.contains(emotion))));
        let votes = votes.map_or(String::new(), joined);
        let (emotion, intensity) = (emotion as usize, intensity.unwrap_or(-1.0));
        let roles = joined(roles.iter().map(role));
        println!("{corpus}\t{name}\t{speaker}\t{emotion}\t{knows}\t{intensity}\t{votes}\t{roles}");
    }
    Ok(())
}

fn joined<T: ToString>(values: impl IntoIterator<Item = T>) -> String {
    values.into_iter().map(|value| value.to_string()).collect::<Vec<_>>().join(" ")
}
