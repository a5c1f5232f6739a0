//! CREMA-D: `actor_SENTENCE_EMOTION_LEVEL`.

use super::{Named, digits};

pub(super) fn read(stem: &str) -> Option<Named> {
    let parts: Vec<&str> = stem.split('_').collect();
    let [actor, sentence, emotion, level] = parts.as_slice() else { return None };
    let letters =
        |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_uppercase());
    if !digits(actor, 4) || !letters(sentence, 3) || !letters(emotion, 3) || level.len() > 2 {
        return None;
    }
    Some(Named {
        corpus: "cremad",
        clip: stem.to_string(),
        speaker: (*actor).to_string(),
        label: (*emotion).to_string(),
        intensity: None,
    })
}
