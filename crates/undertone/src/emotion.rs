//! The closed set of emotions, sets of them, and where each lies on the plane of valence and arousal.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// One of the eight emotions Undertone knows. Other spellings (joy, fear, pleasant surprise…) belong in a corpus's label map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Emotion {
    /// No emotion expressed.
    Neutral,
    /// Quiet and at ease.
    Calm,
    /// Happiness, joy.
    Happy,
    /// Sadness.
    Sad,
    /// Anger.
    Angry,
    /// Fear.
    Fearful,
    /// Disgust.
    Disgust,
    /// Surprise, pleasant or not.
    Surprised,
}

impl Emotion {
    /// All eight, in the order of the posterior columns.
    pub const ALL: [Emotion; 8] = [
        Emotion::Neutral,
        Emotion::Calm,
        Emotion::Happy,
        Emotion::Sad,
        Emotion::Angry,
        Emotion::Fearful,
        Emotion::Disgust,
        Emotion::Surprised,
    ];

    /// The one spelling used in every file and message: `neutral`, `calm`, `happy`, …
    pub fn name(self) -> &'static str {
        ["neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"][self as usize]
    }

    /// Its place on the circumplex: pleasure and arousal, each in −1…1.
    ///
    /// Neutral is the origin. Happy, sad, angry, fearful, disgust and surprised have the means of Russell & Mehrabian, "Evidence for
    /// a three-factor theory of emotions", Journal of Research in Personality 11 (1977) 273–294, for *happy*, *sad*, *angry*,
    /// *fearful*, *disgusted* and *surprised*.
    ///
    /// Calm is not among those terms. The corpora's *calm* is a second baseline, "perceptually like neutral", with "a mild positive
    /// valence" (Livingstone & Russo, "The Ryerson Audio-Visual Database of Emotional Speech and Song", PLOS ONE 13 (2018)
    /// e0196391), so it lies where listeners' norms put *calm* from *neutral*: Warriner, Kuperman & Brysbaert, "Norms of valence,
    /// arousal, and dominance for 13,915 English lemmas", Behavior Research Methods 45 (2013) 1191–1207, rate from 1 to 9 *calm*
    /// (6.89, 1.67) and *neutral* (5.50, 3.45); the difference over the half range of 4 is (0.35, −0.45).
    pub fn affect(self) -> Affect {
        let (valence, arousal) = match self {
            Emotion::Neutral => (0.0, 0.0),
            Emotion::Calm => (0.35, -0.45),
            Emotion::Happy => (0.81, 0.51),
            Emotion::Sad => (-0.63, -0.27),
            Emotion::Angry => (-0.51, 0.59),
            Emotion::Fearful => (-0.64, 0.60),
            Emotion::Disgust => (-0.60, 0.35),
            Emotion::Surprised => (0.40, 0.67),
        };
        Affect { valence, arousal }
    }
}

impl fmt::Display for Emotion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Emotion {
    type Err = Error;

    /// Reads the one spelling; the error lists all eight.
    fn from_str(name: &str) -> Result<Self, Error> {
        Emotion::ALL.into_iter().find(|emotion| emotion.name() == name).ok_or_else(|| {
            let all = Emotion::ALL.map(Emotion::name).join(", ");
            Error::config(format!("no emotion is called '{name}'; there are {all}"))
        })
    }
}

/// A point on the plane of valence and arousal, each in −1…1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Affect {
    /// Unpleasant −1 … pleasant 1.
    pub valence: f32,
    /// Quiet −1 … aroused 1.
    pub arousal: f32,
}

/// A set of emotions: the classes a corpus or a model knows. Iterates in the order of [`Emotion::ALL`]; in JSON a list.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<Emotion>", into = "Vec<Emotion>")]
pub struct EmotionSet(u8);

impl EmotionSet {
    /// All eight.
    pub const ALL: EmotionSet = EmotionSet(u8::MAX);
    /// None.
    pub const EMPTY: EmotionSet = EmotionSet(0);

    /// Whether `emotion` is in the set.
    pub fn contains(self, emotion: Emotion) -> bool {
        self.0 & (1 << emotion as u8) != 0
    }

    /// Adds `emotion`.
    pub fn insert(&mut self, emotion: Emotion) {
        self.0 |= 1 << emotion as u8;
    }

    /// What both sets hold.
    #[must_use]
    pub fn and(self, other: EmotionSet) -> EmotionSet {
        EmotionSet(self.0 & other.0)
    }

    /// How many emotions it holds.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether it holds none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its emotions in order.
    pub fn iter(self) -> impl Iterator<Item = Emotion> {
        Emotion::ALL.into_iter().filter(move |&emotion| self.contains(emotion))
    }
}

impl From<Vec<Emotion>> for EmotionSet {
    fn from(emotions: Vec<Emotion>) -> Self {
        emotions.into_iter().collect()
    }
}

impl From<EmotionSet> for Vec<Emotion> {
    fn from(set: EmotionSet) -> Self {
        set.iter().collect()
    }
}

impl FromIterator<Emotion> for EmotionSet {
    fn from_iter<I: IntoIterator<Item = Emotion>>(emotions: I) -> Self {
        let mut set = EmotionSet::EMPTY;
        emotions.into_iter().for_each(|emotion| set.insert(emotion));
        set
    }
}

impl fmt::Debug for EmotionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_and_no_other_spelling_does() {
        for emotion in Emotion::ALL {
            assert_eq!(emotion.name().parse::<Emotion>().ok(), Some(emotion));
        }
        let error = "joy".parse::<Emotion>().err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("happy"), "{error}");
    }

    #[test]
    fn sets_keep_the_order_of_all() {
        let set: EmotionSet = [Emotion::Sad, Emotion::Neutral].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [Emotion::Neutral, Emotion::Sad]);
        assert_eq!((set.len(), set.contains(Emotion::Angry)), (2, false));
        assert_eq!(EmotionSet::ALL.len(), 8);
    }

    #[test]
    fn affect_stays_in_range_and_orders_as_one_would_expect() {
        for emotion in Emotion::ALL {
            let Affect { valence, arousal } = emotion.affect();
            assert!((-1.0..=1.0).contains(&valence) && (-1.0..=1.0).contains(&arousal));
        }
        assert!(Emotion::Happy.affect().valence > Emotion::Sad.affect().valence);
        assert!(Emotion::Angry.affect().arousal > Emotion::Calm.affect().arousal);
        let calm = Emotion::Calm.affect();
        let (valence, arousal) = ((6.89 - 5.5) / 4.0, (1.67 - 3.45) / 4.0);
        assert!(
            (calm.valence - valence).abs() < 0.0051 && (calm.arousal - arousal).abs() < 0.0051,
            "{calm:?}"
        );
        assert!(calm.valence < Emotion::Happy.affect().valence / 2.0, "calm is mildly pleasant");
    }
}
