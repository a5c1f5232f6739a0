//! A head over an encoder of others as a model file: it begins at the encoder's layers, `layers [1, t, width]`.

use std::sync::Arc;

use undertone::Emotion;
use undertone::model::{Conditions, Encoder, FORMAT, Metadata, TrainedOn};
use undertone::units::{SampleRate, Seconds};

use super::ModelFile;
use super::graph::Builder;
use super::trunk;
use crate::train::encoder_head::EncoderHead;
use crate::train::heads::KAPPA_SCALE;
use crate::train::run::Trained;
use undertone_encoders::onnx::Attribute;

/// What a model file says of the training of its head.
pub struct HeadTraining<'a> {
    /// The corpora it learned from.
    pub corpora: &'a [Trained],
    /// The classes they know.
    pub classes: &'a [Emotion],
    /// Those listeners could name, where there are votes of any.
    pub voted: &'a [Emotion],
    /// What was held out: protocols and their folds.
    pub held_out: Vec<String>,
    /// Clips' worth of the population in the mean of a speaker's adaptation.
    pub kappa: f32,
    /// The head's name, and its version.
    pub name: [&'a str; 2],
    /// Git revision of the code.
    pub revision: &'a str,
}

/// A fitted head as a file, with temperatures of 1, no thresholds and no figures.
pub fn publish_head(head: &EncoderHead, encoder: &Arc<Encoder>, training: HeadTraining<'_>) -> ModelFile {
    let voted = training.voted;
    let metadata = describe(head, encoder, training);
    let mut graph = Builder::default();
    let channels = head.frames.mean.len();
    let (width, pooled) = (channels.to_string(), (2 * channels).to_string());
    let layers = graph.input("layers", &["batch", "frames", &width]);
    let adaptation = trunk::Adaptation {
        mean: graph.input("speaker_mean", &["speakers", &pooled]),
        scale: graph.input("speaker_scale", &["speakers", &pooled]),
        weight: graph.input("speaker_weight", &["speakers", "1"]),
    };
    let [scale, shift] = head.frames.affine();
    let features = graph.affine(&layers, &scale, &shift);
    // Every frame counts the same.
    let nothing = graph.constant(&[1], &[0.0]);
    let attention = graph.node("Mul", &[&features, &nothing], Vec::new());
    let all = graph.named("frames", "Concat", &[&features, &attention], vec![Attribute::int("axis", 2)]);
    let embedding = trunk::pooled(&mut graph, channels, &all);
    let by = trunk::Reading {
        population: head.population.clone(),
        unadapted: &head.heads.unadapted,
        adapted: &head.heads.adapted,
        listeners: &head.heads.listeners,
    };
    trunk::heads(&mut graph, &by, [&metadata.classes, voted], &embedding, &adaptation);
    graph.output("logits", &["batch", &metadata.classes.len().to_string()]);
    graph.output("intensity", &["batch", "1"]);
    if !voted.is_empty() {
        graph.output("agreement", &["batch", "1"]);
    }
    graph.output("frames", &["batch", "frames", &pooled]);
    graph.output("pooled", &["batch", &pooled]);
    ModelFile::new(graph, metadata).over(Arc::clone(encoder))
}

fn describe(head: &EncoderHead, encoder: &Encoder, training: HeadTraining<'_>) -> Metadata {
    let on = |corpus: &Trained| TrainedOn {
        name: corpus.name.clone(),
        licence: corpus.licence.clone(),
        citation: corpus.citation.clone(),
        clips: corpus.clips,
    };
    let pooled = head.population.mean.len();
    let [name, version] = training.name.map(str::to_string);
    Metadata {
        format: FORMAT,
        name,
        version,
        embedding_space: String::new(),
        classes: training.classes.to_vec(),
        rate: SampleRate::MODEL,
        shortest_seconds: Seconds(0.5),
        longest_seconds: Seconds(60.0),
        frame_seconds: Seconds(0.04),
        // An encoder sees all that it is given; a second to either side is what it gets where a segment is cut.
        receptive_seconds: Seconds(1.0),
        pooled,
        own_front_end: false,
        encoder: Some(encoder.used()),
        temperature: Conditions { unadapted: 1.0, adapted: 1.0 },
        thresholds: Conditions::default(),
        calibrated_on: Vec::new(),
        thresholds_fitted_on: Vec::new(),
        population: head.population.clone(),
        neutral_offset: head.neutral_offset.clone(),
        kappa: training.kappa,
        kappa_scale: Some(KAPPA_SCALE),
        adaptation: None,
        corpora: training.corpora.iter().map(on).collect(),
        teachers: Vec::new(),
        held_out: training.held_out,
        results: Vec::new(),
        revision: training.revision.to_string(),
        // Two heads of the classes and intensity, and the listeners' where there is one.
        parameters: (pooled + 1) * (2 * (training.classes.len() + 1) + training.voted.len()),
    }
}
