//! A Whisper encoder: its weights, and the ONNX graph that takes a waveform and gives hidden layers.
//!
//! The log-mel spectrogram is made in the graph. Half a second of silence follows the waveform, as Whisper never hears sound up to its
//! last frame; the frames of that silence are left out again. Blocks after the last layer that is given are left out.

mod log_mel;
mod names;

use half::f16;
use undertone::{Error, Result};

use crate::graph::Builder;
use crate::onnx::Attribute;
use crate::weights::{Array, Weights};
use log_mel::{BINS, FFT, HOP};
use names::Names;

/// The graph's input.
pub const INPUT: &str = "input_values";
/// Samples of a row of a hidden layer: every second frame of the spectrogram.
pub const FRAME: usize = 2 * HOP;
/// Samples of silence after the waveform.
const SILENCE: usize = crate::RATE as usize / 2;

/// An encoder's weights.
#[derive(Debug)]
pub struct Whisper {
    heads: usize,
    width: usize,
    convolutions: [Linear; 2],
    positions: Array,
    blocks: Vec<Block>,
}

/// Weights and bias.
#[derive(Debug)]
struct Linear {
    weight: Array,
    bias: Array,
}

/// One block.
#[derive(Debug)]
struct Block {
    attention_norm: Linear,
    /// Query, key and value, one after the other.
    attention_in: Linear,
    attention_out: Linear,
    ffn_norm: Linear,
    ffn_in: Linear,
    ffn_out: Linear,
}

/// The layers that a head is best fitted to, of an encoder of so many blocks: a third and two thirds of its depth.
pub fn middle(depth: usize) -> Vec<usize> {
    let mut layers = vec![depth.div_ceil(3), (2 * depth).div_ceil(3)];
    layers.dedup();
    layers
}

impl Whisper {
    /// Reads the encoder; `heads` as the configuration beside the weights says, where these do not.
    ///
    /// # Errors
    /// `Malformed` where an array is missing or has another shape than the others imply, `Config` where the number of heads is not
    /// known or does not divide the width.
    pub fn read(weights: &mut Weights, heads: Option<usize>) -> Result<Whisper> {
        let mut names = Names::of(weights);
        let heads = names.heads()?.or(heads);
        let heads = heads.ok_or_else(|| {
            Error::config("the number of attention heads is not known; put the repository's config.json beside the weights")
        })?;
        let convolutions = [names.linear("conv1")?, names.linear("conv2")?];
        let positions = names.positions()?;
        let depth = names.depth();
        let blocks = (0..depth).map(|number| names.block(number)).collect::<Result<Vec<_>>>()?;
        let width = convolutions[0].bias.values.len();
        if heads == 0 || !width.is_multiple_of(heads) {
            return Err(Error::config(format!("{heads} attention heads do not divide a width of {width}")));
        }
        let whisper = Whisper { heads, width, convolutions, positions, blocks };
        whisper.check()?;
        Ok(whisper)
    }

    /// # Errors
    /// `Malformed` where the shapes do not fit.
    fn check(&self) -> Result<()> {
        let width = self.width;
        let fits = |linear: &Linear, shape: &[usize], bias: usize| {
            linear.weight.shape == shape && linear.bias.shape == [bias]
        };
        let bands = self.bands();
        let norm = |linear: &Linear| fits(linear, &[width], width);
        let block = |block: &Block| {
            let inner = block.ffn_in.bias.values.len();
            norm(&block.attention_norm)
                && norm(&block.ffn_norm)
                && fits(&block.attention_in, &[3 * width, width], 3 * width)
                && fits(&block.attention_out, &[width, width], width)
                && fits(&block.ffn_in, &[inner, width], inner)
                && fits(&block.ffn_out, &[width, inner], width)
        };
        let [first, second] = &self.convolutions;
        let sound = fits(first, &[width, bands, 3], width)
            && fits(second, &[width, width, 3], width)
            && matches!(self.positions.shape[..], [_, w] if w == width)
            && !self.blocks.is_empty()
            && self.blocks.iter().all(block);
        match sound {
            true => Ok(()),
            false => Err(Error::malformed("the shapes of its arrays are not those of a Whisper encoder")),
        }
    }

    fn bands(&self) -> usize {
        self.convolutions[0].weight.shape.get(1).copied().unwrap_or(0)
    }

    /// Number of blocks.
    pub fn depth(&self) -> usize {
        self.blocks.len()
    }

    /// Width of its layers.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Seconds of sound that it has positions for, the silence after it left out.
    pub fn longest_seconds(&self) -> f64 {
        let samples = (self.positions.shape.first().copied().unwrap_or(0) * FRAME).saturating_sub(SILENCE);
        samples as f64 / f64::from(crate::RATE)
    }

    /// The ONNX file that gives these layers, counted from 1. The same weights give the same bytes, whatever file they came in.
    ///
    /// # Errors
    /// `Config` where there is no such layer.
    pub fn onnx(&self, layers: &[usize]) -> Result<Vec<u8>> {
        let depth = self.depth();
        let wrong = layers.iter().find(|layer| !(1..=depth).contains(*layer));
        if let Some(wrong) = wrong {
            return Err(Error::config(format!(
                "there is no layer {wrong}; the encoder has layers 1 to {depth}"
            )));
        }
        let last = layers.iter().max().ok_or_else(|| Error::config("name at least one layer"))?;
        let mut graph = Builder::default();
        graph.input(INPUT, &["1", "samples"]);
        for (name, value) in [("zero", 0), ("one", 1), ("two", 2)] {
            graph.whole(name, &[value]);
        }
        for (name, value) in [("half", 0.5), ("one.f32", 1.0), ("sqrt2", std::f32::consts::SQRT_2)] {
            graph.number(name, value);
        }
        let mel = self.log_mel(&mut graph);
        let mut hidden = self.front(&mut graph, &mel);
        graph.whole("heads.split", &[0, 0, self.heads as i64, (self.width / self.heads) as i64]);
        graph.whole("heads.merge", &[0, 0, self.width as i64]);
        graph.number("attention.scale", ((self.width / self.heads) as f32).powf(-0.5));
        let mut given = Vec::new();
        for (number, block) in self.blocks.iter().enumerate().take(*last) {
            hidden = self.block(&mut graph, &hidden, block, &format!("block_{}", number + 1));
            given.push(hidden.clone());
        }
        // As many rows as the sound lasts.
        graph.node("Shape", &[INPUT], "input.shape", Vec::new());
        graph.node("Slice", &["input.shape", "one", "two", "zero"], "samples.count", Vec::new());
        graph.whole("frame.less", &[FRAME as i64 - 1]);
        graph.whole("frame", &[FRAME as i64]);
        graph.two("Add", ["samples.count", "frame.less"], "samples.up");
        graph.two("Div", ["samples.up", "frame"], "frames.count");
        let width = self.width.to_string();
        for &layer in layers {
            let name = format!("layer_{layer}");
            graph.node("Slice", &[&given[layer - 1], "zero", "frames.count", "one"], &name, Vec::new());
            graph.output(&name, &["1", "frames", &width]);
        }
        let about = [("sample_rate", crate::RATE.to_string()), ("frame_samples", FRAME.to_string())];
        Ok(graph.finish("whisper_encoder", &about))
    }

    /// The waveform's log-mel spectrogram, `[1, bands, frames]`.
    fn log_mel(&self, graph: &mut Builder) -> String {
        let pad = |mode| vec![Attribute::word("mode", mode)];
        let edge = (FFT / 2) as i64;
        graph.whole("pad.begin", &[0, 0, edge, 0, 0, 0]);
        graph.whole("pad.end", &[0, 0, 0, 0, 0, edge + SILENCE as i64]);
        graph.node("Unsqueeze", &[INPUT, "one"], "wave", Vec::new());
        graph.node("Pad", &["wave", "pad.begin"], "wave.begin", pad("reflect"));
        graph.node("Pad", &["wave.begin", "pad.end"], "wave.padded", pad("constant"));
        let strides = || vec![Attribute::ints("strides", &[HOP]), Attribute::ints("kernel_shape", &[FFT])];
        let [re, im] = log_mel::fourier();
        for (part, filters) in [("re", re), ("im", im)] {
            let filters = graph.constant(&format!("fourier.{part}"), &[BINS, 1, FFT], &filters);
            let spectrum =
                graph.node("Conv", &["wave.padded", &filters], &format!("spectrum.{part}"), strides());
            graph.two("Mul", [&spectrum, &spectrum], &format!("power.{part}"));
        }
        graph.two("Add", ["power.re", "power.im"], "power.all");
        // Whisper drops the last frame.
        graph.whole("minus.one", &[-1]);
        graph.node("Slice", &["power.all", "zero", "minus.one", "two"], "power", Vec::new());
        let bands = self.bands();
        graph.constant("mel.bank", &[bands, BINS], &log_mel::mel_bank(bands));
        graph.two("MatMul", ["mel.bank", "power"], "mel");
        for (name, value) in [
            ("mel.floor", 1e-10),
            ("log10.e", std::f32::consts::LOG10_E),
            ("mel.reach", 8.0),
            ("four", 4.0),
            ("quarter", 0.25),
        ] {
            graph.number(name, value);
        }
        graph.two("Max", ["mel", "mel.floor"], "mel.floored");
        graph.node("Log", &["mel.floored"], "mel.log", Vec::new());
        graph.two("Mul", ["mel.log", "log10.e"], "mel.log10");
        let all = vec![Attribute::ints("axes", &[1, 2]), Attribute::int("keepdims", 1)];
        graph.node("ReduceMax", &["mel.log10"], "mel.loudest", all);
        graph.two("Sub", ["mel.loudest", "mel.reach"], "mel.least");
        graph.two("Max", ["mel.log10", "mel.least"], "mel.bounded");
        graph.two("Add", ["mel.bounded", "four"], "mel.raised");
        graph.two("Mul", ["mel.raised", "quarter"], "log_mel")
    }

    /// Two convolutions and the positions, `[1, frames, width]`.
    fn front(&self, graph: &mut Builder, mel: &str) -> String {
        let mut value = mel.to_string();
        for (number, linear) in self.convolutions.iter().enumerate() {
            let name = format!("conv_{}", number + 1);
            let weight = graph.half(&format!("{name}.weight"), &linear.weight);
            let bias = graph.bias(&format!("{name}.bias"), &linear.bias);
            let attributes = vec![
                Attribute::ints("kernel_shape", &[3]),
                Attribute::ints("pads", &[1, 1]),
                Attribute::ints("strides", &[number + 1]),
            ];
            graph.node("Conv", &[&value, &weight, &bias], &name, attributes);
            value = graph.gelu(&name);
        }
        graph.node("Transpose", &[&value], "frames", vec![Attribute::ints("perm", &[0, 2, 1])]);
        graph.node("Shape", &["frames"], "frames.shape", Vec::new());
        graph.node("Slice", &["frames.shape", "one", "two", "zero"], "frames.padded", Vec::new());
        let positions = graph.half("positions", &self.positions);
        graph.node("Slice", &[&positions, "zero", "frames.padded", "zero"], "positions.here", Vec::new());
        graph.two("Add", ["frames", "positions.here"], "block_0")
    }

    /// One block of attention and a feed-forward network, both added to what came in.
    fn block(&self, graph: &mut Builder, hidden: &str, block: &Block, name: &str) -> String {
        let own = |part: &str| format!("{name}.{part}");
        let normed = graph.norm(hidden, &block.attention_norm, &own("attention.norm"));
        let joined = graph.linear(&normed, &block.attention_in, &own("attention.in"));
        let parts = ["query", "key", "value"].map(own);
        let thirds = graph.whole(&own("attention.thirds"), &[self.width as i64; 3]);
        graph.nodes(
            "Split",
            &[&joined, &thirds],
            &parts.each_ref().map(String::as_str),
            vec![Attribute::int("axis", -1)],
        );
        let mut split = |part: &str, perm: &[usize]| {
            let heads = graph.two("Reshape", [part, "heads.split"], &format!("{part}.heads"));
            graph.node("Transpose", &[&heads], &format!("{part}.turned"), vec![Attribute::ints("perm", perm)])
        };
        let [query, key, value] = &parts;
        let (query, key, value) =
            (split(query, &[0, 2, 1, 3]), split(key, &[0, 2, 3, 1]), split(value, &[0, 2, 1, 3]));
        let scaled = graph.two("Mul", [&query, "attention.scale"], &own("query.scaled"));
        let scores = graph.two("MatMul", [&scaled, &key], &own("attention.scores"));
        let last = || vec![Attribute::int("axis", -1)];
        let shares = graph.node("Softmax", &[&scores], &own("attention.shares"), last());
        let mixed = graph.two("MatMul", [&shares, &value], &own("attention.mixed"));
        let perm = vec![Attribute::ints("perm", &[0, 2, 1, 3])];
        let turned = graph.node("Transpose", &[&mixed], &own("attention.turned"), perm);
        let merged = graph.two("Reshape", [&turned, "heads.merge"], &own("attention.merged"));
        let attended = graph.linear(&merged, &block.attention_out, &own("attention.out"));
        let hidden = graph.two("Add", [hidden, &attended], &own("attention"));
        let normed = graph.norm(&hidden, &block.ffn_norm, &own("ffn.norm"));
        let inner = graph.linear(&normed, &block.ffn_in, &own("ffn.in"));
        let inner = graph.gelu(&inner);
        let outer = graph.linear(&inner, &block.ffn_out, &own("ffn.out"));
        graph.two("Add", [&hidden, &outer], name)
    }
}

impl Builder {
    /// A vector in single precision with values of half precision, so that it does not depend on how the file stored it.
    fn bias(&mut self, name: &str, array: &Array) -> String {
        let values: Vec<f32> = array.values.iter().map(|&x| f16::from_f32(x).to_f32()).collect();
        self.constant(name, &array.shape, &values)
    }

    fn linear(&mut self, value: &str, linear: &Linear, name: &str) -> String {
        let weight = self.half(&format!("{name}.weight"), &linear.weight.transposed());
        let bias = self.bias(&format!("{name}.bias"), &linear.bias);
        let product = self.two("MatMul", [value, &weight], &format!("{name}.product"));
        self.two("Add", [&product, &bias], name)
    }

    fn norm(&mut self, value: &str, norm: &Linear, name: &str) -> String {
        let scale = self.bias(&format!("{name}.scale"), &norm.weight);
        let shift = self.bias(&format!("{name}.shift"), &norm.bias);
        let attributes = vec![Attribute::int("axis", -1), Attribute::float("epsilon", 1e-5)];
        self.node("LayerNormalization", &[value, &scale, &shift], name, attributes)
    }

    fn gelu(&mut self, value: &str) -> String {
        let own = |part: &str| format!("{value}.gelu{part}");
        let scaled = self.two("Div", [value, "sqrt2"], &own(".scaled"));
        let erf = self.node("Erf", &[&scaled], &own(".erf"), Vec::new());
        let raised = self.two("Add", [&erf, "one.f32"], &own(".raised"));
        let gated = self.two("Mul", [value, &raised], &own(".gated"));
        self.two("Mul", [&gated, "half"], &own(""))
    }
}

impl Array {
    /// A matrix with rows and columns exchanged.
    fn transposed(&self) -> Array {
        let [rows, columns] = self.shape[..] else { return self.clone() };
        let column = |column| (0..rows).map(move |row| self.values[row * columns + column]);
        Array { shape: vec![columns, rows], values: (0..columns).flat_map(column).collect() }
    }
}
