//! The exported file gives what the network gives: through the house's runtime, and through onnxruntime.

use std::process::Command;

use burn::module::RunningState;
use burn::nn::LinearConfig;
use burn::prelude::*;
use undertone::emotion::Emotion;
use undertone::features::Spectrogram;
use undertone::model::{Baseline, Conditions, FORMAT, Metadata, Model, Population, Whole};
use undertone::units::{SampleRate, Seconds};
use undertone_train::export::{export, halved, join};
use undertone_train::network::{Network, Size, standardised};
use undertone_train::population::Level;
use undertone_train::score::values;

pub fn metadata(pooled: usize) -> Metadata {
    Metadata {
        format: FORMAT,
        name: "random".into(),
        version: "0".into(),
        classes: Emotion::ALL.to_vec(),
        rate: SampleRate::MODEL,
        shortest_seconds: Seconds(0.5),
        longest_seconds: Seconds(60.0),
        frame_seconds: Seconds(0.04),
        receptive_seconds: Seconds(0.5),
        pooled,
        own_front_end: false,
        temperature: Conditions { unadapted: 1.0, baseline: 1.0 },
        thresholds: Conditions::default(),
        calibrated_on: Vec::new(),
        population: Population { mean: vec![0.1; pooled], scale: vec![0.9; pooled] },
        neutral_offset: Vec::new(),
        kappa: 1.5,
        kappa_scale: None,
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
fn random(seed: u64) -> (Network, Size, Level, Vec<u8>) {
    sized(seed, Size::tiny())
}

fn sized(seed: u64, size: Size) -> (Network, Size, Level, Vec<u8>) {
    let (training, plain) = (Device::flex().autodiff(), Device::flex());
    training.seed(seed);
    let network = Network::new(&size, Some(5), &training);
    let views = Level { mean: vec![-8.0; 128], deviation: vec![2.5; 128] };
    for i in 0..3 {
        network.trunk(standard(&waveform(16_000 + i), &views, &training));
    }
    let mut network = undertone_train::average::follow(Network::new(&size, Some(5), &plain), &network, 0.0);
    network.population_mean = RunningState::new(Tensor::full([size.pooled()], 0.1, &plain));
    network.population_scale = RunningState::new(Tensor::full([size.pooled()], 0.9, &plain));
    network.listeners = LinearConfig::new(size.pooled(), Emotion::ALL.len()).init(&plain);
    let file = export(&network, &size, &views, &VOTED, &metadata(size.pooled())).unwrap();
    (network, size, views, file)
}

fn standard(waveform: &[f32], views: &Level, device: &Device) -> Tensor<3> {
    let frames = Spectrogram::default().compute(waveform);
    let (n, mut data) = (frames.len(), frames.into_data());
    data.chunks_exact_mut(128).for_each(|row| views.apply(row));
    Tensor::from_data(TensorData::new(data, [1, n, 128]), device)
}

/// Logits (and intensity before its sigmoid) of the network itself: against the population, and against a speaker.
fn by_network(network: &Network, views: &Level, waveform: &[f32], speaker: &Baseline) -> [Vec<f32>; 2] {
    let device = Device::flex();
    let pooled = network.pool(network.trunk(standard(waveform, views, &device)));
    let adapted = network.adapted(pooled.clone(), std::slice::from_ref(speaker));
    [values(network.unadapted(pooled)), values(adapted)]
}

#[test]
fn the_house_runs_the_file_as_the_network_was_trained() {
    for seed in [1, 2, 3] {
        let (network, _, views, file) = random(seed);
        let model = Model::from_bytes(file).unwrap();
        let mut baseline = model.population();
        baseline.mean.iter_mut().enumerate().for_each(|(i, x)| *x += 0.05 * i as f32);
        baseline.scale.iter_mut().enumerate().for_each(|(i, x)| *x *= 1.0 + 0.1 * i as f32);
        for n in [8000, 16_159, 40_001] {
            let wave = waveform(n);
            let [alone, adapted] = by_network(&network, &views, &wave, &baseline);
            for weight in [0.0, 0.4, 1.0] {
                baseline.weight = weight;
                let answer = model.run_whole(&wave, &baseline).unwrap().answer;
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
    let joined = join(&files, ["three", "1"]).unwrap();
    let (wave, pooled) = (waveform(24_000), Size::tiny().pooled());
    let all = Model::from_bytes(joined.clone()).unwrap();
    assert_eq!((all.metadata().pooled, all.metadata().name.as_str()), (3 * pooled, "three"));
    for weight in [0.0, 0.4] {
        let spoken = |pooled| Baseline { weight, ..somebody(pooled) };
        let whole = all.run_whole(&wave, &spoken(3 * pooled)).unwrap();
        let one = |file| Model::from_bytes(file).unwrap().run_whole(&wave, &spoken(pooled)).unwrap();
        let each = files.clone().map(one);
        let mean = |of: &dyn Fn(&Whole) -> f32| each.iter().map(of).sum::<f32>() / 3.0;
        for (class, got) in whole.answer.logits.iter().enumerate() {
            let want = mean(&|one| one.answer.logits[class]);
            assert!((got - want).abs() < 1e-5, "{class}: {got} for {want}");
        }
        let agreement = |one: &Whole| one.answer.agreement.unwrap();
        assert!((whole.answer.intensity - mean(&|one| one.answer.intensity)).abs() < 1e-6);
        assert!((agreement(&whole) - mean(&agreement)).abs() < 1e-6);
        // As the analyzer runs it: frames, pooled by the house, then the heads.
        let frames = all.frames(&wave).unwrap();
        assert_eq!((frames.width(), frames.len()), (3 * pooled, whole.frames.len()));
        let answer = all.answer(&[whole.pooled], &[&spoken(3 * pooled)]).unwrap();
        assert_eq!(answer[0].logits, whole.answer.logits);
    }
    if let Some(logits) = by_onnxruntime(&joined, &wave, 3 * pooled) {
        let ours = all.run_whole(&wave, &somebody(3 * pooled)).unwrap().answer.logits;
        assert!(ours.iter().zip(&logits).all(|(a, b)| (a - b).abs() < 1e-4), "{ours:?} {logits:?}");
    }
}

#[test]
fn what_does_not_go_together_is_not_joined() {
    let file = random(1).3;
    let refused = |files: &[Vec<u8>]| join(files, ["x", "1"]).unwrap_err().to_string();
    assert!(refused(std::slice::from_ref(&file)).contains("two or more"));
    let (network, size, views, _) = random(2);
    let mut about = metadata(size.pooled());
    about.classes.pop();
    let fewer = export(&network, &size, &views, &VOTED, &about).unwrap();
    assert!(refused(&[file, fewer]).contains("classes"));
}

/// The speaker that [`by_onnxruntime`] is told of.
pub fn somebody(pooled: usize) -> Baseline {
    Baseline { mean: vec![0.2; pooled], scale: vec![0.7; pooled], weight: 0.4 }
}

/// Logits by onnxruntime for [`somebody`]; none where it is not installed.
pub fn by_onnxruntime(file: &[u8], wave: &[f32], pooled: usize) -> Option<Vec<f32>> {
    let script = "
import sys, json, numpy as np, onnxruntime as ort
session = ort.InferenceSession(sys.argv[1], providers=['CPUExecutionProvider'])
wave = np.fromfile(sys.argv[2], np.float32)[None]
p = int(sys.argv[3])
out = session.run(['logits'], {'waveform': wave, 'baseline_mean': np.full((1, p), .2, np.float32),
  'baseline_scale': np.full((1, p), .7, np.float32), 'baseline_weight': np.full((1, 1), .4, np.float32)})
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
    let Some(got) = by_onnxruntime(&file, &wave, size.pooled()) else {
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
    let small = halved(&file).unwrap();
    assert!(small.len() < file.len() - 100_000, "{} of {}", small.len(), file.len());
    assert_eq!(halved(&small).unwrap(), small);
    let wave = waveform(30_000);
    let [whole, half] = [&file, &small].map(|file| {
        let model = Model::from_bytes(file.clone()).unwrap();
        model.run_whole(&wave, &somebody(size.pooled())).unwrap().answer.logits
    });
    let furthest = whole.iter().zip(&half).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(furthest > 0.0 && furthest < 5e-3, "{furthest}");
    join(&[file, small], ["both", "1"]).unwrap();
}

#[test]
fn the_agreement_is_the_largest_share_among_the_classes_that_listeners_named() {
    let (network, size, views, file) = random(9);
    let wave = waveform(30_000);
    let answer = Model::from_bytes(file).unwrap().run_whole(&wave, &somebody(size.pooled())).unwrap().answer;
    let pooled = network.pool(network.trunk(standard(&wave, &views, &Device::flex())));
    let population =
        Baseline { mean: vec![0.1; size.pooled()], scale: vec![0.9; size.pooled()], weight: 0.0 };
    let named = values(network.listeners.forward(standardised(pooled, &[population])));
    let [a, b] = VOTED.map(|class| named[class as usize].exp());
    assert!((answer.agreement.unwrap() - a.max(b) / (a + b)).abs() < 1e-5, "{answer:?}, {a} and {b}");
}

#[test]
fn of_the_logits_those_of_the_learned_classes_are_kept() {
    let (network, size, views, whole) = random(8);
    let classes = vec![Emotion::Neutral, Emotion::Sad, Emotion::Angry];
    let part = Metadata { classes: classes.clone(), ..metadata(size.pooled()) };
    let part = Model::from_bytes(export(&network, &size, &views, &[], &part).unwrap()).unwrap();
    let whole = Model::from_bytes(whole).unwrap();
    let [whole, part] = [whole, part]
        .map(|model| model.run_whole(&waveform(20_000), &somebody(size.pooled())).unwrap().answer);
    let kept: Vec<f32> = classes.iter().map(|&class| whole.logits[class as usize]).collect();
    assert_eq!((part.logits, part.intensity, part.agreement), (kept, whole.intensity, None));
}
