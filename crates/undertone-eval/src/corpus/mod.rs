//! Labelled recordings. A corpus is utterances with speakers and labels, a label map, a licence.

mod check;
mod corpus_info;
mod demographics;
mod layouts;
mod manifest;
mod table;
mod utterance;
mod votes;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use undertone::audio;
use undertone::emotion::EmotionSet;
use undertone::error::{Error, Result};

pub use check::{Check, check};
pub use corpus_info::CorpusInfo;
use layouts::Named;
pub use utterance::{Utterance, samples};

/// Labelled recordings with their licence.
#[derive(Clone, Debug, PartialEq)]
pub struct Corpus {
    /// Its short name.
    pub name: String,
    /// Label map, licence, citation.
    pub card: CorpusInfo,
    /// In the order of their paths; every clip once.
    pub utterances: Vec<Utterance>,
    /// Further copies of clips that are there already: downloads hold folders twice, or in two formats.
    pub repeated: Vec<PathBuf>,
    /// Audio files below the folder that belong to no layout.
    pub unrecognised: Vec<PathBuf>,
}

impl Corpus {
    /// The corpora found below a folder, recognised by the names of their files; any audio extension, nested or flat,
    /// names in whatever case. Sorted by name.
    ///
    /// # Errors
    /// `Io` where the folder cannot be read, `Config` where no known corpus is in it.
    pub fn open(folder: &Path) -> Result<Vec<Corpus>> {
        let mut corpora = BTreeMap::<&str, (CorpusInfo, Vec<(Named, PathBuf)>)>::new();
        let mut unrecognised = Vec::new();
        for path in audio::files_below(folder)?.complete()? {
            let Some(named) = layouts::read(&path) else {
                unrecognised.push(path);
                continue;
            };
            let (card, found) = match corpora.entry(named.corpus) {
                Entry::Occupied(there) => there.into_mut(),
                Entry::Vacant(empty) => empty.insert((CorpusInfo::known(named.corpus)?, Vec::new())),
            };
            match card.labels.contains_key(&named.label) {
                true => found.push((named, path)),
                false => unrecognised.push(path),
            }
        }
        corpora.retain(|_, (_, found)| !found.is_empty());
        let mut corpora = corpora
            .into_iter()
            .map(|(name, (card, found))| Corpus::assemble(folder, name, card, found))
            .collect::<Result<Vec<Corpus>>>()?;
        match corpora.first_mut() {
            Some(first) => first.unrecognised = unrecognised,
            None => return Err(nothing_known(unrecognised.len()).at(folder)),
        }
        Ok(corpora)
    }

    /// A corpus described by a manifest: CSV with `path`, `speaker` and optional `label,start,end`; see `docs/reference/formats.md`.
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

    fn assemble(folder: &Path, name: &str, card: CorpusInfo, found: Vec<(Named, PathBuf)>) -> Result<Corpus> {
        let (found, repeated) = once_each(found);
        let mut utterances: Vec<Utterance> =
            found.into_iter().map(|(named, path)| utterance(named, path, &card)).collect();
        if name == "cremad" {
            votes::attach(folder, &mut utterances)?;
            demographics::attach(folder, &mut utterances)?;
        }
        Ok(Corpus { name: name.to_string(), card, utterances, repeated, unrecognised: Vec::new() })
    }
}

/// Keeps one file of each clip, a lossless one where there is one; the others come back apart.
fn once_each(found: Vec<(Named, PathBuf)>) -> (Vec<(Named, PathBuf)>, Vec<PathBuf>) {
    let mut best = BTreeMap::<&str, (usize, &Path)>::new();
    for (named, path) in &found {
        let candidate = (audio::format_rank(path).unwrap_or(usize::MAX), path.as_path());
        best.entry(&named.clip).and_modify(|best| *best = candidate.min(*best)).or_insert(candidate);
    }
    let kept: BTreeSet<PathBuf> = best.into_values().map(|(_, path)| path.to_path_buf()).collect();
    let (once, again): (Vec<_>, Vec<_>) = found.into_iter().partition(|(_, path)| kept.contains(path));
    (once, again.into_iter().map(|(_, path)| path).collect())
}

fn nothing_known(others: usize) -> Error {
    let known = layouts::NAMES.join(", ");
    Error::config(format!(
        "no known corpus is in this folder ({known}; {others} other audio files); describe others by a manifest"
    ))
}

fn utterance(named: Named, path: PathBuf, card: &CorpusInfo) -> Utterance {
    Utterance {
        corpus: named.corpus.to_string(),
        speaker: format!("{}/{}", named.corpus.trim_end_matches("_song"), named.speaker),
        defect: card.defective.get(&named.clip).cloned(),
        segment: None,
        emotion: card.labels.get(&named.label).copied(),
        intensity: named.intensity,
        votes: None,
        about: named.about.into_iter().map(|(name, value)| (name.to_string(), value)).collect(),
        clip: named.clip,
        label: named.label,
        path,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use undertone::emotion::Emotion;

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

    /// Corpora of empty files of these names.
    pub(crate) fn fake(names: &[&str]) -> Vec<Corpus> {
        Corpus::open(folder(names).path()).unwrap()
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
            ("audiodata/dc/SA03.Flac", "savee", "savee/DC", Emotion::Sad, None),
            ("1001_dfa_ang_xx.MP3", "cremad", "cremad/1001", Emotion::Angry, None),
            (
                "OAF_Pleasant_surprise/OAF_back_pleasant_surprise.wav",
                "tess",
                "tess/OAF",
                Emotion::Surprised,
                None,
            ),
            ("yaf_back_PS.wav", "tess", "tess/YAF", Emotion::Surprised, None),
        ];
        for (path, corpus, speaker, emotion, intensity) in cases {
            let got = one(path);
            assert_eq!((got.corpus.as_str(), got.speaker.as_str()), (corpus, speaker), "{path}");
            assert_eq!((got.emotion, got.intensity), (Some(emotion), intensity), "{path}");
        }
    }

    #[test]
    fn a_clip_has_the_name_protocols_use_however_the_file_is_spelt() {
        for (path, clip) in [
            ("JK/su15.wav", "JK_su15"),
            ("kl_SU15.wav", "KL_su15"),
            ("OA_bite_neutral.wav", "OAF_bite_neutral"),
            ("OAF_Fear/oaf_Back_Fear.wav", "OAF_back_fear"),
            ("YAF_bar_pleasant_surprised.wav", "YAF_bar_ps"),
            ("1040_ITH_SAD_X.wav", "1040_ITH_SAD_XX"),
        ] {
            assert_eq!(one(path).clip, clip, "{path}");
        }
    }

    #[test]
    fn what_the_name_tells_of_the_voice_is_kept() {
        let said = one("03-01-06-02-01-02-07.wav").about;
        let said: Vec<(&str, &str)> =
            said.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(said, [("repetition", "02"), ("sentence", "01"), ("sex", "male"), ("strength", "strong")]);
    }

    #[test]
    fn a_clip_that_lies_there_twice_counts_once_and_the_lossless_copy_is_taken() {
        let folder = folder(&[
            "Actor_01/03-01-01-01-01-01-01.wav",
            "AudioMP3/1001_DFA_ANG_XX.mp3",
            "AudioWAV/1001_DFA_ANG_XX.wav",
            "audio_speech_actors_01-24/Actor_01/03-01-01-01-01-01-01.wav",
        ]);
        let corpora = Corpus::open(folder.path()).unwrap();
        let of = |at: usize| {
            let Corpus { utterances, repeated, .. } = &corpora[at];
            assert_eq!((utterances.len(), repeated.len()), (1, 1));
            (utterances[0].path.clone(), repeated[0].clone())
        };
        assert!(of(0).0.ends_with("1001_DFA_ANG_XX.wav") && of(0).1.ends_with("1001_DFA_ANG_XX.mp3"));
        assert!(of(1).0.starts_with(folder.path().join("Actor_01")));
    }

    #[test]
    fn names_that_only_look_like_a_corpus_and_hidden_files_are_not_taken() {
        let unknown = [
            "03-01-09-01-01-01-01.wav",
            "03-01-01-03-01-01-01.wav",
            "01-01-01-01-01-01-01.mp4",
            "OAF_back_bored.wav",
            "DC_x01.wav",
            "1001_DFA_ANG_YY.wav",
        ];
        let mut names = unknown.to_vec();
        names.extend(["DC_a01.wav", "._DC_a02.wav"]);
        let folder = folder(&names);
        let corpora = Corpus::open(folder.path()).unwrap();
        assert_eq!((corpora.len(), corpora[0].utterances.len()), (1, 1));
        assert_eq!(corpora[0].unrecognised.len(), unknown.len());
    }

    #[test]
    fn several_corpora_below_one_folder_come_apart_and_unknown_files_are_named() {
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
        let utterance = &corpora[0].utterances[0];
        assert_eq!(utterance.votes.unwrap()[Emotion::Neutral as usize], 0.75);
        assert_eq!(utterance.intensity, Some(0.715));
        assert_eq!(corpora[0].utterances[1].defect.as_deref(), Some("silence"));
    }

    #[test]
    fn the_tables_of_a_whole_download_are_found_where_it_has_them() {
        let folder = folder(&["CREMA-D/AudioWAV/1001_DFA_ANG_XX.wav", "tess/OAF_back_fear.wav"]);
        let beside =
            |name: &str, text: &str| std::fs::write(folder.path().join("CREMA-D").join(name), text).unwrap();
        std::fs::create_dir(folder.path().join("CREMA-D/processedResults")).unwrap();
        beside(
            "processedResults/tabulatedVotes.csv",
            "\"\",A,D,F,H,N,S,fileName,meanEmoResp\n100001,2,0,0,0,2,0,1001_DFA_ANG_XX,50\n",
        );
        beside(
            "VideoDemographics.csv",
            "ActorID,Age,Sex,Race,Ethnicity\n1001,51,Male,Caucasian,Not Hispanic\n",
        );
        let corpora = Corpus::open(folder.path()).unwrap();
        let utterance = &corpora[0].utterances[0];
        assert_eq!(utterance.votes.unwrap()[Emotion::Angry as usize], 0.5);
        assert_eq!((utterance.about["sex"].as_str(), utterance.about["age"].as_str()), ("male", "51"));
    }
}
