//! Row-major slices as matrices, for products of one thread each.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

/// A minibatch's items are dealt to at most so many groups, whose sums are added in order: the result does not depend on how
/// many threads there are.
const GROUPS: usize = 16;

/// Items in one group.
pub(crate) fn group_size(items: usize) -> usize {
    items.div_ceil(GROUPS).max(1)
}

/// A slice as a matrix of so many rows and columns.
pub(crate) fn rows(slice: &[f32], rows: usize, columns: usize) -> MatRef<'_, f32> {
    MatRef::from_row_major_slice(slice, rows, columns)
}

/// `left · right` into `out`, or added to it.
pub(crate) fn product(out: &mut [f32], accum: Accum, left: MatRef<f32>, right: MatRef<f32>) {
    let out = MatMut::from_row_major_slice_mut(out, left.nrows(), right.ncols());
    matmul(out, accum, left, right, 1.0, Par::Seq);
}

/// The sum of parts of equal size, added in their order.
pub(crate) fn sum(parts: &[impl AsRef<[f32]> + Sync], size: usize) -> Vec<f32> {
    const CHUNK: usize = 1 << 12;
    let mut total = vec![0.0; size];
    total.par_chunks_mut(CHUNK).enumerate().for_each(|(at, total)| {
        for part in parts {
            total.iter_mut().zip(&part.as_ref()[at * CHUNK..]).for_each(|(total, x)| *total += x);
        }
    });
    total
}

/// Zeros, written by all threads: one would take longer than many a layer's arithmetic.
pub(crate) fn zeros(n: usize) -> Vec<f32> {
    rayon::iter::repeat_n(0.0, n).with_min_len(1 << 16).collect()
}
