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
}

/// The licence of weights trained on RAVDESS, TESS, CREMA-D and SAVEE.
const NON_COMMERCIAL: &str = "CC-BY-NC-SA-4.0";

/// All models, the default first.
pub const MODELS: &[Embedded] = &[
    Embedded {
        name: "default",
        bytes: include_bytes!("../models/default.onnx"),
        spdx: NON_COMMERCIAL,
        card: include_str!("../models/default.md"),
    },
    #[cfg(feature = "large")]
    Embedded {
        name: "large",
        bytes: include_bytes!("../models/large.onnx"),
        spdx: NON_COMMERCIAL,
        card: include_str!("../models/large.md"),
    },
];

/// The projection that separates speakers (linear discriminant analysis), in the format of `undertone::speakers`.
pub const SPEAKER_PROJECTION: &[u8] = include_bytes!("../models/speaker_projection.bin");
