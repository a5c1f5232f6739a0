//! What a model made of clips of held-out speakers at temperature 1: what calibrations and figures are computed from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use undertone::{Error, Result};
use undertone_eval::metrics::fit_temperature;
use undertone_eval::predict::{self, Condition, Prediction};

/// The predictions of one fold under one condition, at temperature 1.
#[derive(Clone, Debug)]
pub struct Scored {
    /// What was known of the speakers.
    pub condition: Condition,
    /// A row a clip, of one protocol and fold.
    pub rows: Vec<Prediction>,
}

/// The predictions in a folder's files `<name>.<condition>.csv`.
///
/// # Errors
/// `Io`, or `Malformed` naming the file.
pub fn files(folder: &Path) -> Result<Vec<Scored>> {
    let mut scored = Vec::new();
    for path in listed(folder)? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let condition = Condition::ALL.into_iter().find(|c| name.ends_with(&format!(".{c}.csv")));
        if let Some(condition) = condition {
            scored.push(Scored { condition, rows: predict::open(&path)? });
        }
    }
    Ok(scored)
}

/// A folder's entries by name.
///
/// # Errors
/// `Io` naming the folder.
pub fn listed(folder: &Path) -> Result<Vec<PathBuf>> {
    let broken = |error: std::io::Error| Error::from(error).at(folder);
    let mut paths = std::fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>())
        .map_err(broken)?;
    paths.sort();
    Ok(paths)
}

/// Predictions of whole protocols: each fold at the temperature fitted on all other folds, whatever their protocols.
pub fn assemble(scored: &[Scored]) -> Vec<(String, Condition, Vec<Prediction>)> {
    let mut whole = BTreeMap::<(String, String), (Condition, Vec<Prediction>)>::new();
    for Scored { condition, rows } in scored {
        let Some(first) = rows.first() else { continue };
        let others = scored.iter().filter(|other| other.condition == *condition).flat_map(|o| &o.rows);
        let temperature = temperature(&others.filter(|row| row.fold != first.fold).collect::<Vec<_>>());
        let key = (first.protocol.clone(), condition.to_string());
        let (_, all) = whole.entry(key).or_insert_with(|| (*condition, Vec::new()));
        all.extend(rows.iter().map(|row| tempered(row, temperature)));
    }
    whole.into_iter().map(|((protocol, _), (condition, rows))| (protocol, condition, rows)).collect()
}

/// The temperature that suits predictions made at temperature 1, each speaker counting the same however many clips there are
/// of them; 1 where there are none.
pub fn temperature(rows: &[&Prediction]) -> f64 {
    let logits: Vec<Vec<f32>> =
        rows.iter().map(|row| row.posterior.iter().map(|p| p.ln() as f32).collect()).collect();
    let truth: Vec<usize> = rows.iter().map(|row| row.truth as usize).collect();
    fit_temperature(&logits, &truth, &weights(rows))
}

/// How much each prediction counts, so that every speaker counts the same however many clips there are of them.
pub fn weights(rows: &[&Prediction]) -> Vec<f64> {
    let mut clips = BTreeMap::<&str, f64>::new();
    for row in rows {
        *clips.entry(&row.speaker).or_default() += 1.0;
    }
    rows.iter().map(|row| 1.0 / clips[&*row.speaker]).collect()
}

/// A prediction made at temperature 1, at another.
pub fn tempered(row: &Prediction, temperature: f64) -> Prediction {
    let powers = row.posterior.map(|p| p.powf(1.0 / temperature));
    let sum: f64 = powers.iter().sum();
    Prediction { posterior: powers.map(|p| p / sum), ..row.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone::Emotion;

    fn row(protocol: &str, fold: &str, happy: f64, truth: Emotion) -> Prediction {
        let mut posterior = [0.0; 8];
        (posterior[Emotion::Happy as usize], posterior[Emotion::Sad as usize]) = (happy, 1.0 - happy);
        Prediction {
            protocol: protocol.into(),
            fold: fold.into(),
            clip: format!("{fold}{happy}{truth}"),
            draw: None,
            speaker: fold.into(),
            truth,
            posterior,
            agreement: None,
        }
    }

    /// Claims 90 %, and is right `right` times of 4.
    fn fold(protocol: &str, name: &str, right: usize) -> Scored {
        let truth = |i: usize| if i < right { Emotion::Happy } else { Emotion::Sad };
        let rows = (0..4).map(|i| row(protocol, name, 0.9, truth(i))).collect();
        Scored { condition: Condition::Unadapted, rows }
    }

    #[test]
    fn a_folds_temperature_comes_from_the_other_folds_alone() {
        let scored = [fold("a", "1", 3), fold("a", "2", 4), fold("b", "1", 1)];
        let whole = assemble(&scored);
        let happy = |at: usize, row: usize| whole[at].2[row].posterior[Emotion::Happy as usize];
        assert_eq!((whole[0].0.as_str(), whole[0].2.len(), whole[1].0.as_str()), ("a", 8, "b"));
        // Fold 1 is judged by fold 2, which was always right; fold 2 by both protocols' fold 1, right 4 times of 8.
        assert!(happy(0, 0) > 0.999 && happy(1, 0) > 0.999);
        assert!((happy(0, 4) - 0.5).abs() < 0.1, "{}", happy(0, 4));
    }

    #[test]
    fn a_speaker_of_many_clips_counts_as_one_of_few() {
        let few = [row("a", "1", 0.9, Emotion::Happy), row("a", "1", 0.9, Emotion::Sad)];
        let many: Vec<Prediction> = (0..20).map(|_| row("b", "2", 0.9, Emotion::Happy)).collect();
        let rows: Vec<&Prediction> = few.iter().chain(&many).collect();
        // 90 % was claimed: one speaker's clips bear out half of it, the other's all, so three quarters of it are right.
        let right = 0.9f64.powf(1.0 / temperature(&rows));
        let wrong = 0.1f64.powf(1.0 / temperature(&rows));
        assert!((right / (right + wrong) - 0.75).abs() < 1e-3);
    }

    #[test]
    fn a_single_fold_keeps_its_posteriors() {
        let whole = assemble(&[fold("a", "1", 3)]);
        assert!((whole[0].2[0].posterior[Emotion::Happy as usize] - 0.9).abs() < 1e-9);
    }

    #[test]
    fn a_temperature_flattens_and_leaves_masked_classes_at_zero() {
        let row = tempered(&row("a", "1", 0.8, Emotion::Happy), 2.0);
        assert!((row.posterior[Emotion::Happy as usize] - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(row.posterior[Emotion::Calm as usize], 0.0);
    }
}
