//! Tensors off the autodiff graph, and their values.

use burn::prelude::*;

/// The tensor off the autodiff graph.
pub fn plain<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    if tensor.is_autodiff() { tensor.inner() } else { tensor }
}

/// A tensor's values, row after row.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    plain(tensor).into_data().try_into_vec().unwrap_or_default()
}
