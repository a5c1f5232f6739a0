//! How many speakers there are, by how alike their mean vectors are.
//!
//! Clustering takes the recording's mean out, so that two halves of anything point apart: those of one speaker whose emotions differ
//! nearly as far as two speakers. The mean vectors themselves tell more: they are relative to the speakers that the projection was learned
//! from, so one speaker's halves both point where that speaker lies. A telephone moves every vector the same way, which would
//! make all its speakers alike; that direction is left out. The limits were chosen on recordings composed of labelled clips
//! (`docs/decisions/0009-who-speaks.md`).

use super::cluster::{Item, sums};

/// Two speakers' mean vectors are less alike than this (cosine), and by `CHANCE / seconds` less in little speech.
const LIMIT: f64 = 0.45;
const CHANCE: f64 = 2.4;
/// For a third speaker and every further one, the cosine of the two most alike, plus [`MERGED`] times the similarity at which clustering
/// would merge two of them, is below this.
const FURTHER: f64 = 0.2;
const MERGED: f64 = 3.9;
/// Where a number is asked for, two speakers more alike than this are one.
const SAME: f64 = 0.75;
/// Where a telephone line moves vectors, a direction of the embedded projection: the mean difference of 1,000 clips over a telephone from the
/// same clips in the full band.
const TELEPHONE: [f64; 48] = [
    0.058, 0.045, 0.072, 0.062, 0.210, 0.219, 0.189, -0.107, -0.006, -0.189, -0.173, 0.264, 0.074, 0.212,
    -0.042, 0.028, -0.010, 0.122, 0.157, -0.133, -0.177, -0.041, 0.145, -0.180, -0.012, 0.077, 0.275, 0.162,
    -0.050, -0.141, 0.123, 0.145, 0.189, 0.179, 0.046, -0.074, 0.330, 0.100, -0.084, 0.129, 0.178, 0.069,
    0.218, -0.106, 0.041, 0.139, -0.038, -0.105,
];

/// Whether clusters are as many speakers; `merged` is the similarity at which two of them would be merged next.
pub(super) fn apart(items: &[Item], labels: &[usize], merged: f64) -> bool {
    let (alike, count) = most_alike(items, labels);
    let seconds = items.iter().map(Item::seconds).sum::<f64>().max(f64::MIN_POSITIVE);
    match count {
        0 | 1 => true,
        2 => alike < LIMIT - CHANCE / seconds,
        _ => alike + MERGED * merged < FURTHER,
    }
}

/// Whether two clusters are so alike that they are one speaker's, whatever was asked for.
pub(super) fn same(items: &[Item], labels: &[usize]) -> bool {
    most_alike(items, labels).0 > SAME
}

/// The cosine of the two most alike mean vectors (−1 where there are none), and how many there are.
fn most_alike(items: &[Item], labels: &[usize]) -> (f64, usize) {
    let mut means = sums(items, labels, |item| &item.vector);
    let count = means.len();
    for mean in means.iter_mut().filter(|mean| mean.len() == TELEPHONE.len()) {
        let along = product(mean, &TELEPHONE);
        mean.iter_mut().zip(&TELEPHONE).for_each(|(x, line)| *x -= along * line);
    }
    let cosine =
        |a: &[f64], b: &[f64]| product(a, b) / (product(a, a) * product(b, b)).sqrt().max(f64::MIN_POSITIVE);
    let pairs = (0..count).flat_map(|a| (0..a).map(move |b| (a, b)));
    let alike = pairs.map(|(a, b)| cosine(&means[a], &means[b])).fold(-1.0, f64::max);
    (alike, count)
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Seconds, Segment};

    /// Ten windows of a second each, at these vectors in turn.
    fn items(vectors: &[Vec<f64>]) -> (Vec<Item>, Vec<usize>) {
        let item = |i: usize| Item {
            own: Segment { start: Seconds(i as f64), end: Seconds(i as f64 + 1.0) },
            after_pause: false,
            direction: Vec::new(),
            vector: vectors[i % vectors.len()].clone(),
        };
        ((0..10).map(item).collect(), (0..10).map(|i| i % vectors.len()).collect())
    }

    #[test]
    fn vectors_that_point_the_same_way_are_one_speaker() {
        let (one, labels) = items(&[vec![3.0, 1.0], vec![3.0, -1.0]]);
        assert!(!apart(&one, &labels, -0.3) && same(&one, &labels));
        let (two, labels) = items(&[vec![3.0, 1.0], vec![-1.0, 3.0]]);
        assert!(apart(&two, &labels, -0.3) && !same(&two, &labels));
        let (three, labels) = items(&[vec![3.0, 1.0], vec![-3.0, 1.0], vec![0.1, -3.0]]);
        assert!(apart(&three, &labels, -0.1) && !apart(&three, &labels, 0.3));
    }

    #[test]
    fn what_a_telephone_adds_to_every_vector_makes_none_alike() {
        let voice = |at: usize| {
            let mut vector = TELEPHONE.map(|x| 9.0 * x).to_vec();
            vector[at] += 4.0;
            vector
        };
        let (two, labels) = items(&[voice(3), voice(40)]);
        assert!(apart(&two, &labels, -0.3));
        let line = product(&TELEPHONE, &TELEPHONE);
        assert!((line - 1.0).abs() < 0.01, "{line}");
    }
}
