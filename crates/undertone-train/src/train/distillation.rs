//! How far the network's frames are from the teacher's features, seen through one linear layer.
//!
//! Distance and gradient are taken together, crops by crops: what lies between is as wide as the teacher, and burn would
//! write it to memory ten times over, on one thread.

use burn::nn::Linear;
use burn::prelude::*;
use faer::Accum;
use rayon::prelude::*;

use crate::nn::linear::bias;
use crate::nn::matrix::{group_size, product, rows, sum};
use crate::nn::tensor::values;

/// The teacher's features at the network's frames.
pub struct TeacherFrames {
    /// `[batch · crop/4, width]`, standardised.
    pub values: Vec<f32>,
    /// `[batch · crop/4]`: 1 where the teacher has a frame, else 0.
    pub used: Vec<f32>,
}

/// A distance and its gradients.
struct Found {
    distance: f32,
    features: Vec<f32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl TeacherFrames {
    /// Mean squared distance of what `head` makes of `features` (`[batch, crop/4, frames]`), over the frames that the teacher has.
    pub fn distance(&self, head: &Linear, features: Tensor<3>) -> Tensor<1> {
        let (weight, bias) = (head.weight.val(), bias(head));
        let [x, w, b] = [values(features.clone()), values(weight.clone()), values(bias.clone())];
        let found = self.gradients(&x, &w, &b);
        // Burn is given a linear function of the same value and the same gradient.
        let linear = along(features, found.features) + along(weight, found.weight) + along(bias, found.bias);
        linear.clone() - linear.detach() + found.distance
    }

    fn gradients(&self, features: &[f32], weight: &[f32], bias: &[f32]) -> Found {
        let width = bias.len();
        let inputs = weight.len() / width;
        let scale = 1.0 / (self.used.iter().sum::<f32>() * width as f32).max(1.0);
        let group = group_size(self.used.len());
        let mut to_features = vec![0.0; features.len()];
        let parts: Vec<(f64, Vec<f32>, Vec<f32>)> = to_features
            .par_chunks_mut(group * inputs)
            .zip(features.par_chunks(group * inputs))
            .zip(self.values.par_chunks(group * width).zip(self.used.par_chunks(group)))
            .map(|((to_features, features), (wanted, used))| {
                let n = used.len();
                let mut error = bias.repeat(n);
                let (inner, outer) = (rows(features, n, inputs), rows(weight, inputs, width));
                product(&mut error, Accum::Add, inner, outer);
                let (mut sums, mut squares) = (vec![0.0; width], vec![0.0; width]);
                let crops = error.chunks_exact_mut(width).zip(wanted.chunks_exact(width)).zip(used);
                for ((error, wanted), used) in crops {
                    let columns = sums.iter_mut().zip(&mut squares);
                    for ((error, wanted), (sum, square)) in error.iter_mut().zip(wanted).zip(columns) {
                        let distance = (*error - wanted) * used;
                        *error = 2.0 * scale * distance;
                        *square += distance * distance;
                        *sum += *error;
                    }
                }
                let error = rows(&error, n, width);
                product(to_features, Accum::Replace, error, outer.transpose());
                let mut to_weight = vec![0.0; weight.len()];
                product(&mut to_weight, Accum::Replace, inner.transpose(), error);
                (squares.into_iter().map(f64::from).sum(), to_weight, sums)
            })
            .collect();
        let squares: f64 = parts.iter().map(|part| part.0).sum();
        let weights: Vec<&[f32]> = parts.iter().map(|part| &part.1[..]).collect();
        let biases: Vec<&[f32]> = parts.iter().map(|part| &part.2[..]).collect();
        Found {
            distance: (squares * f64::from(scale)) as f32,
            features: to_features,
            weight: sum(&weights, weight.len()),
            bias: sum(&biases, width),
        }
    }
}

/// The inner product of a tensor and a gradient.
fn along<const D: usize>(tensor: Tensor<D>, gradient: Vec<f32>) -> Tensor<1> {
    let gradient = Tensor::from_data(TensorData::new(gradient, tensor.dims()), &tensor.device());
    (tensor * gradient).sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use burn::nn::LinearConfig;
    use burn::tensor::Distribution;

    #[test]
    fn distance_and_gradients_are_those_of_the_plain_formula() {
        let device = Device::flex().autodiff();
        let (batch, time, inputs, width) = (5, 9, 6, 7);
        let head = LinearConfig::new(inputs, width).init(&device);
        let random = |shape: [usize; 3]| Tensor::<3>::random(shape, Distribution::Normal(0.0, 1.0), &device);
        let features = random([batch, time, inputs]).require_grad();
        let wanted = random([batch, time, width]);
        let used: Vec<f32> = (0..batch * time).map(|row| f32::from(u8::from(row % 3 > 0))).collect();
        let mask = Tensor::<3>::from_data(TensorData::new(used.clone(), [batch, time, 1]), &device);
        let frames = TeacherFrames { values: values(wanted.clone()), used };

        let error = (head.forward(features.clone()) - wanted).powi_scalar(2) * mask.clone();
        let plain = error.sum() / (mask.sum() * width as f32);
        let ours = frames.distance(&head, features.clone());
        assert!((values(plain.clone())[0] - values(ours.clone())[0]).abs() < 1e-5);
        let (plain, ours) = (plain.backward(), ours.backward());
        let close = |a: Vec<f32>, b: Vec<f32>| {
            assert!(a.iter().any(|x| x.abs() > 1e-3));
            a.iter().zip(&b).for_each(|(a, b)| assert!((a - b).abs() < 1e-6, "{a} for {b}"));
        };
        close(values(features.grad(&ours).unwrap()), values(features.grad(&plain).unwrap()));
        let weight = head.weight.val();
        close(values(weight.grad(&ours).unwrap()), values(weight.grad(&plain).unwrap()));
        let bias = head.bias.as_ref().unwrap().val();
        close(values(bias.grad(&ours).unwrap()), values(bias.grad(&plain).unwrap()));
    }
}
