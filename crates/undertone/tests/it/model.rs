//! The embedded model: the short ways through it give what the whole graph gives.

use undertone::emotion::Emotion;
use undertone::model::{Adaptation, Metadata, Model, Pool};

use crate::sound::{noise, voice};

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn speaker(model: &Model) -> Adaptation {
    let mut adaptation = model.population();
    adaptation.mean.iter_mut().enumerate().for_each(|(i, x)| *x += 0.1 * (i as f32).sin());
    adaptation.weight = 0.6;
    adaptation
}

#[test]
fn a_window_that_is_the_whole_segment_gives_the_whole_graphs_answer() {
    let model = Model::embedded().unwrap();
    for seconds in [0.7, 1.5, 3.0] {
        let waveform = voice(seconds);
        let adaptation = speaker(&model);
        let whole = model.run_whole(&waveform, &adaptation).unwrap();
        let heard = model.trunk(&waveform).unwrap();
        assert!(largest_difference(heard.spectrogram.data(), whole.spectrogram.data()) < 1e-3);
        let pooled = Pool::new(heard.frames.data(), heard.frames.width()).window(0..heard.frames.len());
        assert!(largest_difference(&pooled, &whole.pooled) < 1e-3, "{seconds} s");
        let answer = model.answer(&[pooled], &[&adaptation]).unwrap().remove(0);
        assert!(largest_difference(&answer.logits, &whole.answer.logits) < 5e-3, "{seconds} s");
        assert!((answer.intensity - whole.answer.intensity).abs() < 1e-3);
    }
}

#[test]
fn frames_further_from_the_edge_than_the_receptive_field_do_not_depend_on_what_is_beyond() {
    let model = Model::embedded().unwrap();
    let waveform = voice(6.0);
    let whole = model.frames(&waveform).unwrap();
    let (from, to) = (2 * 16_000, 5 * 16_000);
    let part = model.frames(&waveform[from..to]).unwrap();
    let edge = (model.metadata().receptive_seconds.0 / model.metadata().frame_seconds.0).ceil() as usize + 1;
    let offset = from / 640;
    for t in edge..part.len() - edge {
        let (inner, outer) = (part.rows().nth(t).unwrap(), whole.rows().nth(offset + t).unwrap());
        assert!(largest_difference(inner, outer) < 1e-3, "frame {t}");
    }
}

#[test]
fn minibatches_answer_as_one_by_one() {
    let model = Model::embedded().unwrap();
    let heard = model.frames(&voice(5.0)).unwrap();
    let pool = Pool::new(heard.data(), heard.width());
    let windows: Vec<Vec<f32>> = (0..5).map(|i| pool.window(10 * i..10 * i + 60)).collect();
    let (nothing, known) = (model.population(), speaker(&model));
    let adaptations = [&nothing, &known, &nothing, &known, &nothing];
    let together = model.answer(&windows, &adaptations).unwrap();
    for i in 0..5 {
        let alone = model.answer(&windows[i..=i], &adaptations[i..=i]).unwrap().remove(0);
        assert!(largest_difference(&alone.logits, &together[i].logits) < 1e-4);
    }
}

#[test]
fn any_length_of_any_sound_gives_finite_answers() {
    let model = Model::embedded().unwrap();
    for n in [1usize, 100, 1600, 16_001, 16_159] {
        for waveform in [vec![0.0; n], noise(n), vec![1.0; n]] {
            let frames = model.frames(&waveform).unwrap();
            let pooled = Pool::new(frames.data(), frames.width()).window(0..frames.len());
            let answer = model.answer(&[pooled], &[&model.population()]).unwrap().remove(0);
            assert!(answer.logits.iter().all(|x| x.is_finite()) && (0.0..=1.0).contains(&answer.intensity));
        }
    }
}

#[test]
fn a_file_that_is_no_model_of_ours_is_refused_with_the_reason() {
    let kind = |bytes: Vec<u8>| {
        let error = Model::from_bytes(bytes).expect_err("refused");
        assert_eq!(error.kind(), undertone::ErrorKind::Model, "{error}");
        error.to_string()
    };
    assert!(kind(b"not a model".to_vec()).contains("ONNX"));
    kind(Vec::new());
    let whole = undertone_models::MODELS[0].bytes.to_vec();
    kind(whole[..whole.len() / 2].to_vec());
    let replace = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let at = whole.windows(from.len()).rposition(|part| part == from.as_bytes()).unwrap();
        let mut bytes = whole.clone();
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        bytes
    };
    assert!(kind(replace("{\"format\":2", "{\"format\":7")).contains("format 7"));
    // A file of the first format has other inputs too; what is said is how to convert it.
    let mut first = replace("{\"format\":2", "{\"format\":1");
    let name = b"speaker_mean";
    while let Some(at) = first.windows(name.len()).position(|part| part == name) {
        first[at..at + name.len()].copy_from_slice(b"sprecher_avg");
    }
    assert!(kind(first).contains("undertone-train convert"));
    assert!(kind(replace("\"pooled\":512", "\"pooled\":511")).contains("511"));
}

#[test]
fn the_model_from_cremad_alone_answers_with_the_six_emotions_it_learned() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/cremad.onnx");
    let model = Model::open(&path).unwrap();
    let Metadata { corpora, classes, .. } = model.metadata();
    assert_eq!(corpora.iter().map(|corpus| corpus.name.as_str()).collect::<Vec<_>>(), ["cremad"]);
    assert!(
        classes.len() == 6 && !classes.contains(&Emotion::Calm) && !classes.contains(&Emotion::Surprised)
    );
    let answer = model.run_whole(&voice(2.0), &model.population()).unwrap().answer;
    assert!(answer.logits.len() == 6 && answer.logits.iter().all(|logit| logit.is_finite()), "{answer:?}");
}
