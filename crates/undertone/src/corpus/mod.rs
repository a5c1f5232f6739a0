//! The side wing: labelled recordings. A corpus is utterances with speakers and labels, a label map, a licence.

mod card;
mod files;
pub mod joint;
mod layouts;
mod manifest;
mod votes;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::emotion::{Emotion, EmotionSet};
use crate::error::{Error, Result};
use crate::units::Segment;

pub use card::Card;
use layouts::Named;

/// A segment with a speaker and a label: the unit of training and evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Utterance {
    /// The corpus it belongs to: `ravdess`, `ravdess_song`, `tess`, `cremad`, `savee`, or a manifest's name.
    pub corpus: String,
    /// Its name within the corpus, that of the protocol files.
    pub clip: String,
    /// The audio file.
    pub path: PathBuf,
    /// The part of the file; the whole file where not given.
    pub segment: Option<Segment>,
    /// `corpus/speaker`, the unit of independence; RAVDESS speech and song share theirs.
    pub speaker: String,
    /// The corpus's own label.
    pub label: String,
    /// What the label map makes of it; none where the manifest gives no label.
    pub emotion: Option<Emotion>,
    /// Expressed strength 0…1, where the corpus tells.
    pub intensity: Option<f32>,
    /// Listeners' votes as shares in the order of [`Emotion::ALL`], where the corpus has them.
    pub votes: Option<[f32; 8]>,
    /// Why it is left out of training and dev, where it is.
    pub defect: Option<String>,
}

/// Labelled recordings with their licence.
#[derive(Clone, Debug, PartialEq)]
pub struct Corpus {
    /// Its short name.
    pub name: String,
    /// Label map, licence, citation.
    pub card: Card,
    /// In the order of their paths.
    pub utterances: Vec<Utterance>,
    /// Audio files below the folder that belong to no layout.
    pub unrecognised: Vec<PathBuf>,
}

impl Corpus {
    /// The corpora found below a folder, recognised by the names of their files; any audio extension, nested or flat.
    ///
    /// # Errors
    /// `Io` where the folder cannot be read, `Config` where no known corpus is in it.
    pub fn open(folder: &Path) -> Result<Vec<Corpus>> {
        let (mut found, mut unrecognised) = (BTreeMap::<&str, Vec<(Named, PathBuf)>>::new(), Vec::new());
        for path in files::audio_below(folder)? {
            match layouts::read(&path) {
                Some(named) => found.entry(named.corpus).or_default().push((named, path)),
                None => unrecognised.push(path),
            }
        }
        if found.is_empty() {
            let known = layouts::NAMES.join(", ");
            let message = format!(
                "no known corpus is in this folder ({known}; {} other audio files); describe others by a manifest",
                unrecognised.len()
            );
            return Err(Error::config(message).at(folder));
        }
        let mut corpora = Vec::new();
        for (name, files) in found {
            let card = Card::known(name)?;
            let mut utterances: Vec<Utterance> =
                files.into_iter().filter_map(|(named, path)| utterance(named, path, &card)).collect();
            if name == "cremad" {
                votes::attach(folder, &mut utterances)?;
            }
            corpora.push(Corpus { name: name.to_string(), card, utterances, unrecognised: Vec::new() });
        }
        corpora[0].unrecognised = unrecognised;
        Ok(corpora)
    }

    /// A corpus described by a manifest: CSV with `path` and optional `start,end,speaker,label`; see `docs/formats.md`.
    ///
    /// # Errors
    /// `Io`, or `Config` naming the line and column that cannot be used, or the labels that are not mapped.
    pub fn from_manifest(path: &Path) -> Result<Corpus> {
        manifest::read(path)
    }

    /// The classes it knows.
    pub fn emotions(&self) -> EmotionSet {
        self.card.labels.values().copied().collect()
    }
}

fn utterance(named: Named, path: PathBuf, card: &Card) -> Option<Utterance> {
    let emotion = card.labels.get(&named.label).copied()?;
    Some(Utterance {
        corpus: named.corpus.to_string(),
        speaker: format!("{}/{}", named.corpus.trim_end_matches("_song"), named.speaker),
        defect: card.defective.get(&named.clip).cloned(),
        segment: None,
        emotion: Some(emotion),
        intensity: named.intensity,
        votes: None,
        clip: named.clip,
        label: named.label,
        path,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A folder of empty files: layouts look at names alone.
    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        folder
    }

    fn one(name: &str) -> Utterance {
        let folder = folder(&[name]);
        Corpus::open(folder.path()).unwrap().remove(0).utterances.remove(0)
    }

    #[test]
    fn every_spelling_of_the_downloads_is_read() {
        let cases = [
            ("Actor_07/03-01-06-02-01-02-07.wav", "ravdess", "ravdess/07", Emotion::Fearful, Some(1.0)),
            ("03-02-02-01-01-01-24.flac", "ravdess_song", "ravdess/24", Emotion::Calm, Some(0.33)),
            ("OAF_Fear/OAF_back_fear.wav", "tess", "tess/OAF", Emotion::Fearful, None),
            ("YAF_pleasant_surprised/YAF_bar_ps.wav", "tess", "tess/YAF", Emotion::Surprised, None),
            ("OAF_neutral/OA_bite_neutral.wav", "tess", "tess/OAF", Emotion::Neutral, None),
            ("AudioWAV/1001_DFA_ANG_XX.wav", "cremad", "cremad/1001", Emotion::Angry, None),
            ("DC/sa03.wav", "savee", "savee/DC", Emotion::Sad, None),
            ("DC_sa03.WAV", "savee", "savee/DC", Emotion::Sad, None),
        ];
        for (path, corpus, speaker, emotion, intensity) in cases {
            let got = one(path);
            assert_eq!((got.corpus.as_str(), got.speaker.as_str()), (corpus, speaker), "{path}");
            assert_eq!((got.emotion, got.intensity), (Some(emotion), intensity), "{path}");
        }
        assert_eq!(one("JK/su15.wav").clip, "JK_su15");
    }

    #[test]
    fn several_corpora_below_one_folder_come_apart_and_strangers_are_named() {
        let folder = folder(&["a/1001_DFA_ANG_XX.opus", "b/DC_a01.flac", "c/song.mp3", "notes.txt"]);
        let corpora = Corpus::open(folder.path()).unwrap();
        let names: Vec<&str> = corpora.iter().map(|corpus| corpus.name.as_str()).collect();
        assert_eq!(names, ["cremad", "savee"]);
        assert_eq!(corpora[0].unrecognised, [folder.path().join("c/song.mp3")]);
    }

    #[test]
    fn a_folder_without_a_corpus_is_an_error_that_names_the_known_ones() {
        let folder = folder(&["song.mp3"]);
        let error = Corpus::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("cremad") && error.contains("manifest"), "{error}");
    }

    #[test]
    fn votes_beside_the_corpus_are_attached() {
        let folder = folder(&["cremad/1001_IEO_NEU_XX.opus", "cremad/1076_MTI_SAD_XX.opus"]);
        let votes = "\"\",\"A\",\"D\",\"F\",\"H\",\"N\",\"S\",\"fileName\",\"meanEmoResp\"\n\
                     \"100001\",0,0,0,1,3,0,\"1001_IEO_NEU_XX\",71.5\n\"200001\",9,0,0,0,0,0,\"1001_IEO_NEU_XX\",1\n";
        std::fs::write(folder.path().join("cremad-votes.csv"), votes).unwrap();
        let corpora = Corpus::open(&folder.path().join("cremad")).unwrap();
        let heard = &corpora[0].utterances[0];
        assert_eq!(heard.votes.unwrap()[Emotion::Neutral as usize], 0.75);
        assert_eq!(heard.intensity, Some(0.715));
        assert_eq!(corpora[0].utterances[1].defect.as_deref(), Some("silence"));
    }
}
