//! The arithmetic of one layer (convolution, batch normalisation, ReLU), forward and backward, on plain slices.
//!
//! Patches are cut tile by tile, so that they never leave the cache, and each tile is one matrix product. The items of
//! a minibatch are dealt to a fixed number of groups whose sums are added in order: the result does not depend on how
//! many threads there are.

use faer::Accum;
use rayon::prelude::*;

use super::window::{Grid, Window};
use crate::nn::matrix::{group_size, product, rows, sum, zeros};

/// Floats of patches in one tile: 256 kB, half of a core's second-level cache.
const TILE: usize = 1 << 16;
/// Keeps the normalisation finite where a channel is constant.
pub(super) const EPSILON: f32 = 1e-5;

/// The sizes of one call: `batch × time × bands × channels` in, `outputs` channels out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub batch: usize,
    pub time: usize,
    pub bands: usize,
    pub channels: usize,
    pub outputs: usize,
}

impl Shape {
    fn item(self) -> usize {
        self.time * self.bands * self.channels
    }

    fn grid(self, window: Window) -> Grid {
        Grid::new(window, self.time, self.bands, self.channels)
    }

    /// Output shape `[batch, time, bands, outputs]`.
    pub(super) fn out(self, window: Window) -> [usize; 4] {
        let [time, bands] = self.grid(window).out();
        [self.batch, time, bands, self.outputs]
    }
}

/// One layer's work: its sizes, its input `[batch, time, bands, channels]`, its weight `[patch, outputs]`.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub shape: Shape,
    pub window: Window,
    pub input: &'a [f32],
    pub weight: &'a [f32],
    /// Whether a ReLU follows.
    pub relu: bool,
}

/// What the forward pass leaves for the backward pass.
pub(super) struct Forward {
    /// The convolution's output before normalisation, `[batch, time', bands', outputs]`.
    pub raw: Vec<f32>,
    /// The layer's output, same shape.
    pub output: Vec<f32>,
    /// Mean and variance (biased) of `raw` per output channel.
    pub mean: Vec<f32>,
    pub variance: Vec<f32>,
}

/// A [`Forward`], borrowed.
#[derive(Clone, Copy)]
pub(super) struct Kept<'a> {
    pub raw: &'a [f32],
    pub output: &'a [f32],
    pub mean: &'a [f32],
    pub variance: &'a [f32],
}

/// Gradients of the four inputs of a layer.
pub(super) struct Backward {
    pub input: Vec<f32>,
    pub weight: Vec<f32>,
    pub gamma: Vec<f32>,
    pub beta: Vec<f32>,
}

/// How many output times make one tile.
fn tile(floats_a_time: usize, time: usize) -> usize {
    (TILE / floats_a_time).clamp(1, time)
}

/// The patches of output times `from..to`, one a row: cut into `scratch`, or the input itself where it is that already.
fn cut<'a>(grid: Grid, input: &'a [f32], from: usize, to: usize, scratch: &'a mut Vec<f32>) -> &'a [f32] {
    let size = (to - from) * grid.out()[1] * grid.patch();
    if grid.is_identity() {
        return &input[from * grid.out()[1] * grid.patch()..][..size];
    }
    scratch.resize(size, 0.0);
    grid.gather(input, from, to, scratch);
    scratch
}

/// `patches · weight`, without normalisation: calls `done(tile of the output)` while the tile is still in the cache.
fn convolve(
    grid: Grid,
    input: &[f32],
    weight: &[f32],
    outputs: usize,
    raw: &mut [f32],
    scratch: &mut Vec<f32>,
    mut done: impl FnMut(&mut [f32]),
) {
    let ([time, bands], patch) = (grid.out(), grid.patch());
    let step = tile(bands * patch, time);
    for from in (0..time).step_by(step) {
        let to = (from + step).min(time);
        let n = (to - from) * bands;
        let patches = cut(grid, input, from, to, scratch);
        let part = &mut raw[from * bands * outputs..to * bands * outputs];
        product(part, Accum::Replace, rows(patches, n, patch), rows(weight, patch, outputs));
        done(part);
    }
}

/// Convolution, normalisation by the minibatch's own statistics, then ReLU where `relu`.
pub(super) fn forward(call: Call, gamma: &[f32], beta: &[f32]) -> Forward {
    let Call { shape, window, input, weight, relu } = call;
    let (grid, outputs) = (shape.grid(window), shape.outputs);
    let item_out: usize = shape.out(window)[1..].iter().product();
    let mut raw = zeros(shape.batch * item_out);
    let group = group_size(shape.batch);
    let sums: Vec<Vec<[f64; 2]>> = raw
        .par_chunks_mut(group * item_out)
        .zip(input.par_chunks(group * shape.item()))
        .map(|(raw, input)| {
            let (mut scratch, mut sums) = (Vec::new(), vec![[0.0; 2]; outputs]);
            for (raw, input) in raw.chunks_mut(item_out).zip(input.chunks(shape.item())) {
                convolve(grid, input, weight, outputs, raw, &mut scratch, |tile| add_sums(tile, &mut sums));
            }
            sums
        })
        .collect();
    let n = (shape.batch * item_out / outputs) as f64;
    let (mut mean, mut variance) = (vec![0.0; outputs], vec![0.0; outputs]);
    for channel in 0..outputs {
        let [sum, squares] = sums.iter().fold([0.0; 2], |a, s| [a[0] + s[channel][0], a[1] + s[channel][1]]);
        mean[channel] = (sum / n) as f32;
        variance[channel] = (squares / n - (sum / n) * (sum / n)).max(0.0) as f32;
    }
    let scale: Vec<f32> = gamma.iter().zip(&variance).map(|(g, v)| g / (v + EPSILON).sqrt()).collect();
    let shift: Vec<f32> = beta.iter().zip(&scale).zip(&mean).map(|((b, s), m)| b - s * m).collect();
    let mut output = zeros(raw.len());
    output.par_chunks_mut(group * item_out).zip(raw.par_chunks(group * item_out)).for_each(
        |(output, raw)| {
            for (output, raw) in output.chunks_exact_mut(outputs).zip(raw.chunks_exact(outputs)) {
                for (((out, &x), &scale), &shift) in output.iter_mut().zip(raw).zip(&scale).zip(&shift) {
                    let y = x * scale + shift;
                    *out = if relu { y.max(0.0) } else { y };
                }
            }
        },
    );
    Forward { raw, output, mean, variance }
}

/// Adds a tile's sums and sums of squares per channel; within a tile in single precision, across tiles in double.
fn add_sums(tile: &[f32], sums: &mut [[f64; 2]]) {
    let (mut sum, mut squares) = (vec![0.0f32; sums.len()], vec![0.0f32; sums.len()]);
    for row in tile.chunks_exact(sums.len()) {
        for ((sum, squares), &x) in sum.iter_mut().zip(&mut squares).zip(row) {
            *sum += x;
            *squares += x * x;
        }
    }
    for ((total, sum), squares) in sums.iter_mut().zip(sum).zip(squares) {
        *total = [total[0] + f64::from(sum), total[1] + f64::from(squares)];
    }
}

/// Convolution plus bias, then ReLU where `relu`: a layer whose normalisation is folded into `weight` and `bias`.
pub(super) fn apply(call: Call, bias: &[f32]) -> Vec<f32> {
    let Call { shape, window, input, weight, relu } = call;
    let (grid, outputs) = (shape.grid(window), shape.outputs);
    let item_out: usize = shape.out(window)[1..].iter().product();
    let mut output = zeros(shape.batch * item_out);
    output.par_chunks_mut(item_out.max(1)).zip(input.par_chunks(shape.item().max(1))).for_each(
        |(output, input)| {
            convolve(grid, input, weight, outputs, output, &mut Vec::new(), |tile| {
                for row in tile.chunks_exact_mut(outputs) {
                    for (x, &bias) in row.iter_mut().zip(bias) {
                        *x = if relu { (*x + bias).max(0.0) } else { *x + bias };
                    }
                }
            });
        },
    );
    output
}

/// Gradients of the layer's inputs from the gradient of its output, which is used up; the input's own is empty unless
/// `wants_input`.
pub(super) fn backward(
    call: Call,
    gamma: &[f32],
    kept: Kept,
    mut grad: Vec<f32>,
    wants_input: bool,
) -> Backward {
    let Call { shape, window, relu, .. } = call;
    let outputs = shape.outputs;
    let item_out: usize = shape.out(window)[1..].iter().product();
    let part = group_size(shape.batch) * item_out;
    let inverse: Vec<f32> = kept.variance.iter().map(|v| 1.0 / (v + EPSILON).sqrt()).collect();
    let sums: Vec<Vec<[f64; 2]>> = grad
        .par_chunks_mut(part)
        .zip(kept.raw.par_chunks(part))
        .zip(kept.output.par_chunks(part))
        .map(|((grad, raw), output)| through_relu(grad, raw, output, kept.mean, &inverse, relu))
        .collect();
    let total: Vec<[f64; 2]> =
        (0..outputs).map(|c| sums.iter().fold([0.0; 2], |a, s| [a[0] + s[c][0], a[1] + s[c][1]])).collect();
    let n = (shape.batch * item_out / outputs) as f64;
    let scale: Vec<f32> = gamma.iter().zip(&inverse).map(|(g, i)| g * i).collect();
    let norm = Norm {
        mean: kept.mean,
        grad: total.iter().map(|t| (t[0] / n) as f32).collect(),
        slope: (0..outputs).map(|c| scale[c] * inverse[c] * (total[c][1] / n) as f32).collect(),
        scale,
    };
    let mut grad_input = zeros(if wants_input { call.input.len() } else { 0 });
    let weight = through_convolution(call, kept.raw, &mut grad, &norm, &mut grad_input);
    Backward {
        input: grad_input,
        weight,
        gamma: total.iter().map(|t| t[1] as f32).collect(),
        beta: total.iter().map(|t| t[0] as f32).collect(),
    }
}

/// Zeroes the gradient where the ReLU was shut; returns per channel the sums of the gradient and of gradient times
/// normalised value.
fn through_relu(
    grad: &mut [f32],
    raw: &[f32],
    output: &[f32],
    mean: &[f32],
    inverse: &[f32],
    relu: bool,
) -> Vec<[f64; 2]> {
    let outputs = mean.len();
    let mut totals = vec![[0.0f64; 2]; outputs];
    let (mut sum, mut slope) = (vec![0.0f32; outputs], vec![0.0f32; outputs]);
    let part = outputs * 512;
    for ((grad, raw), output) in grad.chunks_mut(part).zip(raw.chunks(part)).zip(output.chunks(part)) {
        sum.fill(0.0);
        slope.fill(0.0);
        let grads = grad.chunks_exact_mut(outputs);
        for ((grad, raw), output) in grads.zip(raw.chunks_exact(outputs)).zip(output.chunks_exact(outputs)) {
            // One column after the other and no branch, so that the compiler takes several at once.
            let sums = sum.iter_mut().zip(&mut slope).zip(mean);
            for (((g, &x), &y), ((sum, slope), &mean)) in grad.iter_mut().zip(raw).zip(output).zip(sums) {
                let open = f32::from(u8::from(!relu | (y > 0.0)));
                *g *= open;
                *sum += *g;
                *slope += *g * (x - mean);
            }
        }
        for c in 0..outputs {
            totals[c][0] += f64::from(sum[c]);
            totals[c][1] += f64::from(slope[c] * inverse[c]);
        }
    }
    totals
}

/// Per channel, what takes a gradient back through the normalisation:
/// `scale · (g − mean of g) − slope · (raw − mean)`.
struct Norm<'a> {
    mean: &'a [f32],
    grad: Vec<f32>,
    slope: Vec<f32>,
    scale: Vec<f32>,
}

impl Norm<'_> {
    fn back(&self, grad: &mut [f32], raw: &[f32]) {
        let outputs = self.mean.len();
        for (grad, raw) in grad.chunks_exact_mut(outputs).zip(raw.chunks_exact(outputs)) {
            let columns = self.mean.iter().zip(&self.grad).zip(&self.scale).zip(&self.slope);
            for ((g, &x), (((&mean, &stats), &scale), &slope)) in grad.iter_mut().zip(raw).zip(columns) {
                *g = scale * (*g - stats) - slope * (x - mean);
            }
        }
    }
}

/// Takes the gradient back through normalisation and convolution; returns the weight's gradient and adds up the
/// input's, unless that is empty.
fn through_convolution(
    call: Call,
    raw: &[f32],
    grad: &mut [f32],
    norm: &Norm,
    grad_input: &mut [f32],
) -> Vec<f32> {
    let shape = call.shape;
    let size = call.weight.len();
    let (item_in, item_out) = (shape.item(), shape.out(call.window)[1..].iter().product::<usize>());
    let group = group_size(shape.batch);
    let groups = shape.batch.div_ceil(group);
    let slots: Vec<&mut [f32]> = match grad_input.is_empty() {
        true => (0..groups).map(|_| Default::default()).collect(),
        false => grad_input.chunks_mut(group * item_in).collect(),
    };
    let parts: Vec<Vec<f32>> = slots
        .into_par_iter()
        .zip(grad.par_chunks_mut(group * item_out))
        .zip(raw.par_chunks(group * item_out))
        .zip(call.input.par_chunks(group * item_in))
        .map(|(((slot, grad), raw), input)| {
            grad.chunks_mut(item_out).zip(raw.chunks(item_out)).for_each(|(grad, raw)| norm.back(grad, raw));
            let mut work = Work { weight: vec![0.0; size], patches: Vec::new(), behind: Vec::new() };
            for (i, (grad, input)) in grad.chunks(item_out).zip(input.chunks(item_in)).enumerate() {
                let slot = slot.get_mut(i * item_in..(i + 1) * item_in);
                work.item(call, input, grad, slot);
            }
            work.weight
        })
        .collect();
    sum(&parts, size)
}

/// One group's sum for the weight, and its scratch.
struct Work {
    weight: Vec<f32>,
    patches: Vec<f32>,
    behind: Vec<f32>,
}

impl Work {
    fn item(&mut self, call: Call, input: &[f32], grad: &[f32], mut slot: Option<&mut [f32]>) {
        let grid = call.shape.grid(call.window);
        let ([time, bands], patch, outputs) = (grid.out(), grid.patch(), call.shape.outputs);
        let step = tile(bands * patch, time);
        for from in (0..time).step_by(step) {
            let to = (from + step).min(time);
            let n = (to - from) * bands;
            let grad = rows(&grad[from * bands * outputs..to * bands * outputs], n, outputs);
            let patches = rows(cut(grid, input, from, to, &mut self.patches), n, patch).transpose();
            product(&mut self.weight, Accum::Add, patches, grad);
            let Some(slot) = slot.as_deref_mut() else { continue };
            let weight = rows(call.weight, patch, outputs).transpose();
            if grid.is_identity() {
                let part = &mut slot[from * bands * patch..to * bands * patch];
                product(part, Accum::Replace, grad, weight);
            } else {
                self.behind.resize(n * patch, 0.0);
                product(&mut self.behind, Accum::Replace, grad, weight);
                grid.scatter_add(&self.behind, from, to, slot);
            }
        }
    }
}
