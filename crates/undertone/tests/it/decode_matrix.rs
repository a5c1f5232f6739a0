//! Every format that is read, against ffmpeg's own decoding of the same file to 16 kHz.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use undertone::audio::{Options, Recording};
use undertone::{ErrorKind, WarningCode};

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

/// What ffmpeg makes of a file: mono, 16 kHz, silence where the sound starts late.
fn reference(path: &str, late: bool) -> Vec<f32> {
    let late = if late { "aresample=async=1:first_pts=0" } else { "anull" };
    let raw = ffmpeg(&["-i", path, "-af", late, "-ac", "1", "-ar", "16000", "-f", "f32le", "-"])
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
        // Every fourth sample tells as much.
        for (i, &x) in a.iter().enumerate().step_by(4) {
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

/// Makes the files of the matrix; those that only ffmpeg reads, or those that are read here.
fn made(by_ffmpeg: bool) -> Vec<(String, String)> {
    let folder = folder();
    let source = folder.join("source.wav").to_string_lossy().into_owned();
    std::fs::write(&source, wav(&voice(2.5), 16_000, 1)).unwrap();
    let mut made = Vec::new();
    for line in MATRIX.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if line.starts_with('+') != by_ffmpeg {
            continue;
        }
        let mut words = line.trim_start_matches('+').split_whitespace();
        let name = words.next().unwrap();
        let path = folder.join(name).to_string_lossy().into_owned();
        let mut arguments = vec!["-i", source.as_str()];
        arguments.extend(words.map(|word| if word == "SOURCE" { source.as_str() } else { word }));
        arguments.push(&path);
        if ffmpeg(&arguments).is_none() {
            crate::skipped("the decode matrix", &format!("an ffmpeg that can write {name}"));
            continue;
        }
        made.push((name.to_owned(), path));
    }
    made
}

/// All samples of a file, and the codes of its warnings.
fn decoded(path: &str, options: &Options) -> undertone::Result<(Vec<f32>, Vec<WarningCode>)> {
    let mut recording = Recording::open(path, options)?;
    let mut samples = Vec::new();
    while let Some(chunk) = recording.next_chunk()? {
        samples.extend(&chunk.channels[0]);
    }
    Ok((samples, recording.warnings().iter().map(|warning| warning.code).collect()))
}

/// What is wrong with what was decoded of a file, against ffmpeg.
fn differs(name: &str, path: &str, late: bool, got: &[f32]) -> Option<String> {
    let want = reference(path, late);
    let (n, r) = (got.len(), correlation(got, &want));
    let wrong = r < CORRELATION || n.abs_diff(want.len()) > LENGTH;
    wrong.then(|| format!("{name}: correlation {r:.4}, {n} samples for {}", want.len()))
}

#[test]
fn every_format_decodes_as_ffmpeg_decodes_it() {
    if ffmpeg(&["-version"]).is_none() {
        crate::skipped("every_format_decodes_as_ffmpeg_decodes_it", "ffmpeg");
        return;
    }
    let (mut tried, mut wrong) = (0, Vec::new());
    for (name, path) in made(false) {
        tried += 1;
        match decoded(&path, &Options::default()) {
            Err(error) => wrong.push(format!("{name}: {error}")),
            Ok((got, warnings)) => {
                wrong.extend(differs(&name, &path, name.starts_with("late"), &got));
                let expected: &[WarningCode] =
                    if name.starts_with("late") { &[WarningCode::Gap] } else { &[] };
                if warnings != expected {
                    wrong.push(format!("{name}: {warnings:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(tried >= 90, "only {tried} files could be made");
}

#[test]
fn what_is_not_read_here_is_named_and_an_installed_ffmpeg_reads_it() {
    let test = "what_is_not_read_here_is_named_and_an_installed_ffmpeg_reads_it";
    if ffmpeg(&["-version"]).is_none() {
        crate::skipped(test, "ffmpeg");
        return;
    }
    let fallback = Options { ffmpeg_fallback: true, ..Options::default() };
    let (mut tried, mut wrong) = (0, Vec::new());
    for (name, path) in made(true) {
        tried += 1;
        match Recording::open(path.as_str(), &Options::default()) {
            Ok(_) => wrong.push(format!("{name} is read here")),
            Err(error)
                if error.kind() != ErrorKind::Unsupported || !error.message().contains("ffmpeg -i") =>
            {
                wrong.push(format!("{name}: {error}"));
            }
            Err(_) => {}
        }
        let sources = [Recording::open(path.as_str(), &fallback), {
            let stream = std::fs::File::open(&path).unwrap();
            Recording::open(undertone::audio::Source::Reader(Box::new(stream)), &fallback)
        }];
        for recording in sources {
            let Ok(mut recording) = recording else {
                wrong.push(format!("{name}: {recording:?}"));
                continue;
            };
            let mut samples = Vec::new();
            while let Some(chunk) = recording.next_chunk().unwrap_or_else(|error| panic!("{name}: {error}")) {
                samples.extend(&chunk.channels[0]);
            }
            wrong.extend(differs(&name, &path, true, &samples));
            let codes: Vec<WarningCode> = recording.warnings().iter().map(|warning| warning.code).collect();
            if codes != [WarningCode::Ffmpeg] {
                wrong.push(format!("{name}: {codes:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(tried >= 10, "only {tried} files could be made");
}

#[test]
fn ffmpegs_own_reason_is_passed_on() {
    if ffmpeg(&["-version"]).is_none() {
        crate::skipped("ffmpegs_own_reason_is_passed_on", "ffmpeg");
        return;
    }
    let options = Options { ffmpeg: true, ..Options::default() };
    let missing = Recording::open("no such file.wav", &options).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Io, "{missing}");
    let bytes = wav(&voice(0.5), 16_000, 1);
    let (_, warnings) = {
        let path = folder().join("by_ffmpeg.wav");
        std::fs::write(&path, &bytes).unwrap();
        decoded(path.to_str().unwrap(), &options).unwrap()
    };
    assert_eq!(warnings, [], "nothing is missing");
    let other = Options { track: Some(3), ..options };
    let error = Recording::open(bytes, &other).unwrap_err();
    assert!(error.message().contains("matches no streams"), "{error}");
}
