//! Recordings of one speaker → a profile.

#[cfg(feature = "decode")]
use std::ops::ControlFlow;

use super::Engine;
use super::options::{Options, StreamOptions};
use super::setup::Setup;
use super::stream::{Pace, Stream};
use crate::error::{Error, Result, Warning, WarningCode};
use crate::speakers::{Profile, SpeakerStats};
use crate::units::{SampleRate, Seconds};

/// Seconds of speech a profile rests on at least: two windows.
pub const LEAST_SPEECH: Seconds = Seconds(5.0);

impl Engine {
    /// Estimates the statistics of one speaker from recordings, channels averaged; each counts by its speech.
    ///
    /// `neutral`: only neutral speech is in them. `progress` is told how far each is; when it answers [`ControlFlow::Break`] the
    /// profile rests on what was heard until then.
    ///
    /// # Errors
    /// What opening and decoding answer, with the recording's name; `Config` where there are less than [`LEAST_SPEECH`] seconds of
    /// speech in all.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    ///
    /// # let call = std::fs::read("../../examples/conversation.wav")?;
    /// let engine = undertone::Engine::embedded()?;
    /// let profile = engine.enroll("agent", vec![call.into()], false, |_| ControlFlow::Continue(()))?;
    /// assert!(profile.seconds > 15.0);
    /// let adapted = engine.with_profiles(vec![Some(profile)])?;
    /// # Ok::<(), undertone::Error>(())
    /// ```
    #[cfg(feature = "decode")]
    pub fn enroll(
        &self,
        name: &str,
        sources: Vec<crate::audio::Source>,
        neutral: bool,
        mut progress: impl FnMut(super::Progress) -> ControlFlow<()>,
    ) -> Result<Profile> {
        let engine = self.with_options(Options {
            channels: crate::audio::Channels::Average,
            profiles: Vec::new(),
            segments: None,
            speaker_source: super::SpeakerSource::PerChannel,
            ..self.options().clone()
        })?;
        let (mut stats, mut seconds) = (SpeakerStats::default(), 0.0);
        for source in sources {
            let path = source.path().map(std::path::Path::to_path_buf);
            let (flow, heard, speech) = engine.hear(source, &mut progress).map_err(|error| match path {
                Some(path) => error.at(path),
                None => error,
            })?;
            stats.join(&heard);
            seconds += speech;
            if flow.is_break() {
                break;
            }
        }
        self.profile(name, &stats, seconds, neutral)
    }

    /// [`Engine::enroll`] by mono samples, nominal −1…1, at any rate.
    ///
    /// # Errors
    /// `Config` where there are less than [`LEAST_SPEECH`] seconds of speech; `TooLarge` for a rate outside 1–768 kHz.
    pub fn enroll_samples(
        &self,
        name: &str,
        samples: &[f32],
        rate: impl Into<SampleRate>,
        neutral: bool,
    ) -> Result<Profile> {
        let options = Options { profiles: Vec::new(), segments: None, ..self.options().clone() };
        let engine = self.with_options(options)?;
        let options = StreamOptions { channels: 1, rate: rate.into() };
        let mut stream = Stream::new(&engine, options, Pace::Whole)?;
        stream.push(&[samples])?;
        stream.close()?;
        let (stats, seconds) = stream.stats(0);
        self.profile(name, &stats, seconds, neutral)
    }

    fn profile(&self, name: &str, stats: &SpeakerStats, seconds: f64, neutral: bool) -> Result<Profile> {
        if seconds < LEAST_SPEECH.0 {
            let message = format!(
                "{seconds:.1} s of speech were heard of '{name}', a profile needs {:.0} s; give more or longer recordings of \
                 this speaker",
                LEAST_SPEECH.0
            );
            return Err(Error::config(message));
        }
        Ok(Profile::new(name, self.model(), stats, seconds, neutral))
    }

    /// The statistics of the speaker of one recording, and their seconds of speech.
    #[cfg(feature = "decode")]
    fn hear(
        &self,
        source: crate::audio::Source,
        progress: &mut dyn FnMut(super::Progress) -> ControlFlow<()>,
    ) -> Result<(ControlFlow<()>, SpeakerStats, f64)> {
        let (mut stream, mut reading) = self.opened(source, Pace::Whole)?;
        let (whole, mut flow) = (reading.info().duration, ControlFlow::Continue(()));
        while flow.is_continue()
            && let Some(chunk) = reading.next()?
        {
            stream.hear(&chunk.channels)?;
            flow = progress(super::Progress { heard: stream.heard(), whole });
        }
        stream.close()?;
        let (stats, seconds) = stream.stats(0);
        Ok((flow, stats, seconds))
    }
}

/// What the reader of a result should know of the profiles.
pub(super) fn notes(setup: &Setup, speakers: usize) -> Vec<Warning> {
    let (mut notes, enrolled) = (Vec::new(), &setup.options.profiles);
    for profile in enrolled.iter().flatten().filter(|profile| profile.is_inexact(&setup.model)) {
        let message = format!(
            "'{}' was enrolled by neutral speech, and the model does not know how that differs from all speech: the adaptation \
             is less exact",
            profile.name
        );
        notes.push(Warning::new(WarningCode::NeutralOffset, message));
    }
    for profile in enrolled.iter().skip(speakers).flatten() {
        let message = format!("'{}' was enrolled, but there are only {speakers} speakers", profile.name);
        notes.push(Warning::new(WarningCode::NotEnrolled, message));
    }
    notes
}
