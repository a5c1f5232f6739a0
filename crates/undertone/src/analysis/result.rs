//! The typed result: what the format reference calls `undertone/2`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, Serializer};

use super::{CurvePoint, Envelope};
use crate::emotion::Emotion;
use crate::error::{Error, ErrorKind, Warning};
use crate::model::{Metadata, Model};
use crate::prior::Prior;
use crate::timeline::{Cell, Span};

/// The version of the result's format.
pub const FORMAT: &str = "undertone/2";

/// What was made of all recordings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// [`FORMAT`].
    pub format: String,
    /// This program and its version.
    pub tool: String,
    /// The model that answered.
    pub model: ModelUsed,
    /// One a recording, in the order asked for.
    pub recordings: Vec<Analysis>,
}

impl Report {
    /// A report on `recordings`.
    pub fn new(model: &Model, recordings: Vec<Analysis>) -> Report {
        let Metadata { name, version, classes, .. } = model.metadata().clone();
        Report {
            format: FORMAT.to_string(),
            tool: concat!("undertone ", env!("CARGO_PKG_VERSION")).to_string(),
            model: ModelUsed { name, version, sha256: model.sha256().to_string(), classes },
            recordings,
        }
    }
}

/// The model that answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModelUsed {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Hexadecimal SHA-256 of its file.
    pub sha256: String,
    /// Its classes, in order.
    pub classes: Vec<Emotion>,
}

/// What was made of one recording.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Analysis {
    /// The file, or `-`. In JSON what is no UTF-8 in it is U+FFFD.
    #[serde(serialize_with = "lossy")]
    pub path: PathBuf,
    /// How long it is.
    pub seconds: f64,
    /// Channels analysed apart.
    pub channels: usize,
    /// How much of it is speech; of several channels the sum.
    pub speech_seconds: f64,
    /// How common emotions were taken to be; what that came to is told speaker by speaker.
    #[serde(default)]
    pub prior: Prior,
    /// Who speaks.
    pub speakers: Vec<Speaker>,
    /// In the order of their starts.
    pub spans: Vec<Span>,
    /// Given segments without an answer, in the order of their starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unanswered: Vec<Unanswered>,
    /// The posterior at every step of time in which somebody speaks, where it was asked for; of several channels side by side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curve: Option<Vec<CurvePoint>>,
    /// The whole in a few figures.
    pub summary: Summary,
    /// What was tolerated.
    pub warnings: Vec<Warning>,
    /// Why there is no answer, where there is none.
    pub error: Option<Failure>,
    /// The posterior every [`crate::timeline::HOP`] of speech, in order of start: what spans are made of. For plots, not in JSON.
    #[serde(skip)]
    pub cells: Vec<Cell>,
    /// The sound's outline, for plots, not in JSON.
    #[serde(skip)]
    pub envelope: Envelope,
}

fn lossy<S: Serializer>(path: &Path, to: S) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_str(&path.to_string_lossy())
}

impl Analysis {
    /// The result of a recording that failed.
    pub fn failed(path: PathBuf, error: &Error) -> Analysis {
        let failure = Failure { kind: error.kind(), message: error.message().to_string() };
        Analysis { path, error: Some(failure), ..Analysis::default() }
    }
}

/// Why a recording has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Failure {
    /// What the caller can do about it.
    pub kind: ErrorKind,
    /// The sentence for people.
    pub message: String,
}

/// A given segment without an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Unanswered {
    /// Seconds from the recording's start, as given.
    pub start: f64,
    /// Exclusive.
    pub end: f64,
    /// The channel, from 0, where it is told.
    pub channel: Option<usize>,
    /// The speaker, where it is told.
    pub speaker: Option<String>,
    /// What is said, where it is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its number, from 0, in the order in which segments were given.
    pub segment: usize,
    /// Why there is no answer.
    pub reason: UnansweredReason,
}

/// Why a given segment has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UnansweredReason {
    /// No speech is heard in it.
    NoSpeech,
    /// It begins after the recording's end.
    BeyondEnd,
    /// It is of a channel that is not analysed.
    OtherChannel,
}

/// A speaker of a recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Speaker {
    /// A name given, or `speaker 1`, …
    pub id: String,
    /// The channel it was heard on, from 0.
    pub channel: usize,
    /// Seconds of speech.
    pub seconds: f64,
    /// The adaptation that the predictions rest on.
    pub adaptation: AdaptationUsed,
    /// How common each emotion was taken to be for this speaker: the posteriors are under this prior. Sums to 1.
    #[serde(default)]
    pub prior: BTreeMap<Emotion, f32>,
}

/// What a speaker's adaptation was estimated from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum AdaptationSource {
    /// There is none: the population's statistics.
    #[default]
    None,
    /// The recording itself.
    Recording,
    /// A profile.
    Enrolled,
}

/// A speaker's adaptation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AdaptationUsed {
    /// What it was estimated from.
    pub source: AdaptationSource,
    /// Seconds of speech it rests on.
    pub seconds: f64,
}

/// A recording in a few figures; empty where nobody speaks. All figures are weighted by time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Summary {
    /// Share of the speech per emotion (mean posterior), most first.
    pub emotions: Vec<Share>,
    /// Valence: mean, spread and extremes.
    pub valence: Option<Range>,
    /// Arousal: mean, spread and extremes.
    pub arousal: Option<Range>,
    /// Mean valence over the speech, −1…1: unpleasant to pleasant.
    pub sentiment: Option<f32>,
    /// 95 % interval of [`Summary::sentiment`].
    pub sentiment_interval: Option<[f32; 2]>,
    /// How much valence and arousal move: mean distance between neighbouring spans of a speaker on the plane of both, 0…2.83.
    pub volatility: Option<f32>,
    /// The spans of strongest emotion, strongest first.
    pub moments: Vec<Moment>,
    /// Share of the recording in which somebody speaks, 0…1.
    pub speech_share: f32,
    /// Share of the recording in which nobody speaks, 0…1.
    pub silence_share: f32,
    /// The same for each speaker, where there are several.
    pub speakers: Vec<SpeakerSummary>,
    /// How speakers follow one another, where it is significant.
    pub reactions: Vec<Reaction>,
    /// The headline in plain words: who sounded how.
    pub line: String,
}

/// One speaker of several in a few figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SpeakerSummary {
    /// As in [`Speaker::id`].
    pub id: String,
    /// Share of all speech, 0…1.
    pub speech_share: f32,
    /// Share of the speaker's speech per emotion, most first.
    pub emotions: Vec<Share>,
    /// Valence: mean, spread and extremes.
    pub valence: Option<Range>,
    /// Arousal: mean, spread and extremes.
    pub arousal: Option<Range>,
    /// Mean valence, −1…1.
    pub sentiment: Option<f32>,
    /// 95 % interval of the mean valence.
    pub sentiment_interval: Option<[f32; 2]>,
    /// As in [`Summary::volatility`].
    pub volatility: Option<f32>,
}

/// How one speaker's turns follow another's: does valence go where the other's went? Significant ones only (a permutation test over at
/// least 20 turns, p < .05 over all tests in the recording).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reaction {
    /// The one whose turn comes first.
    pub from: String,
    /// The one whose turn follows.
    pub to: String,
    /// How many turns of `to` follow one of `from`, at least 20.
    pub turns: usize,
    /// Correlation of the valence of the two turns over all such pairs, −1…1; none where it is not significant.
    pub valence: Option<f32>,
    /// The same of arousal; one of the two is known.
    pub arousal: Option<f32>,
}

/// An emotion's share of the speech.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Share {
    /// The emotion.
    pub emotion: Emotion,
    /// 0…1.
    pub share: f32,
}

/// Mean, standard deviation and extremes over the speech, with the extremes' times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Range {
    /// Weighted by time.
    pub mean: f32,
    /// Standard deviation, weighted by time: the emotional range.
    pub spread: f32,
    /// Smallest value.
    pub low: f32,
    /// Seconds, the middle of the span with the smallest value.
    pub low_at: f64,
    /// Largest value.
    pub high: f32,
    /// Seconds, the middle of the span with the largest value.
    pub high_at: f64,
}

/// A moment worth listening to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Moment {
    /// Seconds.
    pub start: f64,
    /// Seconds.
    pub end: f64,
    /// The channel.
    pub channel: usize,
    /// The emotion.
    pub emotion: Emotion,
    /// Its probability.
    pub probability: f32,
}
