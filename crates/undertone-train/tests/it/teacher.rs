//! The teacher's front end and layer against the fixture that came with it (`UNDERTONE_REFERENCE`).

use std::path::PathBuf;
use std::process::Command;

use undertone_train::data::teacher::{BANDS, CLOCK, FilterBank, STACK, Standard, Teacher};

/// An array of the fixture, by way of numpy.
fn array(path: &PathBuf, name: &str) -> Option<Vec<f32>> {
    let script = "import sys, numpy as np; sys.stdout.buffer.write(np.load(sys.argv[1])[sys.argv[2]].astype('<f4').tobytes())";
    let output = Command::new("python3").args(["-c", script]).arg(path).arg(name).output().ok()?;
    let values =
        output.stdout.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    output.status.success().then_some(values)
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn front_end_and_layer_equal_the_fixture() {
    let Some(reference) = std::env::var_os("UNDERTONE_REFERENCE").map(PathBuf::from) else {
        crate::skipped("front_end_and_layer_equal_the_fixture", "UNDERTONE_REFERENCE");
        return;
    };
    let folder = reference.join("teachers/fsmn-vad");
    let fixture = folder.join("fixture_chirp.npz");
    let Some(pcm) = array(&fixture, "pcm_i16") else {
        crate::skipped("front_end_and_layer_equal_the_fixture", "python3 with numpy");
        return;
    };
    let wave: Vec<f32> = pcm.iter().map(|x| x / 32_768.0).collect();
    let bands = FilterBank::default().compute(&wave);
    assert!(largest_difference(&bands, &array(&fixture, "fbank80").unwrap()) < 2e-3);
    let standard = Standard::parse(&std::fs::read_to_string(folder.join("am.mvn")).unwrap()).unwrap();
    let stacked = standard.stack(&bands);
    assert!(largest_difference(&stacked, &array(&fixture, "lfr_cmvn").unwrap()) < 2e-3);
    assert_eq!(stacked.len() / (STACK * BANDS), 198);
    let features = Teacher::open(&folder).unwrap().features(&wave).unwrap();
    let layer = array(&fixture, "relu2").unwrap();
    // The layer has a frame every 10 ms from 12.5 ms on; of two neighbours the nearer one is given.
    let nearest = |frame: usize| ((CLOCK.first + CLOCK.period * frame as f32 - 1.25).round() as usize) * 250;
    let heard: Vec<f32> = (0..features.len()).flat_map(|i| layer[nearest(i)..][..250].to_vec()).collect();
    assert_eq!(features.len(), 82);
    assert!(largest_difference(features.data(), &heard) < 2e-2);
}
