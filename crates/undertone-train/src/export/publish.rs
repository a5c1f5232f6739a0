//! A finished run → a model file.

use std::path::Path;

use burn::prelude::*;
use undertone::model::{Conditions, FORMAT, Metadata, Model, TrainedOn};
use undertone::units::{SampleRate, Seconds};
use undertone::{Error, ErrorKind, Result};

use super::halved;
use crate::average;
use crate::checkpoint;
use crate::config::Config;
use crate::heads::KAPPA_SCALE;
use crate::network::{Network, STRIDE};
use crate::run::{NETWORK, Outcome, Trained};

/// What to publish.
pub struct Publish<'a> {
    /// The run's folder.
    pub run: &'a Path,
    /// The model's name and version.
    pub name: [&'a str; 2],
    /// Git revision of the code.
    pub revision: &'a str,
}

impl Publish<'_> {
    /// Exports the run's network, its weights in half precision, with temperatures of 1, no thresholds and no figures.
    ///
    /// # Errors
    /// `Config` where the run is not finished; `Model` where the file does not run.
    pub fn publish(&self) -> Result<Vec<u8>> {
        let (config, outcome) = (Config::open(&self.run.join("config.toml"))?, self.outcome()?);
        let teacher = outcome.teacher.as_ref().map(|teacher| teacher.width);
        let network = config.front_end.network(&config.size, teacher, &Device::flex())?;
        let network = checkpoint::read(network, &self.run.join(NETWORK))?;
        let metadata = self.describe(&network, &config, &outcome);
        let model = super::export(&network, &config.size, &outcome.views, &outcome.voted, &metadata)?;
        let model = halved(&model)?;
        Model::from_bytes(model.clone())?;
        Ok(model)
    }

    fn outcome(&self) -> Result<Outcome> {
        let path = self.run.join("result.json");
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Error::new(ErrorKind::Config, "the run is not finished: it has no result yet")
                .at(&path)
                .because(error)
        })?;
        serde_json::from_str(&text)
            .map_err(|error| Error::new(ErrorKind::Malformed, error.to_string()).at(&path))
    }

    fn describe(&self, network: &Network, config: &Config, outcome: &Outcome) -> Metadata {
        let on = |corpus: &Trained| TrainedOn {
            name: corpus.name.clone(),
            licence: corpus.licence.clone(),
            citation: corpus.citation.clone(),
            clips: corpus.clips,
        };
        let teachers = outcome.teacher.iter().flat_map(|teacher| teacher.names.clone()).collect();
        Metadata {
            format: FORMAT,
            name: self.name[0].to_string(),
            version: self.name[1].to_string(),
            classes: outcome.classes.clone(),
            rate: SampleRate::MODEL,
            shortest_seconds: Seconds(0.5),
            longest_seconds: Seconds(60.0),
            frame_seconds: Seconds(STRIDE as f64 / 100.0),
            receptive_seconds: Seconds(0.5),
            pooled: config.size.pooled(),
            own_front_end: network.bank.is_some(),
            temperature: Conditions { unadapted: 1.0, baseline: 1.0 },
            thresholds: Conditions::default(),
            calibrated_on: Vec::new(),
            population: network.population(),
            neutral_offset: outcome.neutral_offset.clone(),
            kappa: config.kappa,
            kappa_scale: Some(KAPPA_SCALE),
            corpora: outcome.corpora.iter().map(on).collect(),
            teachers,
            held_out: outcome.held_out.clone(),
            results: Vec::new(),
            revision: self.revision.to_string(),
            parameters: average::trained_parameters(network),
        }
    }
}
