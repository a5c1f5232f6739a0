//! Descriptions of encoders of others: what cannot be run is refused by name, with the remedy.

use undertone::ErrorKind;
use undertone::model::{Encoder, EncoderSpec, InputKind, Normalisation, file_sha256};

const WHISPER: &str = r#"
format = "undertone-encoder/1"
name = "whisper-base"
preset = "whisper"
file = "encoder.onnx"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
source = "here"
licence = "MIT"
rate = 16000
input = "input_values"
input_kind = "waveform"
normalisation = "none"
longest_seconds = 29.5
frame_seconds = 0.02
layers = ["layer_2", "layer_4"]
widths = [512, 512]
"#;

#[test]
fn a_description_is_read_as_it_is_written() {
    let spec = EncoderSpec::parse(WHISPER).unwrap();
    assert_eq!((spec.input_kind, spec.normalisation), (InputKind::Waveform, Normalisation::None));
    assert_eq!((spec.name.as_str(), spec.width()), ("whisper-base", 1024));
}

#[test]
fn what_was_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut spec = EncoderSpec::parse(WHISPER).unwrap();
    std::fs::write(folder.path().join("encoder.onnx"), b"bytes").unwrap();
    spec.sha256 = file_sha256(&spec.onnx(folder.path())).unwrap();
    spec.write(folder.path()).unwrap();
    assert_eq!(EncoderSpec::read(folder.path()).unwrap(), spec);
    std::fs::write(folder.path().join("encoder.onnx"), b"bytez").unwrap();
    let error = EncoderSpec::read(folder.path()).unwrap_err().to_string();
    assert!(error.contains("encoder.onnx") && error.contains("again"), "{error}");
}

#[test]
fn impossible_values_are_refused_by_name() {
    for (from, to, word) in [
        ("encoder/1", "encoder/2", "undertone-encoder/2"),
        ("rate = 16000", "rate = 8000", "16000 Hz"),
        ("rate = 16000", "rate = 16000\nhop = 3", "unknown field `hop`"),
        ("\"none\"", "\"loud\"", "loud"),
        ("input_kind = \"waveform\"", "input_kind = \"tokens\"", "tokens"),
        ("longest_seconds = 29.5", "longest_seconds = -1", "longest_seconds"),
        ("frame_seconds = 0.02", "frame_seconds = 0.0", "frame_seconds"),
        ("widths = [512, 512]", "widths = [512]", "widths"),
        ("file = \"encoder.onnx\"", "file = \"../encoder.onnx\"", "../encoder.onnx"),
        ("licence = \"MIT\"", "", "licence"),
    ] {
        let error = EncoderSpec::parse(&WHISPER.replace(from, to)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Model);
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn what_cannot_be_run_is_refused_by_name() {
    for (from, to, word) in [
        ("input_kind = \"waveform\"", "input_kind = \"log-mel\"", "spectrogram"),
        ("longest_seconds = 29.5", "longest_seconds = 1", "longest_seconds"),
        ("frame_seconds = 0.02", "frame_seconds = 0.03", "frame_seconds"),
        ("frame_seconds = 0.02\n", "", "frame_seconds"),
    ] {
        let spec = EncoderSpec::parse(&WHISPER.replace(from, to)).unwrap();
        let error = Encoder::from_bytes(spec, Vec::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Model);
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn a_missing_file_and_one_that_is_not_the_one_described_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = || Encoder::open(folder.path()).unwrap_err();
    assert_eq!(
        (refused().kind(), refused().path()),
        (ErrorKind::Io, Some(&*folder.path().join("model.toml")))
    );
    std::fs::write(folder.path().join("model.toml"), WHISPER).unwrap();
    assert_eq!(
        (refused().kind(), refused().path()),
        (ErrorKind::Io, Some(&*folder.path().join("encoder.onnx")))
    );
    std::fs::write(folder.path().join("encoder.onnx"), b"other").unwrap();
    let error = refused().to_string();
    assert!(error.contains("SHA-256") && error.contains("undertone model pull whisper-base"), "{error}");
}
