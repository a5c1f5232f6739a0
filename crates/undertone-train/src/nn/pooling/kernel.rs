//! The arithmetic of the pooling, forward and backward, on plain slices: clip by clip, whose sums are added in order whatever
//! the number of threads.

use faer::Accum;
use rayon::prelude::*;

use crate::nn::matrix::{group_size, product, rows, sum, zeros};

/// Least variance of a channel over time.
const FLOOR: f32 = 1e-5;

/// The sizes, and both linear layers of the attention.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub time: usize,
    pub channels: usize,
    pub hidden: usize,
    /// `[batch, time, channels]`.
    pub features: &'a [f32],
    /// `[channels, hidden]` and `[hidden, channels]`.
    pub weight: [&'a [f32]; 2],
}

/// What the forward pass gives, and what it leaves for the backward pass.
pub(super) struct Forward {
    /// `[batch, 2 · channels]`.
    pub pooled: Vec<f32>,
    /// Attention over time, `[batch, time, channels]`.
    pub attention: Vec<f32>,
    /// What it was made of, `[batch, time, hidden]`.
    pub inner: Vec<f32>,
}

/// Gradients of the features, and of both layers' weights and biases.
pub(super) struct Gradients {
    pub features: Vec<f32>,
    pub weight: [Vec<f32>; 2],
    pub bias: [Vec<f32>; 2],
}

/// Calls `visit(element, channel's value)` for each row's pairs.
fn each_row(values: &mut [f32], by_channel: &[f32], visit: impl Fn(&mut f32, f32)) {
    for row in values.chunks_exact_mut(by_channel.len()) {
        row.iter_mut().zip(by_channel).for_each(|(x, &channel)| visit(x, channel));
    }
}

/// Attention-weighted mean and mean square per channel.
fn moments(features: &[f32], attention: &[f32], channels: usize) -> [Vec<f32>; 2] {
    let [mut mean, mut square] = [0, 1].map(|_| vec![0.0; channels]);
    for (features, attention) in features.chunks_exact(channels).zip(attention.chunks_exact(channels)) {
        let sums = mean.iter_mut().zip(&mut square);
        for ((x, w), (mean, square)) in features.iter().zip(attention).zip(sums) {
            *mean += w * x;
            *square += w * x * x;
        }
    }
    [mean, square]
}

fn variance(mean: f32, square: f32) -> f32 {
    square - mean * mean
}

/// Mean and deviation over time by attention, whose layers have these biases.
pub(super) fn forward(call: Call, bias: [&[f32]; 2]) -> Forward {
    let Call { time, channels, hidden, features, weight } = call;
    let batch = features.len() / (time * channels).max(1);
    let mut pooled = vec![0.0; batch * 2 * channels];
    let (mut attention, mut inner) = (zeros(features.len()), zeros(batch * time * hidden));
    let kept = attention.par_chunks_mut(time * channels).zip(inner.par_chunks_mut(time * hidden));
    let clips = pooled.par_chunks_mut(2 * channels).zip(features.par_chunks(time * channels)).zip(kept);
    clips.for_each(|((pooled, features), (attention, inner))| {
        each_row(inner, bias[0], |x, bias| *x = bias);
        product(inner, Accum::Add, rows(features, time, channels), rows(weight[0], channels, hidden));
        inner.iter_mut().for_each(|x| *x = x.tanh());
        each_row(attention, bias[1], |x, bias| *x = bias);
        product(attention, Accum::Add, rows(inner, time, hidden), rows(weight[1], hidden, channels));
        let (mut most, mut sums) = (vec![f32::NEG_INFINITY; channels], vec![0.0; channels]);
        for row in attention.chunks_exact(channels) {
            most.iter_mut().zip(row).for_each(|(most, &x)| *most = most.max(x));
        }
        each_row(attention, &most, |x, most| *x = (*x - most).exp());
        add_rows(&mut sums, attention);
        each_row(attention, &sums, |x, sum| *x /= sum);
        let [mean, square] = moments(features, attention, channels);
        let (means, deviations) = pooled.split_at_mut(channels);
        means.copy_from_slice(&mean);
        for ((deviation, &mean), &square) in deviations.iter_mut().zip(&mean).zip(&square) {
            *deviation = variance(mean, square).max(FLOOR).sqrt();
        }
    });
    Forward { pooled, attention, inner }
}

/// Gradients from that of `pooled`.
pub(super) fn backward(call: Call, attention: &[f32], inner: &[f32], grad: &[f32]) -> Gradients {
    let Call { time, channels, hidden, features, weight } = call;
    let group = group_size(features.len() / (time * channels).max(1));
    let mut to_features = zeros(features.len());
    let size = group * time;
    let kept = attention.par_chunks(size * channels).zip(inner.par_chunks(size * hidden));
    let parts: Vec<Part> = to_features
        .par_chunks_mut(size * channels)
        .zip(features.par_chunks(size * channels))
        .zip(kept.zip(grad.par_chunks(group * 2 * channels)))
        .map(|((to_features, features), ((attention, inner), grad))| {
            let mut part = Part::new(channels, hidden);
            let (one, narrow) = (time * channels, time * hidden);
            let kept = attention.chunks(one).zip(inner.chunks(narrow)).zip(grad.chunks(2 * channels));
            let clips = to_features.chunks_mut(one).zip(features.chunks(one)).zip(kept);
            for ((to_features, features), ((attention, inner), grad)) in clips {
                let clip = Call { features, ..call };
                part.add(clip, attention, inner, grad, to_features);
            }
            part
        })
        .collect();
    let total = |of: fn(&Part) -> &[f32], size| sum(&parts.iter().map(of).collect::<Vec<_>>(), size);
    Gradients {
        features: to_features,
        weight: [total(|p| &p.weight[0], weight[0].len()), total(|p| &p.weight[1], weight[1].len())],
        bias: [total(|p| &p.bias[0], hidden), total(|p| &p.bias[1], channels)],
    }
}

/// One group's sums for the two layers.
struct Part {
    weight: [Vec<f32>; 2],
    bias: [Vec<f32>; 2],
}

impl Part {
    fn new(channels: usize, hidden: usize) -> Part {
        let weight = [0, 1].map(|_| vec![0.0; channels * hidden]);
        Part { weight, bias: [vec![0.0; hidden], vec![0.0; channels]] }
    }

    /// Adds one clip's, and writes the gradient of its features.
    fn add(&mut self, clip: Call, attention: &[f32], inner: &[f32], grad: &[f32], to_features: &mut [f32]) {
        let Call { time, channels, hidden, features, weight } = clip;
        let [mean, square] = moments(features, attention, channels);
        let (to_mean, to_deviation) = grad.split_at(channels);
        // Per channel the gradients of mean and mean square, and what the softmax takes off.
        let columns: Vec<[f32; 3]> = (0..channels)
            .map(|c| {
                let variance = variance(mean[c], square[c]);
                let to_square =
                    if variance > FLOOR { to_deviation[c] / (2.0 * variance.sqrt()) } else { 0.0 };
                let to_mean = to_mean[c] - 2.0 * mean[c] * to_square;
                [to_mean, to_square, mean[c] * to_mean + square[c] * to_square]
            })
            .collect();
        let mut to_logits = vec![0.0; attention.len()];
        let frames = to_logits.chunks_exact_mut(channels).zip(to_features.chunks_exact_mut(channels));
        let frames = frames.zip(features.chunks_exact(channels).zip(attention.chunks_exact(channels)));
        for ((to_logits, to_features), (features, attention)) in frames {
            let values = to_logits.iter_mut().zip(to_features).zip(features.iter().zip(attention));
            for (((to_logit, to_feature), (x, w)), [to_mean, to_square, taken]) in values.zip(&columns) {
                *to_feature = w * (to_mean + 2.0 * x * to_square);
                *to_logit = w * (x * to_mean + x * x * to_square - taken);
            }
        }
        let [in_bias, out_bias] = &mut self.bias;
        let (outer, features) = (rows(&to_logits, time, channels), rows(features, time, channels));
        product(&mut self.weight[1], Accum::Add, rows(inner, time, hidden).transpose(), outer);
        add_rows(out_bias, &to_logits);
        let mut to_inner = vec![0.0; inner.len()];
        product(&mut to_inner, Accum::Replace, outer, rows(weight[1], hidden, channels).transpose());
        to_inner.iter_mut().zip(inner).for_each(|(to, x)| *to *= 1.0 - x * x);
        product(&mut self.weight[0], Accum::Add, features.transpose(), rows(&to_inner, time, hidden));
        add_rows(in_bias, &to_inner);
        let back = rows(weight[0], channels, hidden).transpose();
        product(to_features, Accum::Add, rows(&to_inner, time, hidden), back);
    }
}

fn add_rows(sums: &mut [f32], values: &[f32]) {
    for row in values.chunks_exact(sums.len()) {
        sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
    }
}
