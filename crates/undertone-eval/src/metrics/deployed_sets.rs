//! Thresholds of prediction sets for a model as it answers: fitted to corpora that it did not learn from.

use std::collections::BTreeMap;

use super::{COVERAGES, Sets, fit_threshold, sets_at};
use crate::predict::Scored;
use undertone::model::{Conditions, Metadata};

/// A corpus that a model did not learn from, scored among all of the model's classes ([`crate::predict::Competing::All`]).
#[derive(Clone, Debug)]
pub struct Unseen {
    /// Its name.
    pub corpus: String,
    /// Its clips, each alone, and with all clips of their speaker.
    pub scored: Conditions<Scored>,
}

/// How the sets do on a corpus by thresholds that the other corpora gave.
#[derive(Clone, Debug, PartialEq)]
pub struct UnseenSets {
    /// The corpus.
    pub corpus: String,
    /// For each condition, in the order of [`COVERAGES`].
    pub met: Conditions<[Sets; COVERAGES.len()]>,
}

/// Thresholds in the order of [`COVERAGES`].
type Thresholds = Conditions<[f64; COVERAGES.len()]>;

/// The thresholds that suit some corpora, by the names that coverages have in a model file: each corpus counts the same, in it each
/// speaker. An answer counts for the condition that it was scored under, whatever the weight of its adaptation: an analysis
/// leaves a steady recording unadapted, but its prior has learned from all of it.
pub fn fit_sets(corpora: &[Unseen]) -> Conditions<BTreeMap<String, f32>> {
    let fitted = fit(&corpora.iter().collect::<Vec<_>>());
    let named = |thresholds: [f64; COVERAGES.len()]| {
        let names = COVERAGES.map(|coverage| Metadata::coverage_key(coverage as f32));
        names.into_iter().zip(thresholds.map(|threshold| threshold as f32)).collect()
    };
    Conditions { unadapted: named(fitted.unadapted), adapted: named(fitted.adapted) }
}

/// Each corpus by the thresholds of all others, which an answer gets by the weight of its adaptation, as in an analysis.
pub fn unseen_sets(corpora: &[Unseen]) -> Vec<UnseenSets> {
    let judged = |(at, own): (usize, &Unseen)| {
        let others: Vec<&Unseen> =
            corpora.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, other)| other).collect();
        let fitted = fit(&others);
        let met = |Scored { predictions, weights }: &Scored| {
            let truth: Vec<usize> = predictions.iter().map(|row| row.truth as usize).collect();
            let posteriors: Vec<Vec<f64>> = predictions.iter().map(|row| row.posterior.to_vec()).collect();
            std::array::from_fn(|coverage| {
                let of = |&weight: &f32| fitted.nearer(weight)[coverage];
                sets_at(&truth, &posteriors, &weights.iter().map(of).collect::<Vec<_>>())
            })
        };
        let met = Conditions { unadapted: met(&own.scored.unadapted), adapted: met(&own.scored.adapted) };
        UnseenSets { corpus: own.corpus.clone(), met }
    };
    corpora.iter().enumerate().map(judged).collect()
}

fn fit(corpora: &[&Unseen]) -> Thresholds {
    let of = |condition: fn(&Conditions<Scored>) -> &Scored| {
        let (mut right, mut weights) = (Vec::new(), Vec::new());
        for corpus in corpora {
            let rows = &condition(&corpus.scored).predictions;
            let mut clips = BTreeMap::<&str, f64>::new();
            rows.iter().for_each(|row| *clips.entry(&row.speaker).or_default() += 1.0);
            for row in rows {
                right.push(row.posterior[row.truth as usize]);
                weights.push(1.0 / (clips[&*row.speaker] * clips.len() as f64));
            }
        }
        COVERAGES.map(|coverage| fit_threshold(&right, &weights, coverage))
    };
    Conditions { unadapted: of(|scored| &scored.unadapted), adapted: of(|scored| &scored.adapted) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::Prediction;
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

    fn unseen(corpus: &str, unadapted: Scored, adapted: Scored) -> Unseen {
        Unseen { corpus: corpus.into(), scored: Conditions { unadapted, adapted } }
    }

    #[test]
    fn a_corpus_counts_as_much_as_another_however_many_clips_it_has_and_answers_by_their_condition() {
        // Of three corpora one has a score of 0.9, however many clips; the others 0.2.
        let corpora = [
            unseen("a", scored("a", 30, 0.1, 0.0), scored("a", 30, 0.3, 0.9)),
            unseen("b", scored("b", 2, 0.8, 0.0), scored("b", 30, 0.3, 0.2)),
            unseen("c", scored("c", 1, 0.8, 0.0), scored("c", 30, 0.3, 0.9)),
        ];
        let fitted = fit_sets(&corpora);
        assert!((fitted.unadapted["0.80"] - 0.9).abs() < 1e-6, "{fitted:?}");
        assert!((fitted.adapted["0.80"] - 0.7).abs() < 1e-6, "whatever the weight: {fitted:?}");
        let others = [corpora[1].clone(), corpora[2].clone()];
        assert!((fit_sets(&others).unadapted["0.80"] - 1.0).abs() < 1e-6, "three clips are too few for 80 %");
    }

    #[test]
    fn a_corpus_is_judged_by_the_others_alone() {
        let corpora = [
            unseen("sure", scored("a", 40, 0.9, 0.0), scored("a", 40, 0.9, 0.9)),
            unseen("unsure", scored("b", 40, 0.2, 0.0), scored("b", 40, 0.2, 0.1)),
        ];
        let found = unseen_sets(&corpora);
        let at = |at: usize, sets: &Sets| (found[at].corpus.clone(), sets.coverage, sets.size);
        // By a threshold of 0.8 the class at 0.9 is in and that at 0.1 is not; by one of 0.1 the truth at 0.2 is not.
        assert_eq!(at(0, &found[0].met.unadapted[1]), ("sure".into(), 1.0, 1.0));
        assert_eq!(at(1, &found[1].met.adapted[1]), ("unsure".into(), 0.0, 1.0));
    }
}
