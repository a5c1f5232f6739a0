//! Diarization error rate: share of the speech attributed to the wrong speaker, under the best mapping of names.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::pairing::pair;
use super::stretch::{Piece, Stretch, pieces};

/// Seconds of each kind of mistake, and the seconds of speech they are divided by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Der {
    /// Speech of a speaker for whom nobody is named.
    pub missed: f64,
    /// Somebody is named beyond those who speak.
    pub false_alarm: f64,
    /// Another is named than who speaks.
    pub confusion: f64,
    /// Speech in truth, of two speakers at once twice.
    pub speech: f64,
}

impl Der {
    /// `(missed + false alarm + confusion) / speech`: 0 is perfect, above 1 is possible; NaN where there is no speech.
    pub fn rate(&self) -> f64 {
        match self.speech > 0.0 {
            true => (self.missed + self.false_alarm + self.confusion) / self.speech,
            false => f64::NAN,
        }
    }
}

impl std::ops::AddAssign for Der {
    fn add_assign(&mut self, other: Der) {
        self.missed += other.missed;
        self.false_alarm += other.false_alarm;
        self.confusion += other.confusion;
        self.speech += other.speech;
    }
}

/// The mistakes in one recording (NIST, rich transcription 2009 evaluation plan).
///
/// At a moment with *n* true and *m* named speakers of whom *k* belong together: `missed = max(n − m, 0)`,
/// `false alarm = max(m − n, 0)`, `confusion = min(n, m) − k`; overlapping speech counts. Who belongs together is decided once a
/// recording: the one-to-one mapping with the most time in common. Within `collar` seconds (≥ 0; NIST: 0.25) of a start or
/// end in truth nothing counts.
pub fn der<'a>(truth: &[Stretch<&'a str>], predicted: &[Stretch<&'a str>], collar: f64) -> Der {
    let mut bounds: Vec<f64> = truth.iter().flat_map(|stretch| [stretch.start, stretch.end]).collect();
    bounds.sort_by(f64::total_cmp);
    let cuts: Vec<f64> = bounds.iter().flat_map(|at| [at - collar, at + collar]).collect();
    let counts = |piece: &Piece<&str>| {
        let middle = (piece.start + piece.end) / 2.0;
        let next = bounds.partition_point(|at| *at < middle);
        let near = |at: Option<&f64>| at.is_some_and(|at| (at - middle).abs() < collar);
        !near(bounds.get(next)) && !near(next.checked_sub(1).and_then(|last| bounds.get(last)))
    };
    let pieces: Vec<(f64, BTreeSet<&str>, BTreeSet<&str>)> = pieces(truth, predicted, &cuts)
        .into_iter()
        .filter(counts)
        .map(|piece| {
            let seconds = piece.seconds();
            (seconds, piece.truth.into_iter().collect(), piece.predicted.into_iter().collect())
        })
        .collect();
    let together = together(&pieces);
    let mut sum = Der::default();
    for (seconds, there, named) in &pieces {
        let right = there.iter().filter(|who| together.get(*who).is_some_and(|name| named.contains(name)));
        let (n, m, right) = (there.len(), named.len(), right.count());
        sum.missed += n.saturating_sub(m) as f64 * seconds;
        sum.false_alarm += m.saturating_sub(n) as f64 * seconds;
        sum.confusion += (n.min(m) - right) as f64 * seconds;
        sum.speech += n as f64 * seconds;
    }
    sum
}

/// Which name stands for which speaker.
fn together<'a>(pieces: &[(f64, BTreeSet<&'a str>, BTreeSet<&'a str>)]) -> BTreeMap<&'a str, &'a str> {
    let speakers: BTreeSet<&str> = pieces.iter().flat_map(|(_, there, _)| there).copied().collect();
    let names: BTreeSet<&str> = pieces.iter().flat_map(|(_, _, named)| named).copied().collect();
    let [speakers, names] = [speakers, names].map(Vec::from_iter);
    let mut common = vec![vec![0.0; names.len()]; speakers.len()];
    for (seconds, there, named) in pieces {
        for (row, _) in speakers.iter().enumerate().filter(|(_, who)| there.contains(*who)) {
            for (column, _) in names.iter().enumerate().filter(|(_, name)| named.contains(*name)) {
                common[row][column] += seconds;
            }
        }
    }
    pair(&common).into_iter().map(|(row, column)| (speakers[row], names[column])).collect()
}

#[cfg(test)]
mod tests {
    use super::super::stretch::tests::stretches;
    use super::*;

    #[test]
    fn every_moment_counts_as_the_definition_says_under_the_best_mapping() {
        let truth = stretches(&[(0.0, 4.0, "ann"), (3.0, 6.0, "bob"), (8.0, 9.0, "ann")]);
        let predicted = stretches(&[(0.5, 3.5, "1"), (3.5, 6.5, "2"), (8.0, 9.0, "2")]);
        let got = der(&truth, &predicted, 0.0);
        // ann = 1, bob = 2: 0–0.5 missed; 3–4 one of two missed; 6–6.5 false alarm; 8–9 confused.
        assert_eq!(got, Der { missed: 1.5, false_alarm: 0.5, confusion: 1.0, speech: 8.0 });
        assert_eq!(got.rate(), 3.0 / 8.0);
        // The same on moments a hundredth of a second apart, under both mappings.
        let at = |all: &[Stretch<&'static str>], t: f64| -> Vec<&'static str> {
            all.iter().filter(|one| one.start <= t && t < one.end).map(|one| one.what).collect()
        };
        let under = |ann: &str, bob: &str| -> f64 {
            let moments = (0..1000).map(|i| (f64::from(i) + 0.5) / 100.0);
            let wrong = moments.map(|t| {
                let (there, named) = (at(&truth, t), at(&predicted, t));
                let right = there
                    .iter()
                    .filter(|who| named.contains(&if **who == "ann" { ann } else { bob }))
                    .count();
                there.len().max(named.len()) - right
            });
            wrong.sum::<usize>() as f64 / 100.0 / 8.0
        };
        let best = under("1", "2").min(under("2", "1"));
        assert!((got.rate() - best).abs() < 1e-9, "{} {best}", got.rate());
    }

    #[test]
    fn names_do_not_matter_and_a_collar_forgives_what_lies_near_a_boundary() {
        let truth = stretches(&[(1.0, 3.0, "a"), (3.0, 5.0, "b")]);
        let late = stretches(&[(1.2, 3.2, "b"), (3.2, 5.2, "a")]);
        let strict = der(&truth, &late, 0.0);
        assert!((strict.rate() - 0.6 / 4.0).abs() < 1e-9, "{strict:?}");
        let forgiven = der(&truth, &late, 0.25);
        assert!((forgiven.rate(), forgiven.speech) == (0.0, 3.0), "{forgiven:?}");
    }

    #[test]
    fn too_many_names_are_confusion_and_nobody_speaking_gives_no_number() {
        let truth = stretches(&[(0.0, 4.0, "a")]);
        let split = stretches(&[(0.0, 3.0, "x"), (3.0, 4.0, "y")]);
        assert_eq!(der(&truth, &split, 0.0).rate(), 0.25);
        assert_eq!(der(&truth, &[], 0.0).rate(), 1.0);
        assert!(der(&[], &split, 0.0).rate().is_nan());
        assert_eq!(der(&[], &split, 0.0).false_alarm, 4.0);
    }
}
