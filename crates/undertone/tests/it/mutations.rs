//! Damaged files of every format: an answer or an error, never a panic, a hang or memory without bounds.

use std::path::PathBuf;
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use undertone::audio::{Options, Recording};

/// Small files of every format, made by `tools/fixtures/make_audio.sh`.
fn fixtures() -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/audio"));
    let mut found: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    found.sort();
    assert!(found.len() >= 12, "{} fixtures", found.len());
    found
}

/// Bytes flipped, a stretch cut out, a stretch repeated, or the end missing.
fn mutate(bytes: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..rng.random_range(1..4) {
        if bytes.is_empty() {
            break;
        }
        // Headers are where the harm is done: half of the mutations hit the first 512 bytes.
        let reach = if rng.random_bool(0.5) { bytes.len().min(512) } else { bytes.len() };
        let at = rng.random_range(0..reach);
        let length = rng.random_range(1..=64).min(bytes.len() - at);
        match rng.random_range(0..5) {
            0 | 1 => bytes[at] = rng.random(),
            2 => drop(bytes.drain(at..at + length)),
            3 => {
                let part = bytes[at..at + length].to_vec();
                bytes.splice(at..at, part);
            }
            _ => bytes.truncate(at),
        }
    }
    bytes
}

/// Decodes to the end; gives the seconds it makes.
fn decode(bytes: Vec<u8>) -> f64 {
    let Ok(mut recording) = Recording::open(bytes, &Options::default()) else { return 0.0 };
    let mut samples = 0;
    // An hour out of a few kilobytes is a container's lie, told in silence; it may be told, not kept.
    while let Ok(Some(chunk)) = recording.next_chunk() {
        samples += chunk.channels[0].len();
        assert!(chunk.channels[0].len() <= 1 << 21, "a chunk of {} samples", chunk.channels[0].len());
        if samples > 16_000 * 7 * 3600 {
            break;
        }
    }
    samples as f64 / 16_000.0
}

fn survive(mutations: u64) {
    for (name, bytes) in fixtures() {
        assert!(decode(bytes.clone()) > 0.2, "{name} itself does not decode");
        let mut slowest = Duration::ZERO;
        for seed in 0..mutations {
            let mutated = mutate(&bytes, &mut ChaCha8Rng::seed_from_u64(seed));
            let begin = std::time::Instant::now();
            decode(mutated);
            slowest = slowest.max(begin.elapsed());
        }
        eprintln!("{name}: {mutations} mutations, the slowest took {slowest:.0?}");
    }
}

#[test]
fn damaged_files_never_break_the_process() {
    survive(150);
}

#[test]
#[ignore = "takes many minutes: cargo test --release -p undertone --test it ten_thousand -- --ignored"]
fn ten_thousand_damaged_files_of_each_format_never_break_the_process() {
    survive(10_000);
}
