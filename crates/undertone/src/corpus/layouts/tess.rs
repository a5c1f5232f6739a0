//! TESS: `OAF_word_emotion` and `YAF_word_emotion`, whatever the folders are called.

use super::Named;

pub(super) fn read(stem: &str) -> Option<Named> {
    let (woman, rest) = stem.split_once('_')?;
    let (_, label) = rest.rsplit_once('_')?;
    // One file of the download lacks a letter: OA_bite_neutral.
    let speaker = match woman {
        "OAF" | "OA" => "OAF",
        "YAF" => "YAF",
        _ => return None,
    };
    Some(Named {
        corpus: "tess",
        clip: format!("{speaker}_{rest}"),
        speaker: speaker.to_string(),
        label: label.to_ascii_lowercase(),
        intensity: None,
    })
}
