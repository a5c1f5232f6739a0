//! The engine: a model with options and threads of its own; recordings and live audio in, analyses out.

#[cfg(feature = "decode")]
mod analyze;
#[cfg(feature = "parallel")]
mod background;
mod bandwidth;
mod builder;
mod channel;
mod channels;
mod curve;
#[cfg(feature = "decode")]
mod embed;
mod enroll;
mod event;
mod gate;
mod given;
mod intake;
mod level;
mod live;
mod not_speech;
mod options;
mod prediction;
#[cfg(feature = "decode")]
mod reading;
mod segment;
mod setup;
mod speaker_source;
mod stream;
mod told;
mod voice;
mod workers;

use std::sync::Arc;

use crate::analysis::{Analysis, Report};
use crate::error::Result;
use crate::model::Model;
use crate::speakers::Profile;
use crate::units::SampleRate;

pub use builder::Builder;
#[cfg(feature = "decode")]
pub use embed::{Embedding, EmbeddingUnit};
pub use enroll::LEAST_SPEECH;
pub use event::{Event, Progress};
pub use options::{Adapt, Options, SpeakerSource, StreamOptions};
pub use stream::Stream;

use setup::Setup;
use stream::Pace;

/// A model with options and threads of its own: analyses any number of recordings and streams, also several at once. Copies are
/// cheap and share all of it.
#[derive(Clone, Debug)]
pub struct Engine(Arc<Setup>);

/// Samples given to a stream at a time where all are at hand.
const CHUNK: usize = 1 << 14;

impl Engine {
    /// A builder: model, options, threads.
    ///
    /// ```
    /// use undertone::Engine;
    /// use undertone::engine::Options;
    ///
    /// let options = Options { coverage: 0.95, ..Options::default() };
    /// let engine = Engine::builder().options(options).threads(2).build()?;
    /// assert_eq!(engine.threads(), 2);
    /// # Ok::<(), undertone::Error>(())
    /// ```
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// With the model that is built in, default options and a thread a core.
    ///
    /// # Errors
    /// As [`Model::embedded`].
    #[cfg(feature = "embedded")]
    pub fn embedded() -> Result<Engine> {
        Engine::builder().build()
    }

    /// The same model and threads with other options.
    ///
    /// # Errors
    /// As [`Builder::build`].
    pub fn with_options(&self, options: Options) -> Result<Engine> {
        let (model, workers) = (Arc::clone(&self.0.model), Arc::clone(&self.0.workers));
        Ok(Engine(Arc::new(Setup::new(model, workers, options)?)))
    }

    /// The same engine with profiles of speakers, as in [`Options::profiles`]; where no speakers are named they take the names of
    /// these, up to the first that is left out.
    ///
    /// # Errors
    /// `Config` where one was enrolled with another model.
    pub fn with_profiles(&self, profiles: Vec<Option<Profile>>) -> Result<Engine> {
        let mut options = self.0.options.clone();
        if options.speakers.is_empty() {
            let known = profiles.iter().map_while(Option::as_ref);
            options.speakers = known.map(|profile| profile.name.clone()).collect();
        }
        self.with_options(Options { profiles, ..options })
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.0.model
    }

    /// The options.
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    /// How many threads networks run on.
    pub fn threads(&self) -> usize {
        self.0.workers.count()
    }

    /// A stream for live audio.
    ///
    /// # Errors
    /// `Config` for no channel; `TooLarge` for more than 32 or a rate outside 1–768 kHz.
    pub fn stream(&self, options: StreamOptions) -> Result<Stream> {
        Stream::new(self, options, Pace::Live)
    }

    /// Analyses mono samples, nominal −1…1, at any rate.
    ///
    /// # Errors
    /// `TooLarge` for a rate outside 1–768 kHz; `Model` where the network refuses its input.
    ///
    /// ```
    /// let engine = undertone::Engine::embedded()?;
    /// let silence = vec![0.0; 44_100];
    /// let analysis = engine.analyze_samples(&silence, 44_100)?;
    /// assert_eq!((analysis.seconds, analysis.spans.len()), (1.0, 0));
    /// assert!(analysis.speech_seconds.is_sign_positive());
    /// # Ok::<(), undertone::Error>(())
    /// ```
    pub fn analyze_samples(&self, samples: &[f32], rate: impl Into<SampleRate>) -> Result<Analysis> {
        let mut stream = Stream::new(self, StreamOptions { channels: 1, rate: rate.into() }, Pace::Whole)?;
        for some in samples.chunks(CHUNK) {
            stream.push(&[some])?;
        }
        stream.finish()
    }

    /// A report on analyses, with what is to be known of the model.
    pub fn report(&self, analyses: Vec<Analysis>) -> Report {
        Report::new(self.model(), analyses)
    }
}

#[cfg(test)]
mod tests;
