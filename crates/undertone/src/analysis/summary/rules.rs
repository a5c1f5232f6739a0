//! The thresholds of everything that reports put in words: one table for the headline and for the rows below it.

/// An emotion is clear from this probability of its label on: more probable than all others together.
pub(super) const CLEAR: f32 = 0.5;
/// A passage that differs from the rest is named where its strongest span has at least this probability.
pub(super) const STRONG: f32 = 0.6;
/// Share of a speaker's speech with a clear emotion from which it is so *throughout* …
pub(super) const THROUGHOUT: f64 = 0.8;
/// … and *mostly*.
pub(super) const MOSTLY: f64 = 0.5;
/// Emotions of several are named from this share of the speech on.
pub(super) const PART: f64 = 0.2;
/// Two close emotions (see [`crate::analysis::Label`]) are named together where both together have at least this probability.
pub(super) const EITHER: f32 = 0.6;
/// Where no emotion is clear, the most likely is named if it has at least so many times the next one's share.
pub(super) const LIKELY: f32 = 2.0;
/// A mood changes for good where each side of the change has one mood for at least this share of its time …
pub(super) const SIDE: f64 = 0.75;
/// … which explains this share of the speech more than the best single mood does.
pub(super) const GAIN: f64 = 0.1;
/// Seconds of speech below which nothing is said of a course in time: a whole recording, or each side of a change. A passage of
/// at least as much is given its end.
pub(super) const LITTLE: f64 = 5.0;
/// Passages named at most, of each speaker.
pub(super) const PASSAGES: usize = 2;
/// Speakers named at most.
pub(super) const SPEAKERS: usize = 3;
/// Volatility (0…2.83) from which a mood changes somewhat, and much: a quarter and a half of one dimension's half range.
const SOMEWHAT: f32 = 0.25;
const MUCH: f32 = 0.5;

/// What the sentiment is, as far as it can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sentiment {
    /// The 95 % interval is above 0.
    Pleasant,
    /// The 95 % interval is below 0.
    Unpleasant,
    /// The 95 % interval holds 0.
    Unclear,
}

impl Sentiment {
    /// What a 95 % interval of the mean valence allows to say.
    pub fn of(interval: [f32; 2]) -> Sentiment {
        match interval {
            [low, _] if low > 0.0 => Sentiment::Pleasant,
            [_, high] if high < 0.0 => Sentiment::Unpleasant,
            _ => Sentiment::Unclear,
        }
    }
}

/// How much a mood changes from one span of a speaker to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MoodChange {
    /// Volatility below 0.25.
    Little,
    /// Volatility below 0.5.
    Somewhat,
    /// Volatility of 0.5 or more.
    Much,
}

impl MoodChange {
    /// What [`crate::analysis::Summary::volatility`] says.
    pub fn of(volatility: f32) -> MoodChange {
        match volatility {
            v if v < SOMEWHAT => MoodChange::Little,
            v if v < MUCH => MoodChange::Somewhat,
            _ => MoodChange::Much,
        }
    }
}
