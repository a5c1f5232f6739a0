//! The trained part of the graph: spectrogram → frames → pooled → logits and intensity.

use burn::nn::Linear;
use undertone::Emotion;
use undertone::model::Population;

use super::graph::{Builder, Value};
use crate::data::feature_cache::BANDS;
use crate::data::normalization::Moments;
use crate::nn::layer::Layer;
use crate::nn::linear::bias;
use crate::nn::network::{Block, Network, OUTPUTS, Stem};
use crate::nn::tensor::values;
use undertone_encoders::onnx::Attribute;

/// `spectrogram` → `frames [batch, t', 2 · channels]`: features, then their attention logits.
pub fn frames(graph: &mut Builder, network: &Network, views: &Moments, spectrogram: &Value) -> Value {
    let [scale, shift] = views.affine();
    let standard = graph.affine(spectrogram, &scale, &shift);
    let mel = graph.slice(&standard, 2, 0, BANDS);
    let pitch = graph.slice(&standard, 2, BANDS, 2 * BANDS);
    let (mel, pitch) = (stem(graph, &network.mel, &mel), stem(graph, &network.pitch, &pitch));
    let joined = graph.node("Concat", &[&mel, &pitch], vec![Attribute::int("axis", 2)]);
    let joined = graph.node("Transpose", &[&joined], vec![Attribute::ints("perm", &[0, 2, 1])]);
    let mut x = over_time(graph, &network.mix, &joined);
    let mut outputs = Vec::new();
    for block in &network.blocks {
        x = residual(graph, block, &x);
        outputs.push(x.clone());
    }
    let outputs: Vec<&Value> = outputs.iter().collect();
    let all = graph.node("Concat", &outputs, vec![Attribute::int("axis", 1)]);
    let features = over_time(graph, &network.frames, &all);
    let hidden = point(graph, &network.attention_in, &features);
    let hidden = graph.node("Tanh", &[&hidden], Vec::new());
    let attention = point(graph, &network.attention_out, &hidden);
    let both = graph.node("Concat", &[&features, &attention], vec![Attribute::int("axis", 1)]);
    graph.named("frames", "Transpose", &[&both], vec![Attribute::ints("perm", &[0, 2, 1])])
}

/// One view `[batch, t, 64]` → `[batch, t/4, bands · maps]`.
fn stem(graph: &mut Builder, stem: &Stem, view: &Value) -> Value {
    let axis = graph.indices(&[1]);
    let mut x = graph.node("Unsqueeze", &[view, &axis], Vec::new());
    let mut width = BANDS;
    for layer in &stem.layers {
        x = convolution(graph, layer, &x, 2);
        width = width.div_ceil(layer.window().stride[1]);
    }
    let maps = stem.layers.last().map_or(0, |layer| layer.weight.dims()[1]);
    let x = graph.node("Transpose", &[&x], vec![Attribute::ints("perm", &[0, 2, 3, 1])]);
    let shape = graph.indices(&[0, 0, (width * maps) as i64]);
    graph.node("Reshape", &[&x, &shape], Vec::new())
}

fn over_time(graph: &mut Builder, layer: &Layer, x: &Value) -> Value {
    convolution(graph, layer, x, 1)
}

/// A layer as a convolution over the last one or two axes, its normalisation folded in.
fn convolution(graph: &mut Builder, layer: &Layer, x: &Value, axes: usize) -> Value {
    let (weight, bias) = layer.folded();
    let window = layer.window();
    let [patch, outputs] = weight.dims();
    let taps: usize = window.kernel.iter().product();
    let channels = patch / taps;
    let weight = values(weight);
    let mut turned = Vec::with_capacity(weight.len());
    for output in 0..outputs {
        for channel in 0..channels {
            turned.extend((0..taps).map(|tap| weight[(tap * channels + channel) * outputs + output]));
        }
    }
    let shape = [&[outputs, channels], &window.kernel[..axes]].concat();
    let kernel = graph.constant(&shape, &turned);
    let bias = graph.constant(&[outputs], &values(bias));
    let padding = window.padding();
    let attributes = vec![
        Attribute::ints("strides", &window.stride[..axes]),
        Attribute::ints("pads", &[&padding[..axes], &padding[..axes]].concat()),
        Attribute::ints("dilations", &[window.dilation, 1][..axes]),
    ];
    let y = graph.node("Conv", &[x, &kernel, &bias], attributes);
    if layer.relu() { graph.node("Relu", &[&y], Vec::new()) } else { y }
}

fn residual(graph: &mut Builder, block: &Block, x: &Value) -> Value {
    let wide = over_time(graph, &block.wide, x);
    let point = over_time(graph, &block.point, &wide);
    let sum = graph.node("Add", &[x, &point], Vec::new());
    graph.node("Relu", &[&sum], Vec::new())
}

/// A linear layer over channels `[batch, channels, t]`.
fn point(graph: &mut Builder, linear: &Linear, x: &Value) -> Value {
    let [inputs, outputs] = linear.weight.dims();
    let turned = values(linear.weight.val().transpose());
    let kernel = graph.constant(&[outputs, inputs, 1], &turned);
    let bias = graph.constant(&[outputs], &values(bias(linear)));
    let attributes = vec![
        Attribute::ints("strides", &[1]),
        Attribute::ints("pads", &[0, 0]),
        Attribute::ints("dilations", &[1]),
    ];
    graph.node("Conv", &[x, &kernel, &bias], attributes)
}

/// `frames` → `pooled [batch, 2 · channels]`: attention-weighted mean, then deviation.
pub fn pooled(graph: &mut Builder, channels: usize, frames: &Value) -> Value {
    let features = graph.slice(frames, 2, 0, channels);
    let attention = graph.slice(frames, 2, channels, 2 * channels);
    let weights = graph.node("Softmax", &[&attention], vec![Attribute::int("axis", 1)]);
    let weighted = graph.node("Mul", &[&weights, &features], Vec::new());
    let axis = graph.indices(&[1]);
    let flat = || vec![Attribute::int("keepdims", 0)];
    let mean = graph.node("ReduceSum", &[&weighted, &axis], flat());
    let squares = graph.node("Mul", &[&weighted, &features], Vec::new());
    let square = graph.node("ReduceSum", &[&squares, &axis], flat());
    let mean_square = graph.node("Mul", &[&mean, &mean], Vec::new());
    let variance = graph.node("Sub", &[&square, &mean_square], Vec::new());
    let floor = graph.constant(&[1], &[1e-5]);
    let variance = graph.node("Max", &[&variance, &floor], Vec::new());
    let deviation = graph.node("Sqrt", &[&variance], Vec::new());
    graph.named("pooled", "Concat", &[&mean, &deviation], vec![Attribute::int("axis", 1)])
}

/// The three inputs that say what is known of the speaker.
pub struct Adaptation {
    /// `speaker_mean`.
    pub mean: Value,
    /// `speaker_scale`.
    pub scale: Value,
    /// `speaker_weight`.
    pub weight: Value,
}

/// What `pooled` is read by.
pub struct Reading<'a> {
    /// Mean and deviation of `pooled` over the training's clips.
    pub population: Population,
    /// The head for unknown speakers.
    pub unadapted: &'a Linear,
    /// The head for known ones.
    pub adapted: &'a Linear,
    /// What listeners name.
    pub listeners: &'a Linear,
}

impl Reading<'_> {
    /// By a network's own heads.
    pub fn by(network: &Network) -> Reading<'_> {
        Reading {
            population: network.population(),
            unadapted: &network.head,
            adapted: &network.speaker_head,
            listeners: &network.listeners,
        }
    }
}

/// `pooled` → `logits [batch, classes]` and `intensity [batch, 1]`: two heads, blended by the adaptation's weight; and
/// `agreement [batch, 1]` where listeners named any classes. Only the classes the network learned are there.
pub fn heads(
    graph: &mut Builder,
    by: &Reading<'_>,
    [classes, voted]: [&[Emotion]; 2],
    pooled: &Value,
    adaptation: &Adaptation,
) {
    let scale: Vec<f32> = by.population.scale.iter().map(|x| 1.0 / x).collect();
    let shift: Vec<f32> = by.population.mean.iter().zip(&scale).map(|(mean, scale)| -mean * scale).collect();
    let population = graph.affine(pooled, &scale, &shift);
    let centred = graph.node("Sub", &[pooled, &adaptation.mean], Vec::new());
    let speaker = graph.node("Div", &[&centred, &adaptation.scale], Vec::new());
    let columns: Vec<usize> = classes.iter().map(|&class| class as usize).chain([OUTPUTS - 1]).collect();
    let unadapted = head(graph, by.unadapted, &columns, &population);
    let adapted = head(graph, by.adapted, &columns, &speaker);
    let difference = graph.node("Sub", &[&adapted, &unadapted], Vec::new());
    let part = graph.node("Mul", &[&difference, &adaptation.weight], Vec::new());
    let blended = graph.node("Add", &[&unadapted, &part], Vec::new());
    let classes = classes.len();
    let bounds = [0, classes, classes + 1].map(|x| graph.indices(&[x as i64]));
    let axis = graph.indices(&[1]);
    graph.named("logits", "Slice", &[&blended, &bounds[0], &bounds[1], &axis], Vec::new());
    let intensity = graph.node("Slice", &[&blended, &bounds[1], &bounds[2], &axis], Vec::new());
    graph.named("intensity", "Sigmoid", &[&intensity], Vec::new());
    if !voted.is_empty() {
        let columns: Vec<usize> = voted.iter().map(|&class| class as usize).collect();
        let logits = head(graph, by.listeners, &columns, &population);
        let named = graph.node("Softmax", &[&logits], vec![Attribute::int("axis", 1)]);
        graph.named("agreement", "ReduceMax", &[&named], vec![Attribute::ints("axes", &[1])]);
    }
}

/// Some columns of a head.
fn head(graph: &mut Builder, linear: &Linear, columns: &[usize], x: &Value) -> Value {
    let [inputs, outputs] = linear.weight.dims();
    let chosen = |rows: Vec<f32>| -> Vec<f32> {
        rows.chunks_exact(outputs).flat_map(|row| columns.iter().map(|&column| row[column])).collect()
    };
    let shape = [inputs, columns.len()];
    let weight = graph.constant(&shape, &chosen(values(linear.weight.val())));
    let bias = graph.constant(&[columns.len()], &chosen(values(bias(linear))));
    graph.node("Gemm", &[x, &weight, &bias], Vec::new())
}
