//! Selective prediction: errors when only the most confident clips are answered.

/// Points `(coverage, risk)` of the risk–coverage curve: of the clips answered with at least a given top posterior, their
/// share of all (0…1, rising to 1) and the share of wrong answers among them (0…1). Clips with the same top posterior enter
/// together. Empty where there are no rows.
///
/// El-Yaniv & Wiener, Journal of Machine Learning Research 11 (2010); Geifman & El-Yaniv, NeurIPS 2017.
pub fn risk_coverage(top: &[f64], right: &[bool]) -> Vec<(f64, f64)> {
    let mut order: Vec<(f64, bool)> = top.iter().copied().zip(right.iter().copied()).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut answered, mut wrong, mut points) = (0.0, 0.0, Vec::new());
    for together in order.chunk_by(|a, b| a.0 == b.0) {
        answered += together.len() as f64;
        wrong += together.iter().filter(|(_, right)| !right).count() as f64;
        points.push((answered / top.len() as f64, wrong / answered));
    }
    points
}

/// Area under [`risk_coverage`], 0…1: the mean over clips of the risk at which each is answered; lower is better. NaN where
/// there are no rows.
///
/// ```
/// let area = undertone_eval::metrics::area_under_risk(&[0.9, 0.6], &[true, false]);
/// assert_eq!(area, (0.0 + 0.5) / 2.0);
/// ```
pub fn area_under_risk(top: &[f64], right: &[bool]) -> f64 {
    let (mut area, mut before) = (if top.is_empty() { f64::NAN } else { 0.0 }, 0.0);
    for (coverage, risk) in risk_coverage(top, right) {
        area += (coverage - before) * risk;
        before = coverage;
    }
    area
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_point_counts_the_wrong_among_those_at_least_that_sure() {
        let (top, right) = ([0.9, 0.5, 0.7, 0.7, 0.3], [true, false, true, false, true]);
        for (coverage, risk) in risk_coverage(&top, &right) {
            let least = top.iter().copied().filter(|bar| {
                (top.iter().filter(|p| *p >= bar).count() as f64 / 5.0 - coverage).abs() < 1e-12
            });
            let bar = least.fold(f64::NAN, f64::min);
            let answered = top.iter().zip(&right).filter(|(p, _)| **p >= bar);
            let (all, wrong) = answered.fold((0.0, 0.0), |(all, wrong), (_, right)| {
                (all + 1.0, wrong + if *right { 0.0 } else { 1.0 })
            });
            assert!((risk - wrong / all).abs() < 1e-12);
        }
        assert_eq!(risk_coverage(&top, &right).len(), 4, "equal posteriors enter together");
    }

    #[test]
    fn mistakes_where_the_model_is_unsure_cost_less() {
        let top = [0.9, 0.8, 0.4, 0.3];
        let good = area_under_risk(&top, &[true, true, false, false]);
        let bad = area_under_risk(&top, &[false, false, true, true]);
        assert!(good < bad);
        assert_eq!(area_under_risk(&[0.5; 4], &[true, true, false, false]), 0.5);
        assert!(area_under_risk(&[], &[]).is_nan() && risk_coverage(&[], &[]).is_empty());
    }
}
