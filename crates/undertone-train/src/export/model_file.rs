//! A model file in memory: its graph, and what it says of itself. It is encoded once, when it is written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use prost::Message;
use sha2::{Digest, Sha256};
use undertone::model::{Encoder, Metadata, Model, SpeakerSpace, TrainedOn};
use undertone::{Error, ErrorKind, Result};

use super::graph::Builder;
use undertone_encoders::onnx::{self, Graph, Node};
use undertone_eval::atomic_file;

/// The property of an ONNX file that holds our metadata.
const PROPERTY: &str = "undertone";

/// An ONNX graph by the model contract, with its metadata.
#[derive(Clone, Debug)]
pub struct ModelFile {
    /// Versions and producer; graph and metadata lie beside it.
    envelope: onnx::Model,
    graph: Graph,
    metadata: Metadata,
    /// What it is run over, where it is a head; no part of the file.
    encoder: Option<Arc<Encoder>>,
}

impl PartialEq for ModelFile {
    fn eq(&self, other: &ModelFile) -> bool {
        let ModelFile { envelope, graph, metadata, .. } = self;
        (envelope, graph, metadata) == (&other.envelope, &other.graph, &other.metadata)
    }
}

impl ModelFile {
    /// A finished graph with its metadata.
    pub(super) fn new(graph: Builder, metadata: Metadata) -> ModelFile {
        let envelope = onnx::Model {
            ir_version: 8,
            producer_name: "undertone-train".to_string(),
            producer_version: env!("CARGO_PKG_VERSION").to_string(),
            graph: None,
            opset_import: vec![onnx::Opset { domain: String::new(), version: 17 }],
            metadata_props: Vec::new(),
        };
        ModelFile { envelope, graph: graph.finish("undertone"), metadata, encoder: None }
    }

    /// The same file, a head, run over its encoder.
    pub(super) fn over(self, encoder: Arc<Encoder>) -> ModelFile {
        ModelFile { encoder: Some(encoder), ..self }
    }

    /// Reads a file that this crate wrote.
    ///
    /// # Errors
    /// `Io`, or `Model` as [`ModelFile::from_bytes`]; both name the file.
    pub fn open(path: &Path) -> Result<ModelFile> {
        ModelFile::open_over(path, None)
    }

    /// Reads a file that this crate wrote: a network, or a head and the encoder that it was trained over.
    ///
    /// # Errors
    /// As [`ModelFile::open`]; `Config` where a head is given no encoder, or a network is given one.
    pub fn open_over(path: &Path, encoder: Option<&Arc<Encoder>>) -> Result<ModelFile> {
        let bytes = std::fs::read(path).map_err(|error| Error::from(error).at(path))?;
        ModelFile::from_bytes_over(bytes, encoder).map_err(|error| error.at(path))
    }

    /// Reads the bytes of a file that this crate wrote.
    ///
    /// # Errors
    /// `Model` where it does not run, is of another format version, or was written by another program.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<ModelFile> {
        ModelFile::from_bytes_over(bytes, None)
    }

    /// [`ModelFile::from_bytes`] of a network, or of a head and the encoder that it was trained over.
    ///
    /// # Errors
    /// As [`ModelFile::from_bytes`]; `Config` where a head is given no encoder, or a network is given one.
    pub fn from_bytes_over(bytes: Vec<u8>, encoder: Option<&Arc<Encoder>>) -> Result<ModelFile> {
        let (envelope, graph, json) = split(&bytes)?;
        let config = |message: String| Err(Error::new(ErrorKind::Config, message));
        let says = serde_json::from_str::<Metadata>(&json).ok().map(|metadata| metadata.encoder);
        match (says, encoder) {
            (Some(Some(used)), None) => {
                return config(format!(
                    "it is a head over the encoder '{}': give the encoder's folder with --encoder",
                    used.name
                ));
            }
            (Some(None), Some(_)) => {
                return config("it is no head over an encoder: leave --encoder out".to_string());
            }
            _ => {}
        }
        let metadata = loaded(bytes, encoder)?.metadata().clone();
        Ok(ModelFile { envelope, graph, metadata, encoder: encoder.cloned() })
    }

    /// What it says of itself.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// What it is run over, where it is a head.
    pub fn encoder(&self) -> Option<&Arc<Encoder>> {
        self.encoder.as_ref()
    }

    /// Changes what it says of itself.
    pub(super) fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.metadata
    }

    /// Its graph.
    pub(super) fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Changes its graph.
    pub(super) fn graph_mut(&mut self) -> &mut Graph {
        &mut self.graph
    }

    /// Gives it a name and a version.
    pub fn set_name(&mut self, name: &str, version: &str) {
        (self.metadata.name, self.metadata.version) = (name.to_string(), version.to_string());
    }

    /// Says that it learned from one more corpus.
    pub fn add_corpus(&mut self, corpus: TrainedOn) {
        self.metadata.corpora.push(corpus);
    }

    /// Says which git revision of the code made it.
    pub fn set_revision(&mut self, revision: &str) {
        self.metadata.revision = revision.to_string();
    }

    /// Gives it the statistics that adaptation to a speaker rests on.
    pub fn set_adaptation(&mut self, space: SpeakerSpace) {
        self.metadata.adaptation = Some(space);
    }

    /// Names the space of `pooled`: the first 16 hexadecimal digits of SHA-256 over the constants that `pooled` depends on, in the
    /// file's order, and over the encoder where it reads one. Heads and calibration do not change it.
    pub fn embedding_space(&self) -> String {
        let makers: BTreeMap<&str, &Node> = self
            .graph
            .node
            .iter()
            .flat_map(|node| node.output.iter().map(move |out| (&**out, node)))
            .collect();
        let (mut needed, mut open) = (BTreeSet::new(), vec!["pooled"]);
        while let Some(value) = open.pop() {
            if needed.insert(value) {
                let inputs = makers.get(value).into_iter().flat_map(|node| &node.input);
                open.extend(inputs.map(String::as_str));
            }
        }
        let mut hash = Sha256::new();
        if let Some(encoder) = &self.metadata.encoder {
            hash.update(format!("{} {:?} {:?}", encoder.name, encoder.layers, encoder.probe));
        }
        for tensor in self.graph.initializer.iter().filter(|tensor| needed.contains(&*tensor.name)) {
            hash.update(&tensor.raw_data);
        }
        hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The file's bytes, its embedding space named in them.
    ///
    /// # Errors
    /// `Model` where the metadata cannot be written, or the runtime refuses the file.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        Ok(self.to_model()?.0)
    }

    /// [`ModelFile::to_bytes`], and the model that they are; over its encoder where it is a head.
    ///
    /// # Errors
    /// As [`ModelFile::to_bytes`].
    pub fn to_model(&self) -> Result<(Vec<u8>, Model)> {
        let bytes = self.encoded()?;
        let model = loaded(bytes.clone(), self.encoder.as_ref())?;
        Ok((bytes, model))
    }

    fn encoded(&self) -> Result<Vec<u8>> {
        let metadata = Metadata { embedding_space: self.embedding_space(), ..self.metadata.clone() };
        let value = serde_json::to_string(&metadata)
            .map_err(|error| Error::new(ErrorKind::Model, "the metadata cannot be written").because(error))?;
        let model = onnx::Model {
            graph: Some(self.graph.clone()),
            metadata_props: vec![onnx::Entry { key: PROPERTY.to_string(), value }],
            ..self.envelope.clone()
        };
        Ok(model.encode_to_vec())
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// As [`ModelFile::to_bytes`], or `Io`; both name the file.
    pub fn save(&self, path: &Path) -> Result<()> {
        atomic_file::write(path, &self.to_bytes().map_err(|error| error.at(path))?)
    }

    /// Puts parts together that [`split`] gave.
    pub(super) fn of(envelope: onnx::Model, graph: Graph, metadata: Metadata) -> ModelFile {
        ModelFile { envelope, graph, metadata, encoder: None }
    }
}

/// A model in memory, over its encoder where there is one.
fn loaded(bytes: Vec<u8>, encoder: Option<&Arc<Encoder>>) -> Result<Model> {
    match encoder {
        Some(encoder) => Model::with_encoder(bytes, Arc::clone(encoder)),
        None => Model::from_bytes(bytes),
    }
}

/// A file's envelope, graph and metadata (JSON).
///
/// # Errors
/// `Model` where it holds anything that this crate does not write: it would be lost.
pub(super) fn split(bytes: &[u8]) -> Result<(onnx::Model, Graph, String)> {
    let foreign =
        || Error::new(ErrorKind::Model, "it was written by another program, not by undertone-train");
    let mut model = onnx::Model::decode(bytes).map_err(|error| foreign().because(error))?;
    if model.encode_to_vec() != bytes {
        return Err(foreign());
    }
    let graph = model.graph.take().ok_or_else(foreign)?;
    let entries = std::mem::take(&mut model.metadata_props);
    match <[onnx::Entry; 1]>::try_from(entries) {
        Ok([entry]) if entry.key == PROPERTY => Ok((model, graph, entry.value)),
        _ => Err(foreign()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn shipped() -> Vec<u8> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../undertone-models/models/default.onnx");
        std::fs::read(path).unwrap()
    }

    #[test]
    fn the_shipped_models_embedding_space_is_that_of_its_trunk() {
        let mut model = ModelFile::from_bytes(shipped()).unwrap();
        let space = model.metadata.embedding_space.clone();
        assert_eq!(model.embedding_space(), space);
        // Only the graph decides: neither what is said of it, nor the heads.
        model.set_name("another", "9");
        model.metadata.temperature.adapted += 1.0;
        model.metadata.embedding_space.clear();
        let heads = model.graph.end_of("pooled");
        let is_head = |name: &String| model.graph.node[heads..].iter().any(|node| node.input.contains(name));
        let last = model.graph.initializer.iter().rposition(|tensor| is_head(&tensor.name)).unwrap();
        model.graph.initializer[last].raw_data[0] ^= 1;
        assert_eq!(model.embedding_space(), space);
        let first = &mut model.graph.initializer[0].raw_data;
        first[0] ^= 1;
        assert_ne!(model.embedding_space(), space);
    }

    #[test]
    fn what_is_read_and_written_again_is_the_same_model() {
        let model = ModelFile::from_bytes(shipped()).unwrap();
        assert_eq!(ModelFile::from_bytes(model.to_bytes().unwrap()).unwrap(), model);
    }

    #[test]
    fn a_file_that_holds_more_than_ours_do_is_refused() {
        let mut file = shipped();
        // Field 6 of onnx.proto: doc_string.
        file.extend([0x32, 2, b'h', b'i']);
        let error = ModelFile::from_bytes(file).unwrap_err().to_string();
        assert!(error.contains("another program"), "{error}");
    }
}
