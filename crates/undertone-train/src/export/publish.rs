//! A finished run → a model file.

use std::path::Path;

use burn::prelude::*;
use undertone::model::{Conditions, FORMAT, Metadata, TrainedOn};
use undertone::units::{SampleRate, Seconds};
use undertone::{Error, ErrorKind, Result};

use super::{ModelFile, export};
use crate::nn::average;
use crate::nn::network::{Network, STRIDE};
use crate::train::checkpoint;
use crate::train::config::Config;
use crate::train::heads::KAPPA_SCALE;
use crate::train::run::{NETWORK, Outcome, Trained};

/// A finished run's network under a name and a version, its weights in half precision, with temperatures of 1, no thresholds and no
/// figures.
///
/// # Errors
/// `Config` where the run is not finished; what reading it answers.
pub fn publish(run: &Path, name: [&str; 2], revision: &str) -> Result<ModelFile> {
    let (config, outcome) = (Config::open(&run.join("config.toml"))?, outcome(run)?);
    let teacher = outcome.teacher.as_ref().map(|teacher| teacher.width);
    let network = config.front_end.network(&config.size, teacher, &Device::flex())?;
    let network = checkpoint::read(network, &run.join(NETWORK))?;
    let mut metadata = describe(&network, &config, &outcome);
    [metadata.name, metadata.version] = name.map(str::to_string);
    metadata.revision = revision.to_string();
    Ok(export(&network, &config.size, &outcome.views, &outcome.voted, metadata).fp16())
}

fn outcome(run: &Path) -> Result<Outcome> {
    let path = run.join("result.json");
    let text = std::fs::read_to_string(&path).map_err(|error| {
        Error::new(ErrorKind::Config, "the run is not finished: it has no result yet")
            .at(&path)
            .because(error)
    })?;
    serde_json::from_str(&text).map_err(|error| Error::new(ErrorKind::Malformed, error.to_string()).at(&path))
}

fn describe(network: &Network, config: &Config, outcome: &Outcome) -> Metadata {
    let on = |corpus: &Trained| TrainedOn {
        name: corpus.name.clone(),
        licence: corpus.licence.clone(),
        citation: corpus.citation.clone(),
        clips: corpus.clips,
    };
    let teachers = outcome.teacher.iter().flat_map(|teacher| teacher.names.clone()).collect();
    Metadata {
        format: FORMAT,
        name: String::new(),
        version: String::new(),
        embedding_space: String::new(),
        classes: outcome.classes.clone(),
        rate: SampleRate::MODEL,
        shortest_seconds: Seconds(0.5),
        longest_seconds: Seconds(60.0),
        frame_seconds: Seconds(STRIDE as f64 / 100.0),
        receptive_seconds: Seconds(0.5),
        pooled: config.size.pooled(),
        own_front_end: network.bank.is_some(),
        encoder: None,
        temperature: Conditions { unadapted: 1.0, adapted: 1.0 },
        thresholds: Conditions::default(),
        calibrated_on: Vec::new(),
        thresholds_fitted_on: Vec::new(),
        population: network.population(),
        neutral_offset: outcome.neutral_offset.clone(),
        kappa: config.kappa,
        kappa_scale: Some(KAPPA_SCALE),
        adaptation: None,
        corpora: outcome.corpora.iter().map(on).collect(),
        teachers,
        held_out: outcome.held_out.clone(),
        results: Vec::new(),
        revision: String::new(),
        parameters: average::trained_parameters(network),
    }
}
