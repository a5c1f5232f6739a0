//! What an analysis can be asked for: plain structs that are written to JSON and read from it.

use serde::{Deserialize, Serialize};

use crate::audio::Channels;
use crate::emotion::EmotionSet;
use crate::prior::Prior;
use crate::segments::GivenSegment;
use crate::speakers::{Count, Profile};
use crate::speech;
use crate::units::{SampleRate, Seconds};

/// What an analysis can be asked for.
///
/// ```
/// use undertone::engine::Options;
/// use undertone::audio::Channels;
///
/// let options = Options { channels: Channels::Split, ..Options::default() };
/// let json = serde_json::to_string(&options)?;
/// assert_eq!(serde_json::from_str::<Options>(&json)?, options);
/// assert_eq!(serde_json::from_str::<Options>("{}")?, Options::default());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// One channel, or each apart.
    pub channels: Channels,
    /// Names of the speakers, channel by channel.
    pub speakers: Vec<String>,
    /// How speakers are known.
    pub speaker_source: SpeakerSource,
    /// Answer these segments instead of spans that are found: each once, not smoothed, by the speech in it. Where they name
    /// speakers, those are the speakers.
    pub segments: Option<Vec<GivenSegment>>,
    /// The step of the curve ([`crate::Analysis::curve`]), 0.02 to 10 s; none for no curve.
    pub curve: Option<Seconds>,
    /// The speakers' profiles, speaker by speaker (channel by channel); none where nothing is known.
    pub profiles: Vec<Option<Profile>>,
    /// How the model adapts to speakers without a profile.
    pub adapt: Adapt,
    /// How common emotions are taken to be.
    pub prior: Prior,
    /// The emotions asked for; all others do not compete.
    pub emotions: EmotionSet,
    /// The share of clips whose prediction set holds the truth, one of those the model knows (0.80, 0.90, 0.95).
    pub coverage: f32,
    /// How speech is found.
    pub speech: speech::Options,
    /// Which audio track, from 0.
    pub track: Option<usize>,
    /// Decode by an installed ffmpeg.
    pub ffmpeg: bool,
    /// Decode by an installed ffmpeg what is not read here, and warn that it did.
    pub ffmpeg_fallback: bool,
    /// A sung voice over music instead of speech. Experimental; only the emotions of the sung corpus compete.
    pub song: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            channels: Channels::Average,
            speakers: Vec::new(),
            speaker_source: SpeakerSource::default(),
            segments: None,
            curve: None,
            profiles: Vec::new(),
            adapt: Adapt::default(),
            prior: Prior::default(),
            emotions: EmotionSet::ALL,
            coverage: 0.9,
            speech: speech::Options::default(),
            track: None,
            ffmpeg: false,
            ffmpeg_fallback: false,
            song: false,
        }
    }
}

/// How the model adapts to speakers without a profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Adapt {
    /// By an offset of each speaker, estimated from the recording itself ([`crate::speakers::OffsetEstimator`]).
    #[default]
    Auto,
    /// Not at all: each window alone.
    None,
}

/// How speakers are known whom no given segment names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SpeakerSource {
    /// Every channel is one speaker; of a single channel without a name or a profile, as many as are heard there
    /// ([`Count::Auto`]).
    #[default]
    PerChannel,
    /// The speakers on a channel are diarized, one at a time: of two that overlap one is named.
    Diarize(Count),
}

/// What samples a [`super::Stream`] takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StreamOptions {
    /// Channels, analysed apart.
    pub channels: usize,
    /// Samples per second of each channel.
    pub rate: SampleRate,
}

impl Default for StreamOptions {
    fn default() -> Self {
        StreamOptions { channels: 1, rate: SampleRate::MODEL }
    }
}
