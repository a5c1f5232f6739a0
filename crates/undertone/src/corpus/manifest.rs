//! Any corpus by a CSV: `path` (relative to the CSV), optional `start,end` in seconds, `speaker`, `label`.

use std::path::Path;

use super::{Card, Corpus, Utterance};
use crate::emotion::Emotion;
use crate::error::{Error, Result};
use crate::units::{Seconds, Segment};

pub(super) fn read(path: &Path) -> Result<Corpus> {
    let here = |error: Error| error.at(path);
    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("manifest").to_string();
    let card = card(&path.with_extension("toml"))?;
    let text = std::fs::read_to_string(path).map_err(|error| here(error.into()))?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let broken = |error: csv::Error| here(Error::config(error.to_string()));
    let headers = reader.headers().map_err(broken)?.clone();
    let column = |name: &str| headers.iter().position(|header| header == name);
    let path_column = column("path")
        .ok_or_else(|| here(Error::config("the manifest has no column 'path' in its first line")))?;
    let columns = [column("start"), column("end"), column("speaker"), column("label")];
    let (mut utterances, mut unmapped) = (Vec::new(), std::collections::BTreeSet::new());
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(broken)?;
        let [start, end, speaker, label] =
            columns.map(|column| column.and_then(|at| record.get(at)).filter(|text| !text.is_empty()));
        let file = record.get(path_column).unwrap_or("");
        let segment = segment(start, end)
            .map_err(|error| here(Error::config(format!("row {}: {}", row + 2, error.message()))))?;
        let emotion = label.and_then(|label| map(&card, label));
        if let (Some(label), None) = (label, emotion) {
            unmapped.insert(label.to_string());
        }
        utterances.push(Utterance {
            corpus: name.clone(),
            clip: clip(file, segment),
            path: path.parent().unwrap_or(Path::new("")).join(file),
            segment,
            speaker: format!("{name}/{}", speaker.unwrap_or(file)),
            label: label.unwrap_or_default().to_string(),
            emotion,
            intensity: None,
            votes: None,
            defect: None,
        });
    }
    if !unmapped.is_empty() {
        let labels = unmapped.into_iter().collect::<Vec<_>>().join(", ");
        let message = format!(
            "labels without an emotion: {labels}; map them under [labels] in {}",
            path.with_extension("toml").display()
        );
        return Err(here(Error::config(message)));
    }
    let labels = card.labels.clone();
    let mut corpus = Corpus { name, card, utterances, unrecognised: Vec::new() };
    if labels.is_empty() {
        let used = corpus.utterances.iter().filter_map(|u| u.emotion);
        corpus.card.labels = used.map(|emotion| (emotion.name().to_string(), emotion)).collect();
    }
    Ok(corpus)
}

fn card(path: &Path) -> Result<Card> {
    match std::fs::read_to_string(path) {
        Ok(text) => Card::parse(&text).map_err(|error| error.at(path)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Card::default()),
        Err(error) => Err(Error::from(error).at(path)),
    }
}

/// By the card's map; without one, labels are our own names.
fn map(card: &Card, label: &str) -> Option<Emotion> {
    if card.labels.is_empty() { label.parse().ok() } else { card.labels.get(label).copied() }
}

fn segment(start: Option<&str>, end: Option<&str>) -> Result<Option<Segment>> {
    let number = |text: &str| {
        let seconds: Option<f64> =
            text.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0);
        seconds.map(Seconds).ok_or_else(|| Error::config(format!("'{text}' is not a time in seconds")))
    };
    match (start, end) {
        (None, None) => Ok(None),
        (start, Some(end)) => {
            let (start, end) = (start.map(number).transpose()?.unwrap_or_default(), number(end)?);
            if end <= start {
                return Err(Error::config(format!("the segment ends at {end}, before it begins at {start}")));
            }
            Ok(Some(Segment { start, end }))
        }
        (Some(_), None) => Err(Error::config("a start without an end")),
    }
}

/// The file's name without extension, and the segment's start where only a part is meant.
fn clip(file: &str, segment: Option<Segment>) -> String {
    let stem = Path::new(file).with_extension("").display().to_string();
    segment.map_or(stem.clone(), |segment| format!("{stem}@{}", segment.start.0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn write(csv: &str, toml: Option<&str>) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.csv");
        std::fs::write(&path, csv).unwrap();
        if let Some(toml) = toml {
            std::fs::write(path.with_extension("toml"), toml).unwrap();
        }
        (folder, path)
    }

    #[test]
    fn paths_are_relative_to_the_manifest_and_labels_go_through_the_map() {
        let (folder, path) = write(
            "path,speaker,label,start,end,note\na/x.wav,ann,joy,1.5,2.5,hm\ny.wav,bob,,,,\n",
            Some("licence = 'mine'\n[labels]\njoy = 'happy'\n"),
        );
        let corpus = Corpus::from_manifest(&path).unwrap();
        let first = &corpus.utterances[0];
        assert_eq!(first.path, folder.path().join("a/x.wav"));
        assert_eq!((first.speaker.as_str(), first.emotion), ("mine/ann", Some(Emotion::Happy)));
        assert_eq!(first.segment.unwrap().duration(), Seconds(1.0));
        assert_eq!((corpus.utterances[1].emotion, corpus.utterances[1].segment), (None, None));
        assert_eq!(corpus.emotions().len(), 1);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (csv, toml, word) in [
            ("file,label\nx.wav,happy\n", None, "'path'"),
            ("path,label\nx.wav,joy\ny.wav,bliss\n", None, "bliss, joy"),
            ("path,start,end\nx.wav,2,1\n", None, "row 2"),
            ("path,start,end\nx.wav,soon,3\n", None, "'soon'"),
            ("path\nx.wav\n", Some("labelz = 1\n"), "labelz"),
        ] {
            let (_folder, path) = write(csv, toml);
            let error = Corpus::from_manifest(&path).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
