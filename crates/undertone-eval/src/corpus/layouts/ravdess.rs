//! RAVDESS: `modality-channel-emotion-intensity-statement-repetition-actor`, two digits each.

use super::{Named, digits};

/// Target intensity of the two levels the actors played.
const NORMAL: f32 = 0.33;
const STRONG: f32 = 1.0;

pub(super) fn read(stem: &str) -> Option<Named> {
    let parts: Vec<&str> = stem.split('-').collect();
    let [modality, channel, emotion, intensity, statement, repetition, actor] = parts.as_slice() else {
        return None;
    };
    // 03 is sound alone; 01 (with video) and 02 (video alone) repeat the same takes.
    if !parts.iter().all(|part| digits(part, 2)) || *modality != "03" {
        return None;
    }
    let corpus = match *channel {
        "01" => "ravdess",
        "02" => "ravdess_song",
        _ => return None,
    };
    let (strength, target) = match *intensity {
        "01" => ("normal", NORMAL),
        "02" => ("strong", STRONG),
        _ => return None,
    };
    // Odd actors are men, even ones women.
    let sex = if actor.ends_with(['1', '3', '5', '7', '9']) { "male" } else { "female" };
    Some(Named {
        corpus,
        clip: stem.to_string(),
        speaker: (*actor).to_string(),
        label: (*emotion).to_string(),
        intensity: Some(target),
        about: vec![
            ("sex", sex.to_string()),
            ("strength", strength.to_string()),
            ("sentence", (*statement).to_string()),
            ("repetition", (*repetition).to_string()),
        ],
    })
}
