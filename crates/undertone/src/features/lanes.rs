//! Sums in eight lanes: plain sums of floats run one after the other, as nobody but us may change their order.

/// Values summed side by side.
const LANES: usize = 8;

/// `Σ f(x)` over values.
pub(super) fn sum(values: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    sum_of_pairs(values, values, |x, _| f(x))
}

/// `Σ f(x, y)` over pairs; what one slice has more does not count.
pub(super) fn sum_of_pairs(a: &[f32], b: &[f32], f: impl Fn(f32, f32) -> f32) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for (lane, (&x, &y)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += f(x, y);
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(&x, &y)| f(x, y)).sum();
    lanes.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_counts_once_whatever_their_number() {
        for n in [0usize, 1, 7, 8, 9, 64, 67] {
            let values: Vec<f32> = (1..=n).map(|i| i as f32).collect();
            assert_eq!(sum(&values, |x| 2.0 * x), (n * (n + 1)) as f32, "{n}");
            assert_eq!(sum_of_pairs(&values, &values, |x, y| x - y + 1.0), n as f32, "{n}");
        }
    }
}
