//! Unweighted average recall (UAR) and weighted accuracy (WA).

/// Unweighted average recall: the mean over the classes that occur in `truth` of the share of their clips predicted right.
///
/// `UAR = 1/|C| · Σ_c n(truth = c, predicted = c) / n(truth = c)`, 0…1; also called balanced accuracy or UA. Classes that
/// never occur in `truth` do not count, whatever is predicted. NaN where `truth` is empty.
///
/// ```
/// let truth = [0, 0, 0, 1];
/// assert_eq!(undertone_eval::metrics::uar(&truth, &[0, 0, 1, 1]), (2.0 / 3.0 + 1.0) / 2.0);
/// ```
pub fn uar(truth: &[usize], predicted: &[usize]) -> f64 {
    let classes: std::collections::BTreeSet<usize> = truth.iter().copied().collect();
    let recall = |class: usize| {
        let of_class = truth.iter().zip(predicted).filter(|(truth, _)| **truth == class);
        let (right, all) =
            of_class.fold((0, 0), |(right, all), (t, p)| (right + usize::from(t == p), all + 1));
        f64::from(u32::try_from(right).unwrap_or(u32::MAX)) / f64::from(all)
    };
    classes.iter().map(|&class| recall(class)).sum::<f64>() / classes.len() as f64
}

/// Weighted accuracy: the share of clips predicted right, 0…1. NaN where `truth` is empty.
pub fn wa(truth: &[usize], predicted: &[usize]) -> f64 {
    let right = truth.iter().zip(predicted).filter(|(truth, predicted)| truth == predicted).count();
    right as f64 / truth.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_class_weighs_no_more_than_a_small_one() {
        let (truth, predicted) = ([0, 0, 0, 0, 1], [0, 0, 0, 0, 0]);
        assert_eq!(uar(&truth, &predicted), 0.5);
        assert_eq!(wa(&truth, &predicted), 0.8);
    }

    #[test]
    fn a_class_that_never_occurs_does_not_count_and_nothing_gives_no_number() {
        assert_eq!(uar(&[2, 2], &[2, 7]), 0.5);
        assert!(uar(&[], &[]).is_nan() && wa(&[], &[]).is_nan());
    }
}
