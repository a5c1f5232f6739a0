//! Row-major slices as matrices, for products of one thread each.

use faer::{MatMut, MatRef};
use rayon::prelude::*;

/// A slice as a matrix of so many rows and columns.
pub(crate) fn rows(slice: &[f32], rows: usize, columns: usize) -> MatRef<'_, f32> {
    MatRef::from_row_major_slice(slice, rows, columns)
}

/// The same, to write to.
pub(crate) fn rows_mut(slice: &mut [f32], rows: usize, columns: usize) -> MatMut<'_, f32> {
    MatMut::from_row_major_slice_mut(slice, rows, columns)
}

/// The sum of parts of equal size, added in their order.
pub(crate) fn sum(parts: &[&[f32]], size: usize) -> Vec<f32> {
    const CHUNK: usize = 1 << 12;
    let mut total = vec![0.0; size];
    total.par_chunks_mut(CHUNK).enumerate().for_each(|(at, total)| {
        for part in parts {
            total.iter_mut().zip(&part[at * CHUNK..]).for_each(|(total, x)| *total += x);
        }
    });
    total
}

/// Zeros, written by all threads: one would take longer than many a layer's arithmetic.
pub(crate) fn zeros(n: usize) -> Vec<f32> {
    rayon::iter::repeat_n(0.0, n).with_min_len(1 << 16).collect()
}
