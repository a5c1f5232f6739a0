//! The learned bank: where it begins, what it computes in training, and the file that is made of it.

use burn::module::RunningState;
use burn::prelude::*;
use undertone::features::Spectrogram;
use undertone::model::{Adaptation, Metadata, Model};
use undertone::{Emotion, EmotionSet};
use undertone_train::augment::waveform_augment::augment;
use undertone_train::data::clip::Clip;
use undertone_train::data::feature_cache::{FeatureCache, Wanted};
use undertone_train::data::normalization::{Moments, Normalization};
use undertone_train::export::export;
use undertone_train::nn::average::follow;
use undertone_train::nn::filter_bank::Bank;
use undertone_train::nn::frames::{Cut, Frames};
use undertone_train::nn::front_end::FrontEnd;
use undertone_train::nn::network::{Network, Size};
use undertone_train::nn::tensor::values;
use undertone_train::train::config::Config;
use undertone_train::train::sampler::Sampler;

use crate::export::{by_onnxruntime, metadata, somebody};

/// Something like a voice: pulses of a wandering pitch through two resonances, and breath, all in syllables.
pub fn voice(n: usize, pitch: f32) -> Vec<i16> {
    let (mut phase, mut noise, mut states) = (0.0f32, 1u32, [[0.0f32; 2]; 2]);
    let sample = |i: usize| {
        let t = i as f32 / 16_000.0;
        phase += pitch * (1.0 + 0.2 * (3.0 * t).sin()) / 16_000.0;
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let breath = (noise >> 8) as f32 / (1 << 24) as f32 - 0.5;
        let mut x = 0.02 * breath;
        if phase >= 1.0 {
            phase -= 1.0;
            x += 1.0;
        }
        for (state, hz) in states.iter_mut().zip([600.0 + 200.0 * (5.0 * t).sin(), 2200.0]) {
            let y = x + 1.96 * (std::f32::consts::TAU * hz / 16_000.0).cos() * state[0] - 0.96 * state[1];
            *state = [y, state[0]];
            x += 0.7 * y;
        }
        (2_000.0 * x * (4.0 * t).sin().abs()).clamp(-32_768.0, 32_767.0) as i16
    };
    (0..n).map(sample).collect()
}

fn float(samples: &[i16]) -> Vec<f32> {
    samples.iter().map(|&x| f32::from(x) / 32_768.0).collect()
}

/// The bank's views of a whole waveform, `[1, frames, 128]`.
fn filtered(bank: &Bank, samples: &[i16], device: &Device) -> Tensor<3> {
    let cut = Cut::new(samples, 0, samples.len() / 160 + 1, 1.0);
    bank.forward(Frames::stack(vec![cut], device))
}

fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let mean = |x: &[f32]| x.iter().sum::<f32>() / x.len() as f32;
    let (ma, mb) = (mean(a), mean(b));
    let product = |x: &[f32], mx: f32, y: &[f32], my: f32| -> f32 {
        x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum()
    };
    product(a, ma, b, mb) / (product(a, ma, a, ma) * product(b, mb, b, mb)).sqrt()
}

#[test]
fn every_band_of_a_new_bank_goes_with_the_spectrograms() {
    let device = Device::flex();
    let bank = Bank::new(&device).unwrap();
    let mut samples = voice(48_000, 140.0);
    // A chirp after the voice reaches every band.
    samples.extend((0..48_000).map(|i| {
        let t = i as f32 / 16_000.0;
        (3000.0 * (std::f32::consts::TAU * (40.0 * t + 290.0 * t * t * t)).sin()) as i16
    }));
    let spectrogram = Spectrogram::default().compute(&float(&samples));
    let learned = values(filtered(&bank, &samples, &device));
    assert_eq!(spectrogram.data().len(), learned.len());
    let column =
        |data: &[f32], band: usize| data.iter().skip(band).step_by(128).copied().collect::<Vec<f32>>();
    let mut mean = 0.0;
    for band in 0..128 {
        let (a, b) = (column(spectrogram.data(), band), column(&learned, band));
        let r = correlation(&a, &b);
        let shift = a.iter().zip(&b).map(|(a, b)| b - a).sum::<f32>() / a.len() as f32;
        assert!(r > 0.95 && shift.abs() < 0.7, "band {band}: correlation {r}, {shift} nats apart");
        mean += r / 128.0;
    }
    assert!(mean > 0.99, "{mean}");
}

fn clip(folder: &std::path::Path, at: usize) -> Clip {
    let path = folder.join(format!("{at}.wav"));
    crate::write_wav(&path, voice(14_000 + 3_000 * at, 90.0 + 30.0 * at as f32));
    Clip {
        corpus: "voices".into(),
        name: at.to_string(),
        path,
        segment: None,
        speaker: format!("s{}", at % 2),
        emotion: [Emotion::Happy, Emotion::Sad][at % 2],
        known: EmotionSet::ALL,
        intensity: None,
        votes: None,
    }
}

#[test]
fn both_ways_learn_from_the_same_crops_augmented_alike() {
    let folder = tempfile::tempdir().unwrap();
    let device = Device::flex();
    let clips: Vec<Clip> = (0..5).map(|at| clip(folder.path(), at)).collect();
    let cache = folder.path().join("features");
    let wanted = Wanted { teacher: None, degraded_copies: 0, augment, waveforms: true, seed: 0 };
    let prepare = || FeatureCache::prepare(&clips, wanted, &cache, &|_| {}).unwrap();
    let (made, features) = (prepare(), prepare());
    assert_eq!(made.waves, features.waves);
    assert!(features.samples(features.places[4]) == voice(26_000, 210.0), "what is kept reads back");
    let normalization = Normalization::measure(&clips, &features.places, &features);
    let bank = Bank::new(&device).unwrap();
    // The gain of a distant crop meets the floor before the logarithm in one way and after it in the other.
    let config = |front_end| Config {
        front_end,
        degraded_copies: 0,
        pace: 0.0,
        distance: 0.0,
        minibatch: 6,
        crop_seconds: 1.2,
        mixup: 0.5,
        size: Size::tiny(),
        ..Config::default()
    };
    let [spectrogram, waveform] = [FrontEnd::Spectrogram, FrontEnd::Waveform].map(config);
    let draw =
        |config| Sampler::new(&clips, features.places.clone(), &features, &normalization, config).unwrap();
    let (by_spectrogram, by_waveform) = (draw(&spectrogram), draw(&waveform));
    let mut mixed = 0;
    for seed in 0..12 {
        let (a, b) = (by_spectrogram.minibatch(seed, &device), by_waveform.minibatch(seed, &device));
        assert_eq!(
            (&a.clips, a.mixed, values(a.targets.target.clone())),
            (&b.clips, b.mixed, values(b.targets.target.clone()))
        );
        mixed += usize::from(a.mixed);
        let (a, b) = (a.input.views(None), b.input.views(Some(&bank)));
        assert_eq!(a.dims(), b.dims());
        let r = correlation(&values(a), &values(b));
        assert!(r > 0.97, "minibatch {seed}: correlation {r}");
    }
    assert!((1..12).contains(&mixed), "some are mixed: {mixed}");
}

/// A random network that reads waveforms, its running statistics and its bank moved, and its file.
fn random(seed: u64) -> (Network, Size, Moments, Vec<u8>) {
    let (training, plain) = (Device::flex().autodiff(), Device::flex());
    training.seed(seed);
    let size = Size::tiny();
    let views = Moments { mean: vec![-7.0; 128], deviation: vec![2.5; 128] };
    let network = FrontEnd::Waveform.network(&size, None, &training).unwrap();
    for i in 0..3 {
        network.trunk(
            (filtered(network.bank.as_ref().unwrap(), &voice(16_000 + i, 120.0), &training) + 7.0) / 2.5,
        );
    }
    let mut network = follow(FrontEnd::Waveform.network(&size, None, &plain).unwrap(), &network, 0.0);
    network.population_mean = RunningState::new(Tensor::full([size.pooled()], 0.1, &plain));
    network.population_scale = RunningState::new(Tensor::full([size.pooled()], 0.9, &plain));
    let bank = network.bank.as_mut().unwrap();
    bank.mel.weight = bank.mel.weight.clone().map(|w| w.clone() + w.sin() * 0.3);
    bank.pitch.weight = bank.pitch.weight.clone().map(|w| w.clone() + w.cos() * 0.1);
    let metadata = Metadata { own_front_end: true, ..metadata(size.pooled()) };
    let file = export(&network, &size, &views, &[], metadata).to_bytes().unwrap();
    (network, size, views, file)
}

/// Logits of the network itself, against the population and against a speaker, blended 0.6 : 0.4.
fn by_network(network: &Network, views: &Moments, samples: &[i16], speaker: &Adaptation) -> Vec<f32> {
    let device = Device::flex();
    let [scale, shift] = views.affine().map(|row| Tensor::<1>::from_data(row.as_slice(), &device));
    let views_of_wave = filtered(network.bank.as_ref().unwrap(), samples, &device);
    let pooled = network.pool(network.trunk(views_of_wave * scale.unsqueeze() + shift.unsqueeze()));
    let adapted = values(network.adapted(pooled.clone(), std::slice::from_ref(speaker)));
    let alone = values(network.unadapted(pooled));
    alone.iter().zip(&adapted).map(|(a, b)| 0.6 * a + 0.4 * b).collect()
}

#[test]
fn the_runtime_runs_the_file_of_a_bank_whole_and_from_the_waveform_to_frames() {
    let (network, size, views, file) = random(5);
    let model = Model::from_bytes(file).unwrap();
    assert!(model.metadata().own_front_end);
    let adaptation = somebody(size.pooled());
    for n in [8000, 16_159, 16_160, 40_001] {
        let samples = voice(n, 180.0);
        let want = by_network(&network, &views, &samples, &adaptation);
        let wave = float(&samples);
        let whole = model.run_whole(&wave, &adaptation).unwrap();
        for (got, want) in whole.answer.logits.iter().zip(&want) {
            assert!((got - want).abs() < 1e-4, "{n} samples: {got} for {want}");
        }
        let output = model.trunk(&wave).unwrap();
        assert_eq!(output.frames.len(), whole.frames.len());
        for (a, b) in output.frames.data().iter().zip(whole.frames.data()) {
            assert!((a - b).abs() < 1e-4, "{n} samples: {a} for {b}");
        }
        assert_eq!(output.spectrogram.data(), Spectrogram::default().compute(&wave).data());
    }
    assert_eq!(model.frames(&[]).unwrap().len(), 1);
}

#[test]
fn onnxruntime_runs_the_file_of_a_bank() {
    let (network, size, views, file) = random(6);
    let samples = voice(20_000, 110.0);
    let Some(got) = by_onnxruntime(&file, &float(&samples), size.pooled()) else {
        crate::skipped("onnxruntime_runs_the_file_of_a_bank", "python3 with numpy and onnxruntime");
        return;
    };
    let want = by_network(&network, &views, &samples, &somebody(size.pooled()));
    for (got, want) in got.iter().zip(want) {
        assert!((got - want).abs() < 1e-4, "{got} for {want}");
    }
}
