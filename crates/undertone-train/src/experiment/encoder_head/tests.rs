//! A head in miniature over an encoder with random weights: trained, exported, run by the engine; and encoders that are refused.
#![allow(clippy::unwrap_used)]

use std::f32::consts::TAU;

use prost::Message;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};
use undertone::Engine;
use undertone::model::{EncoderSpec, Pool};
use undertone_eval::corpus::Corpus;

mod elsewhere;

use super::*;
use crate::adaptation;
use crate::export::graph::Builder;
use crate::export::{ClipLayers, Embedder, set_thresholds};
use undertone_encoders::onnx::{self, Attribute, Opset};

/// Two hidden layers of 8 and 4 values every 20 ms, each of its own 320 samples.
fn graph(seed: u64) -> onnx::Graph {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut random = |count: usize, scale: f32| -> Vec<f32> {
        (0..count).map(|_| scale * rng.random_range(-1.0..1.0f32)).collect()
    };
    let mut graph = Builder::default();
    let input = graph.input("input_values", &["1", "samples"]);
    let axis = graph.indices(&[1]);
    let x = graph.node("Unsqueeze", &[&input, &axis], Vec::new());
    let kernel = graph.constant(&[8, 1, 320], &random(8 * 320, 0.5));
    let bias = graph.constant(&[8], &random(8, 0.1));
    let attributes = vec![
        Attribute::ints("strides", &[320]),
        Attribute::ints("pads", &[0, 319]),
        Attribute::ints("dilations", &[1]),
    ];
    let x = graph.node("Conv", &[&x, &kernel, &bias], attributes);
    let x = graph.node("Relu", &[&x], Vec::new());
    let first = graph.named("layer_1", "Transpose", &[&x], vec![Attribute::ints("perm", &[0, 2, 1])]);
    let weight = graph.constant(&[8, 4], &random(32, 0.5));
    graph.named("layer_2", "MatMul", &[&first, &weight], Vec::new());
    graph.output("layer_1", &["1", "frames", "8"]);
    graph.output("layer_2", &["1", "frames", "4"]);
    graph.finish("encoder")
}

/// An encoder's folder: its file, and what `changed` makes of its description.
fn folder(graph: onnx::Graph, changed: &dyn Fn(String) -> String) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let model = onnx::Model {
        ir_version: 8,
        producer_name: "test".to_string(),
        producer_version: String::new(),
        graph: Some(graph),
        opset_import: vec![Opset { domain: String::new(), version: 17 }],
        metadata_props: Vec::new(),
    };
    let bytes = model.encode_to_vec();
    let sha256: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let text = format!(
        "format = 'undertone-encoder/1'\nname = 'tiny'\npreset = 'wav2vec2'\nfile = 'encoder.onnx'\nsha256 = '{sha256}'\n\
         source = 'test'\nlicence = 'none'\nrate = 16000\ninput = 'input_values'\ninput_kind = 'waveform'\n\
         normalisation = 'none'\nlongest_seconds = 5.0\nframe_seconds = 0.02\nlayers = ['layer_1', 'layer_2']\n\
         widths = [8, 4]\n"
    );
    std::fs::write(folder.path().join("encoder.onnx"), bytes).unwrap();
    std::fs::write(folder.path().join("model.toml"), changed(text)).unwrap();
    folder
}

fn unchanged(text: String) -> String {
    text
}

fn tiny(seed: u64) -> Arc<Encoder> {
    Arc::new(Encoder::open(folder(graph(seed), &unchanged).path()).unwrap())
}

fn tone(hz: f32, samples: usize) -> Vec<f32> {
    (0..samples).map(|at| 0.3 * (TAU * hz * at as f32 / 16_000.0).sin()).collect()
}

/// Tones of three speakers: loud and high is angry, quiet and low is sad.
fn corpus(folder: &Path) -> Corpus {
    tones(folder, "tones", 0.0)
}

/// The same under a name, higher by some hertz.
fn tones(folder: &Path, corpus: &str, higher: f32) -> Corpus {
    let mut manifest = "path,speaker,label\n".to_string();
    for clip in 0..36 {
        let (angry, name) = (clip % 2 == 0, format!("{corpus}-{clip}.wav"));
        let hz = if angry { 700.0 } else { 150.0 } + 5.0 * clip as f32 + higher;
        let mut writer = hound::WavWriter::create(
            folder.join(&name),
            hound::WavSpec {
                channels: 1,
                sample_rate: 16_000,
                bits_per_sample: 16,
                sample_format: hound::SampleFormat::Int,
            },
        )
        .unwrap();
        let loud = if angry { 16_000.0 } else { 4000.0 };
        tone(hz, 9000 + 500 * clip).iter().for_each(|x| writer.write_sample((x * loud) as i16).unwrap());
        writer.finalize().unwrap();
        manifest += &format!("{name},s{},{}\n", clip % 3, if angry { "angry" } else { "sad" });
    }
    let path = folder.join(format!("{corpus}.csv"));
    std::fs::write(&path, manifest).unwrap();
    Corpus::from_manifest(&path).unwrap()
}

fn protocol(folder: &Path) -> Protocol {
    let text = "title = 'tones'\ncorpus = 'tones'\nclips = 36\n\
                [[folds]]\ntest = ['s0']\n[[folds]]\ntest = ['s1']\n[[folds]]\ntest = ['s2']\n";
    let path = folder.join("loso.toml");
    std::fs::write(&path, text).unwrap();
    Protocol::open(&path).unwrap()
}

#[test]
fn a_head_is_trained_exported_and_answers_in_the_runtime_as_in_training() {
    let folder = tempfile::tempdir().unwrap();
    let (corpora, protocols) = ([corpus(folder.path())], [protocol(folder.path())]);
    let (out, cache) = (folder.path().join("heads"), folder.path().join("layers"));
    let validation = HeadValidation {
        encoder: tiny(1),
        protocols: &protocols,
        folds: &[1, 2],
        dev: false,
        config: HeadConfig { steps: 60, ..HeadConfig::default() },
        name: "tiny",
    };
    let setup = Setup { corpora: &corpora, teacher: None, folder: &out, cache: &cache };
    let scored = validation.run(setup).unwrap();
    let unadapted: Vec<&Scored> =
        scored.iter().filter(|scored| scored.condition == Condition::Unadapted).collect();
    assert_eq!(unadapted.len(), 2);
    for Scored { rows, .. } in &unadapted {
        let right = rows.iter().filter(|row| row.posterior[row.truth as usize] > 0.5).count();
        assert!(rows.len() == 12 && right >= 11, "{right} of {}", rows.len());
    }
    let head = std::fs::read(out.join("fold-1/model.onnx")).unwrap();
    let model = Model::with_encoder(head.clone(), tiny(1)).unwrap();
    let known: Vec<_> = corpora[0].emotions().iter().collect();
    assert_eq!(model.metadata().classes, known);
    for row in &unadapted[0].rows {
        let clip = corpora[0].utterances.iter().find(|utterance| utterance.clip == row.clip).unwrap();
        let whole = model.run_whole(&clip.samples().unwrap(), &model.population()).unwrap();
        let answer = |logits: &[f32]| {
            let sum: f64 = logits.iter().map(|&x| f64::from(x).exp()).sum();
            f64::from(logits[known.iter().position(|&class| class == row.truth).unwrap()]).exp() / sum
        };
        let frames = model.frames(&clip.samples().unwrap()).unwrap();
        let pooled = Pool::new(frames.data(), frames.width()).window(0..frames.len());
        let short = model.answer(&[pooled], &[&model.population()]).unwrap().remove(0);
        for logits in [&whole.answer.logits, &short.logits] {
            let (got, want) = (answer(logits), row.posterior[row.truth as usize]);
            assert!((got - want).abs() < 5e-3, "{}: {got}, in training {want}", row.clip);
        }
    }
    // Another encoder is not the one it was trained over, and none is none.
    let refused = |result: undertone::Result<Model>| result.unwrap_err().to_string();
    let error = refused(Model::with_encoder(head.clone(), tiny(2)));
    assert!(error.contains("answers otherwise") && error.contains("undertone model pull tiny"), "{error}");
    let error = refused(Model::from_bytes(head.clone()));
    assert!(error.contains("encoder 'tiny'") && error.contains("undertone model pull tiny"), "{error}");
    // A fold that is done stays; a lost file of the cache is computed again, and the same.
    let files = || std::fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let before = std::fs::read(&files()[0]).unwrap();
    std::fs::write(&files()[0], &before[..before.len() - 2]).unwrap();
    std::fs::remove_dir_all(out.join("fold-1")).unwrap();
    validation.run(setup).unwrap();
    assert!(std::fs::read(&files()[0]).unwrap() == before && files().len() == 1);
    assert!(std::fs::read(out.join("fold-1/model.onnx")).unwrap() == head, "one seed gave two heads");
    let path = validation.model(&out, 1, &scored).unwrap();
    let model = Model::open_with(&path, |used| {
        assert_eq!(used.name, "tiny");
        Ok(tiny(1))
    })
    .unwrap();
    assert!(
        model.metadata().thresholds.unadapted.contains_key("0.90") && !model.metadata().results.is_empty()
    );
    // And the engine runs it.
    let engine = Engine::builder().model(model).threads(1).build().unwrap();
    assert!(engine.analyze_samples(&tone(200.0, 40_000), 16_000).is_ok());
}

/// The head of the first fold in `heads`, fitted in so many steps, with the encoder's layers in `layers`.
fn first_head(folder: &Path, corpora: &[Corpus], protocols: &[Protocol], steps: usize) -> PathBuf {
    let (out, cache) = (folder.join("heads"), folder.join("layers"));
    let config = HeadConfig { steps, ..HeadConfig::default() };
    let validation =
        HeadValidation { encoder: tiny(1), protocols, folds: &[1], dev: false, config, name: "tiny" };
    validation.run(Setup { corpora, teacher: None, folder: &out, cache: &cache }).unwrap();
    out.join("fold-1/model.onnx")
}

#[test]
fn a_finished_head_is_given_adaptation_and_thresholds_over_its_encoder() {
    let folder = tempfile::tempdir().unwrap();
    let (learned, protocols) = ([corpus(folder.path())], [protocol(folder.path())]);
    let cache = folder.path().join("layers");
    let path = first_head(folder.path(), &learned, &protocols, 60);
    let error = ModelFile::open(&path).unwrap_err().to_string();
    assert!(error.contains("over the encoder 'tiny'") && error.contains("--encoder"), "{error}");
    let network = concat!(env!("CARGO_MANIFEST_DIR"), "/../undertone-models/models/default.onnx");
    let error = ModelFile::open_over(network.as_ref(), Some(&tiny(1))).unwrap_err().to_string();
    assert!(error.contains("no head") && error.contains("leave --encoder out"), "{error}");
    let mut file = ModelFile::open_over(&path, Some(&tiny(1))).unwrap();
    let cache = LayerCache::new(tiny(1), &cache).unwrap();
    // What is embedded by the layers that are kept is what the model embeds of the waveforms.
    let unheard = tones(folder.path(), "others", 20.0);
    let both = [unheard, learned[0].clone()];
    let layers = ClipLayers { cache: &cache, corpora: &both };
    let (_, model) = file.to_model().unwrap();
    let kept = Embedder::new(&model, Some(&layers)).unwrap();
    let clips: Vec<&Utterance> = both.iter().flat_map(|corpus| &corpus.utterances).collect();
    let rows = [&kept, &Embedder::new(&model, None).unwrap()].map(|by| by.embed(&clips).unwrap());
    for (got, want) in rows[0].iter().flatten().zip(rows[1].iter().flatten()) {
        assert!((got - want).abs() < 1e-2 * (1.0 + want.abs()), "{got}, not {want}");
    }
    let [unheard, known] = both.each_ref().map(std::slice::from_ref);
    let held = HeldOut::fold(&protocols, 1, false, known).unwrap();
    let samples = adaptation::fit(&mut file, unheard, &held, Some(&layers)).unwrap();
    assert_eq!(samples.each_ref().map(|of| (of[0].clips, of[0].speakers)), [(36, 3), (24, 2)]);
    let unseen = set_thresholds::unseen(&kept, unheard).unwrap();
    file.set_thresholds(&unseen);
    let path = folder.path().join("finished.onnx");
    file.save(&path).unwrap();
    let model = Model::open_with(&path, |_| Ok(tiny(1))).unwrap();
    let metadata = model.metadata();
    assert!(metadata.adaptation.is_some() && metadata.thresholds_fitted_on == ["others"]);
    let engine = Engine::builder().model(model).threads(1).build().unwrap();
    assert!(engine.analyze_samples(&tone(200.0, 40_000), 16_000).is_ok());
}

#[test]
fn corpora_are_left_out_in_turn_and_heads_are_chosen_on_the_next_fold() {
    let folder = tempfile::tempdir().unwrap();
    let (here, protocols) = (folder.path(), [protocol(folder.path())]);
    let mut corpora = [corpus(here), tones(here, "others", 20.0), tones(here, "tones_song", 10.0)];
    // One speaker sings too.
    corpora[2].utterances.iter_mut().for_each(|one| one.speaker = "tones/s1".to_string());
    let (out, cache) = (here.join("left-out"), here.join("layers"));
    let config = HeadConfig { steps: 60, ..HeadConfig::default() };
    let validation = HeadValidation {
        encoder: tiny(1),
        protocols: &protocols,
        folds: &[1],
        dev: true,
        config,
        name: "tiny",
    };
    let setup = Setup { corpora: &corpora, teacher: None, folder: &out, cache: &cache };
    let evaluations = validation.leave_out(setup, &["tones", "tones_song", "others"]).unwrap();
    let names: Vec<&str> = evaluations.iter().map(|evaluation| evaluation.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "all-but-tones-to-tones.unadapted",
            "all-but-tones-to-tones.adapted-all",
            "all-but-tones-to-tones_song.unadapted",
            "all-but-tones-to-tones_song.adapted-all",
            "all-but-others-to-others.unadapted",
            "all-but-others-to-others.adapted-all",
        ]
    );
    assert!(evaluations.iter().all(|evaluation| evaluation.uar.value > 0.8), "{evaluations:?}");
    let model = ModelFile::open_over(&out.join("all-but-tones/model.onnx"), Some(&tiny(1))).unwrap();
    let learned: Vec<&str> = model.metadata().corpora.iter().map(|corpus| &*corpus.name).collect();
    assert_eq!(learned, ["others"]);
    // `calibrate` takes the folder, and what is done is not done again.
    assert_eq!(cross_corpus::left_out(&out).unwrap().len(), 6);
    std::fs::remove_dir_all(out.join("all-but-tones")).unwrap();
    validation.leave_out(setup, &["tones"]).unwrap();
    assert!(!out.join("all-but-tones").exists());
    let error = validation.leave_out(setup, &["emodb"]).unwrap_err().to_string();
    assert!(error.contains("'emodb' cannot be left out") && error.contains("tones, others"), "{error}");
    // Of fold 1 the next fold's speaker is scored, and the fold's own is neither learned from nor scored.
    let out = here.join("dev");
    let scored = validation.run(Setup { corpora: &corpora[..2], folder: &out, ..setup }).unwrap();
    assert!(scored.iter().flat_map(|scored| &scored.rows).all(|row| row.speaker == "tones/s1"));
    let model = ModelFile::open_over(&out.join("fold-1/model.onnx"), Some(&tiny(1))).unwrap();
    assert_eq!(model.metadata().corpora[0].clips, 12);
}

#[test]
fn a_long_waveform_is_run_in_pieces_whose_frames_are_those_of_one_run() {
    let encoder = tiny(1);
    let long: Vec<f32> =
        tone(90.0, 16_000 * 23 + 77).iter().zip(tone(1.7, 16_000 * 24)).map(|(a, b)| a * b).collect();
    let frames = encoder.frames(&long).unwrap();
    assert_eq!((frames.len(), frames.width()), ((long.len() / 160 + 1).div_ceil(4), 12));
    // Each frame depends on its own 640 samples alone.
    for at in [0, 1, 60, 61, 123, 300, 301, 574] {
        let own = encoder.frames(&long[at * 640..long.len().min(at * 640 + 3200)]).unwrap();
        let (got, want) = (frames.rows().nth(at).unwrap(), own.rows().next().unwrap());
        assert!(got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-5), "frame {at}");
    }
    for samples in [0, 1, 639, 640, 641, 1600] {
        let expected = (samples / 160 + 1usize).div_ceil(4);
        assert_eq!(encoder.frames(&tone(100.0, samples)).unwrap().len(), expected, "{samples} samples");
    }
}

#[test]
fn an_encoder_that_does_not_do_what_is_said_of_it_is_refused_by_name() {
    let refused = |graph: onnx::Graph, from: &str, to: &str| {
        let folder = folder(graph, &|text| text.replace(from, to));
        Encoder::open(folder.path()).unwrap_err().to_string()
    };
    let error = refused(graph(1), "'layer_1', 'layer_2'", "'layer_1', 'layer_3'");
    assert!(error.contains("no value 'layer_3'"), "{error}");
    let error = refused(graph(1), "widths = [8, 4]", "widths = [8, 5]");
    assert!(error.contains("'layer_2'") && error.contains("expected some of 5"), "{error}");
    let error = refused(graph(1), "frame_seconds = 0.02", "frame_seconds = 0.01");
    assert!(error.contains("frame_seconds"), "{error}");
    let mut whole = graph(1);
    let tensor = whole.input[0].r#type.as_mut().unwrap().tensor_type.as_mut().unwrap();
    tensor.elem_type = onnx::INT64;
    let error = refused(whole, "", "");
    assert!(error.contains("whole numbers"), "{error}");
    let mut broken = graph(1);
    let weight = broken.initializer.iter_mut().find(|tensor| tensor.dims == [8, 4]).unwrap();
    weight.raw_data[..4].copy_from_slice(&f32::NAN.to_le_bytes());
    let error = refused(broken, "", "");
    assert!(error.contains("not numbers"), "{error}");
    let spec = EncoderSpec::describe(folder(graph(1), &unchanged).path()).unwrap();
    assert_eq!(spec.width(), 12);
}
