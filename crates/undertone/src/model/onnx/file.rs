//! The metadata of an ONNX file: the one part of it that the runtime does not hand out.

use prost::Message;

use crate::error::{Error, Result};

/// `ModelProto` of onnx.proto, without what is not needed.
#[derive(Clone, PartialEq, Message)]
struct File {
    #[prost(message, repeated, tag = "14")]
    metadata_props: Vec<Entry>,
}

#[derive(Clone, PartialEq, Message)]
struct Entry {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(string, tag = "2")]
    value: String,
}

/// The value under `key` in a file's metadata.
pub(super) fn metadata(bytes: &[u8], key: &str) -> Result<Option<String>> {
    let file = File::decode(bytes).map_err(|error| Error::model("it is not an ONNX file").because(error))?;
    Ok(file.metadata_props.into_iter().find(|entry| entry.key == key).map(|entry| entry.value))
}
