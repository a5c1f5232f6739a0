//! The examples for onnxruntime and onnxruntime-web answer as the runtime does: a model, and a head over an encoder.

use std::collections::BTreeMap;
use std::process::Command;

use undertone::Emotion;

use super::*;

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");

/// What a model says of two seconds, and the files that an example needs for the same.
struct Case {
    model: PathBuf,
    encoder: Option<PathBuf>,
    expected: BTreeMap<Emotion, f32>,
}

impl Case {
    fn of(model: &Model, file: PathBuf, encoder: Option<PathBuf>, sound: &[f32]) -> Case {
        let answer = model.run_whole(sound, &model.population()).unwrap().answer;
        let temperature = model.metadata().temperature.unadapted;
        let shares: Vec<f32> = answer.logits.iter().map(|x| (x / temperature).exp()).collect();
        let sum: f32 = shares.iter().sum();
        let classes = model.metadata().classes.iter().copied();
        Case { model: file, encoder, expected: classes.zip(shares.iter().map(|share| share / sum)).collect() }
    }

    /// What an example prints, beside what is expected.
    fn check(&self, mut example: Command, sound: &Path) {
        let output = example.arg(&self.model).arg(sound).args(&self.encoder).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let got: BTreeMap<Emotion, f32> = serde_json::from_slice(&output.stdout).unwrap();
        assert!(got.keys().eq(self.expected.keys()), "{got:?}");
        for (emotion, want) in &self.expected {
            // They print four digits, and the runtime computes its spectrogram by FFT.
            assert!((got[emotion] - want).abs() < 2e-3, "{emotion}: {}, expected {want}", got[emotion]);
        }
    }
}

/// Two seconds in a file, as samples and as the examples read them; the built-in model; and a head over a tiny encoder.
fn cases(folder: &Path) -> (PathBuf, [Case; 2]) {
    // A whole number of frames of 40 ms.
    let sound = tone(310.0, 32_000 - 160);
    let path = folder.join("sound.wav");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&path, spec).unwrap();
    sound.iter().for_each(|x| writer.write_sample((x * 32_768.0) as i16).unwrap());
    writer.finalize().unwrap();
    let sound = undertone_eval::corpus::samples(&path, None).unwrap();
    let default =
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../undertone-models/models/default.onnx"));
    let built_in = Case::of(&Model::open(&default).unwrap(), default.clone(), None, &sound);
    let head = first_head(folder, &[corpus(folder)], &[protocol(folder)], 5);
    let model = Model::open_with(&head, |_| Ok(tiny(1))).unwrap();
    let encoder = folder.join("encoder.onnx");
    std::fs::copy(super::folder(graph(1), &unchanged).path().join("encoder.onnx"), &encoder).unwrap();
    (path, [built_in, Case::of(&model, head, Some(encoder), &sound)])
}

#[test]
fn the_example_for_onnxruntime_answers_as_the_runtime_does() {
    let found = Command::new("python3").args(["-c", "import numpy, onnxruntime"]).output();
    if !found.is_ok_and(|output| output.status.success()) {
        eprintln!(
            "skipped: the_example_for_onnxruntime_answers_as_the_runtime_does needs python3 with numpy and onnxruntime"
        );
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (sound, cases) = cases(folder.path());
    for case in cases {
        let mut example = Command::new("python3");
        example.arg(format!("{EXAMPLES}/onnxruntime_model.py"));
        case.check(example, &sound);
    }
}

#[test]
#[cfg(unix)]
fn the_example_for_onnxruntime_web_answers_as_the_runtime_does() {
    let Some(modules) = std::env::var_os("UNDERTONE_NODE_MODULES") else {
        eprintln!(
            "skipped: the_example_for_onnxruntime_web_answers_as_the_runtime_does needs UNDERTONE_NODE_MODULES=FOLDER, a folder \
             node_modules with onnxruntime-web"
        );
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (sound, cases) = cases(folder.path());
    // Node looks for modules beside the script.
    std::os::unix::fs::symlink(modules, folder.path().join("node_modules")).unwrap();
    let script = folder.path().join("example.mjs");
    std::fs::copy(format!("{EXAMPLES}/onnxruntime_web.mjs"), &script).unwrap();
    for case in cases {
        let mut example = Command::new("node");
        example.arg(&script);
        case.check(example, &sound);
    }
}
