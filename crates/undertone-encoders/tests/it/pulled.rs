//! `pull` from end to end: from the hub, and from files fetched by hand.

use std::path::PathBuf;

use undertone::model::{EncoderSpec, InputKind};
use undertone_encoders::import::Installed;
use undertone_encoders::pull::Event;
use undertone_encoders::{Cache, Hub, Source, pull};

use crate::server::Server;
use crate::tiny::{arrays, config, ctranslate2, safetensors};

const REPO: &str = "tiny/net/resolve/v1";

fn from_hub(server: &Server, cache: &Cache, name: &str) -> undertone::Result<(Installed, Vec<String>)> {
    let source: Source = name.parse().unwrap();
    let mut licences = Vec::new();
    let installed = pull(&source, &[], cache, &server.hub(), &mut |event| {
        if let Event::Licence(licence) = event {
            licences.push(licence.to_string());
        }
    })?;
    Ok((installed, licences))
}

fn by_hand(name: &str, from: &[PathBuf], cache: &Cache) -> Result<Installed, String> {
    let hub = Hub::at("http://127.0.0.1:9").unwrap();
    pull(&name.parse().unwrap(), from, cache, &hub, &mut |_| {}).map_err(|error| error.to_string())
}

#[test]
fn a_whisper_of_the_hub_is_converted_described_and_listed() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    server.stored(&format!("{REPO}/model.safetensors"), &safetensors(&arrays()));
    server.plain(&format!("{REPO}/config.json"), &config());
    server.plain(&format!("{REPO}/README.md"), "---\nlicense: cc-by-4.0\n---\n# net");
    server.state.lock().unwrap().cuts = vec![20];
    let cache = Cache::at(folder.path());
    let (installed, licences) = from_hub(&server, &cache, "hf:tiny/net@v1").unwrap();
    assert_eq!(licences, ["cc-by-4.0 (its page on the hub)"]);
    let spec = EncoderSpec::read(&folder.path().join("net")).unwrap();
    assert_eq!(spec, installed.spec);
    assert_eq!(spec.source, "hf:tiny/net@0123abcd");
    assert_eq!((spec.licence.as_str(), spec.preset.as_str()), ("cc-by-4.0", "whisper"));
    assert_eq!(
        (&spec.layers[..], &spec.widths[..]),
        (&["layer_1".to_string(), "layer_2".to_string()][..], &[8, 8][..])
    );
    assert_eq!((spec.frame_seconds, spec.input_kind), (Some(0.02), InputKind::Waveform));
    // 130 positions of 20 ms, and half a second of silence.
    assert!((spec.longest_seconds - 2.1).abs() < 1e-9);
    assert_eq!(cache.list().unwrap().len(), 1);
    // Runs of 2.1 s are too short for heads.
    let notes = &installed.notes;
    assert!(notes.len() == 1 && notes[0].contains("longest_seconds"), "{notes:?}");
    assert_eq!(std::fs::read_dir(cache.partial().unwrap()).unwrap().count(), 0, "nothing is left half done");
}

#[test]
fn what_is_not_in_the_repository_is_named() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    let cache = Cache::at(folder.path());
    server.plain(&format!("{REPO}/config.json"), &config());
    let error = from_hub(&server, &cache, "hf:tiny/net@v1").unwrap_err().to_string();
    assert!(error.contains("has no model.safetensors"), "{error}");
    server.plain(&format!("{REPO}/config.json"), "{\"model_type\": \"bert\"}");
    let error = from_hub(&server, &cache, "hf:tiny/net@v1").unwrap_err().to_string();
    assert!(error.contains("no ONNX file") && error.contains("undertone model import"), "{error}");
}

#[test]
fn weights_of_another_size_are_not_taken_for_a_known_encoder() {
    let (from, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(from.path().join("model.bin"), ctranslate2(&arrays())).unwrap();
    let error = by_hand("whisper-base", &[from.path().to_path_buf()], &Cache::at(root.path())).unwrap_err();
    assert!(error.contains("is not whisper-base: it has 3 blocks of width 8"), "{error}");
}

#[test]
fn parts_are_read_in_order_and_a_missing_one_is_noticed() {
    let (from, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let bytes = ctranslate2(&arrays());
    let middle = bytes.len() / 2 + 1;
    let parts = ["model.bin.part1", "model.bin.part2"].map(|name| from.path().join(name));
    std::fs::write(&parts[0], &bytes[..middle]).unwrap();
    std::fs::write(&parts[1], &bytes[middle..]).unwrap();
    let cache = Cache::at(root.path());
    let whole = by_hand("hf:tiny/a", &[from.path().to_path_buf()], &cache).unwrap();
    let named = by_hand("hf:tiny/b", &parts, &cache).unwrap();
    assert_eq!(whole.spec.sha256, named.spec.sha256);
    assert!(whole.spec.source.starts_with("model.bin.part1 (SHA-256 "), "{}", whole.spec.source);
    assert_eq!(whole.spec.licence, "not stated");
    let error = by_hand("hf:tiny/c", &parts[..1], &cache).unwrap_err();
    assert!(error.contains("part"), "{error}");
    assert!(!cache.folder("c").exists());
}

#[test]
fn files_that_are_no_weights_are_refused_by_name() {
    let (from, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let cache = Cache::at(root.path());
    let error = by_hand("whisper-base", &[from.path().to_path_buf()], &cache).unwrap_err();
    assert!(error.contains("holds no weights") && error.contains("model import"), "{error}");
    let write = |bytes: &[u8]| {
        let file = from.path().join("weights");
        std::fs::write(&file, bytes).unwrap();
        file
    };
    let spec = |name: &[u8]| {
        [&6_u32.to_le_bytes()[..], &(name.len() as u16 + 1).to_le_bytes(), name, &[0; 20]].concat()
    };
    let whole = safetensors(&arrays());
    let mut garbled = whole.clone();
    garbled[9] = b'!';
    for (bytes, says) in [
        (&b"RIFF\0\0\0\0WAVE"[..], "neither a safetensors file nor a CTranslate2"),
        (&spec(b"TransformerSpec"), "TransformerSpec"),
        (b"short", "ends too early"),
        (&whole[..whole.len() - 5], "ends too early"),
        (&garbled, "no whole safetensors"),
    ] {
        let error = by_hand("hf:tiny/x", &[write(bytes)], &cache).unwrap_err();
        assert!(error.contains(says) && error.contains("weights"), "{says}: {error}");
    }
    let error = by_hand("hf:tiny/x", &[write(&whole)], &cache).unwrap_err();
    assert!(error.contains("config.json"), "without it the number of heads is not known: {error}");
}
