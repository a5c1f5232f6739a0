//! A speaker of a recording: what is known beforehand, and what is estimated from the recording.

use super::setup::Setup;
use crate::analysis::{AdaptationSource, AdaptationUsed, Speaker};
use crate::emotion::Emotion;
use crate::model::{Adaptation, Answer, Posterior, Prediction};
use crate::speakers::{SpeakerOffset, SpeakerStats};
use crate::timeline::WINDOW;

/// A speaker, and all that is known of them.
#[derive(Debug, Default)]
pub(super) struct HeardSpeaker {
    /// The name, where there is one.
    pub name: Option<String>,
    /// The channel, from 0.
    pub channel: usize,
    /// Seconds of speech heard in this recording.
    pub seconds: f64,
    /// Where the adaptation comes from.
    pub known: Known,
    /// The estimate from the recording, as soon as there is one.
    pub offset: Option<SpeakerOffset>,
    /// How common emotions are, as soon as that is estimated.
    pub prior: Option<[f32; Emotion::ALL.len()]>,
}

/// Where a speaker's adaptation comes from.
#[derive(Debug, Default)]
pub(super) enum Known {
    /// Nowhere: speech of several people, or no adaptation is asked for.
    #[default]
    Nothing,
    /// From the recording itself.
    Recording,
    /// From a profile: its statistics, and the seconds of speech they rest on.
    Enrolled(SpeakerStats, f64),
}

impl HeardSpeaker {
    pub(super) fn new(name: Option<String>, channel: usize, known: Known) -> HeardSpeaker {
        HeardSpeaker { name, channel, known, ..HeardSpeaker::default() }
    }

    /// Whether its offset is to be estimated from the recording.
    pub(super) fn adapts(&self) -> bool {
        matches!(self.known, Known::Recording)
    }

    /// What answers rest on: the population's statistics as long as nothing is known.
    pub(super) fn adaptation(&self, setup: &Setup) -> Adaptation {
        let metadata = setup.metadata();
        match (&self.known, &self.offset) {
            (Known::Enrolled(stats, _), _) => {
                stats.adaptation(&metadata.population, metadata.kappa, metadata.kappa_scale)
            }
            (_, Some(offset)) => offset.adaptation.clone(),
            _ => setup.model.population(),
        }
    }

    /// The weight of [`HeardSpeaker::adaptation`].
    pub(super) fn weight(&self, setup: &Setup) -> f32 {
        match (&self.known, &self.offset) {
            (Known::Enrolled(stats, _), _) => stats.weight(setup.metadata().kappa),
            (_, Some(offset)) => offset.adaptation.weight,
            _ => 0.0,
        }
    }

    /// The model's answer with [`HeardSpeaker::adaptation`] → the prediction under the even prior.
    pub(super) fn prediction(&self, setup: &Setup, mut answer: Answer) -> Prediction {
        if let Some(offset) = &self.offset {
            offset.complete(&mut answer);
        }
        let (metadata, weight) = (setup.metadata(), self.weight(setup));
        let temperature = metadata.temperature_at(weight);
        let posterior =
            Posterior::new(&metadata.classes, &answer.logits, temperature, setup.options.emotions);
        Prediction { posterior, intensity: Some(answer.intensity), agreement: answer.agreement }
    }

    /// Estimates how common emotions are by all windows of the speaker: shares of new speech, and posteriors under the even prior.
    pub(super) fn estimate_prior(&mut self, setup: &Setup, windows: &[(f64, &Posterior)]) {
        self.prior = Some(setup.options.prior.of_voice(windows, WINDOW.0, setup.asked()));
    }

    /// How common emotions are; where nothing was heard, as for no speech.
    pub(super) fn prior(&self, setup: &Setup) -> [f32; Emotion::ALL.len()] {
        self.prior.unwrap_or_else(|| setup.options.prior.of_voice(&[], WINDOW.0, setup.asked()))
    }

    /// What the result says of it.
    pub(super) fn speaker(&self, setup: &Setup) -> Speaker {
        let (source, seconds) = match (&self.known, &self.offset) {
            (Known::Enrolled(_, seconds), _) => (AdaptationSource::Enrolled, *seconds),
            (Known::Recording, Some(_)) => (AdaptationSource::Recording, self.seconds),
            _ => (AdaptationSource::None, 0.0),
        };
        let prior = self.prior(setup);
        Speaker {
            id: self.name.clone().unwrap_or_else(|| "speaker 1".to_string()),
            channel: self.channel,
            seconds: self.seconds,
            adaptation: AdaptationUsed { source, seconds },
            prior: setup.asked().iter().map(|emotion| (emotion, prior[emotion as usize])).collect(),
        }
    }
}
