//! The front end inside the graph: both views of the spectrogram by convolutions, with fixed kernels from the built-in
//! constants or with a bank's.

use std::f64::consts::TAU;

use undertone::features::{HOP, log_mel, pitch_view};

use super::graph::{Builder, Value};
use crate::data::feature_cache::BANDS;
use crate::nn::filter_bank::{Bank, FILTERS, Half};
use crate::nn::frames::BEFORE;
use crate::nn::tensor::values;
use undertone_encoders::onnx::Attribute;

/// `waveform [batch, samples]` → `spectrogram [batch, samples/160 + 1, 128]`.
pub fn spectrogram(graph: &mut Builder, waveform: &Value) -> Value {
    let axis = graph.indices(&[1]);
    let waveform = graph.node("Unsqueeze", &[waveform, &axis], Vec::new());
    let half = log_mel::WINDOW / 2;
    let mel = View {
        window: log_mel::window(),
        fft: log_mel::FFT,
        bins: log_mel::BINS,
        bands: log_mel::BANDS,
        weight: &log_mel::weight,
        hop: HOP,
        pads: [half, half],
    };
    let mel = mel.build(graph, &waveform);
    let taps = graph.constant(&[1, 1, pitch_view::TAPS], &pitch_view::taps());
    let half = pitch_view::TAPS / 2;
    // One sample more at the end makes the number of frames that of the other view for every length.
    let low = graph.node("Conv", &[&waveform, &taps], conv(pitch_view::DECIMATION, [half, half + 1]));
    let half = pitch_view::WINDOW / 2;
    let pitch = View {
        window: pitch_view::window(),
        fft: pitch_view::FFT,
        bins: pitch_view::BINS,
        bands: pitch_view::BANDS,
        weight: &|band, bin| pitch_view::GAIN * pitch_view::weight(band, bin),
        hop: HOP / pitch_view::DECIMATION,
        pads: [half, half - 1],
    };
    let pitch = pitch.build(graph, &low);
    side_by_side(graph, &mel, &pitch)
}

/// The same by a learned bank.
pub fn learned(graph: &mut Builder, waveform: &Value, bank: &Bank) -> Value {
    let axis = graph.indices(&[1]);
    let waveform = graph.node("Unsqueeze", &[waveform, &axis], Vec::new());
    let half = log_mel::WINDOW / 2;
    let mel = filtered(graph, &waveform, &bank.mel, HOP, [half, half]);
    let taps = graph.constant(&[1, 1, pitch_view::TAPS], &pitch_view::taps());
    // As far as the first and last frame's windows reach, so that the low-pass rings out; the last sample that is short of a
    // whole frame adds none.
    let pads = [BEFORE, BEFORE + 1 - pitch_view::DECIMATION];
    let low = graph.node("Conv", &[&waveform, &taps], conv(pitch_view::DECIMATION, pads));
    let pitch = filtered(graph, &low, &bank.pitch, HOP / pitch_view::DECIMATION, [0, 0]);
    side_by_side(graph, &mel, &pitch)
}

/// `[batch, 64, frames]` twice → `spectrogram [batch, frames, 128]`.
fn side_by_side(graph: &mut Builder, mel: &Value, pitch: &Value) -> Value {
    let both = graph.node("Concat", &[mel, pitch], vec![Attribute::int("axis", 1)]);
    graph.named("spectrogram", "Transpose", &[&both], vec![Attribute::ints("perm", &[0, 2, 1])])
}

/// Powers of a bank's filters summed into bands, log-compressed: `[batch, 1, samples]` → `[batch, bands, frames]`.
fn filtered(graph: &mut Builder, signal: &Value, half: &Half, hop: usize, pads: [usize; 2]) -> Value {
    let taps = half.taps();
    let [length, filters] = taps.dims();
    let kernel = graph.constant(&[filters, 1, length], &values(taps.transpose()));
    let parts = graph.node("Conv", &[signal, &kernel], conv(hop, pads));
    let squares = graph.node("Mul", &[&parts, &parts], Vec::new());
    let own = |band: usize| (0..filters).map(move |filter| f32::from(u8::from(filter / FILTERS == band)));
    let sums = graph.constant(&[BANDS, filters], &(0..BANDS).flat_map(own).collect::<Vec<f32>>());
    let bands = graph.node("MatMul", &[&sums, &squares], Vec::new());
    logarithm(graph, &bands)
}

fn logarithm(graph: &mut Builder, powers: &Value) -> Value {
    // Of three dimensions, so that no runtime takes it for the bias of the product before it.
    let floor = graph.constant(&[1, 1, 1], &[log_mel::FLOOR]);
    let powers = graph.node("Add", &[powers, &floor], Vec::new());
    graph.node("Log", &[&powers], Vec::new())
}

/// Attributes of a convolution over time.
pub fn conv(stride: usize, pads: [usize; 2]) -> Vec<Attribute> {
    vec![
        Attribute::ints("strides", &[stride]),
        Attribute::ints("pads", &pads),
        Attribute::ints("dilations", &[1]),
    ]
}

/// A windowed power spectrum in bands, log-compressed.
struct View<'a> {
    window: Vec<f32>,
    fft: usize,
    bins: usize,
    bands: usize,
    weight: &'a dyn Fn(usize, usize) -> f32,
    hop: usize,
    pads: [usize; 2],
}

impl View<'_> {
    /// `[batch, 1, samples]` → `[batch, bands, frames]`.
    fn build(&self, graph: &mut Builder, signal: &Value) -> Value {
        let kernel = self.kernel(graph);
        let parts = graph.node("Conv", &[signal, &kernel], conv(self.hop, self.pads));
        let squares = graph.node("Mul", &[&parts, &parts], Vec::new());
        let real = graph.slice(&squares, 1, 0, self.bins);
        let imaginary = graph.slice(&squares, 1, self.bins, 2 * self.bins);
        let powers = graph.node("Add", &[&real, &imaginary], Vec::new());
        let weights: Vec<f32> = (0..self.bands)
            .flat_map(|band| (0..self.bins).map(move |bin| (self.weight)(band, bin)))
            .collect();
        let weights = graph.constant(&[self.bands, self.bins], &weights);
        let bands = graph.node("MatMul", &[&weights, &powers], Vec::new());
        logarithm(graph, &bands)
    }

    /// Cosines, then sines, of every bin under the window: `[2 · bins, 1, window]`, read from one period of each, since written out they
    /// would be a seventh of the file.
    fn kernel(&self, graph: &mut Builder) -> Value {
        let counted = |n: usize| (0..n as i64).collect::<Vec<i64>>();
        let (column, fft) = (graph.indices(&[1]), graph.indices(&[self.fft as i64]));
        let bins = graph.indices(&counted(self.bins));
        let bins = graph.node("Unsqueeze", &[&bins, &column], Vec::new());
        let samples = graph.indices(&counted(self.window.len()));
        let turns = graph.node("Mul", &[&bins, &samples], Vec::new());
        let turns = graph.node("Mod", &[&turns, &fft], Vec::new());
        let window = graph.constant(&[self.window.len()], &self.window);
        let [cosines, sines] = [f64::cos, f64::sin].map(|part| {
            let period: Vec<f32> =
                (0..self.fft).map(|at| part(TAU * at as f64 / self.fft as f64) as f32).collect();
            let period = graph.constant(&[self.fft], &period);
            let waves = graph.node("Gather", &[&period, &turns], Vec::new());
            graph.node("Mul", &[&waves, &window], Vec::new())
        });
        let both = graph.node("Concat", &[&cosines, &sines], vec![Attribute::int("axis", 0)]);
        graph.node("Unsqueeze", &[&both, &column], Vec::new())
    }
}
