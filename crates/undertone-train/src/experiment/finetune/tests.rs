//! A model tuned on tones that say what it cannot know, on noise that says nothing, and manifests that cannot be used.
#![allow(clippy::unwrap_used)]

use std::f32::consts::TAU;
use std::fmt::Write;
use std::path::Path;

use super::*;

/// Tones of some speakers: by `label` of the clip's number, high ones and low ones.
fn corpus(folder: &Path, speakers: usize, label: impl Fn(usize) -> &'static str) -> Corpus {
    let mut manifest = "path,speaker,label\n".to_string();
    for clip in 0..8 * speakers {
        let name = format!("{clip}.wav");
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 16_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(folder.join(&name), spec).unwrap();
        // A speaker's high tones are all the same, and the low ones.
        let speaker = clip % speakers;
        let hz = [900.0, 140.0][clip / speakers % 2] + 10.0 * speaker as f32;
        for at in 0..9600 {
            let time = at as f32 / 16_000.0;
            let x = (TAU * hz * time).sin() * (1.0 + 0.3 * (TAU * 5.0 * time).sin());
            writer.write_sample((x * 6000.0) as i16).unwrap();
        }
        writer.finalize().unwrap();
        let _ = writeln!(manifest, "{name},s{speaker},{}", label(clip / speakers));
    }
    let path = folder.join("tones.csv");
    std::fs::write(&path, manifest).unwrap();
    Corpus::from_manifest(&path).unwrap()
}

fn released() -> ModelFile {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../undertone-models/models/default.onnx");
    ModelFile::from_bytes(std::fs::read(path).unwrap()).unwrap()
}

fn tuned(speakers: usize, label: impl Fn(usize) -> &'static str) -> Tuned {
    let folder = tempfile::tempdir().unwrap();
    let corpus = corpus(folder.path(), speakers, label);
    Finetune::new(released(), &corpus).unwrap().run("mine", &|_, _| {}).unwrap()
}

#[test]
fn what_the_clips_say_is_learned_and_reported_on_speakers_left_out() {
    // The other way round than the released model hears them.
    let tuned = tuned(4, |clip| ["sad", "happy"][clip % 2]);
    assert_eq!((tuned.counts, tuned.classes.len()), ([32, 4, 0], 2));
    assert!(tuned.strength.is_some() && tuned.is_gain(), "{:?} {:?}", tuned.strength, tuned.gain);
    for (condition, [before, after, _]) in &tuned.conditions {
        assert!(after.value > 0.9 && after.value > before.value, "{condition}: {before:?} {after:?}");
    }
    let file = tuned.file.unwrap();
    let Metadata { name, corpora, results, .. } = file.metadata();
    assert_eq!((name.as_str(), results.len()), ("mine", 2));
    assert!(results.iter().all(|figure| figure.protocol == "tones-by-speaker" && figure.speakers == 4));
    assert!(corpora.iter().any(|corpus| corpus.name == "tones" && corpus.clips == 32));
    assert_eq!(file.embedding_space(), released().embedding_space(), "profiles stay valid");
}

#[test]
fn where_the_labels_have_nothing_to_do_with_the_sound_no_gain_is_claimed() {
    let tuned = tuned(4, |clip| ["happy", "happy", "sad", "sad"][clip % 4]);
    assert!(!tuned.is_gain(), "{:?} {:?}", tuned.strength, tuned.gain);
}

#[test]
fn too_few_speakers_or_classes_are_refused_by_name() {
    let refused = |speakers: usize, label: &dyn Fn(usize) -> &'static str| {
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus(folder.path(), speakers, label);
        Finetune::new(released(), &corpus).err().unwrap().to_string()
    };
    let error = refused(2, &|clip| ["happy", "sad"][clip % 2]);
    assert!(error.contains("tones: 2 of 3 speakers"), "{error}");
    let error = refused(1, &|clip| ["happy", "sad"][clip % 2]);
    assert!(error.contains("1 of 3 speakers"), "{error}");
    let error = refused(3, &|_| "happy");
    assert!(error.contains("same label"), "{error}");
    let error = refused(3, &|_| "");
    assert!(error.contains("no clip has a label"), "{error}");
}
