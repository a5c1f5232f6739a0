//! The one room that knows all above: a recording in, its timeline out.

mod answer;
mod channel;
mod channels;
mod enroll;
mod level;
mod line;
mod live;
mod session;
mod voice;
mod who;

use std::path::Path;
use std::sync::mpsc::sync_channel;

use crate::analysis::{RecordingResult, Report};
use crate::audio::{self, Channels, Recording, Source};
use crate::emotion::{Emotion, EmotionSet};
use crate::error::{Error, ErrorKind, Result, Warning};
use crate::model::{Metadata, Model};
use crate::speakers::{Profile, Voices};
use crate::speech;
use crate::units::{SampleRate, Seconds};

use answer::Voice;
pub use enroll::LEAST_SPEECH;
pub use session::{Event, Session};
use session::{Pace, Waiting};
use voice::Bounds;
pub use who::Who;

/// Chunks of a quarter of a second that are decoded ahead.
const CHUNKS_AHEAD: usize = 64;

/// The emotions that RAVDESS's actors sing: the only ones a model could learn from songs.
const SUNG: [Emotion; 6] =
    [Emotion::Neutral, Emotion::Calm, Emotion::Happy, Emotion::Sad, Emotion::Angry, Emotion::Fearful];

/// What an analysis can be asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// One channel, or each apart.
    pub channels: Channels,
    /// Names of the speakers, channel by channel.
    pub speakers: Vec<String>,
    /// How speakers are told.
    pub who: Who,
    /// The usual voices known beforehand, speaker by speaker (channel by channel); none where nothing is known.
    pub enrolled: Vec<Option<Profile>>,
    /// The emotions asked for; all others do not compete.
    pub emotions: EmotionSet,
    /// The share of clips whose prediction set is to hold the truth, one of those the model knows (0.80, 0.90, 0.95).
    pub coverage: f32,
    /// How speech is found.
    pub speech: speech::Options,
    /// Which audio track, from 0.
    pub track: Option<usize>,
    /// Decode by an installed ffmpeg.
    pub ffmpeg: bool,
    /// A sung voice over music instead of speech. Experimental; only the emotions of the sung corpus compete.
    pub song: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            channels: Channels::Average,
            speakers: Vec::new(),
            who: Who::default(),
            enrolled: Vec::new(),
            emotions: EmotionSet::ALL,
            coverage: 0.9,
            speech: speech::Options::default(),
            track: None,
            ffmpeg: false,
            song: false,
        }
    }
}

/// A model with options: analyses any number of recordings.
pub struct Analyzer {
    model: Model,
    options: Options,
    /// Tells voices apart, where that is asked for.
    projection: Option<Voices>,
}

impl Analyzer {
    /// With the model that is built in.
    ///
    /// # Errors
    /// As [`Model::embedded`].
    pub fn embedded() -> Result<Analyzer> {
        Analyzer::new(Model::embedded()?, Options::default())
    }

    /// With a model and options.
    ///
    /// # Errors
    /// `Config` where no emotion asked for is one of the model's, the coverage is not one that it knows, or a voice was
    /// enrolled with another model.
    pub fn new(model: Model, mut options: Options) -> Result<Analyzer> {
        let metadata = model.metadata();
        if options.song {
            options.emotions = options.emotions.and(SUNG.into_iter().collect());
            options.speech = voice::of_song();
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
        options.enrolled.iter().flatten().try_for_each(|profile| profile.check(&model))?;
        let apart = matches!(options.who, Who::Apart(_));
        if apart && options.enrolled.iter().any(Option::is_some) {
            let message = "voices told apart by their sound have no names, so none can be enrolled; \
                           split the channels, or name the speakers by a file";
            return Err(Error::config(message));
        }
        let projection = apart.then(Voices::embedded).transpose()?;
        Ok(Analyzer { model, options, projection })
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The options.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// A session for live samples at 16 kHz: `channels` of them, analysed apart.
    pub fn session(&self, channels: usize) -> Session<'_> {
        Session::new(self, channels, Pace::Live)
    }

    /// Analyses a file.
    ///
    /// # Errors
    /// What opening and decoding answer; see [`Recording::open`].
    ///
    /// ```no_run
    /// let result = undertone::Analyzer::embedded()?.analyze_path("interview.m4a")?;
    /// for span in &result.spans {
    ///     println!("{:.1}–{:.1} s: {}", span.start, span.end, span.emotion);
    /// }
    /// # Ok::<(), undertone::Error>(())
    /// ```
    pub fn analyze_path(&self, path: impl AsRef<Path>) -> Result<RecordingResult> {
        self.analyze(path.as_ref(), &mut |_, _| {})
    }

    /// Analyses a file, bytes or a stream; `progress` is told the seconds heard and the whole length, where it is known.
    ///
    /// # Errors
    /// What opening and decoding answer; see [`Recording::open`].
    pub fn analyze(
        &self,
        source: impl Into<Source>,
        progress: &mut dyn FnMut(Seconds, Option<Seconds>),
    ) -> Result<RecordingResult> {
        self.listen(source.into(), Pace::Whole, progress, &mut |_| {})
    }

    /// [`Analyzer::analyze`] for a stream that somebody listens to: `event` is told spans as soon as their end has been heard.
    ///
    /// # Errors
    /// What opening and decoding answer; see [`Recording::open`].
    pub fn follow(
        &self,
        source: impl Into<Source>,
        progress: &mut dyn FnMut(Seconds, Option<Seconds>),
        event: &mut dyn FnMut(Event),
    ) -> Result<RecordingResult> {
        self.listen(source.into(), Pace::Live, progress, event)
    }

    fn listen(
        &self,
        source: Source,
        pace: Pace,
        progress: &mut dyn FnMut(Seconds, Option<Seconds>),
        event: &mut dyn FnMut(Event),
    ) -> Result<RecordingResult> {
        let path = source.path().unwrap_or(Path::new("-")).to_path_buf();
        let Options { channels, track, ffmpeg, .. } = self.options;
        let mut recording = Recording::open(source, &audio::Options { channels, track, ffmpeg })?;
        let (info, mut heard) = (recording.info().clone(), 0);
        let noted = self.notes_on_enrolled(recording.channels());
        let count = recording.channels();
        // Decoding runs some seconds ahead of the listening, and the network behind it.
        let (mut result, warnings) = std::thread::scope(|scope| {
            let mut session = Session::new(self, count, pace);
            let (sender, receiver) = sync_channel(CHUNKS_AHEAD);
            let decoding = scope.spawn(move || -> Result<Vec<Warning>> {
                while let Some(chunk) = recording.next_chunk()? {
                    if sender.send(chunk).is_err() {
                        break;
                    }
                }
                Ok(recording.warnings().to_vec())
            });
            let (sender, stretches) = sync_channel::<Waiting>(1);
            let hearing = scope.spawn(move || {
                stretches
                    .into_iter()
                    .map(|waiting| session::analyse(self, waiting))
                    .collect::<Result<Vec<_>>>()
            });
            match pace {
                Pace::Whole => session.hand_to(sender),
                Pace::Live => drop(sender),
            }
            for chunk in &receiver {
                session.push(&chunk.channels)?.into_iter().for_each(&mut *event);
                heard += chunk.channels[0].len() as u64;
                progress(SampleRate::MODEL.seconds(heard), info.duration);
            }
            session.drain()?.into_iter().for_each(&mut *event);
            session.let_go();
            session.take(joined(hearing)?.into_iter().flatten().collect());
            let warnings = joined(decoding).map_err(|error| error.at(&path))?;
            let line = session.telephone(&info);
            Ok::<_, Error>((session.finish()?, warnings.into_iter().chain(line).chain(noted)))
        })?;
        result.path = path;
        result.warnings.splice(0..0, warnings);
        Ok(result)
    }

    /// Analyses recordings one after the other; what fails says so in its place.
    pub fn report(&self, results: Vec<RecordingResult>) -> Report {
        Report::new(&self.model, results)
    }

    /// The prediction set's threshold, where it holds: for all classes, in the condition of `weight`.
    fn threshold(&self, weight: f32) -> Option<f32> {
        let metadata = self.model.metadata();
        if metadata.classes.iter().any(|class| !self.options.emotions.contains(*class)) {
            return None;
        }
        let thresholds =
            if weight > 0.5 { &metadata.thresholds.baseline } else { &metadata.thresholds.unadapted };
        thresholds.get(&Metadata::coverage_key(self.options.coverage)).copied()
    }

    /// How a voice is found.
    fn speech(&self) -> &speech::Options {
        &self.options.speech
    }

    /// What passes for one.
    fn bounds(&self) -> Bounds {
        if self.options.song { Bounds::SONG } else { Bounds::SPEECH }
    }

    /// The emotions that compete.
    fn emotions(&self) -> EmotionSet {
        self.options.emotions
    }

    /// What tells voices apart, where that is asked for.
    fn projection(&self) -> Option<&Voices> {
        self.projection.as_ref()
    }

    /// A voice that a file names, with what was enrolled under that name.
    fn voice_named(&self, name: &str, channel: usize) -> Voice {
        let voice = Voice::new(Some(name.to_string()), channel);
        let own = self.options.enrolled.iter().flatten().find(|profile| profile.name == name);
        Voice { enrolled: own.map(|profile| (profile.usual(&self.model), profile.seconds)), ..voice }
    }

    /// The voice of a channel: the name given for it, or its number where channels are apart.
    fn voice(&self, number: usize, count: usize) -> Voice {
        if self.options.who != Who::Channel {
            return Voice::new(None, number);
        }
        let given = self.options.speakers.get(number).cloned();
        let name = given.or_else(|| (count > 1).then(|| format!("speaker {}", number + 1)));
        Voice { enrolled: self.enrolled(number), ..Voice::new(name, number) }
    }

    fn temperature(&self, weight: f32) -> f32 {
        let temperature = &self.model.metadata().temperature;
        if weight > 0.5 { temperature.baseline } else { temperature.unadapted }
    }
}

/// What a thread gives back.
fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread.join().unwrap_or_else(|_| Err(Error::malformed("it cannot be decoded")))
}

/// An error for samples that do not come as announced.
fn wrong_channels(expected: usize, got: usize) -> Error {
    Error::new(ErrorKind::Config, format!("expected samples of {expected} channels of one length, got {got}"))
}
