//! A model with checked options: what every part of an analysis takes.

use std::sync::Arc;

use super::gate::{self, Gate};
use super::options::{Options, SpeakerSource};
use super::prediction::HeardSpeaker;
use super::workers::Workers;
use crate::audio::Channels;
use crate::emotion::{Emotion, EmotionSet};
use crate::error::{Error, Result};
use crate::model::{Metadata, Model};
use crate::speakers::{SpeakerProjection, SpeakerStats};

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
    /// For diarization: where that is asked for, and for one channel about whose speakers nothing is told.
    pub projection: Option<SpeakerProjection>,
}

impl Setup {
    /// # Errors
    /// `Config` where no emotion asked for is one of the model's, the coverage is not one that it knows, or a speaker was
    /// enrolled with another model.
    pub(super) fn new(model: Arc<Model>, workers: Arc<Workers>, mut options: Options) -> Result<Setup> {
        let metadata = model.metadata();
        if options.song {
            options.emotions = options.emotions.and(SUNG.into_iter().collect());
            options.speech = gate::of_song();
        }
        let asked: EmotionSet =
            metadata.classes.iter().copied().filter(|class| options.emotions.contains(*class)).collect();
        if asked.is_empty() {
            return Err(Error::config("none of the emotions asked for is one of the model's classes"));
        }
        let thresholds = &metadata.thresholds.unadapted;
        if !thresholds.is_empty() && !thresholds.contains_key(&Metadata::coverage_key(options.coverage)) {
            let known: Vec<&str> = thresholds.keys().map(String::as_str).collect();
            let message =
                format!("a coverage of {} is not known; there are {}", options.coverage, known.join(", "));
            return Err(Error::config(message));
        }
        options.profiles.iter().flatten().try_for_each(|profile| profile.check(&model))?;
        let diarized = matches!(options.speaker_source, SpeakerSource::Diarize(_));
        if diarized && options.profiles.iter().any(Option::is_some) {
            let message = "diarized speakers have no names, so none can be enrolled; \
                           split the channels, or name the speakers by a file";
            return Err(Error::config(message));
        }
        let untold = options.speaker_source == SpeakerSource::PerChannel
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
        Ok(Setup { model, workers, options, gate, projection })
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
        let thresholds =
            if weight > 0.5 { &metadata.thresholds.adapted } else { &metadata.thresholds.unadapted };
        thresholds.get(&Metadata::coverage_key(self.options.coverage)).copied()
    }

    pub(super) fn temperature(&self, weight: f32) -> f32 {
        let temperature = &self.metadata().temperature;
        if weight > 0.5 { temperature.adapted } else { temperature.unadapted }
    }

    /// The speaker that a file names, with what was enrolled under that name.
    pub(super) fn speaker_named(&self, name: &str, channel: usize) -> HeardSpeaker {
        let speaker = HeardSpeaker::new(Some(name.to_string()), channel);
        let own = self.options.profiles.iter().flatten().find(|profile| profile.name == name);
        HeardSpeaker { enrolled: own.map(|profile| (profile.stats(&self.model), profile.seconds)), ..speaker }
    }

    /// The speaker of a channel: the name given for it, or its number where there are several.
    pub(super) fn speaker_of_channel(&self, number: usize, count: usize) -> HeardSpeaker {
        if self.options.speaker_source != SpeakerSource::PerChannel {
            return HeardSpeaker::new(None, number);
        }
        let given = self.options.speakers.get(number).cloned();
        let name = given.or_else(|| (count > 1).then(|| format!("speaker {}", number + 1)));
        HeardSpeaker { enrolled: self.enrolled(number), ..HeardSpeaker::new(name, number) }
    }

    /// What was enrolled of a speaker (a channel), and the seconds of speech it rests on.
    fn enrolled(&self, speaker: usize) -> Option<(SpeakerStats, f64)> {
        let profile = self.options.profiles.get(speaker)?.as_ref()?;
        Some((profile.stats(&self.model), profile.seconds))
    }
}
