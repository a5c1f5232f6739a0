//! A clip to learn from: what the corpora say of it, and the target of the network.

use std::path::PathBuf;

use undertone::units::Segment;
use undertone::{Emotion, EmotionSet};

/// Number of classes.
pub const CLASSES: usize = Emotion::ALL.len();

/// One labelled clip.
#[derive(Clone, Debug)]
pub struct Clip {
    /// Its corpus: `ravdess`, `ravdess_song`, …
    pub corpus: String,
    /// Its name within the corpus.
    pub name: String,
    /// The audio file.
    pub path: PathBuf,
    /// The part of the file; the whole where not given.
    pub segment: Option<Segment>,
    /// `corpus/speaker`.
    pub speaker: String,
    /// What the speaker was to express.
    pub emotion: Emotion,
    /// The classes its corpus knows; it competes among these alone.
    pub known: EmotionSet,
    /// Expressed strength, 0…1, where known.
    pub intensity: Option<f32>,
    /// Listeners' votes as shares over the classes, where there are any.
    pub votes: Option<[f32; CLASSES]>,
}

impl Clip {
    /// The target over the classes: the actor's intention, the listeners' votes mixed in, smoothed within the corpus's
    /// own classes. Sums to 1.
    pub fn target(&self, votes: f32, smoothing: f32) -> [f32; CLASSES] {
        let mut target = [0.0; CLASSES];
        target[self.emotion as usize] = 1.0;
        if let Some(shares) = self.votes {
            for (target, share) in target.iter_mut().zip(shares) {
                *target = (1.0 - votes) * *target + votes * share;
            }
        }
        for emotion in Emotion::ALL {
            let share = if self.known.contains(emotion) { 1.0 / self.known.len() as f32 } else { 0.0 };
            let target = &mut target[emotion as usize];
            *target = (1.0 - smoothing) * *target + smoothing * share;
        }
        target
    }

    /// Clips with the same key share speaker and recording conditions.
    pub fn speaker_key(&self) -> String {
        format!("{} {}", self.corpus, self.speaker)
    }

    /// 1 for the classes its corpus knows, else 0.
    pub fn mask(&self) -> [f32; CLASSES] {
        Emotion::ALL.map(|emotion| f32::from(u8::from(self.known.contains(emotion))))
    }
}

/// Whether a corpus is one of songs: its name tells.
pub fn sung(corpus: &str) -> bool {
    corpus.ends_with("_song")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_sums_to_one_and_stays_within_the_corpus() {
        let mut votes = [0.0; CLASSES];
        votes[Emotion::Sad as usize] = 1.0;
        let clip = Clip {
            corpus: "cremad".into(),
            name: "a".into(),
            path: PathBuf::new(),
            segment: None,
            speaker: "cremad/1".into(),
            emotion: Emotion::Neutral,
            known: [Emotion::Neutral, Emotion::Sad].into_iter().collect(),
            intensity: None,
            votes: Some(votes),
        };
        let target = clip.target(0.3, 0.1);
        assert!((target.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!((target[Emotion::Neutral as usize] - (0.9 * 0.7 + 0.05)).abs() < 1e-6);
        assert!((target[Emotion::Sad as usize] - (0.9 * 0.3 + 0.05)).abs() < 1e-6);
        assert_eq!(target[Emotion::Angry as usize], 0.0);
        assert_eq!(clip.mask().iter().sum::<f32>(), 2.0);
    }
}
