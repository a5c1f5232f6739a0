//! Trained weights → one ONNX file by the model contract: waveform in, front end inside, metadata with it.

mod calibrate;
pub(crate) mod front_end;
pub(crate) mod graph;
mod halved;
mod join;
pub(crate) mod onnx;
mod publish;
mod trunk;

use prost::Message;
use undertone::model::Metadata;
use undertone::{Emotion, Error, ErrorKind, Result};

use crate::network::{Network, Size};
use crate::population::Level;
pub use calibrate::{Elsewhere, calibrated, elsewhere, measured, named};
use graph::Builder;
pub use halved::halved;
pub use join::join;
pub use publish::Publish;

/// The ONNX file of a network; `views` standardises the spectrogram, and of the logits the metadata's classes are kept.
/// It has `agreement` where listeners named any of the classes `voted`.
///
/// # Errors
/// `Model` where the metadata cannot be written as JSON.
pub fn export(
    network: &Network,
    size: &Size,
    views: &Level,
    voted: &[Emotion],
    metadata: &Metadata,
) -> Result<Vec<u8>> {
    let mut graph = Builder::default();
    let (frames, pooled) = ((2 * size.frames).to_string(), size.pooled().to_string());
    let waveform = graph.input("waveform", &["batch", "samples"]);
    let baseline = trunk::Baseline {
        mean: graph.input("baseline_mean", &["speakers", &pooled]),
        scale: graph.input("baseline_scale", &["speakers", &pooled]),
        weight: graph.input("baseline_weight", &["speakers", "1"]),
    };
    let spectrogram = match &network.bank {
        None => front_end::spectrogram(&mut graph, &waveform),
        Some(bank) => front_end::learned(&mut graph, &waveform, bank),
    };
    let all = trunk::frames(&mut graph, network, views, &spectrogram);
    let embedding = trunk::pooled(&mut graph, size.frames, &all);
    trunk::heads(&mut graph, network, [&metadata.classes, voted], &embedding, &baseline);
    graph.output("logits", &["batch", &metadata.classes.len().to_string()]);
    graph.output("intensity", &["batch", "1"]);
    if !voted.is_empty() {
        graph.output("agreement", &["batch", "1"]);
    }
    graph.output("spectrogram", &["batch", "time", "128"]);
    graph.output("frames", &["batch", "frames", &frames]);
    graph.output("pooled", &["batch", &pooled]);
    file(graph, metadata)
}

/// A finished graph with its metadata.
fn file(graph: Builder, metadata: &Metadata) -> Result<Vec<u8>> {
    let model = onnx::Model {
        ir_version: 8,
        producer_name: "undertone-train".to_string(),
        producer_version: env!("CARGO_PKG_VERSION").to_string(),
        graph: Some(graph.finish("undertone")),
        opset_import: vec![onnx::Opset { domain: String::new(), version: 17 }],
        metadata_props: vec![entry(metadata)?],
    };
    Ok(model.encode_to_vec())
}

/// A file that [`file`] wrote.
fn decoded(file: &[u8]) -> Result<onnx::Model> {
    let foreign =
        || Error::new(ErrorKind::Model, "it was written by another program, not by undertone-train");
    let model = onnx::Model::decode(file).map_err(|error| foreign().because(error))?;
    // What the description of a file in `onnx` lacks would be lost.
    if model.encode_to_vec() == file { Ok(model) } else { Err(foreign()) }
}

fn entry(metadata: &Metadata) -> Result<onnx::Entry> {
    let value = serde_json::to_string(metadata)
        .map_err(|error| Error::new(ErrorKind::Model, "the metadata cannot be written").because(error))?;
    Ok(onnx::Entry { key: "undertone".to_string(), value })
}
