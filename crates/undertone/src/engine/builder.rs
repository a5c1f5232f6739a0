//! What an engine is made of, one thing after the other.

use std::sync::Arc;

use super::Engine;
use super::options::Options;
use super::setup::Setup;
use super::workers::Workers;
use crate::error::Result;
use crate::model::Model;

/// What an [`Engine`] is to be made of; all parts are optional.
#[derive(Debug, Default)]
pub struct Builder {
    model: Option<Model>,
    options: Options,
    threads: Option<usize>,
}

impl Builder {
    /// The model; the built-in one where not given.
    #[must_use]
    pub fn model(mut self, model: Model) -> Builder {
        self.model = Some(model);
        self
    }

    /// What is asked for.
    #[must_use]
    pub fn options(mut self, options: Options) -> Builder {
        self.options = options;
        self
    }

    /// How many threads networks run on, at least one; one a core where not given. With one, reading, speech detection and the
    /// network take turns, so that one core is busy; with more, reading and detecting run beside them. Without the feature
    /// `parallel` there is always one.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Builder {
        self.threads = Some(threads.max(1));
        self
    }

    /// The engine.
    ///
    /// # Errors
    /// `Config` where no emotion asked for is one of the model's, the coverage is not one that it knows, a speaker was enrolled with
    /// another model, or no model is given and none is built in (feature `embedded`).
    pub fn build(self) -> Result<Engine> {
        let model = match self.model {
            Some(model) => model,
            None => built_in()?,
        };
        let workers = Workers::new(self.threads.unwrap_or_else(Workers::of_cores));
        Ok(Engine(Arc::new(Setup::new(Arc::new(model), Arc::new(workers), self.options)?)))
    }
}

#[cfg(feature = "embedded")]
fn built_in() -> Result<Model> {
    Model::embedded()
}

#[cfg(not(feature = "embedded"))]
fn built_in() -> Result<Model> {
    Err(crate::Error::config("no model is built in (feature `embedded`); give one to the builder"))
}
