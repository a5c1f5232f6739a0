//! Thresholds of prediction sets for a model as it answers: fitted to corpora that it did not learn from.

use std::collections::BTreeMap;

use super::{COVERAGES, Sets, fit_threshold, sets_at};
use crate::predict::{Prediction, Scored};
use undertone::model::{Conditions, Metadata};

/// A corpus that a model did not learn from, scored among all of the model's classes ([`crate::predict::Competing::All`]).
#[derive(Clone, Debug)]
pub struct Unseen {
    /// Its name.
    pub corpus: String,
    /// Its clips under each condition that sets are for.
    pub scored: Vec<Scored>,
}

/// How the sets do on a corpus by thresholds that the other corpora gave.
#[derive(Clone, Debug, PartialEq)]
pub struct UnseenSets {
    /// The corpus.
    pub corpus: String,
    /// Which of its [`Unseen::scored`].
    pub scored: usize,
    /// In the order of [`COVERAGES`].
    pub met: [Sets; COVERAGES.len()],
}

/// Thresholds in the order of [`COVERAGES`].
type Thresholds = Conditions<[f64; COVERAGES.len()]>;

/// The thresholds that suit some corpora, by the names that coverages have in a model file: each corpus counts the same, in it each
/// speaker. An answer counts for the condition that its adaptation is nearer to.
pub fn fit_sets(corpora: &[Unseen]) -> Conditions<BTreeMap<String, f32>> {
    let fitted = fit(&corpora.iter().collect::<Vec<_>>());
    let named = |thresholds: [f64; COVERAGES.len()]| {
        let names = COVERAGES.map(|coverage| Metadata::coverage_key(coverage as f32));
        names.into_iter().zip(thresholds.map(|threshold| threshold as f32)).collect()
    };
    Conditions { unadapted: named(fitted.unadapted), adapted: named(fitted.adapted) }
}

/// Each corpus by the thresholds of all others.
pub fn unseen_sets(corpora: &[Unseen]) -> Vec<UnseenSets> {
    let mut found = Vec::new();
    for (at, own) in corpora.iter().enumerate() {
        let others: Vec<&Unseen> =
            corpora.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, other)| other).collect();
        let fitted = fit(&others);
        for (scored, Scored { predictions, weights }) in own.scored.iter().enumerate() {
            let truth: Vec<usize> = predictions.iter().map(|row| row.truth as usize).collect();
            let posteriors: Vec<Vec<f64>> = predictions.iter().map(|row| row.posterior.to_vec()).collect();
            let met = std::array::from_fn(|coverage| {
                let of = |&weight: &f32| fitted.nearer(weight)[coverage];
                sets_at(&truth, &posteriors, &weights.iter().map(of).collect::<Vec<_>>())
            });
            found.push(UnseenSets { corpus: own.corpus.clone(), scored, met });
        }
    }
    found
}

fn fit(corpora: &[&Unseen]) -> Thresholds {
    let sides = Conditions { unadapted: false, adapted: true };
    let of = |adapted: bool| {
        let (mut right, mut weights) = (Vec::new(), Vec::new());
        for corpus in corpora {
            let rows: Vec<&Prediction> = corpus
                .scored
                .iter()
                .flat_map(|scored| scored.predictions.iter().zip(&scored.weights))
                .filter(|(_, weight)| *sides.nearer(**weight) == adapted)
                .map(|(row, _)| row)
                .collect();
            let mut clips = BTreeMap::<&str, f64>::new();
            rows.iter().for_each(|row| *clips.entry(&row.speaker).or_default() += 1.0);
            for row in &rows {
                right.push(row.posterior[row.truth as usize]);
                weights.push(1.0 / (clips[&*row.speaker] * clips.len() as f64));
            }
        }
        COVERAGES.map(|coverage| fit_threshold(&right, &weights, coverage))
    };
    Conditions { unadapted: of(false), adapted: of(true) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone::emotion::Emotion;

    /// Of one speaker: so many clips whose truth has that probability, the rest of it on another class, at a weight.
    fn scored(speaker: &str, clips: usize, right: f64, weight: f32) -> Scored {
        let row = |i: usize| {
            let mut posterior = [0.0; 8];
            (posterior[Emotion::Happy as usize], posterior[Emotion::Sad as usize]) = (right, 1.0 - right);
            Prediction {
                protocol: String::new(),
                fold: "1".into(),
                clip: format!("{i}"),
                draw: None,
                speaker: speaker.into(),
                truth: Emotion::Happy,
                posterior,
                agreement: None,
            }
        };
        Scored { predictions: (0..clips).map(row).collect(), weights: vec![weight; clips] }
    }

    fn unseen(corpus: &str, scored: Vec<Scored>) -> Unseen {
        Unseen { corpus: corpus.into(), scored }
    }

    #[test]
    fn a_corpus_counts_as_much_as_another_however_many_clips_it_has_and_answers_by_their_weight() {
        // 30 of 33 clips have a score of 0.9; the other corpus, a third of the weight, 0.2 alone.
        let corpora = [
            unseen("a", vec![scored("a", 30, 0.1, 0.0)]),
            unseen("b", vec![scored("b", 2, 0.8, 0.4), scored("b", 50, 0.3, 0.9)]),
            unseen("c", vec![scored("c", 1, 0.8, 0.0)]),
        ];
        let fitted = fit_sets(&corpora);
        assert!((fitted.unadapted["0.80"] - 0.9).abs() < 1e-6, "{fitted:?}");
        assert!((fitted.adapted["0.80"] - 0.7).abs() < 1e-6, "{fitted:?}");
        // With a corpus of two thirds less weight the quantile is the others'.
        let others = [corpora[1].clone(), corpora[2].clone()];
        assert!((fit_sets(&others).unadapted["0.80"] - 1.0).abs() < 1e-6, "three clips are too few for 80 %");
    }

    #[test]
    fn a_corpus_is_judged_by_the_others_alone() {
        let corpora = [
            unseen("sure", vec![scored("a", 40, 0.9, 0.0)]),
            unseen("unsure", vec![scored("b", 40, 0.2, 0.0)]),
        ];
        let found = unseen_sets(&corpora);
        let shown: Vec<(&str, f64, f64)> =
            found.iter().map(|one| (one.corpus.as_str(), one.met[1].coverage, one.met[1].size)).collect();
        // By a threshold of 0.8 both classes at 0.9 and … 0.1 are not in; by one of 0.1 the truth at 0.2 is not.
        assert_eq!(shown, [("sure", 1.0, 1.0), ("unsure", 0.0, 1.0)]);
    }
}
