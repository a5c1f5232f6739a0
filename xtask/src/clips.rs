//! Writes what `tools/model/lab.py` reads of the clips, in the order of a training's features.
//!
//! A line per clip, by tabs: corpus, name, speaker, emotion (its number), the classes its corpus knows, intensity (−1 where unknown),
//! votes, and for each joint fold and then for the search's dev speakers whether it is learned from (1), scored (2) or neither (0).

use std::collections::BTreeSet;
use std::path::PathBuf;

use undertone::{Emotion, Result};
use undertone_eval::corpus::Utterance;
use undertone_eval::holdout::HeldOut;
use undertone_train::data::clip::Clip;
use undertone_train::data::corpora;

/// Prints the table.
pub fn run(folders: &[PathBuf]) -> Result<()> {
    let protocols = corpora::protocols(&["joint".to_string()])?;
    let corpora = corpora::chosen(folders, &protocols, &["ravdess_song".to_string()])?;
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
    for clip in corpora::clips(&corpora) {
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
