//! SAVEE: letters of the emotion and a number, in a folder named for the man (`DC/a01`) or with his name before (`DC_a01`).

use super::Named;

const MEN: [&str; 4] = ["DC", "JE", "JK", "KL"];

pub(super) fn read(stem: &str, folder: &str) -> Option<Named> {
    let (man, rest) = stem.split_once('_').unwrap_or((folder, stem));
    let label = rest.trim_end_matches(|c: char| c.is_ascii_digit());
    let known = ["a", "d", "f", "h", "n", "sa", "su"].contains(&label) && rest.len() == label.len() + 2;
    (MEN.contains(&man) && known).then(|| Named {
        corpus: "savee",
        clip: format!("{man}_{rest}"),
        speaker: man.to_string(),
        label: label.to_string(),
        intensity: None,
    })
}
