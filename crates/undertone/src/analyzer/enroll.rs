//! Recordings of one speaker → a profile of that voice.

use super::Analyzer;
use super::session::{Pace, Session};
use crate::audio::{self, Channels, Recording, Source};
use crate::error::{Error, Result, Warning};
use crate::speakers::{Profile, Usual};
use crate::units::{SampleRate, Seconds};

/// Seconds of speech a profile rests on at least: two windows.
pub const LEAST_SPEECH: Seconds = Seconds(5.0);

impl Analyzer {
    /// Hears the recordings of one speaker, channels averaged, and keeps the usual voice; what each recording holds counts by its speech.
    ///
    /// `neutral`: only neutral speech is in them. `progress` is told the seconds heard and the whole length of each, where it is known.
    ///
    /// # Errors
    /// What opening and decoding answer, with the recording's name; `Config` where there are less than [`LEAST_SPEECH`] seconds of
    /// speech in all, or this analyzer has enrolled voices itself: they would be counted in.
    pub fn enroll(
        &self,
        name: &str,
        sources: Vec<Source>,
        neutral: bool,
        progress: &mut dyn FnMut(Seconds, Option<Seconds>),
    ) -> Result<Profile> {
        if self.options.enrolled.iter().any(Option::is_some) {
            return Err(Error::config("enrol voices by an analyzer without enrolled ones"));
        }
        let (mut usual, mut seconds) = (Usual::default(), 0.0);
        for source in sources {
            let path = source.path().map(std::path::Path::to_path_buf);
            let (heard, speech) = self.hear_voice(source, progress).map_err(|error| match path {
                Some(path) => error.at(path),
                None => error,
            })?;
            usual.join(&heard);
            seconds += speech;
        }
        if seconds < LEAST_SPEECH.0 {
            let message = format!(
                "{seconds:.1} s of speech were heard of '{name}', a profile needs {:.0} s; give more or longer recordings of \
                 this voice",
                LEAST_SPEECH.0
            );
            return Err(Error::config(message));
        }
        Ok(Profile::new(name, &self.model, &usual, seconds, neutral))
    }

    /// The usual voice in one recording, and its seconds of speech.
    fn hear_voice(
        &self,
        source: Source,
        progress: &mut dyn FnMut(Seconds, Option<Seconds>),
    ) -> Result<(Usual, f64)> {
        let (track, ffmpeg) = (self.options.track, self.options.ffmpeg);
        let mut recording =
            Recording::open(source, &audio::Options { channels: Channels::Average, track, ffmpeg })?;
        let (mut session, mut heard) = (Session::new(self, 1, Pace::Whole), 0);
        while let Some(chunk) = recording.next_chunk()? {
            session.push(&chunk.channels)?;
            heard += chunk.channels[0].len() as u64;
            progress(SampleRate::MODEL.seconds(heard), recording.info().duration);
        }
        session.drain()?;
        Ok(session.usual(0))
    }

    /// The voice known beforehand of a speaker (a channel), as the running sum to go on from, and the seconds of speech it rests on.
    pub fn enrolled(&self, speaker: usize) -> Option<(Usual, f64)> {
        let profile = self.options.enrolled.get(speaker)?.as_ref()?;
        Some((profile.usual(&self.model), profile.seconds))
    }

    /// The same analyzer with voices known beforehand, as in [`super::Options::enrolled`]; where no speakers are named they take the
    /// names of these, up to the first that is left out.
    ///
    /// # Errors
    /// `Config` where one was enrolled with another model.
    pub fn with_enrolled(self, enrolled: Vec<Option<Profile>>) -> Result<Analyzer> {
        let mut options = self.options;
        if options.speakers.is_empty() {
            let known = enrolled.iter().map_while(Option::as_ref);
            options.speakers = known.map(|profile| profile.name.clone()).collect();
        }
        Analyzer::new(self.model, super::Options { enrolled, ..options })
    }

    /// What the reader of a result should know of the enrolled voices.
    pub(super) fn notes_on_enrolled(&self, speakers: usize) -> Vec<Warning> {
        let mut notes = Vec::new();
        for profile in
            self.options.enrolled.iter().flatten().filter(|profile| profile.is_inexact(&self.model))
        {
            let message = format!(
                "'{}' was enrolled by neutral speech, and the model does not know how that differs from all speech: the baseline \
                 is less exact",
                profile.name
            );
            notes.push(Warning::new("neutral_offset", message));
        }
        for profile in self.options.enrolled.iter().skip(speakers).flatten() {
            let message = format!("'{}' was enrolled, but there are only {speakers} speakers", profile.name);
            notes.push(Warning::new("not_enrolled", message));
        }
        notes
    }
}
