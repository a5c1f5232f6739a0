//! Every format that is read, against ffmpeg's own decoding of the same file to 16 kHz.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use undertone::audio;

use crate::sound::{voice, wav};

/// Files: name, and the arguments that make ffmpeg write it.
const MATRIX: &str = include_str!("../../../../tools/fixtures/decode_matrix.txt");
/// ffmpeg's correlation with what is decoded here.
const CORRELATION: f64 = 0.995;
/// Difference in length, in samples at 16 kHz: 30 ms.
const LENGTH: usize = 480;

fn ffmpeg(arguments: &[&str]) -> Option<Vec<u8>> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-y"])
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .ok()?;
    output.status.success().then_some(output.stdout)
}

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("decode_matrix");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// What ffmpeg makes of a file: mono, 16 kHz.
fn reference(path: &str) -> Vec<f32> {
    let raw = ffmpeg(&["-i", path, "-ac", "1", "-ar", "16000", "-f", "f32le", "-"])
        .expect("ffmpeg reads its own file");
    raw.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

/// The waveform half a sample later, by a windowed sinc of 16 taps.
fn half_later(x: &[f32]) -> Vec<f32> {
    let tap = |k: isize| {
        let at = std::f32::consts::PI * (k as f32 + 0.5);
        at.sin() / at * (0.5 + 0.5 * (at / 8.0).cos())
    };
    let sample = |i: usize| {
        let value =
            |k: isize| usize::try_from(i as isize + k).ok().and_then(|j| x.get(j)).copied().unwrap_or(0.0);
        (-8..8).map(|k| tap(k) * value(k)).sum()
    };
    (0..x.len()).map(sample).collect()
}

/// The largest correlation over shifts of up to 30 ms, in steps of half a sample: some containers keep the encoder's delay.
fn correlation(a: &[f32], b: &[f32]) -> f64 {
    whole_shifts(a, b).max(whole_shifts(&half_later(a), b))
}

fn whole_shifts(a: &[f32], b: &[f32]) -> f64 {
    let at = |shift: isize| {
        let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
        for (i, &x) in a.iter().enumerate() {
            let Some(&y) = i.checked_add_signed(shift).and_then(|j| b.get(j)) else { continue };
            let (x, y) = (f64::from(x), f64::from(y));
            xy += x * y;
            xx += x * x;
            yy += y * y;
        }
        xy / (xx * yy).sqrt().max(1e-12)
    };
    (-480..=480).map(at).fold(f64::MIN, f64::max)
}

#[test]
fn every_format_decodes_as_ffmpeg_decodes_it() {
    if ffmpeg(&["-version"]).is_none() {
        crate::skipped("every_format_decodes_as_ffmpeg_decodes_it", "ffmpeg");
        return;
    }
    let folder = folder();
    let source = folder.join("source.wav");
    std::fs::write(&source, wav(&voice(4.0), 16_000, 1)).unwrap();
    let (mut tried, mut wrong) = (0, Vec::new());
    for line in MATRIX.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap();
        let path = folder.join(name).to_string_lossy().into_owned();
        let mut arguments = vec!["-i", source.to_str().unwrap()];
        arguments.extend(words);
        arguments.push(&path);
        if ffmpeg(&arguments).is_none() {
            crate::skipped(
                "every_format_decodes_as_ffmpeg_decodes_it",
                &format!("an ffmpeg that can write {name}"),
            );
            continue;
        }
        tried += 1;
        let want = reference(&path);
        match audio::read(path.as_str()) {
            Err(error) => wrong.push(format!("{error}")),
            Ok(got) => {
                let (n, r) = (got.samples().len(), correlation(got.samples(), &want));
                if r < CORRELATION || n.abs_diff(want.len()) > LENGTH {
                    wrong.push(format!("{name}: correlation {r:.4}, {n} samples for {}", want.len()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(tried >= 40, "only {tried} files could be made");
}
