//! A model file of format 1 → format 2: other names, and the name of its embedding space. Nothing is trained or measured again.

use serde_json::Value;
use undertone::model::{FORMAT, Metadata};
use undertone::{Error, ErrorKind, Result};

use super::ModelFile;
use super::model_file::split;

/// Inputs of format 1, and what they are called now.
const INPUTS: [(&str, &str); 3] = [
    ("baseline_mean", "speaker_mean"),
    ("baseline_scale", "speaker_scale"),
    ("baseline_weight", "speaker_weight"),
];
/// Begins the name of a condition in format 1, and now.
const CONDITION: [&str; 2] = ["baseline-", "adapted-"];

impl ModelFile {
    /// Reads a file of format 1.
    ///
    /// # Errors
    /// `Config` where it is of another format, `Model` where it was not written by this crate or its metadata is damaged.
    pub fn from_format_1(bytes: &[u8]) -> Result<ModelFile> {
        let (envelope, mut graph, json) = split(bytes)?;
        let damaged =
            |error: serde_json::Error| Error::new(ErrorKind::Model, "its metadata is damaged").because(error);
        let metadata = converted(serde_json::from_str(&json).map_err(damaged)?)?;
        let metadata: Metadata = serde_json::from_value(metadata).map_err(damaged)?;
        let inputs = graph.input.iter_mut().map(|input| &mut input.name);
        for name in inputs.chain(graph.node.iter_mut().flat_map(|node| &mut node.input)) {
            if let Some((_, new)) = INPUTS.iter().find(|(old, _)| old == name) {
                *name = (*new).to_string();
            }
        }
        let mut model = ModelFile::of(envelope, graph, metadata);
        model.metadata_mut().embedding_space = model.embedding_space();
        Ok(model)
    }
}

/// The metadata of format 1 by the names of format 2; its embedding space is still empty.
fn converted(mut metadata: Value) -> Result<Value> {
    let format = metadata["format"].as_u64();
    if format != Some(1) {
        let what = match format {
            Some(format) if format == u64::from(FORMAT) => "it is of format 2 already".to_string(),
            Some(format) => format!("it is of format {format}, expected 1"),
            None => "its metadata names no format, expected 1".to_string(),
        };
        return Err(Error::new(ErrorKind::Config, what));
    }
    metadata["format"] = FORMAT.into();
    metadata["embedding_space"] = "".into();
    for name in ["temperature", "thresholds"] {
        if let Some(adapted) = metadata[name].as_object_mut().and_then(|values| values.remove("baseline")) {
            metadata[name]["adapted"] = adapted;
        }
    }
    let [old, new] = CONDITION;
    for result in metadata["results"].as_array_mut().into_iter().flatten() {
        if let Some(rest) = result["condition"].as_str().and_then(|name| name.strip_prefix(old)) {
            result["condition"] = format!("{new}{rest}").into();
        }
    }
    Ok(metadata)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use prost::Message;
    use undertone::model::Model;
    use undertone_encoders::onnx::Entry;

    #[test]
    fn other_formats_are_refused_by_their_number() {
        for (json, word) in [(r#"{"format":2}"#, "already"), (r#"{"format":3}"#, "3"), ("{}", "no format")] {
            let error = converted(serde_json::from_str(json).unwrap()).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn conditions_get_their_new_names_and_all_else_stays() {
        let old = r#"{"format":1,"name":"a","temperature":{"unadapted":1.5,"baseline":1.25},
            "thresholds":{"unadapted":{},"baseline":{"0.90":0.5}},
            "results":[{"condition":"unadapted"},{"condition":"baseline-k10"}]}"#;
        let new = converted(serde_json::from_str(old).unwrap()).unwrap();
        let expected = r#"{"format":2,"name":"a","temperature":{"unadapted":1.5,"adapted":1.25},
            "thresholds":{"unadapted":{},"adapted":{"0.90":0.5}},
            "results":[{"condition":"unadapted"},{"condition":"adapted-k10"}],"embedding_space":""}"#;
        assert_eq!(new, serde_json::from_str::<Value>(expected).unwrap());
    }

    /// The bytes of a model of format 2 as format 1 had them.
    fn as_format_1(file: &[u8]) -> Vec<u8> {
        let (mut model, mut graph, json) = split(file).unwrap();
        let inputs = graph.input.iter_mut().map(|input| &mut input.name);
        for name in inputs.chain(graph.node.iter_mut().flat_map(|node| &mut node.input)) {
            if let Some((old, _)) = INPUTS.iter().find(|(_, new)| new == name) {
                *name = (*old).to_string();
            }
        }
        let mut metadata: Value = serde_json::from_str(&json).unwrap();
        metadata["format"] = 1.into();
        metadata.as_object_mut().unwrap().remove("embedding_space").unwrap();
        for name in ["temperature", "thresholds"] {
            let values = metadata[name].as_object_mut().unwrap();
            let adapted = values.remove("adapted").unwrap();
            values.insert("baseline".to_string(), adapted);
        }
        for result in metadata["results"].as_array_mut().unwrap() {
            result["condition"] =
                result["condition"].as_str().unwrap().replace("adapted-", "baseline-").into();
        }
        model.graph = Some(graph);
        model.metadata_props = vec![Entry { key: "undertone".to_string(), value: metadata.to_string() }];
        model.encode_to_vec()
    }

    #[test]
    fn a_model_turned_back_into_format_1_is_converted_to_what_it_was() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../undertone-models/models/default.onnx");
        let file = std::fs::read(path).unwrap();
        let old = as_format_1(&file);
        assert!(Model::from_bytes(old.clone()).is_err());
        let converted = ModelFile::from_format_1(&old).unwrap();
        assert!(converted == ModelFile::from_bytes(file).unwrap());
        Model::from_bytes(converted.to_bytes().unwrap()).unwrap();
    }
}
