//! The graph of a Whisper encoder against the same computed in plain loops.

use std::f64::consts::PI;
use std::path::Path;

use rten_tensor::Tensor;
use rten_tensor::prelude::*;
use undertone_encoders::source::KNOWN;
use undertone_encoders::{Cache, Hub, Source, pull};

use crate::tiny::{Arrays, BANDS, DEPTH, HEADS, INNER, WIDTH, arrays, config, ctranslate2, safetensors};

type Rows = Vec<Vec<f64>>;

/// A folder of files for `--from`, converted; the encoder's folder.
fn converted(cache: &Cache, name: &str, bytes: &[u8]) -> std::path::PathBuf {
    let from = tempfile::tempdir().unwrap();
    std::fs::write(from.path().join(name), bytes).unwrap();
    std::fs::write(from.path().join("config.json"), config()).unwrap();
    let source: Source = format!("hf:tiny/{}", name.replace('.', "-")).parse().unwrap();
    let hub = Hub::at("http://127.0.0.1:9").unwrap();
    pull(&source, &[from.path().to_path_buf()], cache, &hub, &mut |_| {}).unwrap().folder
}

fn run(file: &Path, layer: &str, samples: &[f32]) -> Rows {
    let model = rten::Model::load(std::fs::read(file).unwrap()).unwrap();
    let input: Tensor<f32> = Tensor::from_data(&[1, samples.len()], samples.to_vec());
    let [input_id, output_id] = ["input_values", layer].map(|name| model.node_id(name).unwrap());
    let output = model.run(vec![(input_id, input.view().into())], &[output_id], None).unwrap().remove(0);
    let output: Tensor<f32> = output.try_into().unwrap();
    assert_eq!(output.shape()[0], 1);
    output.to_vec().chunks(output.shape()[2]).map(|row| row.iter().map(|&x| f64::from(x)).collect()).collect()
}

#[test]
fn both_formats_give_the_same_file_and_it_computes_what_whisper_does() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path());
    let arrays = arrays();
    let first = converted(&cache, "model.safetensors", &safetensors(&arrays)).join("encoder.onnx");
    let second = converted(&cache, "model.bin", &ctranslate2(&arrays)).join("encoder.onnx");
    assert_eq!(std::fs::read(&first).unwrap(), std::fs::read(second).unwrap());
    let samples: Vec<f32> =
        (0..2001).map(|n| 0.3 * (n as f32 * 0.07).sin() + 0.1 * (n as f32 * 1.3).cos()).collect();
    // Of three blocks, the first and the second are given.
    for (layer, depth) in [("layer_1", 1), ("layer_2", 2)] {
        let (got, expected) = (run(&first, layer, &samples), by_hand(&arrays, &samples, depth));
        assert_eq!((got.len(), expected.len()), (7, 7), "{layer}: 2001 samples are seven rows of 320");
        let apart = got
            .iter()
            .flatten()
            .zip(expected.iter().flatten())
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        assert!(apart < 2e-4, "{layer}: {apart}");
    }
    assert!(DEPTH > 2 && !String::from_utf8_lossy(&std::fs::read(first).unwrap()).contains("block_3"));
}

/// Needs real weights: a folder with whisper-base/ and whisper-tiny.en/, each as for `--from`.
#[test]
fn real_weights_become_the_known_files() {
    let Some(folder) = std::env::var_os("UNDERTONE_WHISPER") else {
        eprintln!("SKIPPED: real_weights_become_the_known_files needs UNDERTONE_WHISPER=FOLDER");
        return;
    };
    let root = tempfile::tempdir().unwrap();
    let hub = Hub::at("http://127.0.0.1:9").unwrap();
    for known in &KNOWN {
        let from = Path::new(&folder).join(known.name);
        let source: Source = known.name.parse().unwrap();
        let installed = pull(&source, &[from], &Cache::at(root.path()), &hub, &mut |_| {}).unwrap();
        assert_eq!(installed.spec.sha256, known.encoder_sha256, "{}", known.name);
        assert!(installed.notes.is_empty());
    }
}

/// Whisper's encoder up to a block, in plain loops.
fn by_hand(arrays: &Arrays, samples: &[f32], depth: usize) -> Rows {
    let array = |name: &str| -> Vec<f64> { arrays[name].1.iter().map(|&x| f64::from(x)).collect() };
    let mut rows = log_mel(samples);
    for (conv, stride) in [("conv1", 1), ("conv2", 2)] {
        let (weight, bias) = (array(&format!("{conv}.weight")), array(&format!("{conv}.bias")));
        rows = convolved(&rows, &weight, &bias, stride);
    }
    let positions = array("embed_positions.weight");
    for (row, positions) in rows.iter_mut().zip(positions.chunks(WIDTH)) {
        row.iter_mut().zip(positions).for_each(|(x, position)| *x += position);
    }
    for block in 0..depth {
        let own = |part: &str| array(&format!("layers.{block}.{part}"));
        let linear = |rows: &Rows, part: &str| {
            let bias = if part.contains("k_proj") { vec![0.0; WIDTH] } else { own(&format!("{part}.bias")) };
            product(rows, &own(&format!("{part}.weight")), &bias)
        };
        let normed = norm(&rows, &own("self_attn_layer_norm.weight"), &own("self_attn_layer_norm.bias"));
        let [query, key, value] =
            ["q", "k", "v"].map(|which| linear(&normed, &format!("self_attn.{which}_proj")));
        let mixed = attention(&query, &key, &value);
        add(&mut rows, &linear(&mixed, "self_attn.out_proj"));
        let normed = norm(&rows, &own("final_layer_norm.weight"), &own("final_layer_norm.bias"));
        let mut inner = linear(&normed, "fc1");
        assert_eq!(inner[0].len(), INNER);
        inner.iter_mut().flatten().for_each(|x| *x = gelu(*x));
        add(&mut rows, &linear(&inner, "fc2"));
    }
    rows.truncate(samples.len().div_ceil(320));
    rows
}

fn log_mel(samples: &[f32]) -> Rows {
    let mut wave: Vec<f64> = (1..=200).rev().map(|n| f64::from(samples[n])).collect();
    wave.extend(samples.iter().map(|&x| f64::from(x)));
    wave.extend([0.0; 200 + 8000]);
    let mel = |hz: f64| {
        if hz < 1000.0 { hz * 3.0 / 200.0 } else { 15.0 + (hz / 1000.0).ln() / (6.4_f64.ln() / 27.0) }
    };
    let edges: Vec<f64> = (0..BANDS + 2).map(|edge| mel(8000.0) * edge as f64 / (BANDS + 1) as f64).collect();
    let hz: Vec<f64> =
        edges
            .iter()
            .map(|&mel| {
                if mel < 15.0 {
                    mel * 200.0 / 3.0
                } else {
                    1000.0 * ((mel - 15.0) * 6.4_f64.ln() / 27.0).exp()
                }
            })
            .collect();
    let frames = (wave.len() - 400) / 160;
    let mut rows = Rows::new();
    for frame in 0..frames {
        let power: Vec<f64> = (0..=200)
            .map(|bin| {
                let (mut re, mut im) = (0.0, 0.0);
                for n in 0..400 {
                    let x = wave[frame * 160 + n] * (PI * n as f64 / 400.0).sin().powi(2);
                    let angle = 2.0 * PI * (bin * n % 400) as f64 / 400.0;
                    (re, im) = (re + x * angle.cos(), im + x * angle.sin());
                }
                re * re + im * im
            })
            .collect();
        let band = |band: usize| {
            let [low, centre, high] = [hz[band], hz[band + 1], hz[band + 2]];
            let weight = |bin: usize| {
                let f = 40.0 * bin as f64;
                ((f - low) / (centre - low)).min((high - f) / (high - centre)).max(0.0) * 2.0 / (high - low)
            };
            let energy: f64 = power.iter().enumerate().map(|(bin, power)| weight(bin) * power).sum();
            energy.max(1e-10).log10()
        };
        rows.push((0..BANDS).map(band).collect());
    }
    let loudest = rows.iter().flatten().copied().fold(f64::MIN, f64::max);
    rows.iter_mut().flatten().for_each(|x| *x = (x.max(loudest - 8.0) + 4.0) / 4.0);
    rows
}

/// Three taps with one row of zeros at each end, then GELU.
fn convolved(rows: &Rows, weight: &[f64], bias: &[f64], stride: usize) -> Rows {
    let width = rows[0].len();
    let one = |at: usize, out: usize| {
        let mut sum = bias[out];
        for tap in 0..3 {
            let Some(row) = (at + tap).checked_sub(1).and_then(|row| rows.get(row)) else { continue };
            sum += (0..width).map(|from| weight[(out * width + from) * 3 + tap] * row[from]).sum::<f64>();
        }
        gelu(sum)
    };
    (0..rows.len()).step_by(stride).map(|at| (0..WIDTH).map(|out| one(at, out)).collect()).collect()
}

fn product(rows: &Rows, weight: &[f64], bias: &[f64]) -> Rows {
    let dot = |row: &[f64], weight: &[f64]| row.iter().zip(weight).map(|(a, b)| a * b).sum::<f64>();
    let one = |row: &Vec<f64>| {
        weight.chunks(row.len()).zip(bias).map(|(weight, bias)| dot(row, weight) + bias).collect()
    };
    rows.iter().map(one).collect()
}

fn norm(rows: &Rows, scale: &[f64], shift: &[f64]) -> Rows {
    let one = |row: &Vec<f64>| {
        let mean = row.iter().sum::<f64>() / row.len() as f64;
        let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / row.len() as f64;
        let normed = row.iter().map(|x| (x - mean) / (variance + 1e-5).sqrt());
        normed.zip(scale.iter().zip(shift)).map(|(x, (scale, shift))| x * scale + shift).collect()
    };
    rows.iter().map(one).collect()
}

fn attention(query: &Rows, key: &Rows, value: &Rows) -> Rows {
    let size = WIDTH / HEADS;
    let mut out = vec![vec![0.0; WIDTH]; query.len()];
    for head in (0..WIDTH).step_by(size) {
        for (row, query) in out.iter_mut().zip(query) {
            let score = |key: &Vec<f64>| {
                (head..head + size).map(|at| query[at] * key[at]).sum::<f64>() / (size as f64).sqrt()
            };
            let shares: Vec<f64> = key.iter().map(|key| score(key).exp()).collect();
            let all: f64 = shares.iter().sum();
            for (share, value) in shares.iter().zip(value) {
                (head..head + size).for_each(|at| row[at] += share / all * value[at]);
            }
        }
    }
    out
}

fn add(rows: &mut Rows, more: &Rows) {
    rows.iter_mut().flatten().zip(more.iter().flatten()).for_each(|(x, more)| *x += more);
}

/// By the error function, integrated in small steps.
fn gelu(x: f64) -> f64 {
    let end = x / 2.0_f64.sqrt();
    let steps = 400;
    let step = end / f64::from(steps);
    let height = |at: f64| (-at * at).exp();
    let middle: f64 = (0..steps).map(|n| height((f64::from(n) + 0.5) * step)).sum();
    0.5 * x * (1.0 + 2.0 / PI.sqrt() * middle * step)
}
