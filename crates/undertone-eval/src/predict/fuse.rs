//! Fusion of several systems' predictions of the same clips.

use std::collections::BTreeMap;

use super::Prediction;
use undertone::emotion::Emotion;
use undertone::error::{Error, Result};

/// Smallest posterior whose logarithm is taken, so that one system cannot rule out a class for all.
const SMALLEST: f64 = 1e-6;

/// The systems' fusion: per clip the mean of their log posteriors, renormalised (a geometric mean; the product rule of Kittler
/// et al. 1998). Each system counts the same. Posteriors count as at least 10⁻⁶, but classes that no system gives anything
/// stay at 0. In the first system's order.
///
/// ```
/// use undertone_eval::predict::{fuse, read};
/// let file = |happy: f64| format!("clip,speaker,truth,posterior_happy,posterior_sad\na,s,sad,{happy},{}\n", 1.0 - happy);
/// let systems = [0.9, 0.2].map(|happy| read(file(happy).as_bytes()).unwrap());
/// // √(0.9·0.2) : √(0.1·0.8) = 3 : 2
/// assert!((fuse(&systems).unwrap()[0].posterior[2] - 0.6).abs() < 1e-9);
/// ```
///
/// # Errors
/// `Malformed` naming the first clip that a system lacks, has twice or labels otherwise; or where there is no system.
pub fn fuse(systems: &[Vec<Prediction>]) -> Result<Vec<Prediction>> {
    let Some((first, others)) = systems.split_first() else {
        return Err(Error::malformed("nothing to fuse: name two predictions files or more"));
    };
    let tables = others.iter().map(|rows| table(first, rows)).collect::<Result<Vec<_>>>()?;
    table(first, first)?;
    let fused = |row: &Prediction| {
        let mut said = vec![row.posterior];
        for table in &tables {
            said.push(table[&key(row)].posterior);
        }
        Prediction { posterior: together(&said), agreement: None, ..row.clone() }
    };
    Ok(first.iter().map(fused).collect())
}

/// The geometric mean of posteriors, summing to 1.
fn together(said: &[[f64; Emotion::ALL.len()]]) -> [f64; Emotion::ALL.len()] {
    let mut row = [0.0; Emotion::ALL.len()];
    for (class, value) in row.iter_mut().enumerate() {
        if said.iter().any(|posterior| posterior[class] > 0.0) {
            let sum: f64 = said.iter().map(|posterior| posterior[class].max(SMALLEST).ln()).sum();
            *value = (sum / said.len() as f64).exp();
        }
    }
    let sum: f64 = row.iter().sum();
    row.map(|p| p / sum)
}

/// Fold, draw, speaker and clip.
type Key<'a> = (&'a str, Option<u32>, &'a str, &'a str);

/// What names a row of a predictions file.
fn key(row: &Prediction) -> Key<'_> {
    (&row.fold, row.draw, &row.speaker, &row.clip)
}

/// A system's rows by clip: exactly those of `wanted`.
fn table<'a>(wanted: &[Prediction], rows: &'a [Prediction]) -> Result<BTreeMap<Key<'a>, &'a Prediction>> {
    let refuse = |row: &Prediction, why: &str| {
        let message =
            format!("clip '{}' of fold {} {why}: only the same clips can be fused", row.clip, row.fold);
        Err(Error::malformed(message))
    };
    let mut table = BTreeMap::new();
    for row in rows {
        if table.insert(key(row), row).is_some() {
            return refuse(row, "is there twice");
        }
    }
    for row in wanted {
        match table.get(&key(row)) {
            None => return refuse(row, "is in one file and not in another"),
            Some(other) if other.truth != row.truth => return refuse(row, "is labelled in two ways"),
            Some(_) => {}
        }
    }
    if table.len() > wanted.len() {
        let own: Vec<_> = wanted.iter().map(key).collect();
        if let Some(row) = rows.iter().find(|row| !own.contains(&key(row))) {
            return refuse(row, "is in one file and not in another");
        }
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn row(clip: &str, posterior: [f64; 3]) -> Prediction {
        let mut all = [0.0; 8];
        all[..3].copy_from_slice(&posterior);
        Prediction {
            protocol: "p".into(),
            fold: "1".into(),
            clip: clip.into(),
            draw: None,
            speaker: "s".into(),
            truth: Emotion::Neutral,
            posterior: all,
            agreement: None,
        }
    }

    #[test]
    fn a_system_that_is_sure_outweighs_one_that_is_not_whatever_the_order_of_rows() {
        let a = vec![row("x", [0.5, 0.4, 0.1]), row("y", [0.2, 0.2, 0.6])];
        let b = vec![row("y", [0.1, 0.1, 0.8]), row("x", [0.01, 0.98, 0.01])];
        let fused = fuse(&[a, b]).unwrap();
        assert_eq!((fused[0].clip.as_str(), fused[1].clip.as_str()), ("x", "y"));
        let roots = [0.5f64 * 0.01, 0.4 * 0.98, 0.1 * 0.01].map(f64::sqrt);
        for (got, root) in fused[0].posterior.iter().zip(roots) {
            assert!((got - root / roots.iter().sum::<f64>()).abs() < 1e-12, "{:?}", fused[0].posterior);
        }
        assert!(fused[1].posterior[2] > 0.7);
    }

    #[test]
    fn a_class_that_one_system_rules_out_can_still_win_and_one_that_none_knows_stays_at_zero() {
        let fused = fuse(&[vec![row("x", [0.0, 1.0, 0.0])], vec![row("x", [0.999_999, 1e-6, 0.0])]]).unwrap();
        assert!((fused[0].posterior[0] - 0.5).abs() < 1e-3, "{:?}", fused[0].posterior);
        assert_eq!(fused[0].posterior[2..], [0.0; 6]);
    }

    #[test]
    fn other_clips_and_other_labels_are_refused_by_name() {
        let one = |clip: &str| row(clip, [0.2, 0.3, 0.5]);
        let angry = Prediction { truth: Emotion::Angry, ..one("x") };
        for (other, word) in [
            (vec![one("y")], "'x' of fold 1 is in one file"),
            (vec![one("x"), one("z")], "'z' of fold 1 is in one file"),
            (vec![one("x"), one("x")], "'x' of fold 1 is there twice"),
            (vec![angry], "'x' of fold 1 is labelled in two ways"),
        ] {
            let error = fuse(&[vec![one("x")], other]).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
        assert!(fuse(&[]).is_err());
    }
}
