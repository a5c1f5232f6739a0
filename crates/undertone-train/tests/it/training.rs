//! A whole training in miniature, on tones: one seed gives one model, interrupted or not; and it learns.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use burn::prelude::Device;
use undertone::Result;
use undertone::model::Model;
use undertone_eval::corpus::Corpus;
use undertone_eval::holdout::HeldOut;
use undertone_eval::predict;
use undertone_eval::protocol::Protocol;
use undertone_train::data::setup::Setup;
use undertone_train::experiment::cross_corpus::cross_corpus;
use undertone_train::experiment::cross_validation::CrossValidation;
use undertone_train::experiment::networks;
use undertone_train::experiment::recipe::Recipe;
use undertone_train::export::{ModelFile, publish, revision};
use undertone_train::nn::filter_bank::Bank;
use undertone_train::nn::frames::{Cut, Frames};
use undertone_train::nn::front_end::FrontEnd;
use undertone_train::nn::network::Size;
use undertone_train::nn::tensor::values;
use undertone_train::train::config::Config;
use undertone_train::train::run::{Outcome, run};

/// Enough for the interruption to come in the middle.
const EPOCHS: usize = 30;

/// A manifest of tones: high and wavering is happy, low and flat is sad.
pub fn corpus(folder: &Path) -> PathBuf {
    tones(folder, "tones", "happy", 0.0)
}

/// Another corpus, by other speakers, who are angry where those are happy.
fn others(folder: &Path) -> PathBuf {
    tones(folder, "others", "angry", 40.0)
}

/// Of three speakers, each tone higher by so many Hz than those of `corpus`.
fn tones(folder: &Path, corpus: &str, high: &str, raised: f32) -> PathBuf {
    let mut manifest = "path,speaker,label\n".to_string();
    for i in 0..24 {
        let is_high = i % 2 == 0;
        let name = format!("{corpus}{i}.wav");
        let sample = |n| {
            let t = n as f32 / 16_000.0;
            let hz = if is_high { 600.0 + 60.0 * (20.0 * t).sin() } else { 150.0 } + 3.0 * i as f32 + raised;
            (8000.0 * (std::f32::consts::TAU * hz * t).sin()) as i16
        };
        crate::write_wav(&folder.join(&name), (0..16_000).map(sample));
        manifest += &format!("{name},s{},{}\n", i % 3, if is_high { high } else { "sad" });
    }
    let path = folder.join(format!("{corpus}.csv"));
    std::fs::write(&path, manifest).unwrap();
    path
}

/// A protocol of the tones, a speaker a fold.
fn leave_one_speaker_out(folder: &Path) -> PathBuf {
    let text = "title = 'tones'\ncorpus = 'tones'\nclips = 24\n\
                [[folds]]\ntest = ['s0']\n[[folds]]\ntest = ['s1']\n[[folds]]\ntest = ['s2']\n";
    let path = folder.join("loso.toml");
    std::fs::write(&path, text).unwrap();
    path
}

fn train(folder: &Path, name: &str, config: &Config) -> Result<Outcome> {
    let corpora = [Corpus::from_manifest(&folder.join("tones.csv")).unwrap()];
    let (out, cache) = (folder.join(name), folder.join("features"));
    let held_out = HeldOut::nothing(&corpora);
    run(Setup { corpora: &corpora, teacher: None, folder: &out, cache: &cache }, config, &held_out)
}

/// Burn draws from one seed a process: trainings that are compared must not run side by side.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn config(epochs: usize) -> Config {
    Config {
        epochs,
        minibatch: 8,
        crop_seconds: 1.0,
        degraded_copies: 1,
        size: Size::tiny(),
        ..Config::default()
    }
}

fn model(folder: &Path, name: &str) -> Vec<u8> {
    publish(&folder.join(name), ["tones", "1"], "none").unwrap().to_bytes().unwrap()
}

#[test]
fn one_seed_gives_one_model_whether_or_not_the_training_was_interrupted() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    corpus(folder.path());
    train(folder.path(), "whole", &config(EPOCHS)).unwrap();
    train(folder.path(), "again", &config(EPOCHS)).unwrap();
    let whole = model(folder.path(), "whole");
    assert!(whole == model(folder.path(), "again"), "the same seed gave two models");
    kill_after_two_epochs(folder.path(), "interrupted", &config(EPOCHS));
    train(folder.path(), "interrupted", &config(EPOCHS)).unwrap();
    assert!(whole == model(folder.path(), "interrupted"), "resuming gave another model");
    let other = Config { seed: 1, ..config(EPOCHS) };
    train(folder.path(), "other", &other).unwrap();
    assert!(whole != model(folder.path(), "other"), "another seed gave the same model");
}

/// Trains in a process of its own and ends it the hard way as soon as its second checkpoint stands. (Should it be done by
/// then, going on has nothing to do and the comparison still holds.)
fn kill_after_two_epochs(folder: &Path, name: &str, config: &Config) {
    let (recipe, out) = (folder.join("recipe.toml"), folder.join(name));
    std::fs::write(&recipe, toml::to_string(config).unwrap()).unwrap();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_undertone-train"))
        .arg("train")
        .arg(folder.join("tones.csv"))
        .args(["--out".as_ref(), out.as_os_str(), "--config".as_ref(), recipe.as_os_str()])
        .arg("--cache")
        .arg(folder.join("features"))
        .spawn()
        .unwrap();
    while !out.join("checkpoint-2").exists() && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_folder_with_a_run_of_another_recipe_is_refused() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    corpus(folder.path());
    train(folder.path(), "run", &config(1)).unwrap();
    let error = train(folder.path(), "run", &config(2)).unwrap_err().to_string();
    assert!(error.contains("another recipe"), "{error}");
}

/// A recipe that learns in few steps: crops are augmented less than in a long training.
fn quick() -> Config {
    Config { mixup: 0.0, learning_rate: 0.01, distance: 0.0, own_level: 0.3, degraded: 0.3, ..config(12) }
}

/// Over twelve epochs of three steps each.
fn assert_that_the_loss_fell(run: &Path) {
    let log = std::fs::read_to_string(run.join("log.csv")).unwrap();
    let losses: Vec<f64> =
        log.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().parse().unwrap()).collect();
    assert_eq!(losses.len(), 12);
    assert!(losses[11] < 0.75 * losses[0], "{losses:?}");
}

#[test]
fn the_loss_falls() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    corpus(folder.path());
    train(folder.path(), "run", &quick()).unwrap();
    assert_that_the_loss_fell(&folder.path().join("run"));
    assert!(folder.path().join("run/curve.svg").exists());
}

#[test]
fn a_network_that_reads_waveforms_learns_and_moves_its_filters() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    corpus(folder.path());
    let config = Config { front_end: FrontEnd::Waveform, degraded_copies: 0, pace: 0.0, ..quick() };
    train(folder.path(), "run", &config).unwrap();
    assert_that_the_loss_fell(&folder.path().join("run"));
    let model = Model::from_bytes(model(folder.path(), "run")).unwrap();
    let samples = crate::bank::voice(16_000, 130.0);
    let wave: Vec<f32> = samples.iter().map(|&x| f32::from(x) / 32_768.0).collect();
    let trained = model.run_whole(&wave, &model.population()).unwrap().spectrogram;
    let device = Device::flex();
    let cut = Cut::new(&samples, 0, trained.len(), 1.0);
    let before = values(Bank::new(&device).unwrap().forward(Frames::stack(vec![cut], &device)));
    let moved =
        trained.data().iter().zip(&before).map(|(a, b)| (a - b).abs()).sum::<f32>() / before.len() as f32;
    assert!((1e-3..1.0).contains(&moved), "views moved by {moved} nats on average");
}

#[test]
fn a_cross_validation_scores_every_speaker_once_and_does_nothing_twice() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let corpora = [Corpus::from_manifest(&corpus(folder.path())).unwrap()];
    let protocols = [Protocol::open(&leave_one_speaker_out(folder.path())).unwrap()];
    let [out, cache] = ["cv", "features"].map(|name| folder.path().join(name));
    let setup = Setup { corpora: &corpora, teacher: None, folder: &out, cache: &cache };
    let validation = CrossValidation { protocols: &protocols, folds: &[], dev: false };
    validation.run(setup, &[config(2)]).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join("cv").join(name)).unwrap();
    for condition in ["unadapted", "adapted-all", "adapted-k3", "adapted-neutral"] {
        let rows = predict::read(read(&format!("loso.{condition}.csv")).as_bytes()).unwrap();
        let clips: BTreeSet<&str> = rows.iter().map(|row| row.clip.as_str()).collect();
        assert_eq!((rows.len(), clips.len()), (24, 24));
        assert!(
            rows.iter().all(|row| row.speaker == format!("tones/s{}", row.fold.parse::<u8>().unwrap() - 1))
        );
    }
    let model = folder.path().join("cv/fold-2/model.onnx");
    let before = std::fs::metadata(&model).unwrap().modified().unwrap();
    validation.run(setup, &[config(2)]).unwrap();
    assert_eq!(std::fs::metadata(&model).unwrap().modified().unwrap(), before, "a fold was done twice");
}

#[test]
fn two_recipes_make_a_model_of_two_networks() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let corpora = [Corpus::from_manifest(&corpus(folder.path())).unwrap()];
    let held_out = HeldOut::nothing(&corpora);
    let recipes = [config(1), Config { seed: 1, ..config(1) }];
    let train = |recipes: &[Config], name: &str| {
        let (folder, cache) = (&*folder.path().join(name), &*folder.path().join("features"));
        let setup = Setup { corpora: &corpora, teacher: None, folder, cache };
        let model: ModelFile = networks::train(setup, recipes, &held_out, "tones").unwrap();
        Model::from_bytes(model.to_bytes().unwrap()).unwrap()
    };
    let [first, second] = [0, 1].map(|at| train(&recipes[at..=at], &format!("alone-{at}")));
    let both = train(&recipes, "both");
    let wave: Vec<f32> = (0..16_000).map(|n| 0.3 * (n as f32 * 0.1).sin()).collect();
    let [first_answer, second_answer, both_answer] = [&first, &second, &both]
        .map(|model| model.run_whole(&wave, &model.population()).unwrap().answer.logits[0]);
    assert!((first_answer - second_answer).abs() > 1e-3, "one seed is as the other");
    assert!((both_answer - (first_answer + second_answer) / 2.0).abs() < 1e-4);
    assert_eq!(both.metadata().parameters, first.metadata().parameters + second.metadata().parameters);
}

#[test]
fn a_matrix_tests_every_corpus_on_speakers_of_another() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let corpora = [corpus, others].map(|make| Corpus::from_manifest(&make(folder.path())).unwrap());
    let [out, cache] = ["cross-corpus", "features"].map(|name| folder.path().join(name));
    let setup = Setup { corpora: &corpora, teacher: None, folder: &out, cache: &cache };
    for (leave_one_out, names) in [
        (false, ["tones-to-others.unadapted", "others-to-tones.unadapted"]),
        (true, ["all-but-tones-to-tones.unadapted", "all-but-others-to-others.unadapted"]),
    ] {
        let cells = cross_corpus(setup, &[config(1)], leave_one_out).unwrap();
        assert_eq!(cells.len(), 4);
        for name in names {
            let cell = cells.iter().find(|cell| cell.name == name).unwrap();
            // Happy and angry are known to one of them only: sad is what both know.
            assert_eq!((cell.clips, cell.classes.len()), (12, 1), "{name}");
        }
    }
    let alone = cross_corpus(Setup { corpora: &corpora[..1], ..setup }, &[config(1)], false);
    assert!(alone.unwrap_err().to_string().contains("at least two"));
}

#[test]
fn a_recipe_makes_a_model_that_says_how_it_was_measured_and_calibrated() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let tones = corpus(folder.path());
    let recipe = Recipe {
        version: "7".to_string(),
        protocols: vec![leave_one_speaker_out(folder.path()).display().to_string()],
        folds: vec![1, 3],
        extra: vec![others(folder.path()).display().to_string()],
        model: 3,
        left_out: true,
        training: vec![config(1)],
    };
    let out = folder.path().join("run");
    let run = || recipe.run("tones", std::slice::from_ref(&tones), None, &out).unwrap();
    let (path, scored) = run();
    let model = std::fs::read(&path).unwrap();
    let metadata = Model::from_bytes(model.clone()).unwrap().metadata().clone();
    assert_eq!((&*metadata.name, &*metadata.version), ("undertone-tones", "7"));
    assert_eq!(metadata.embedding_space.len(), 16);
    assert_eq!(metadata.revision, revision());
    assert_eq!(metadata.held_out, ["loso 3"]);
    assert_eq!(metadata.calibrated_on, ["all-but-others-to-others", "all-but-tones-to-tones"]);
    assert_eq!(metadata.thresholds.unadapted.len(), 3);
    let folds: BTreeSet<&str> = scored.iter().flat_map(|scored| &scored.rows).map(|row| &*row.fold).collect();
    assert_eq!(folds, ["1", "3"].into());
    let alone = metadata.results.iter().find(|measured| measured.condition == "unadapted").unwrap();
    assert_eq!((&*alone.protocol, alone.folds, alone.clips, alone.speakers), ("loso", 2, 16, 2));
    assert_eq!(run().0, path);
    assert!(model == std::fs::read(&path).unwrap(), "done again it is another model");
}
