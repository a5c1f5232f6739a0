//! A model with checked options: what every part of an analysis takes.

use std::sync::Arc;

use super::curve;
use super::gate::{self, Gate};
use super::given::Given;
use super::options::{Adapt, Options, SpeakerSource};
use super::voice::{HeardSpeaker, Known};
use super::workers::Workers;
use crate::audio::Channels;
use crate::emotion::{Emotion, EmotionSet};
use crate::error::{Error, Result};
use crate::model::{Metadata, Model};
use crate::prior::Prior;
use crate::speakers::{Profile, SpeakerProjection};

/// The emotions that RAVDESS's actors sing: the only ones a model could learn from songs.
const SUNG: [Emotion; 6] =
    [Emotion::Neutral, Emotion::Calm, Emotion::Happy, Emotion::Sad, Emotion::Angry, Emotion::Fearful];

/// A model, what it is asked for, and the threads it runs on.
#[derive(Debug)]
pub(super) struct Setup {
    pub model: Arc<Model>,
    pub workers: Arc<Workers>,
    /// Checked.
    pub options: Options,
    /// What passes for a voice.
    pub gate: Gate,
    /// The segments to answer, where they are given.
    pub given: Option<Given>,
    /// Whether embeddings are asked for, not emotions.
    pub embeds: bool,
    /// For diarization: where that is asked for, and for one channel about whose speakers nothing is told.
    pub projection: Option<SpeakerProjection>,
}

impl Setup {
    /// # Errors
    /// `Config` where no emotion asked for is one of the model's, the coverage is not one that it knows, a speaker was
    /// enrolled with another model, or the prior gives no emotion asked for a share; as [`crate::segments::check`] for given segments.
    pub(super) fn new(model: Arc<Model>, workers: Arc<Workers>, mut options: Options) -> Result<Setup> {
        let metadata = model.metadata();
        if options.song {
            options.emotions = options.emotions.and(SUNG.into_iter().collect());
            options.speech = gate::of_song();
            // What is common in conversation says nothing of songs.
            if options.prior == Prior::Auto {
                options.prior = Prior::Even;
            }
        }
        let asked: EmotionSet =
            metadata.classes.iter().copied().filter(|class| options.emotions.contains(*class)).collect();
        if asked.is_empty() {
            return Err(Error::config("none of the emotions asked for is one of the model's classes"));
        }
        if let Prior::Given(shares) = &options.prior
            && !asked.iter().any(|emotion| shares.of(emotion) > 0.0)
        {
            return Err(Error::config("the prior gives none of the emotions asked for a share"));
        }
        let thresholds = &metadata.thresholds.unadapted;
        if !thresholds.is_empty() && !thresholds.contains_key(&Metadata::coverage_key(options.coverage)) {
            let known: Vec<&str> = thresholds.keys().map(String::as_str).collect();
            let message =
                format!("a coverage of {} is not known; there are {}", options.coverage, known.join(", "));
            return Err(Error::config(message));
        }
        options.profiles.iter().flatten().try_for_each(|profile| profile.check(&model))?;
        curve::check(options.curve)?;
        let given = options.segments.as_deref().map(Given::new).transpose()?;
        let named = given.as_ref().is_some_and(Given::is_named);
        let diarized = !named && matches!(options.speaker_source, SpeakerSource::Diarize(_));
        if diarized && options.profiles.iter().any(Option::is_some) {
            let message = "diarized speakers have no names, so none can be enrolled; \
                           split the channels, or give segments that name the speakers";
            return Err(Error::config(message));
        }
        let untold = !named
            && options.speaker_source == SpeakerSource::PerChannel
            && options.channels == Channels::Average
            && options.speakers.is_empty()
            && options.profiles.iter().all(Option::is_none);
        let projection = match (diarized, untold) {
            (true, _) => Some(SpeakerProjection::embedded()?),
            // Without the projection a channel about which nothing is told is one speaker.
            (_, true) => SpeakerProjection::embedded().ok(),
            _ => None,
        };
        let gate = if options.song { Gate::Song } else { Gate::Speech };
        Ok(Setup { model, workers, options, gate, given, embeds: false, projection })
    }

    pub(super) fn metadata(&self) -> &Metadata {
        self.model.metadata()
    }

    /// The prediction set's threshold, where it holds: for all classes, in the condition of `weight`.
    pub(super) fn threshold(&self, weight: f32) -> Option<f32> {
        let metadata = self.metadata();
        if metadata.classes.iter().any(|class| !self.options.emotions.contains(*class)) {
            return None;
        }
        metadata.threshold_at(self.options.coverage, weight)
    }

    /// The classes that compete: those of the model that are asked for.
    pub(super) fn asked(&self) -> EmotionSet {
        self.options.emotions.and(self.metadata().classes.iter().copied().collect())
    }

    /// Whether given segments name the speakers.
    pub(super) fn is_named(&self) -> bool {
        self.given.as_ref().is_some_and(Given::is_named)
    }

    /// The speaker that given segments name, with what was enrolled under that name.
    pub(super) fn speaker_named(&self, name: &str, channel: usize) -> HeardSpeaker {
        let own = self.options.profiles.iter().flatten().find(|profile| profile.name == name);
        HeardSpeaker::new(Some(name.to_string()), channel, self.known(own))
    }

    /// The speaker of a channel: the name given for it, or its number where there are several. Where a channel has several speakers,
    /// nobody in particular.
    pub(super) fn speaker_of_channel(&self, number: usize, count: usize) -> HeardSpeaker {
        if self.is_named() || self.options.speaker_source != SpeakerSource::PerChannel {
            return HeardSpeaker::new(None, number, Known::Nothing);
        }
        let given = self.options.speakers.get(number).cloned();
        let name = given.or_else(|| (count > 1).then(|| format!("speaker {}", number + 1)));
        let profile = self.options.profiles.get(number).and_then(Option::as_ref);
        HeardSpeaker::new(name, number, self.known(profile))
    }

    /// Where the adaptation to one speaker comes from: the profile where there is one.
    pub(super) fn known(&self, profile: Option<&Profile>) -> Known {
        match (profile, self.options.adapt) {
            (Some(profile), _) => Known::Enrolled(profile.stats(&self.model), profile.seconds),
            (None, Adapt::Auto) => Known::Recording,
            (None, _) => Known::Nothing,
        }
    }
}
