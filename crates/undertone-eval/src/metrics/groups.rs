//! A figure for each group of clips, and the gap between the best and the worst.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A group's figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// What its clips share: `female`, `strong`, …
    pub name: String,
    /// How many they are.
    pub clips: usize,
    /// The figure over them.
    pub value: f64,
}

/// A figure for each group, sorted by name; rows without a group are left out. `metric` takes row numbers.
pub fn groups(of: &[Option<&str>], metric: impl Fn(&[usize]) -> f64) -> Vec<Group> {
    let mut rows = BTreeMap::<&str, Vec<usize>>::new();
    for (row, name) in of.iter().enumerate() {
        if let Some(name) = name {
            rows.entry(name).or_default().push(row);
        }
    }
    rows.into_iter()
        .map(|(name, rows)| Group { name: name.to_string(), clips: rows.len(), value: metric(&rows) })
        .collect()
}

/// The largest difference between two groups' figures, ≥ 0. NaN where fewer than two have one.
pub fn gap(groups: &[Group]) -> f64 {
    let values: Vec<f64> = groups.iter().map(|group| group.value).filter(|value| !value.is_nan()).collect();
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    if values.len() < 2 { f64::NAN } else { most - least }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_group_are_measured_together_and_the_gap_is_between_extremes() {
        let values = [1.0, 0.0, 1.0, 0.5, 0.25];
        let mean = |rows: &[usize]| rows.iter().map(|&row| values[row]).sum::<f64>() / rows.len() as f64;
        let found = groups(&[Some("b"), Some("a"), Some("b"), None, Some("c")], mean);
        let expected = [("a", 1, 0.0), ("b", 2, 1.0), ("c", 1, 0.25)].map(|(name, clips, value)| Group {
            name: name.to_string(),
            clips,
            value,
        });
        assert_eq!(found, expected);
        assert_eq!(gap(&found), 1.0);
        assert!(gap(&found[..1]).is_nan() && gap(&[]).is_nan());
    }
}
