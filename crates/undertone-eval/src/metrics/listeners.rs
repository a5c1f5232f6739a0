//! Agreement with listeners' votes, beside the actor's intention.

use serde::{Deserialize, Serialize};

use super::{best, divergence, entropy, spearman, uar, wa};

/// How posteriors agree with listeners' votes, both as shares over the classes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listeners {
    /// Clips with votes.
    pub clips: usize,
    /// Clips on which one emotion has more votes than any other; `uar` and `wa` are over these.
    pub clear: usize,
    /// Unweighted average recall of the listeners' majority, 0…1.
    pub uar: f64,
    /// Share of those clips predicted as the majority's emotion.
    pub wa: f64,
    /// Mean Kullback–Leibler divergence of the posteriors from the votes, in nats.
    pub divergence: f64,
    /// Macro-F1 by EMO-SUPERB's rule (Wu et al. 2024): an emotion is present where its share is above 1/C, in the votes and in the posterior;
    /// the mean F1 over the emotions present in either.
    pub macro_f1: f64,
    /// Spearman correlation of the posteriors' entropy with the votes'.
    pub entropy: f64,
    /// Spearman correlation of 1 − the agreement the model expects with the votes' entropy, where it expects any.
    pub agreement: Option<f64>,
}

/// Compares votes and posteriors row by row, over the classes that get any of either, and the votes with the agreement that was
/// expected. None where there are no rows.
pub fn listeners(
    votes: &[Vec<f64>],
    posteriors: &[Vec<f64>],
    agreement: Option<&[f64]>,
) -> Option<Listeners> {
    let classes: Vec<usize> = (0..votes.first()?.len())
        .filter(|&class| votes.iter().chain(posteriors).any(|row| row[class] > 0.0))
        .collect();
    let clear: Vec<usize> = (0..votes.len()).filter(|&row| is_clear(&votes[row])).collect();
    let majority: Vec<usize> = clear.iter().map(|&row| best(&votes[row])).collect();
    let predicted: Vec<usize> = clear.iter().map(|&row| best(&posteriors[row])).collect();
    let entropies = |rows: &[Vec<f64>]| rows.iter().map(|row| entropy(row)).collect::<Vec<f64>>();
    let torn = entropies(votes);
    Some(Listeners {
        clips: votes.len(),
        clear: clear.len(),
        uar: uar(&majority, &predicted),
        wa: wa(&majority, &predicted),
        divergence: divergence(votes, posteriors),
        macro_f1: several(votes, posteriors, &classes),
        entropy: spearman(&torn, &entropies(posteriors)),
        agreement: agreement
            .map(|expected| spearman(&torn, &expected.iter().map(|share| 1.0 - share).collect::<Vec<f64>>())),
    })
}

/// Whether one class has more votes than any other.
fn is_clear(votes: &[f64]) -> bool {
    let most = votes[best(votes)];
    votes.iter().filter(|&&share| share > most - 1e-9).count() == 1
}

/// The mean over classes, but those above 1/C nowhere, of the F1 of being above 1/C.
fn several(votes: &[Vec<f64>], posteriors: &[Vec<f64>], classes: &[usize]) -> f64 {
    let bar = 1.0 / classes.len() as f64;
    let f1 = |&class: &usize| {
        let present = |rows: &[Vec<f64>]| rows.iter().map(|row| usize::from(row[class] > bar)).collect();
        let (truth, predicted): (Vec<usize>, Vec<usize>) = (present(votes), present(posteriors));
        let both = truth.iter().zip(&predicted).filter(|(a, b)| **a == 1 && **b == 1).count() as f64;
        let either = (truth.iter().sum::<usize>() + predicted.iter().sum::<usize>()) as f64;
        (either > 0.0).then_some(2.0 * both / either)
    };
    let found: Vec<f64> = classes.iter().filter_map(f1).collect();
    found.iter().sum::<f64>() / found.len() as f64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn agreement_is_that_worked_out_by_hand() {
        let votes = [vec![0.8, 0.2, 0.0], vec![0.5, 0.5, 0.0], vec![0.1, 0.9, 0.0]];
        let posteriors = [vec![0.7, 0.3, 0.0], vec![0.4, 0.6, 0.0], vec![0.6, 0.4, 0.0]];
        let found = listeners(&votes, &posteriors, None).unwrap();
        // The second row is a tie; of the other two the first is right.
        assert_eq!((found.clips, found.clear, found.wa, found.uar), (3, 2, 0.5, 0.5));
        // Above 1/2: votes (1,0,0) for the first class and (0,0,1) for the second; posteriors (1,0,1) and (0,1,0).
        assert!((found.macro_f1 - (2.0 / 3.0 + 0.0) / 2.0).abs() < 1e-12);
        let kl = |v: &[f64], p: &[f64]| {
            v.iter().zip(p).map(|(v, p)| if *v > 0.0 { v * (v / p).ln() } else { 0.0 }).sum::<f64>()
        };
        let mean = votes.iter().zip(&posteriors).map(|(v, p)| kl(v, p)).sum::<f64>() / 3.0;
        assert!((found.divergence - mean).abs() < 1e-9);
        assert!(listeners(&[], &[], None).is_none());
    }

    #[test]
    fn posteriors_as_torn_as_the_listeners_correlate_with_them() {
        let rows = [vec![0.9, 0.1], vec![0.6, 0.4], vec![0.8, 0.2]];
        let found = listeners(&rows, &rows, Some(&[0.9, 0.6, 0.7])).unwrap();
        assert!(
            (found.entropy - 1.0).abs() < 1e-12 && found.divergence.abs() < 1e-12 && found.macro_f1 == 1.0
        );
        assert!((found.agreement.unwrap() - 1.0).abs() < 1e-12);
    }
}
