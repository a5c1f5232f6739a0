//! The layer against its definition, and its gradients against finite differences.

use burn::prelude::*;
use undertone_train::nn::layer::{Layer, Window};

fn tensor(shape: [usize; 4], seed: f32, device: &Device) -> Tensor<4> {
    let n = shape.iter().product::<usize>();
    let values: Vec<f32> = (0..n).map(|i| ((i as f32 + 1.0) * 12.9898 + seed).sin() * 1.3).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    undertone_train::nn::tensor::values(tensor)
}

/// A layer whose weights are the same every time.
fn layer(window: Window, channels: usize, outputs: usize, relu: bool, device: &Device) -> Layer {
    let mut layer = Layer::new(window, channels, outputs, relu, device);
    let dims = layer.weight.dims();
    let values: Vec<f32> = (0..dims[0] * dims[1]).map(|i| 0.5 * (i as f32 * 7.31 + 0.4).sin()).collect();
    layer.weight =
        layer.weight.map(|_| Tensor::from_data(TensorData::new(values.clone(), dims), device).require_grad());
    layer
}

/// Convolution, normalisation by the minibatch, ReLU, as sums.
fn literal(x: &[f32], shape: [usize; 4], w: &[f32], outputs: usize, window: Window, relu: bool) -> Vec<f32> {
    let [batch, time, bands, channels] = shape;
    let (t_out, f_out) = (time.div_ceil(window.stride[0]), bands.div_ceil(window.stride[1]));
    let [pad_t, pad_f] = window.padding();
    let mut raw = vec![0.0f64; batch * t_out * f_out * outputs];
    for (at, out) in raw.iter_mut().enumerate() {
        let (o, f, t, b) =
            (at % outputs, at / outputs % f_out, at / outputs / f_out % t_out, at / outputs / f_out / t_out);
        for a in 0..window.kernel[0] {
            for c in 0..window.kernel[1] {
                let ti = (t * window.stride[0] + a * window.dilation) as isize - pad_t as isize;
                let fi = (f * window.stride[1] + c) as isize - pad_f as isize;
                if !(0..time as isize).contains(&ti) || !(0..bands as isize).contains(&fi) {
                    continue;
                }
                for k in 0..channels {
                    let input = x[((b * time + ti as usize) * bands + fi as usize) * channels + k];
                    let weight = w[((a * window.kernel[1] + c) * channels + k) * outputs + o];
                    *out += f64::from(input) * f64::from(weight);
                }
            }
        }
    }
    let n = (raw.len() / outputs) as f64;
    let mut out = vec![0.0; raw.len()];
    for o in 0..outputs {
        let of: Vec<f64> = raw.iter().skip(o).step_by(outputs).copied().collect();
        let mean = of.iter().sum::<f64>() / n;
        let variance = of.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        for (i, x) in of.iter().enumerate() {
            let y = (x - mean) / (variance + 1e-5).sqrt();
            out[i * outputs + o] = if relu { y.max(0.0) } else { y } as f32;
        }
    }
    out
}

const WINDOWS: [Window; 4] = [
    Window { kernel: [5, 5], stride: [2, 2], dilation: 1 },
    Window { kernel: [3, 3], stride: [1, 2], dilation: 1 },
    Window { kernel: [3, 1], stride: [1, 1], dilation: 3 },
    Window::POINT,
];

#[test]
fn forward_is_the_definition() {
    let device = Device::flex().autodiff();
    for (i, window) in WINDOWS.into_iter().enumerate() {
        for relu in [true, false] {
            let shape = [3, 9, 6, 2];
            let layer = layer(window, 2, 4, relu, &device);
            let x = tensor(shape, i as f32, &device);
            let want = literal(&values(x.clone()), shape, &values(layer.weight.val()), 4, window, relu);
            for (got, want) in values(layer.forward(x)).iter().zip(want) {
                assert!((got - want).abs() < 1e-4, "{window:?}: {got} for {want}");
            }
        }
    }
}

#[test]
fn gradients_are_those_of_finite_differences() {
    let device = Device::flex().autodiff();
    // A step over the ReLU's corner leaves a little.
    for (window, relu, slack) in WINDOWS.into_iter().flat_map(|w| [(w, false, 0.02), (w, true, 0.1)]) {
        let shape = [3, 7, 6, 2];
        let layer = layer(window, 2, 3, relu, &device);
        let loss = |layer: &Layer, x: Tensor<4>| {
            let out = layer.forward(x);
            let weights = tensor(out.dims(), 3.0, &device);
            (out * weights).sum()
        };
        let x = tensor(shape, 1.0, &device).require_grad();
        let grads = loss(&layer, x.clone()).backward();
        let analytic = values(x.grad(&grads).expect("a gradient"));
        let weight = values(layer.weight.val().grad(&grads).expect("a gradient"));
        let (base, step) = (values(x.clone()), if relu { 3e-4 } else { 3e-3 });
        let moved = |i: usize, by: f32| {
            let mut at = base.clone();
            at[i] += by;
            values(loss(&layer, Tensor::from_data(TensorData::new(at, shape), &device)))[0]
        };
        for i in (0..base.len()).step_by(17) {
            let numeric = (moved(i, step) - moved(i, -step)) / (2.0 * step);
            assert!(
                (numeric - analytic[i]).abs() < slack * (1.0 + numeric.abs()),
                "{window:?} x[{i}]: {} for {numeric}",
                analytic[i]
            );
        }
        let w = values(layer.weight.val());
        let moved = |i: usize, by: f32| {
            let mut at = w.clone();
            at[i] += by;
            let dims = layer.weight.dims();
            let mut other = layer.clone();
            other.weight = other
                .weight
                .map(|_| Tensor::from_data(TensorData::new(at.clone(), dims), &device).require_grad());
            values(loss(&other, x.clone()))[0]
        };
        for i in (0..w.len()).step_by(5) {
            let numeric = (moved(i, step) - moved(i, -step)) / (2.0 * step);
            assert!(
                (numeric - weight[i]).abs() < slack * (1.0 + numeric.abs()),
                "{window:?} w[{i}]: {} for {numeric}",
                weight[i]
            );
        }
    }
}

#[test]
fn without_gradients_the_running_statistics_are_used() {
    let training = Device::flex().autodiff();
    let layer = Layer::new(Window::POINT, 2, 3, false, &training);
    let x = tensor([4, 5, 1, 2], 1.0, &training);
    for _ in 0..2000 {
        layer.forward(x.clone());
    }
    // After many minibatches of the same kind both ways agree.
    let plain = Device::flex();
    let by_minibatch = values(layer.forward(x.clone()));
    let by_running = values(layer.valid().forward(tensor([4, 5, 1, 2], 1.0, &plain)));
    for (a, b) in by_minibatch.iter().zip(by_running) {
        assert!((a - b).abs() < 1e-2, "{a} {b}");
    }
}
