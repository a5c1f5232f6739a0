//! CREMA-D's listener votes on the voice alone: emotions and intensity.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

use super::{Utterance, table};
use undertone::emotion::Emotion;
use undertone::error::{Error, Result};

/// Names of the table: as it may be renamed, and as the download has it.
const FILES: [&str; 3] = ["cremad-votes.csv", "tabulatedVotes.csv", "processedResults/tabulatedVotes.csv"];

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "")]
    id: String,
    #[serde(rename = "A")]
    angry: f32,
    #[serde(rename = "D")]
    disgust: f32,
    #[serde(rename = "F")]
    fearful: f32,
    #[serde(rename = "H")]
    happy: f32,
    #[serde(rename = "N")]
    neutral: f32,
    #[serde(rename = "S")]
    sad: f32,
    #[serde(rename = "fileName")]
    clip: String,
    /// 0…100.
    #[serde(rename = "meanEmoResp")]
    intensity: f32,
}

impl Row {
    /// Rows of six digits that begin with 1 are votes on the voice alone; 2 is the face, 3 both.
    fn is_voice(&self) -> bool {
        self.id.len() == 6 && self.id.starts_with('1')
    }

    fn shares(&self) -> Option<[f32; 8]> {
        let mut votes = [0.0; 8];
        for (emotion, count) in [
            (Emotion::Angry, self.angry),
            (Emotion::Disgust, self.disgust),
            (Emotion::Fearful, self.fearful),
            (Emotion::Happy, self.happy),
            (Emotion::Neutral, self.neutral),
            (Emotion::Sad, self.sad),
        ] {
            votes[emotion as usize] = count;
        }
        let all: f32 = votes.iter().sum();
        (all > 0.0).then(|| votes.map(|count| count / all))
    }
}

/// Adds votes and perceived intensity to CREMA-D's utterances, where the table is at hand.
pub(super) fn attach(opened: &Path, utterances: &mut [Utterance]) -> Result<()> {
    let Some(path) = utterances.first().and_then(|first| table::find(&first.path, opened, &FILES)) else {
        return Ok(());
    };
    let broken = |error: csv::Error| Error::malformed(error.to_string()).at(&path);
    let mut rows = HashMap::new();
    for row in csv::Reader::from_path(&path).map_err(broken)?.into_deserialize() {
        let row: Row = row.map_err(broken)?;
        if row.is_voice() {
            rows.insert(row.clip.clone(), row);
        }
    }
    for utterance in utterances {
        if let Some(row) = rows.get(&utterance.clip) {
            utterance.votes = row.shares();
            utterance.intensity = (row.intensity >= 0.0).then_some((row.intensity / 100.0).min(1.0));
        }
    }
    Ok(())
}
