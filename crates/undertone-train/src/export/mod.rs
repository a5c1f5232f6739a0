//! Trained weights → one ONNX file by the model contract: waveform in, front end inside, metadata with it.

mod calibrate;
mod convert;
mod corrected;
mod embedder;
mod encoder_head;
mod ensemble;
mod fp16;
pub(crate) mod front_end;
pub(crate) mod graph;
mod model_file;
pub mod predictions;
mod publish;
mod revision;
pub mod set_thresholds;
mod trunk;

use undertone::Emotion;
use undertone::model::Metadata;

use crate::data::normalization::Moments;
use crate::nn::network::{Network, Size};
pub use calibrate::{HeldOutCalibration, held_out_calibration};
pub use embedder::{ClipLayers, Embedder};
pub use encoder_head::{HeadTraining, publish_head};
pub use ensemble::ensemble;
use graph::Builder;
pub use model_file::ModelFile;
pub use predictions::Scored;
pub use publish::publish;
pub use revision::revision;

/// The ONNX graph of a network; `views` standardises the spectrogram, and of the logits the metadata's classes are kept.
/// It has `agreement` where listeners named any of the classes `voted`.
pub fn export(
    network: &Network,
    size: &Size,
    views: &Moments,
    voted: &[Emotion],
    metadata: Metadata,
) -> ModelFile {
    let mut graph = Builder::default();
    let (frames, pooled) = ((2 * size.frames).to_string(), size.pooled().to_string());
    let waveform = graph.input("waveform", &["batch", "samples"]);
    let adaptation = trunk::Adaptation {
        mean: graph.input("speaker_mean", &["speakers", &pooled]),
        scale: graph.input("speaker_scale", &["speakers", &pooled]),
        weight: graph.input("speaker_weight", &["speakers", "1"]),
    };
    let spectrogram = match &network.bank {
        None => front_end::spectrogram(&mut graph, &waveform),
        Some(bank) => front_end::learned(&mut graph, &waveform, bank),
    };
    let all = trunk::frames(&mut graph, network, views, &spectrogram);
    let embedding = trunk::pooled(&mut graph, size.frames, &all);
    let by = trunk::Reading::by(network);
    trunk::heads(&mut graph, &by, [&metadata.classes, voted], &embedding, &adaptation);
    graph.output("logits", &["batch", &metadata.classes.len().to_string()]);
    graph.output("intensity", &["batch", "1"]);
    if !voted.is_empty() {
        graph.output("agreement", &["batch", "1"]);
    }
    graph.output("spectrogram", &["batch", "time", "128"]);
    graph.output("frames", &["batch", "frames", &frames]);
    graph.output("pooled", &["batch", &pooled]);
    ModelFile::new(graph, metadata)
}
