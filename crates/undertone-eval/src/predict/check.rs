//! Checks predictions against their protocol, and looks up what the corpus knows of their clips.

use std::collections::BTreeMap;

use super::Prediction;
use crate::corpus::Corpus;
use crate::protocol::{Row, Split};
use undertone::emotion::Emotion;
use undertone::error::{Error, Result};

/// How many clips a message names.
const NAMED: usize = 3;
/// More values than this make no subgroups.
const GROUPS: usize = 24;

/// Checks that of each fold that is there every test clip of the protocol is there, with its label, and no other. Of conditions
/// that select clips, whose rows have a draw, only that those are test clips with their labels.
///
/// # Errors
/// `Malformed` naming the first clips that are missing, extra or labelled otherwise.
pub fn check(predictions: &[Prediction], protocol: &[Row]) -> Result<()> {
    let wanted: BTreeMap<(String, &str), Emotion> = protocol
        .iter()
        .filter(|row| row.split == Split::Test)
        .map(|row| ((row.fold.to_string(), row.clip.as_str()), row.label))
        .collect();
    let there: BTreeMap<(String, &str), Emotion> =
        predictions.iter().map(|row| ((row.fold.clone(), row.clip.as_str()), row.truth)).collect();
    let folds: Vec<&String> = there.keys().map(|(fold, _)| fold).collect();
    let selected = predictions.iter().any(|row| row.draw.is_some());
    let expected = |key: &&(String, &str)| !selected && folds.contains(&&key.0);
    let missing = wanted.keys().filter(|key| expected(key) && !there.contains_key(key));
    refuse("missing", missing.collect())?;
    refuse("not test clips of the protocol", there.keys().filter(|key| !wanted.contains_key(key)).collect())?;
    let otherwise = there.iter().filter(|(key, truth)| wanted.get(key) != Some(truth)).map(|(key, _)| key);
    refuse("labelled otherwise by the protocol", otherwise.collect())
}

fn refuse(what: &str, keys: Vec<&(String, &str)>) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let named: Vec<String> =
        keys.iter().take(NAMED).map(|(fold, clip)| format!("'{clip}' of fold {fold}")).collect();
    Err(Error::malformed(format!("{} clips are {what}: {}", keys.len(), named.join(", "))))
}

/// What the corpora tell of each prediction's clip, by name (`sex`, `age` in decades, …): for those with few enough values to
/// divide by.
pub fn about(predictions: &[Prediction], corpora: &[Corpus]) -> BTreeMap<String, Vec<Option<String>>> {
    let utterances: BTreeMap<(&str, &str), &BTreeMap<String, String>> = corpora
        .iter()
        .flat_map(|corpus| &corpus.utterances)
        .map(|u| ((u.speaker.as_str(), u.clip.as_str()), &u.about))
        .collect();
    let of = |row: &Prediction| utterances.get(&(row.speaker.as_str(), row.clip.as_str())).copied();
    let mut names: Vec<&String> = predictions.iter().filter_map(of).flat_map(BTreeMap::keys).collect();
    names.sort();
    names.dedup();
    let column = |name: &String| -> Vec<Option<String>> {
        predictions.iter().map(|row| of(row)?.get(name).map(|value| band(name, value))).collect()
    };
    let few = |values: &[Option<String>]| {
        let mut values: Vec<&String> = values.iter().flatten().collect();
        values.sort_unstable();
        values.dedup();
        (2..=GROUPS).contains(&values.len())
    };
    names.into_iter().map(|name| (name.clone(), column(name))).filter(|(_, values)| few(values)).collect()
}

/// Ages fall into decades; other values stay.
fn band(name: &str, value: &str) -> String {
    match (name, value.parse::<u32>()) {
        ("age", Ok(age)) => format!("{} to {}", age / 10 * 10, age / 10 * 10 + 9),
        _ => value.to_string(),
    }
}

/// The listeners' votes on each prediction's clip, where the corpora have them.
pub fn votes(predictions: &[Prediction], corpora: &[Corpus]) -> Vec<Option<[f32; Emotion::ALL.len()]>> {
    let utterances = corpora.iter().flat_map(|corpus| &corpus.utterances);
    let votes: BTreeMap<(&str, &str), _> =
        utterances.map(|u| ((u.speaker.as_str(), u.clip.as_str()), u.votes)).collect();
    let of = |row: &Prediction| votes.get(&(row.speaker.as_str(), row.clip.as_str())).copied().flatten();
    predictions.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn row(fold: &str, clip: &str, truth: Emotion) -> Prediction {
        Prediction {
            protocol: String::new(),
            fold: fold.into(),
            clip: clip.into(),
            draw: None,
            speaker: "s".into(),
            truth,
            posterior: [0.125; 8],
            agreement: None,
        }
    }

    #[test]
    fn clips_that_are_missing_extra_or_relabelled_are_refused_by_name() {
        let wanted = |fold, clip: &str| Row {
            fold,
            split: Split::Test,
            clip: clip.into(),
            speaker: "s".into(),
            label: Emotion::Sad,
        };
        let protocol = [wanted(1, "a"), wanted(1, "b"), wanted(2, "c")];
        let (a, b) = (row("1", "a", Emotion::Sad), row("1", "b", Emotion::Sad));
        check(&[a.clone(), b.clone()], &protocol).unwrap();
        check(&[Prediction { draw: Some(1), ..a.clone() }], &protocol).unwrap();
        for (rows, word) in [
            (vec![a.clone()], "missing: 'b' of fold 1"),
            (vec![a.clone(), b.clone(), row("1", "z", Emotion::Sad)], "not test clips of the protocol: 'z'"),
            (vec![a.clone(), row("1", "b", Emotion::Happy)], "labelled otherwise by the protocol: 'b'"),
        ] {
            let error = check(&rows, &protocol).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
