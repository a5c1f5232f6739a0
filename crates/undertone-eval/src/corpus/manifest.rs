//! A corpus described by a CSV file: `path` (relative to the CSV), `speaker`, optional `label` and `start,end` in seconds, anything else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{Corpus, CorpusInfo, Utterance};
use undertone::emotion::Emotion;
use undertone::error::{Error, Result};
use undertone::units::{Seconds, Segment};

pub(super) fn read(path: &Path) -> Result<Corpus> {
    let card_path = path.with_extension("toml");
    let card = card(&card_path)?;
    let here = |error: Error| error.at(path);
    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("manifest").to_string();
    let broken = |error: csv::Error| here(Error::config(error.to_string()));
    let bytes = std::fs::read(path).map_err(|error| here(error.into()))?;
    let mut reader = csv::Reader::from_reader(&bytes[..]);
    let columns = Columns::of(reader.headers().map_err(broken)?).map_err(here)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let (mut utterances, mut unmapped) = (Vec::new(), BTreeSet::new());
    let (mut absent, mut count) = (Vec::new(), 0);
    let mut clips = BTreeMap::<String, (PathBuf, Option<Segment>)>::new();
    for record in reader.records() {
        let record = record.map_err(broken)?;
        let line = || line(&bytes, record.position());
        let at_line = |error: Error| here(Error::config(format!("line {}: {}", line(), error.message())));
        let mut utterance = columns.read(&record, folder, &name, &card).map_err(at_line)?;
        if utterance.emotion.is_none() && !utterance.label.is_empty() {
            unmapped.insert(utterance.label.clone());
        }
        if !utterance.path.is_file() {
            count += 1;
            if absent.len() < SHOWN {
                absent.push(format!("line {}: {}", line(), utterance.path.display()));
            }
        }
        let sound = (utterance.path.clone(), utterance.segment);
        if clips.get(&utterance.clip).is_some_and(|first| *first != sound) {
            utterance.clip = columns.whole_clip(&record, utterance.segment);
        }
        if clips.insert(utterance.clip.clone(), sound).is_some() {
            return Err(at_line(Error::config(format!("'{}' was there before", utterance.clip))));
        }
        utterances.push(utterance);
    }
    if count > 0 {
        let more = if count > absent.len() { "; …" } else { "" };
        let message = format!(
            "{count} of {} recordings are not there: {}{more}; correct or remove these lines",
            utterances.len(),
            absent.join("; ")
        );
        return Err(here(Error::config(message)));
    }
    if !unmapped.is_empty() {
        let labels = Vec::from_iter(unmapped).join(", ");
        let message = format!(
            "labels without an emotion: {labels}; map them under [labels] in {}",
            card_path.display()
        );
        return Err(here(Error::config(message)));
    }
    if utterances.is_empty() {
        return Err(here(Error::config("the manifest has no rows below its first line")));
    }
    Ok(Corpus {
        name,
        card: own_labels(card, &utterances),
        utterances,
        repeated: vec![],
        unrecognised: vec![],
    })
}

/// The line of the file in which a record begins: the position of the reader lies before the blank lines that it passes over.
fn line(bytes: &[u8], position: Option<&csv::Position>) -> usize {
    let at = position.map_or(0, |position| position.byte() as usize).min(bytes.len());
    let blank = bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    1 + bytes[..at + blank].iter().filter(|&&byte| byte == b'\n').count()
}

/// Files shown of those that are not there.
const SHOWN: usize = 5;

/// Where the columns are.
struct Columns {
    path: usize,
    speaker: usize,
    label: Option<usize>,
    start: Option<usize>,
    end: Option<usize>,
    others: Vec<(usize, String)>,
}

impl Columns {
    fn of(headers: &csv::StringRecord) -> Result<Columns> {
        let at = |name: &str| headers.iter().position(|header| header.trim() == name);
        let needed = |name: &str, why: &str| {
            let found = headers.iter().collect::<Vec<_>>().join(", ");
            let message = format!("the manifest has no column '{name}' ({why}); its first line has: {found}");
            at(name).ok_or_else(|| Error::config(message))
        };
        let known = ["path", "speaker", "label", "start", "end"];
        let others = headers.iter().enumerate().filter(|(_, header)| !known.contains(&header.trim()));
        Ok(Columns {
            path: needed("path", "the recording, relative to the manifest")?,
            speaker: needed("speaker", "who speaks: speakers must never be both learned from and tested on")?,
            label: at("label"),
            start: at("start"),
            end: at("end"),
            others: others.map(|(at, header)| (at, header.trim().to_string())).collect(),
        })
    }

    fn read(
        &self,
        record: &csv::StringRecord,
        folder: &Path,
        corpus: &str,
        card: &CorpusInfo,
    ) -> Result<Utterance> {
        let cell = |at: usize| record.get(at).map(str::trim).filter(|text| !text.is_empty());
        let file = cell(self.path).ok_or_else(|| Error::config("the path is missing"))?;
        let speaker = cell(self.speaker).ok_or_else(|| Error::config("the speaker is missing"))?;
        let label = self.label.and_then(cell);
        let segment = segment(self.start.and_then(cell), self.end.and_then(cell))?;
        let other = |(at, name): &(usize, String)| Some((name.clone(), cell(*at)?.to_string()));
        Ok(Utterance {
            corpus: corpus.to_string(),
            clip: clip(file, segment),
            path: folder.join(file),
            segment,
            speaker: format!("{corpus}/{speaker}"),
            label: label.unwrap_or_default().to_string(),
            emotion: label.and_then(|label| map(card, label)),
            intensity: None,
            votes: None,
            about: self.others.iter().filter_map(other).collect::<BTreeMap<_, _>>(),
            defect: card.defective.get(&clip(file, segment)).cloned(),
        })
    }

    /// The name of a clip that shares its shorter one with another: the file's name with extension, and the whole segment.
    fn whole_clip(&self, record: &csv::StringRecord, segment: Option<Segment>) -> String {
        let file = record.get(self.path).map_or("", str::trim);
        segment.map_or(file.to_string(), |Segment { start, end }| format!("{file}@{}-{}", start.0, end.0))
    }
}

/// A card without a label map knows the labels that are used.
fn own_labels(mut card: CorpusInfo, utterances: &[Utterance]) -> CorpusInfo {
    if card.labels.is_empty() {
        let used = utterances.iter().filter_map(|utterance| utterance.emotion);
        card.labels = used.map(|emotion| (emotion.name().to_string(), emotion)).collect();
    }
    card
}

fn card(path: &Path) -> Result<CorpusInfo> {
    match std::fs::read_to_string(path) {
        Ok(text) => CorpusInfo::parse(&text).map_err(|error| error.at(path)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(CorpusInfo::default()),
        Err(error) => Err(Error::from(error).at(path)),
    }
}

/// By the card's map; without one, labels are our own names.
fn map(card: &CorpusInfo, label: &str) -> Option<Emotion> {
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
        for name in ["x.wav", "x.flac", "y.wav", "a/x.wav"] {
            let there = folder.path().join(name);
            std::fs::create_dir_all(there.parent().unwrap()).unwrap();
            std::fs::write(there, "").unwrap();
        }
        if let Some(toml) = toml {
            std::fs::write(path.with_extension("toml"), toml).unwrap();
        }
        (folder, path)
    }

    #[test]
    fn paths_are_relative_to_the_manifest_and_labels_go_through_the_map() {
        let (folder, path) = write(
            "\u{feff}path,speaker,label,start,end,sex\na/x.wav,ann,joy,1.5,2.5,female\ny.wav,bob,,,,\n",
            Some("licence = 'mine'\n[labels]\njoy = 'happy'\n"),
        );
        let corpus = Corpus::from_manifest(&path).unwrap();
        let first = &corpus.utterances[0];
        assert_eq!(first.path, folder.path().join("a/x.wav"));
        assert_eq!((first.speaker.as_str(), first.emotion), ("mine/ann", Some(Emotion::Happy)));
        assert_eq!(first.segment.unwrap().duration(), Seconds(1.0));
        assert_eq!((first.clip.as_str(), first.about["sex"].as_str()), ("a/x@1.5", "female"));
        assert_eq!((corpus.utterances[1].emotion, corpus.utterances[1].segment), (None, None));
        assert_eq!(corpus.emotions().len(), 1);
    }

    #[test]
    fn clips_of_one_name_or_one_start_get_names_of_their_own() {
        let (_folder, path) =
            write("path,speaker,start,end\nx.wav,a,0,0.4\nx.wav,b,0,0.8\nx.flac,a,,\ny.wav,a,,\n", None);
        let corpus = Corpus::from_manifest(&path).unwrap();
        let clips: Vec<&str> = corpus.utterances.iter().map(|utterance| utterance.clip.as_str()).collect();
        assert_eq!(clips, ["x@0", "x.wav@0-0.8", "x", "y"]);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (csv, toml, word) in [
            ("file,label\nx.wav,happy\n", None, "no column 'path'"),
            ("path,label\nx.wav,happy\n", None, "no column 'speaker'"),
            ("path,speaker,label\nx.wav,a,joy\ny.wav,a,bliss\n", None, "bliss, joy"),
            ("path,speaker,start,end\nx.wav,a,2,1\n", None, "line 2"),
            ("path,speaker\nx.wav,a\ngone.wav,a\n", None, "1 of 2 recordings are not there: line 3"),
            ("path,speaker,start,end\nx.wav,a,soon,3\n", None, "'soon'"),
            ("path,speaker\nx.wav,a\nx.wav,a\n", None, "line 3: 'x' was there before"),
            ("path,speaker\n\nx.wav,a\n\n\ny.wav,\n", None, "line 6: the speaker"),
            ("path,speaker\nx.wav,a,b\n", None, "line: 2"),
            ("path,speaker\n", None, "no rows"),
            ("", None, "'path'"),
            ("path,speaker\nx.wav,a\n", Some("labelz = 1\n"), "labelz"),
        ] {
            let (_folder, path) = write(csv, toml);
            let error = Corpus::from_manifest(&path).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
