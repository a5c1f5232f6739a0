//! Attention over time and what it pools, as one differentiable operation of burn: ours on the `flex` backend, wrapped for autodiff.
//!
//! Burn's own operations would write every frame to memory some thirty times, on one thread.

mod kernel;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{
    Autodiff, AutodiffBackend, Backend, Dispatch, ExtensionType, Flex, TensorMetadata, backend_extension,
};
use burn::nn::Linear;
use burn::prelude::*;

use crate::nn::layer::{Plain, plain, slice};
use crate::nn::linear::bias;
use kernel::Call;

/// Mean and deviation of `features` (`[batch, time, channels]`) over time, weighted per channel by the softmax over time of
/// `outer(tanh(inner(features)))`: `[batch, 2 · channels]`.
pub fn pool(features: Tensor<3>, inner: &Linear, outer: &Linear) -> Tensor<2> {
    let (bias_in, bias_out) = (bias(inner).into_dispatch(), bias(outer).into_dispatch());
    let (weight_in, weight_out) = (inner.weight.val().into_dispatch(), outer.weight.val().into_dispatch());
    let kept = Dispatch::pooling_forward(features.into_dispatch(), weight_in, bias_in, weight_out, bias_out);
    Tensor::from_dispatch(kept.pooled)
}

/// What is pooled, and what its backward pass needs.
#[derive(ExtensionType)]
pub struct Pooled<B: Backend> {
    /// `[batch, 2 · channels]`.
    pub pooled: FloatTensor<B>,
    /// `[batch, time, channels]`.
    pub attention: FloatTensor<B>,
    /// `[batch, time, hidden]`.
    pub inner: FloatTensor<B>,
}

/// Gradients of the pooling's five inputs.
#[derive(ExtensionType)]
pub struct PoolingGradients<B: Backend> {
    /// `[batch, time, channels]`.
    pub features: FloatTensor<B>,
    /// Of the inner layer.
    pub weight_in: FloatTensor<B>,
    /// Of the inner layer.
    pub bias_in: FloatTensor<B>,
    /// Of the outer layer.
    pub weight_out: FloatTensor<B>,
    /// Of the outer layer.
    pub bias_out: FloatTensor<B>,
}

/// Attention, softmax and moments in one.
#[backend_extension(Flex, Autodiff)]
pub trait PoolingBackend: Backend {
    /// Features `[batch, time, channels]`, weights `[channels, hidden]` and `[hidden, channels]`.
    fn pooling_forward(
        features: FloatTensor<Self>,
        weight_in: FloatTensor<Self>,
        bias_in: FloatTensor<Self>,
        weight_out: FloatTensor<Self>,
        bias_out: FloatTensor<Self>,
    ) -> Pooled<Self>;

    /// Gradients of [`PoolingBackend::pooling_forward`].
    fn pooling_backward(
        features: FloatTensor<Self>,
        weight_in: FloatTensor<Self>,
        weight_out: FloatTensor<Self>,
        attention: FloatTensor<Self>,
        inner: FloatTensor<Self>,
        grad: FloatTensor<Self>,
    ) -> PoolingGradients<Self>;
}

fn call<'a>(features: &'a Plain, weight_in: &'a Plain, weight_out: &'a Plain) -> Call<'a> {
    let (shape, weight) = (features.shape(), weight_in.shape());
    Call {
        time: shape[1],
        channels: shape[2],
        hidden: weight[1],
        features: slice(features),
        weight: [slice(weight_in), slice(weight_out)],
    }
}

impl PoolingBackend for Flex {
    fn pooling_forward(
        features: Plain,
        weight_in: Plain,
        bias_in: Plain,
        weight_out: Plain,
        bias_out: Plain,
    ) -> Pooled<Self> {
        let (features, bias_in, bias_out) =
            (features.to_contiguous(), bias_in.to_contiguous(), bias_out.to_contiguous());
        let (weight_in, weight_out) = (weight_in.to_contiguous(), weight_out.to_contiguous());
        let call = call(&features, &weight_in, &weight_out);
        let (shape, time, channels, hidden) = (features.shape(), call.time, call.channels, call.hidden);
        let made = kernel::forward(call, [slice(&bias_in), slice(&bias_out)]);
        Pooled {
            pooled: plain(made.pooled, [shape[0], 2 * channels]),
            attention: plain(made.attention, [shape[0], time, channels]),
            inner: plain(made.inner, [shape[0], time, hidden]),
        }
    }

    fn pooling_backward(
        features: Plain,
        weight_in: Plain,
        weight_out: Plain,
        attention: Plain,
        inner: Plain,
        grad: Plain,
    ) -> PoolingGradients<Self> {
        let (features, grad) = (features.to_contiguous(), grad.to_contiguous());
        let (weight_in, weight_out) = (weight_in.to_contiguous(), weight_out.to_contiguous());
        let call = call(&features, &weight_in, &weight_out);
        let (shape, channels, hidden) = (features.shape(), call.channels, call.hidden);
        let back = kernel::backward(call, slice(&attention), slice(&inner), slice(&grad));
        let ([to_in, to_out], [bias_in, bias_out]) = (back.weight, back.bias);
        PoolingGradients {
            features: plain(back.features, [shape[0], shape[1], channels]),
            weight_in: plain(to_in, [channels, hidden]),
            bias_in: plain(bias_in, [hidden]),
            weight_out: plain(to_out, [hidden, channels]),
            bias_out: plain(bias_out, [channels]),
        }
    }
}

/// What the pooling keeps for its backward pass.
#[derive(Clone, Debug)]
struct State<T> {
    features: T,
    weight: [T; 2],
    attention: T,
    inner: T,
}

#[derive(Debug)]
struct PoolingOp;

impl<B: PoolingBackend> Backward<B, 5> for PoolingOp {
    type State = State<FloatTensor<B>>;

    fn backward(self, ops: Ops<Self::State, 5>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let grad = grads.consume::<B>(&ops.node);
        let State { features, weight: [weight_in, weight_out], attention, inner } = ops.state;
        let back = B::pooling_backward(features, weight_in, weight_out, attention, inner, grad);
        let made = [back.features, back.weight_in, back.bias_in, back.weight_out, back.bias_out];
        for (node, grad) in ops.parents.into_iter().zip(made) {
            if let Some(node) = node {
                grads.register::<B>(node.id, grad);
            }
        }
    }
}

impl<B: PoolingBackend, C: CheckpointStrategy> PoolingBackend for Autodiff<B, C> {
    fn pooling_forward(
        features: FloatTensor<Self>,
        weight_in: FloatTensor<Self>,
        bias_in: FloatTensor<Self>,
        weight_out: FloatTensor<Self>,
        bias_out: FloatTensor<Self>,
    ) -> Pooled<Self> {
        let parents = [features.node(), weight_in.node(), bias_in.node(), weight_out.node(), bias_out.node()];
        let [x, w, b, v, c] = [features, weight_in, bias_in, weight_out, bias_out].map(Self::inner);
        let kept = B::pooling_forward(x.clone(), w.clone(), b, v.clone(), c);
        let (attention, inner) = (kept.attention, kept.inner);
        let pooled = match PoolingOp.prepare::<C>(parents).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let (attention, inner) = (attention.clone(), inner.clone());
                let state = State { features: x, weight: [w, v], attention, inner };
                prep.finish(state, kept.pooled)
            }
            OpsKind::UnTracked(prep) => prep.finish(kept.pooled),
        };
        Pooled { pooled, attention: Self::from_inner(attention), inner: Self::from_inner(inner) }
    }

    fn pooling_backward(
        _features: FloatTensor<Self>,
        _weight_in: FloatTensor<Self>,
        _weight_out: FloatTensor<Self>,
        _attention: FloatTensor<Self>,
        _inner: FloatTensor<Self>,
        _grad: FloatTensor<Self>,
    ) -> PoolingGradients<Self> {
        unreachable!("second derivatives are not taken")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::nn::tensor::values;
    use burn::nn::LinearConfig;
    use burn::tensor::Distribution;
    use burn::tensor::activation::{softmax, tanh};

    /// By burn's own operations.
    fn formula(features: Tensor<3>, inner: &Linear, outer: &Linear) -> Tensor<2> {
        let weights = softmax(outer.forward(tanh(inner.forward(features.clone()))), 1);
        let mean = (weights.clone() * features.clone()).sum_dim(1);
        let square = (weights * features.powi_scalar(2)).sum_dim(1);
        let variance = (square - mean.clone().powi_scalar(2)).clamp_min(1e-5);
        Tensor::cat(vec![mean.squeeze_dim(1), variance.sqrt().squeeze_dim(1)], 1)
    }

    #[test]
    fn values_and_gradients_are_those_of_the_formula() {
        let device = Device::flex().autodiff();
        let (batch, time, channels, hidden) = (19, 7, 6, 5);
        let (inner, outer) = (
            LinearConfig::new(channels, hidden).init(&device),
            LinearConfig::new(hidden, channels).init(&device),
        );
        let random = Tensor::<3>::random([batch, time, channels], Distribution::Normal(0.0, 1.0), &device);
        // A channel that never moves has the least deviation, and no gradient through it.
        let moves = [1.0, 2.0, 0.0, 0.5, 1.0, 3.0];
        let moves = Tensor::<1>::from_data(TensorData::from(moves), &device).reshape([1, 1, channels]);
        let features = (random * moves).require_grad();
        let toward = Tensor::<2>::random([batch, 2 * channels], Distribution::Normal(0.0, 1.0), &device);
        let close = |a: Vec<f32>, b: Vec<f32>| {
            assert!(a.iter().any(|x| x.abs() > 1e-2));
            a.iter()
                .zip(&b)
                .for_each(|(a, b)| assert!((a - b).abs() < 1e-4 * (1.0 + a.abs()), "{a} for {b}"));
        };
        let (plain, ours) =
            (formula(features.clone(), &inner, &outer), pool(features.clone(), &inner, &outer));
        close(values(ours.clone()), values(plain.clone()));
        let [plain, ours] = [plain, ours].map(|pooled| (pooled * toward.clone()).sum().backward());
        close(values(features.grad(&ours).unwrap()), values(features.grad(&plain).unwrap()));
        for layer in [&inner, &outer] {
            let weight = layer.weight.val();
            close(values(weight.grad(&ours).unwrap()), values(weight.grad(&plain).unwrap()));
        }
        let [inner, outer] = [&inner, &outer].map(|layer| layer.bias.as_ref().unwrap().val());
        close(values(inner.grad(&ours).unwrap()), values(inner.grad(&plain).unwrap()));
        // What is added to every frame's logit changes no softmax over time.
        assert!(values(outer.grad(&ours).unwrap()).iter().all(|x| x.abs() < 1e-4));
    }
}
