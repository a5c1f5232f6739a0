//! Recordings → embeddings: one for all speech of a recording, for each segment of speech, or for each given segment.

use std::ops::ControlFlow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::options::Options;
use super::setup::Setup;
use super::stream::Pace;
use super::{Engine, Progress};
use crate::audio::Source;
use crate::error::Result;
use crate::model::Moments;

/// What has an embedding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EmbeddingUnit {
    /// All speech of a channel together.
    #[default]
    Clip,
    /// Each segment of speech that is found.
    Segment,
}

/// The embedding of some speech: the pooled frames, before any adaptation, in the space that
/// [`crate::model::Metadata::embedding_space`] names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Embedding {
    /// Seconds from the recording's start.
    pub start: f64,
    /// Exclusive.
    pub end: f64,
    /// The channel, from 0.
    pub channel: usize,
    /// Finite numbers, as many as the space has dimensions.
    pub vector: Vec<f32>,
    /// The given segment that it is of, counted from 0.
    pub segment: Option<usize>,
}

impl Engine {
    /// The embeddings of a recording, in the order of time. Where [`Options::segments`] are given each has one, whatever the unit;
    /// where no speech is heard there is none. When `progress` answers [`ControlFlow::Break`] they are of what was heard until then.
    ///
    /// # Errors
    /// What opening and decoding answer.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use undertone::engine::EmbeddingUnit;
    ///
    /// # let call = std::fs::read("../../examples/conversation.wav")?;
    /// let engine = undertone::Engine::embedded()?;
    /// let found = engine.embed(call, EmbeddingUnit::Clip, |_| ControlFlow::Continue(()))?;
    /// assert_eq!(found[0].vector.len(), engine.model().metadata().pooled);
    /// # Ok::<(), undertone::Error>(())
    /// ```
    pub fn embed(
        &self,
        source: impl Into<Source>,
        unit: EmbeddingUnit,
        mut progress: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Vec<Embedding>> {
        let options = Options { curve: None, ..self.options().clone() };
        let mut setup = Setup::new(Arc::clone(&self.0.model), Arc::clone(&self.0.workers), options)?;
        setup.embeds = true;
        let engine = Engine(Arc::new(setup));
        let (mut stream, mut reading) = engine.opened(source.into(), Pace::Whole)?;
        let (whole, mut flow) = (reading.info().duration, ControlFlow::Continue(()));
        while flow.is_continue()
            && let Some(chunk) = reading.next()?
        {
            stream.hear(&chunk.channels)?;
            flow = progress(Progress { heard: stream.heard(), whole });
        }
        stream.close()?;
        let mut found = match &engine.0.given {
            Some(given) => given.embeddings(stream.channels(), stream.heard().0),
            None => of_speech(&stream, unit),
        };
        found.retain(|embedding| embedding.vector.iter().all(|x| x.is_finite()));
        found.sort_by(|a, b| a.start.total_cmp(&b.start).then(a.channel.cmp(&b.channel)));
        Ok(found)
    }
}

fn of_speech(stream: &super::Stream, unit: EmbeddingUnit) -> Vec<Embedding> {
    let mut found = Vec::new();
    for (channel, own) in stream.channels().iter().enumerate() {
        let segments = own.heard.iter().filter_map(|one| Some((one.segment, one.whole.as_ref()?)));
        let each = segments.map(|(segment, moments)| {
            let times = (segment.start.0, segment.end.0.min(stream.heard().0));
            (times, moments.clone())
        });
        let joined = |all: ((f64, f64), Moments), next: ((f64, f64), Moments)| {
            let ((start, _), mut moments) = all;
            moments.join(&next.1);
            ((start, next.0.1), moments)
        };
        let embeddings: Vec<((f64, f64), Moments)> = match unit {
            EmbeddingUnit::Clip => each.reduce(joined).into_iter().collect(),
            EmbeddingUnit::Segment => each.collect(),
        };
        found.extend(embeddings.into_iter().map(|((start, end), moments)| Embedding {
            start,
            end,
            channel,
            vector: moments.pooled(),
            segment: None,
        }));
    }
    found
}
