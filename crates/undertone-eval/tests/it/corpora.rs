//! On the real corpora, where they are at hand (`UNDERTONE_CORPORA`).

use std::collections::BTreeSet;
use std::path::PathBuf;

use undertone::audio::Channels;
use undertone::engine::{Options, StreamOptions};
use undertone::{Engine, audio, speech};
use undertone_eval::corpus::Corpus;
use undertone_eval::dialogue::{Dialogue, SpeakerClips, Variant};
use undertone_eval::metrics::{score_timeline, timeline_figures};
use undertone_eval::protocol::{NAMES, Protocol, write_rows};

/// The folder of corpora, or a loud word that the test was skipped.
fn corpora(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("UNDERTONE_CORPORA").map(PathBuf::from);
    if folder.is_none() {
        crate::skipped(test, "UNDERTONE_CORPORA");
    }
    folder
}

#[test]
fn the_five_corpora_are_found_with_all_their_clips() {
    let Some(folder) = corpora("the_five_corpora_are_found_with_all_their_clips") else { return };
    let found = Corpus::open(&folder).unwrap();
    let counts: Vec<(&str, usize, usize)> = found
        .iter()
        .map(|corpus| {
            let speakers: BTreeSet<_> = corpus.utterances.iter().map(|u| &u.speaker).collect();
            (corpus.name.as_str(), corpus.utterances.len(), speakers.len())
        })
        .collect();
    assert_eq!(
        counts,
        [
            ("cremad", 7442, 91),
            ("ravdess", 1440, 24),
            ("ravdess_song", 1012, 23),
            ("savee", 480, 4),
            ("tess", 2800, 2)
        ]
    );
    let cremad = &found[0];
    assert_eq!(cremad.utterances.iter().filter(|u| u.defect.is_some()).count(), 7);
    assert!(cremad.utterances.iter().filter(|u| u.votes.is_some()).count() > 7400);
}

#[test]
fn speech_is_found_in_nearly_every_clip() {
    let Some(folder) = corpora("speech_is_found_in_nearly_every_clip") else { return };
    for corpus in Corpus::open(&folder).unwrap() {
        let clips: Vec<_> = corpus.utterances.iter().filter(|u| u.defect.is_none()).step_by(97).collect();
        let found = clips
            .iter()
            .filter(|clip| {
                let waveform = audio::read(clip.path.as_path()).unwrap();
                !speech::segments(waveform.samples(), &speech::Options::default()).is_empty()
            })
            .count();
        assert!(found as f64 >= 0.95 * clips.len() as f64, "{}: {found} of {}", corpus.name, clips.len());
    }
}

#[test]
fn real_clips_are_answered_from_flac_and_opus() {
    let Some(folder) = corpora("real_clips_are_answered_from_flac_and_opus") else { return };
    let engine = Engine::embedded().unwrap();
    for corpus in Corpus::open(&folder).unwrap() {
        let clips: Vec<_> = corpus.utterances.iter().filter(|u| u.defect.is_none()).step_by(211).collect();
        let answered =
            clips.iter().filter(|clip| !engine.analyze_path(&clip.path).unwrap().spans.is_empty()).count();
        assert!(
            answered as f64 >= 0.9 * clips.len() as f64,
            "{}: {answered} of {}",
            corpus.name,
            clips.len()
        );
    }
}

#[test]
fn dialogues_of_speakers_never_heard_are_told_better_than_by_chance() {
    let Some(folder) = corpora("dialogues_of_speakers_never_heard_are_told_better_than_by_chance") else {
        return;
    };
    let corpora = Corpus::open(&folder).unwrap();
    let fold = Protocol::known("emobox-ravdess").unwrap().cut(&corpora).unwrap().remove(1);
    let voices = SpeakerClips::of(fold.test.iter().copied()).unwrap();
    let options = Options { channels: Channels::Split, ..Options::default() };
    let engine = Engine::builder().options(options).build().unwrap();
    let scores: Vec<_> = (0..3)
        .map(|seed| {
            let dialogue = Dialogue::draw(&voices, seed).unwrap();
            let mut stream =
                engine.stream(StreamOptions { channels: 2, ..StreamOptions::default() }).unwrap();
            stream.push(&dialogue.samples(Variant::Stereo)).unwrap();
            let truth = dialogue.truth(Variant::Stereo);
            score_timeline("stereo", &truth, &stream.finish().unwrap(), &[]).unwrap()
        })
        .collect();
    let figures = &timeline_figures(&scores)[0];
    assert!(figures.frame_uar.value > 0.3, "{figures:?}");
    assert!(figures.der.is_some_and(|der| der.value < 1.0), "{figures:?}");
}

#[test]
fn every_known_protocol_equals_the_published_file() {
    let test = "every_known_protocol_equals_the_published_file";
    let Some(folder) = corpora(test) else { return };
    let Some(reference) = std::env::var_os("UNDERTONE_REFERENCE").map(PathBuf::from) else {
        return crate::skipped(test, "UNDERTONE_REFERENCE");
    };
    let corpora = Corpus::open(&folder).unwrap();
    for name in NAMES {
        let protocol = Protocol::known(name).unwrap();
        let mut file = Vec::new();
        write_rows(&mut file, &protocol.rows(&corpora).unwrap()).unwrap();
        let published = std::fs::read_to_string(reference.join(format!("protocols/{name}.csv"))).unwrap();
        let sorted = |text: &str| text.lines().map(str::to_string).collect::<BTreeSet<String>>();
        assert_eq!(sorted(&published), sorted(std::str::from_utf8(&file).unwrap()), "{name}");
        protocol.cut(&corpora).unwrap();
    }
}
