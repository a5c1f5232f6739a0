//! CREMA-D: `actor_SENTENCE_EMOTION_LEVEL`.

use super::{Named, digits};

pub(super) fn read(stem: &str) -> Option<Named> {
    let name = stem.to_ascii_uppercase();
    let parts: Vec<&str> = name.split('_').collect();
    let [actor, sentence, emotion, level] = parts.as_slice() else { return None };
    let letters =
        |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_uppercase());
    if !digits(actor, 4) || !letters(sentence, 3) || !letters(emotion, 3) {
        return None;
    }
    let (level, strength) = match *level {
        "LO" => ("LO", Some("low")),
        "MD" => ("MD", Some("medium")),
        "HI" => ("HI", Some("high")),
        // One file of the download lacks a letter: 1040_ITH_SAD_X.
        "XX" | "X" => ("XX", None),
        _ => return None,
    };
    let mut about = vec![("sentence", (*sentence).to_string())];
    about.extend(strength.map(|strength| ("strength", strength.to_string())));
    Some(Named {
        corpus: "cremad",
        speaker: (*actor).to_string(),
        label: (*emotion).to_string(),
        intensity: None,
        about,
        clip: format!("{actor}_{sentence}_{emotion}_{level}"),
    })
}
