//! CREMA-D's actors: age, sex and origin, for subgroup figures.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::{Utterance, table};
use undertone::error::{Error, Result};

/// Names of the table: as it may be renamed, and as the download has it.
const FILES: [&str; 2] = ["cremad-speakers.csv", "VideoDemographics.csv"];

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "ActorID")]
    actor: String,
    #[serde(rename = "Age")]
    age: String,
    #[serde(rename = "Sex")]
    sex: String,
    #[serde(rename = "Race")]
    race: String,
    #[serde(rename = "Ethnicity")]
    ethnicity: String,
}

/// Says of each utterance what the table says of its speaker, where the table is at hand.
pub(super) fn attach(opened: &Path, utterances: &mut [Utterance]) -> Result<()> {
    let Some(path) = utterances.first().and_then(|first| table::find(&first.path, opened, &FILES)) else {
        return Ok(());
    };
    let broken = |error: csv::Error| Error::malformed(error.to_string()).at(&path);
    let mut people = BTreeMap::new();
    for row in csv::Reader::from_path(&path).map_err(broken)?.into_deserialize() {
        let row: Row = row.map_err(broken)?;
        people.insert(format!("cremad/{}", row.actor), row);
    }
    for utterance in utterances {
        if let Some(row) = people.get(&utterance.speaker) {
            let said = [
                ("age", row.age.clone()),
                ("sex", row.sex.to_lowercase()),
                ("race", row.race.to_lowercase()),
                ("ethnicity", row.ethnicity.to_lowercase()),
            ];
            utterance.about.extend(said.map(|(name, value)| (name.to_string(), value)));
        }
    }
    Ok(())
}
