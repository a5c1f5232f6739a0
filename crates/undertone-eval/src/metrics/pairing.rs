//! Optimal one-to-one mapping between predicted and true speaker names.

/// Names compared exactly; where both sides have more, those with the least in common stay alone.
const MOST: usize = 12;

/// Pairs of row and column, each at most once, whose sum in `common` (`[row][column]`, ≥ 0) is largest.
///
/// Exact by dynamic programming over subsets of the shorter side (Bellman 1962; Held & Karp 1962): the best of the first *i* rows
/// is known for every set of columns used. Pairs with nothing in common are left out.
pub(super) fn pair(common: &[Vec<f64>]) -> Vec<(usize, usize)> {
    let width = common.first().map_or(0, Vec::len);
    if width > common.len() {
        let turned: Vec<Vec<f64>> =
            (0..width).map(|column| common.iter().map(|row| row[column]).collect()).collect();
        let mut pairs: Vec<(usize, usize)> =
            pair(&turned).into_iter().map(|(row, column)| (column, row)).collect();
        pairs.sort_unstable();
        return pairs;
    }
    let mut columns: Vec<usize> = (0..width).collect();
    let total = |column: usize| common.iter().map(|row| row[column]).sum::<f64>();
    columns.sort_by(|&a, &b| total(b).total_cmp(&total(a)));
    columns.truncate(MOST);
    let sets = 1usize << columns.len();
    let mut best = vec![f64::NEG_INFINITY; sets];
    best[0] = 0.0;
    // For every row and set of columns used so far: the column this row took.
    let mut taken: Vec<Vec<Option<usize>>> = Vec::with_capacity(common.len());
    for row in common {
        let (mut next, mut choice) = (best.clone(), vec![None; sets]);
        for (number, &column) in columns.iter().enumerate().filter(|(_, column)| row[**column] > 0.0) {
            let bit = 1 << number;
            for set in (0..sets).filter(|set| set & bit != 0) {
                let value = best[set ^ bit] + row[column];
                if value > next[set] {
                    (next[set], choice[set]) = (value, Some(number));
                }
            }
        }
        best = next;
        taken.push(choice);
    }
    let mut set = (0..sets).max_by(|&a, &b| best[a].total_cmp(&best[b]).then(b.cmp(&a))).unwrap_or(0);
    let mut pairs = Vec::new();
    for (row, choice) in taken.iter().enumerate().rev() {
        if let Some(number) = choice[set] {
            pairs.push((row, columns[number]));
            set ^= 1 << number;
        }
    }
    pairs.reverse();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};

    /// The best sum by trying everything.
    fn literal(common: &[Vec<f64>], used: &mut Vec<usize>) -> f64 {
        let Some((row, rest)) = common.split_first() else { return 0.0 };
        let mut best = literal(rest, used);
        for (column, &value) in row.iter().enumerate() {
            if !used.contains(&column) {
                used.push(column);
                best = best.max(value + literal(rest, used));
                used.pop();
            }
        }
        best
    }

    #[test]
    fn no_other_pairing_has_more_in_common() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        for (rows, columns) in [(0, 0), (1, 1), (2, 3), (4, 2), (5, 5), (3, 6)] {
            for _ in 0..20 {
                let value = |_| f64::from(rng.random_range(0..9u8));
                let flat: Vec<f64> = (0..rows * columns).map(value).collect();
                let common: Vec<Vec<f64>> = flat.chunks(columns.max(1)).map(<[f64]>::to_vec).collect();
                let pairs = pair(&common);
                let sum: f64 = pairs.iter().map(|&(row, column)| common[row][column]).sum();
                assert_eq!(sum, literal(&common, &mut Vec::new()), "{common:?} {pairs:?}");
                let mut used: Vec<usize> = pairs.iter().map(|pair| pair.1).collect();
                used.sort_unstable();
                used.dedup();
                assert!(used.len() == pairs.len() && pairs.windows(2).all(|two| two[0].0 < two[1].0));
            }
        }
    }

    #[test]
    fn the_greedy_choice_is_not_taken_where_it_costs_more() {
        assert_eq!(pair(&[vec![9.0, 8.0], vec![8.0, 0.0]]), [(0, 1), (1, 0)]);
        assert!(pair(&[vec![0.0]]).is_empty());
    }
}
