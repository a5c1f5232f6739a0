//! The layer as one differentiable operation of burn: ours on the `flex` backend, wrapped for autodiff.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{
    Autodiff, AutodiffBackend, Backend, ExtensionType, Flex, TensorMetadata, backend_extension,
};
use burn::tensor::TensorData;

use super::kernel::{self, Call, Kept, Shape};
use super::window::Window;

/// A layer's output, and what its backward pass needs.
#[derive(ExtensionType)]
pub struct Normalised<B: Backend> {
    /// `[batch, time', bands', outputs]`.
    pub output: FloatTensor<B>,
    /// The convolution's output before normalisation, same shape.
    pub raw: FloatTensor<B>,
    /// Mean of `raw` per channel.
    pub mean: FloatTensor<B>,
    /// Biased variance of `raw` per channel.
    pub variance: FloatTensor<B>,
}

/// Gradients of a layer's four inputs.
#[derive(ExtensionType)]
pub struct LayerGradients<B: Backend> {
    /// Of the input; no elements where it was not wanted.
    pub input: FloatTensor<B>,
    /// Of the weight `[patch, outputs]`.
    pub weight: FloatTensor<B>,
    /// Of the normalisation's scale.
    pub gamma: FloatTensor<B>,
    /// Of the normalisation's shift.
    pub beta: FloatTensor<B>,
}

/// Convolution, batch normalisation and ReLU in one.
#[backend_extension(Flex, Autodiff)]
pub trait LayerBackend: Backend {
    /// Normalised by the minibatch's own statistics: input `[batch, time, bands, channels]`, weight `[patch, outputs]`.
    fn layer_train(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        window: Window,
        relu: bool,
    ) -> Normalised<Self>;

    /// Gradients of [`LayerBackend::layer_train`].
    #[allow(clippy::too_many_arguments)]
    fn layer_backward(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        #[extension_type] kept: Normalised<Self>,
        grad: FloatTensor<Self>,
        window: Window,
        relu: bool,
        wants_input: bool,
    ) -> LayerGradients<Self>;

    /// With the normalisation folded into weight and bias; not differentiable.
    fn layer_apply(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        window: Window,
        relu: bool,
    ) -> FloatTensor<Self>;
}

/// A tensor of the `flex` backend.
pub(crate) type Plain = FloatTensor<Flex>;

/// A tensor of plain values.
pub(crate) fn plain(values: Vec<f32>, shape: impl Into<Vec<usize>>) -> Plain {
    Plain::from_data(TensorData::new(values, shape.into()))
}

/// The values of a contiguous tensor of `f32`.
pub(crate) fn slice(tensor: &Plain) -> &[f32] {
    tensor.as_slice().unwrap_or(&[])
}

fn shape(input: &Plain, weight: &Plain) -> Shape {
    let (input, weight) = (input.shape(), weight.shape());
    Shape { batch: input[0], time: input[1], bands: input[2], channels: input[3], outputs: weight[1] }
}

impl LayerBackend for Flex {
    fn layer_train(
        input: Plain,
        weight: Plain,
        gamma: Plain,
        beta: Plain,
        window: Window,
        relu: bool,
    ) -> Normalised<Self> {
        let (input, weight) = (input.to_contiguous(), weight.to_contiguous());
        let shape = shape(&input, &weight);
        let call = Call { shape, window, input: slice(&input), weight: slice(&weight), relu };
        let kept = kernel::forward(call, slice(&gamma.to_contiguous()), slice(&beta.to_contiguous()));
        Normalised {
            output: plain(kept.output, shape.out(window)),
            raw: plain(kept.raw, shape.out(window)),
            mean: plain(kept.mean, [shape.outputs]),
            variance: plain(kept.variance, [shape.outputs]),
        }
    }

    fn layer_backward(
        input: Plain,
        weight: Plain,
        gamma: Plain,
        kept: Normalised<Self>,
        grad: Plain,
        window: Window,
        relu: bool,
        wants_input: bool,
    ) -> LayerGradients<Self> {
        let (input, weight) = (input.to_contiguous(), weight.to_contiguous());
        let (shape, input_shape, weight_shape) = (shape(&input, &weight), input.shape(), weight.shape());
        let call = Call { shape, window, input: slice(&input), weight: slice(&weight), relu };
        let borrowed = Kept {
            raw: slice(&kept.raw),
            output: slice(&kept.output),
            mean: slice(&kept.mean),
            variance: slice(&kept.variance),
        };
        let grad = grad.into_data().try_into_vec().unwrap_or_default();
        let back = kernel::backward(call, slice(&gamma.to_contiguous()), borrowed, grad, wants_input);
        LayerGradients {
            input: plain(back.input, if wants_input { input_shape.to_vec() } else { vec![0] }),
            weight: plain(back.weight, weight_shape.to_vec()),
            gamma: plain(back.gamma, [shape.outputs]),
            beta: plain(back.beta, [shape.outputs]),
        }
    }

    fn layer_apply(input: Plain, weight: Plain, bias: Plain, window: Window, relu: bool) -> Plain {
        let (input, weight) = (input.to_contiguous(), weight.to_contiguous());
        let shape = shape(&input, &weight);
        let call = Call { shape, window, input: slice(&input), weight: slice(&weight), relu };
        plain(kernel::apply(call, slice(&bias.to_contiguous())), shape.out(window))
    }
}

/// What one layer keeps for its backward pass.
#[derive(Clone, Debug)]
struct State<T> {
    input: T,
    weight: T,
    gamma: T,
    output: T,
    raw: T,
    mean: T,
    variance: T,
    window: Window,
    relu: bool,
}

#[derive(Debug)]
struct LayerOp;

impl<B: LayerBackend> Backward<B, 4> for LayerOp {
    type State = State<FloatTensor<B>>;

    fn backward(self, ops: Ops<Self::State, 4>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let [input, weight, gamma, beta] = ops.parents;
        let grad = grads.consume::<B>(&ops.node);
        let State { output, raw, mean, variance, window, relu, .. } = ops.state;
        let kept = Normalised { output, raw, mean, variance };
        let (x, w, g) = (ops.state.input, ops.state.weight, ops.state.gamma);
        let back = B::layer_backward(x, w, g, kept, grad, window, relu, input.is_some());
        for (node, grad) in
            [(input, back.input), (weight, back.weight), (gamma, back.gamma), (beta, back.beta)]
        {
            if let Some(node) = node {
                grads.register::<B>(node.id, grad);
            }
        }
    }
}

impl<B: LayerBackend, C: CheckpointStrategy> LayerBackend for Autodiff<B, C> {
    fn layer_train(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        window: Window,
        relu: bool,
    ) -> Normalised<Self> {
        let parents = [input.node(), weight.node(), gamma.node(), beta.node()];
        let (x, w, g) = (Self::inner(input), Self::inner(weight), Self::inner(gamma));
        let kept = B::layer_train(x.clone(), w.clone(), g.clone(), Self::inner(beta), window, relu);
        let (raw, mean, variance) = (kept.raw.clone(), kept.mean.clone(), kept.variance.clone());
        let output = match LayerOp.prepare::<C>(parents).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let state = State {
                    input: x,
                    weight: w,
                    gamma: g,
                    output: kept.output.clone(),
                    raw: kept.raw,
                    mean: kept.mean,
                    variance: kept.variance,
                    window,
                    relu,
                };
                prep.finish(state, kept.output)
            }
            OpsKind::UnTracked(prep) => prep.finish(kept.output),
        };
        Normalised {
            output,
            raw: Self::from_inner(raw),
            mean: Self::from_inner(mean),
            variance: Self::from_inner(variance),
        }
    }

    fn layer_backward(
        _input: FloatTensor<Self>,
        _weight: FloatTensor<Self>,
        _gamma: FloatTensor<Self>,
        _kept: Normalised<Self>,
        _grad: FloatTensor<Self>,
        _window: Window,
        _relu: bool,
        _wants_input: bool,
    ) -> LayerGradients<Self> {
        unreachable!("second derivatives are not taken")
    }

    fn layer_apply(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        window: Window,
        relu: bool,
    ) -> FloatTensor<Self> {
        Self::from_inner(B::layer_apply(
            Self::inner(input),
            Self::inner(weight),
            Self::inner(bias),
            window,
            relu,
        ))
    }
}
