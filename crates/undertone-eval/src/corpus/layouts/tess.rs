//! TESS: `OAF_word_emotion` and `YAF_word_emotion`, whatever the folders are called.

use super::Named;

/// Spellings of the emotion met in downloads → the one the corpus's own files have.
const SPELLINGS: [(&str, &str); 6] = [
    ("pleasant_surprised", "ps"),
    ("pleasant_surprise", "ps"),
    ("surprised", "ps"),
    ("surprise", "ps"),
    ("fearful", "fear"),
    ("anger", "angry"),
];

pub(super) fn read(stem: &str) -> Option<Named> {
    let name = stem.to_ascii_lowercase();
    let (woman, rest) = name.split_once('_')?;
    // One file of the download lacks a letter: OA_bite_neutral.
    let (speaker, age) = match woman {
        "oaf" | "oa" => ("OAF", "64"),
        "yaf" => ("YAF", "26"),
        _ => return None,
    };
    let (word, label) = rest.split_once('_')?;
    let label = SPELLINGS.iter().find(|(spelling, _)| *spelling == label).map_or(label, |(_, stats)| stats);
    Some(Named {
        corpus: "tess",
        clip: format!("{speaker}_{word}_{label}"),
        speaker: speaker.to_string(),
        label: label.to_string(),
        intensity: None,
        about: vec![("sex", "female".to_string()), ("age", age.to_string()), ("sentence", word.to_string())],
    })
}
