//! SAVEE: letters of the emotion and a number, in a folder named for the man (`DC/a01`) or with his name before (`DC_a01`).

use super::{Named, digits};

const MEN: [&str; 4] = ["DC", "JE", "JK", "KL"];

pub(super) fn read(stem: &str, folder: &str) -> Option<Named> {
    let (man, rest) = stem.split_once('_').unwrap_or((folder, stem));
    let (man, rest) = (man.to_ascii_uppercase(), rest.to_ascii_lowercase());
    let label = rest.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = &rest[label.len()..];
    (MEN.contains(&man.as_str()) && digits(number, 2)).then(|| Named {
        corpus: "savee",
        clip: format!("{man}_{rest}"),
        label: label.to_string(),
        intensity: None,
        about: vec![("sex", "male".to_string())],
        speaker: man,
    })
}
