//! The exported file gives what the network gives: through the runtime, and through onnxruntime.

use std::process::Command;

use burn::module::RunningState;
use burn::nn::LinearConfig;
use burn::prelude::*;
use undertone::emotion::Emotion;
use undertone::features::Spectrogram;
use undertone::model::{Adaptation, Conditions, FORMAT, Metadata, Model, Population, Whole};
use undertone::units::{SampleRate, Seconds};
use undertone_train::data::normalization::Moments;
use undertone_train::export::{ModelFile, ensemble, export};
use undertone_train::nn::network::{Network, Size, standardised};
use undertone_train::nn::tensor::values;

pub fn metadata(pooled: usize) -> Metadata {
    Metadata {
        format: FORMAT,
        name: "random".into(),
        version: "0".into(),
        embedding_space: String::new(),
        classes: Emotion::ALL.to_vec(),
        rate: SampleRate::MODEL,
        shortest_seconds: Seconds(0.5),
        longest_seconds: Seconds(60.0),
        frame_seconds: Seconds(0.04),
        receptive_seconds: Seconds(0.5),
        pooled,
        own_front_end: false,
        encoder: None,
        temperature: Conditions { unadapted: 1.0, adapted: 1.0 },
        thresholds: Conditions::default(),
        calibrated_on: Vec::new(),
        thresholds_fitted_on: Vec::new(),
        population: Population { mean: vec![0.1; pooled], scale: vec![0.9; pooled] },
        neutral_offset: Vec::new(),
        kappa: 1.5,
        kappa_scale: None,
        adaptation: None,
        corpora: Vec::new(),
        teachers: Vec::new(),
        held_out: Vec::new(),
        results: Vec::new(),
        revision: "none".into(),
        parameters: 0,
    }
}

fn waveform(n: usize) -> Vec<f32> {
    (0..n)
        .map(|i| 0.3 * ((i as f32 * 0.07).sin() + (i as f32 * 0.011).cos() * (i as f32 * 0.31).sin()))
        .collect()
}

/// The classes that listeners named.
const VOTED: [Emotion; 2] = [Emotion::Neutral, Emotion::Sad];

/// A random network whose running statistics have seen something, and its file.
fn random(seed: u64) -> (Network, Size, Moments, ModelFile) {
    sized(seed, Size::tiny())
}

fn sized(seed: u64, size: Size) -> (Network, Size, Moments, ModelFile) {
    let (training, plain) = (Device::flex().autodiff(), Device::flex());
    training.seed(seed);
    let network = Network::new(&size, Some(5), &training);
    let views = Moments { mean: vec![-8.0; 128], deviation: vec![2.5; 128] };
    for i in 0..3 {
        network.trunk(standard(&waveform(16_000 + i), &views, &training));
    }
    let mut network =
        undertone_train::nn::average::follow(Network::new(&size, Some(5), &plain), &network, 0.0);
    network.population_mean = RunningState::new(Tensor::full([size.pooled()], 0.1, &plain));
    network.population_scale = RunningState::new(Tensor::full([size.pooled()], 0.9, &plain));
    network.listeners = LinearConfig::new(size.pooled(), Emotion::ALL.len()).init(&plain);
    let file = export(&network, &size, &views, &VOTED, metadata(size.pooled()));
    (network, size, views, file)
}

fn load(file: &ModelFile) -> Model {
    Model::from_bytes(file.to_bytes().unwrap()).unwrap()
}

fn standard(waveform: &[f32], views: &Moments, device: &Device) -> Tensor<3> {
    let frames = Spectrogram::default().compute(waveform);
    let (n, mut data) = (frames.len(), frames.into_data());
    data.chunks_exact_mut(128).for_each(|row| views.apply(row));
    Tensor::from_data(TensorData::new(data, [1, n, 128]), device)
}

/// Logits (and intensity before its sigmoid) of the network itself: against the population, and against a speaker.
fn by_network(network: &Network, views: &Moments, waveform: &[f32], speaker: &Adaptation) -> [Vec<f32>; 2] {
    let device = Device::flex();
    let pooled = network.pool(network.trunk(standard(waveform, views, &device)));
    let adapted = network.adapted(pooled.clone(), std::slice::from_ref(speaker));
    [values(network.unadapted(pooled)), values(adapted)]
}

#[test]
fn the_runtime_answers_as_the_network_that_was_trained() {
    for seed in [1, 2, 3] {
        let (network, _, views, file) = random(seed);
        let model = load(&file);
        let mut adaptation = model.population();
        adaptation.mean.iter_mut().enumerate().for_each(|(i, x)| *x += 0.05 * i as f32);
        adaptation.scale.iter_mut().enumerate().for_each(|(i, x)| *x *= 1.0 + 0.1 * i as f32);
        for n in [8000, 16_159, 40_001] {
            let wave = waveform(n);
            let [alone, adapted] = by_network(&network, &views, &wave, &adaptation);
            for weight in [0.0, 0.4, 1.0] {
                adaptation.weight = weight;
                let answer = model.run_whole(&wave, &adaptation).unwrap().answer;
                let want: Vec<f32> =
                    alone.iter().zip(&adapted).map(|(a, b)| (1.0 - weight) * a + weight * b).collect();
                for (got, want) in answer.logits.iter().zip(&want) {
                    assert!(
                        (got - want).abs() < 1e-4,
                        "seed {seed}, {n} samples, weight {weight}: {got} for {want}"
                    );
                }
                assert!((answer.intensity - 1.0 / (1.0 + (-want[8]).exp())).abs() < 1e-4);
            }
        }
    }
}

#[test]
fn models_side_by_side_answer_with_the_mean_of_theirs() {
    let files = [1, 2, 3].map(|seed| random(seed).3);
    let joined = ensemble(&files, ["three", "1"]).unwrap();
    let (wave, pooled) = (waveform(24_000), Size::tiny().pooled());
    let all = load(&joined);
    assert_eq!((all.metadata().pooled, all.metadata().name.as_str()), (3 * pooled, "three"));
    for weight in [0.0, 0.4] {
        let spoken = |pooled| Adaptation { weight, ..somebody(pooled) };
        let whole = all.run_whole(&wave, &spoken(3 * pooled)).unwrap();
        let each = files.each_ref().map(|file| load(file).run_whole(&wave, &spoken(pooled)).unwrap());
        let mean = |of: &dyn Fn(&Whole) -> f32| each.iter().map(of).sum::<f32>() / 3.0;
        for (class, got) in whole.answer.logits.iter().enumerate() {
            let want = mean(&|one| one.answer.logits[class]);
            assert!((got - want).abs() < 1e-5, "{class}: {got} for {want}");
        }
        let agreement = |one: &Whole| one.answer.agreement.unwrap();
        assert!((whole.answer.intensity - mean(&|one| one.answer.intensity)).abs() < 1e-6);
        assert!((agreement(&whole) - mean(&agreement)).abs() < 1e-6);
        // As the analyzer runs it: frames, pooled by the runtime, then the heads.
        let frames = all.frames(&wave).unwrap();
        assert_eq!((frames.width(), frames.len()), (3 * pooled, whole.frames.len()));
        let answer = all.answer(&[whole.pooled], &[&spoken(3 * pooled)]).unwrap();
        assert_eq!(answer[0].logits, whole.answer.logits);
    }
    if let Some(logits) = by_onnxruntime(&joined.to_bytes().unwrap(), &wave, 3 * pooled) {
        let ours = all.run_whole(&wave, &somebody(3 * pooled)).unwrap().answer.logits;
        assert!(ours.iter().zip(&logits).all(|(a, b)| (a - b).abs() < 1e-4), "{ours:?} {logits:?}");
    }
}

#[test]
fn models_of_other_classes_make_no_ensemble() {
    let file = random(1).3;
    let refused = |files: &[ModelFile]| ensemble(files, ["x", "1"]).unwrap_err().to_string();
    assert!(refused(std::slice::from_ref(&file)).contains("two or more"));
    let (network, size, views, _) = random(2);
    let mut about = metadata(size.pooled());
    about.classes.pop();
    let fewer = export(&network, &size, &views, &VOTED, about);
    assert!(refused(&[file, fewer]).contains("classes"));
}

/// The speaker that [`by_onnxruntime`] adapts to.
pub fn somebody(pooled: usize) -> Adaptation {
    Adaptation { mean: vec![0.2; pooled], scale: vec![0.7; pooled], weight: 0.4 }
}

/// Logits by onnxruntime for [`somebody`]; none where it is not installed.
pub fn by_onnxruntime(file: &[u8], wave: &[f32], pooled: usize) -> Option<Vec<f32>> {
    let script = "
import sys, json, numpy as np, onnxruntime as ort
session = ort.InferenceSession(sys.argv[1], providers=['CPUExecutionProvider'])
wave = np.fromfile(sys.argv[2], np.float32)[None]
p = int(sys.argv[3])
out = session.run(['logits'], {'waveform': wave, 'speaker_mean': np.full((1, p), .2, np.float32),
  'speaker_scale': np.full((1, p), .7, np.float32), 'speaker_weight': np.full((1, 1), .4, np.float32)})
print(json.dumps(out[0][0].tolist()))";
    let found = Command::new("python3").args(["-c", "import numpy, onnxruntime"]).output();
    if !found.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let (model, samples) = (folder.path().join("model.onnx"), folder.path().join("wave.f32"));
    std::fs::write(&model, file).unwrap();
    std::fs::write(&samples, wave.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>()).unwrap();
    let output = Command::new("python3")
        .args(["-c", script])
        .args([&model, &samples])
        .arg(pooled.to_string())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn onnxruntime_gives_the_same() {
    let (network, size, views, file) = random(7);
    let wave = waveform(20_000);
    let Some(got) = by_onnxruntime(&file.to_bytes().unwrap(), &wave, size.pooled()) else {
        crate::skipped("onnxruntime_gives_the_same", "python3 with numpy and onnxruntime");
        return;
    };
    let [alone, adapted] = by_network(&network, &views, &wave, &somebody(size.pooled()));
    for (i, got) in got.iter().enumerate() {
        let want = 0.6 * alone[i] + 0.4 * adapted[i];
        assert!((got - want).abs() < 1e-4, "{got} for {want}");
    }
}

#[test]
fn weights_in_half_precision_answer_nearly_the_same_from_a_smaller_file() {
    let (_, size, _, file) = sized(4, Size { width: 64, frames: 32, ..Size::tiny() });
    let small = file.clone().fp16();
    let [bytes, small_bytes] = [&file, &small].map(|file| file.to_bytes().unwrap().len());
    assert!(small_bytes < bytes - 100_000, "{small_bytes} of {bytes}");
    assert_eq!(small.clone().fp16(), small);
    let wave = waveform(30_000);
    let [whole, half] = [&file, &small]
        .map(|file| load(file).run_whole(&wave, &somebody(size.pooled())).unwrap().answer.logits);
    let furthest = whole.iter().zip(&half).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(furthest > 0.0 && furthest < 5e-3, "{furthest}");
    ensemble(&[file, small], ["both", "1"]).unwrap().to_bytes().unwrap();
}

#[test]
fn the_agreement_is_the_largest_share_among_the_classes_that_listeners_named() {
    let (network, size, views, file) = random(9);
    let wave = waveform(30_000);
    let answer = load(&file).run_whole(&wave, &somebody(size.pooled())).unwrap().answer;
    let pooled = network.pool(network.trunk(standard(&wave, &views, &Device::flex())));
    let population =
        Adaptation { mean: vec![0.1; size.pooled()], scale: vec![0.9; size.pooled()], weight: 0.0 };
    let named = values(network.listeners.forward(standardised(pooled, &[population])));
    let [a, b] = VOTED.map(|class| named[class as usize].exp());
    assert!((answer.agreement.unwrap() - a.max(b) / (a + b)).abs() < 1e-5, "{answer:?}, {a} and {b}");
}

#[test]
fn of_the_logits_those_of_the_learned_classes_are_kept() {
    let (network, size, views, whole) = random(8);
    let classes = vec![Emotion::Neutral, Emotion::Sad, Emotion::Angry];
    let part = Metadata { classes: classes.clone(), ..metadata(size.pooled()) };
    let part = load(&export(&network, &size, &views, &[], part));
    let whole = load(&whole);
    let [whole, part] = [whole, part]
        .map(|model| model.run_whole(&waveform(20_000), &somebody(size.pooled())).unwrap().answer);
    let kept: Vec<f32> = classes.iter().map(|&class| whole.logits[class as usize]).collect();
    assert_eq!((part.logits, part.intensity, part.agreement), (kept, whole.intensity, None));
}
