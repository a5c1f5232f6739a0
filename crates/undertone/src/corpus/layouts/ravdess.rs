//! RAVDESS: `modality-channel-emotion-intensity-statement-repetition-actor`, two digits each.

use super::{Named, digits};

/// Strength of the two intensities the actors were asked for.
const NORMAL: f32 = 0.33;
const STRONG: f32 = 1.0;

pub(super) fn read(stem: &str) -> Option<Named> {
    let parts: Vec<&str> = stem.split('-').collect();
    let [modality, channel, emotion, intensity, _, _, actor] = parts.as_slice() else { return None };
    // 03 is sound alone; 01 (with video) and 02 (video alone) repeat the same takes.
    if !parts.iter().all(|part| digits(part, 2)) || *modality != "03" {
        return None;
    }
    let corpus = match *channel {
        "01" => "ravdess",
        "02" => "ravdess_song",
        _ => return None,
    };
    Some(Named {
        corpus,
        clip: stem.to_string(),
        speaker: (*actor).to_string(),
        label: (*emotion).to_string(),
        intensity: Some(if *intensity == "02" { STRONG } else { NORMAL }),
    })
}
