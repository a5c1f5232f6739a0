//! Trained weights: a table of models, each with its name, bytes, licence and card. No logic.
#![no_std]

/// A model that is built in.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Embedded {
    /// What `--model` calls it.
    pub name: &'static str,
    /// The ONNX file.
    pub bytes: &'static [u8],
    /// SPDX expression of the weights' licence, which is not the code's.
    pub spdx: &'static str,
    /// The model card, in Markdown.
    pub card: &'static str,
    /// The encoder it is a head over, by the name that it is fetched by; none for models that are whole.
    pub encoder: Option<&'static str>,
}

/// A model of the two files `models/NAME.onnx` and `models/NAME.md`.
macro_rules! model {
    ($name:literal, $spdx:expr, $encoder:expr) => {
        Embedded {
            name: $name,
            bytes: include_bytes!(concat!("../models/", $name, ".onnx")),
            spdx: $spdx,
            card: include_str!(concat!("../models/", $name, ".md")),
            encoder: $encoder,
        }
    };
}

/// The licence of weights trained on RAVDESS, TESS, CREMA-D and SAVEE, the strictest of their corpora's.
const NON_COMMERCIAL: &str = "CC-BY-NC-SA-4.0";

/// All models: the default first, heads over encoders last, in the order in which `--model auto` takes them.
pub const MODELS: &[Embedded] = &[
    model!("default", NON_COMMERCIAL, None),
    #[cfg(feature = "large")]
    model!("large", NON_COMMERCIAL, None),
    #[cfg(feature = "heads")]
    model!("whisper-base", NON_COMMERCIAL, Some("whisper-base")),
];

/// The projection that separates speakers (linear discriminant analysis), in the format of `undertone::speakers`.
pub const SPEAKER_PROJECTION: &[u8] = include_bytes!("../models/speaker_projection.bin");
