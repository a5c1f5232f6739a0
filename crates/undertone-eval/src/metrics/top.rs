//! The most probable classes of a posterior.

/// The most probable class; of equals the first.
pub fn best(row: &[f64]) -> usize {
    row.iter().enumerate().fold(0, |best, (class, p)| if *p > row[best] { class } else { best })
}

/// Share of clips whose truth is among the `k` most probable classes, 0…1; of equals the first count as more probable.
/// `k = 1` is WA. NaN where there are no rows.
///
/// ```
/// assert_eq!(undertone_eval::metrics::top_k(&[2, 2], &[vec![0.5, 0.2, 0.3], vec![0.5, 0.3, 0.2]], 2), 0.5);
/// ```
pub fn top_k(truth: &[usize], posteriors: &[Vec<f64>], k: usize) -> f64 {
    let among = |(&truth, row): (&usize, &Vec<f64>)| {
        let before = |(class, &p): (usize, &f64)| p > row[truth] || (p == row[truth] && class < truth);
        row.iter().enumerate().filter(|&entry| before(entry)).count() < k
    };
    truth.iter().zip(posteriors).filter(|&pair| among(pair)).count() as f64 / truth.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_truths_among_the_first_k_of_the_sorted_classes() {
        let rows: [Vec<f64>; 3] = [vec![0.1, 0.4, 0.3, 0.2], vec![0.25; 4], vec![0.0, 0.0, 1.0, 0.0]];
        for (k, truth) in [(1, [1, 0, 2]), (2, [2, 1, 0]), (3, [3, 2, 1]), (4, [0, 3, 3])] {
            for (row, &truth) in rows.iter().zip(&truth) {
                let mut sorted: Vec<usize> = (0..4).collect();
                sorted.sort_by(|&a, &b| row[b].total_cmp(&row[a]));
                assert_eq!(sorted[k - 1], truth);
                assert_eq!(top_k(&[truth], std::slice::from_ref(row), k), 1.0);
                assert_eq!(top_k(&[truth], std::slice::from_ref(row), k - 1), 0.0);
            }
        }
    }

    #[test]
    fn ties_go_to_the_first_and_no_rows_are_no_number() {
        assert_eq!(best(&[0.4, 0.4, 0.2]), 0);
        assert_eq!(best(&[0.2, 0.4, 0.4]), 1);
        assert!(top_k(&[], &[], 2).is_nan());
    }
}
