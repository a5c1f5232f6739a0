//! An engine is owned and can be shared, and runs networks on its own threads only.
#![allow(clippy::unwrap_used)]

use super::*;

const fn shared<T: Send + Sync + 'static>() {}
const _: () = shared::<Engine>();
const fn owned<T: Send + 'static>() {}
const _: () = owned::<Stream>();

/// A voice that glides, with pauses: a segment every twelve seconds.
pub(super) fn voice(seconds: f32) -> Vec<f32> {
    let mut phase = 0.0f32;
    let sample = |i: usize| {
        let t = i as f32 / 16_000.0;
        let hz = 140.0 + 50.0 * (t * 2.1).sin() + 25.0 * (t * 5.3).sin();
        phase = (phase + std::f32::consts::TAU * hz / 16_000.0) % std::f32::consts::TAU;
        let formant = 700.0 + 500.0 * (t * 9.0).sin();
        let level = |k: f32| (-((k * hz - formant) / 500.0).powi(2)).exp() + 0.1 / k;
        let syllable = (t * 4.0 * std::f32::consts::TAU).sin().max(-0.2) + 0.2;
        let spoken = if t % 12.0 < 10.0 { 1.0 } else { 0.0 };
        0.15 * spoken * syllable * (1..=20).map(|k| (phase * k as f32).sin() * level(k as f32)).sum::<f32>()
    };
    (0..(seconds * 16_000.0) as usize).map(sample).collect()
}

#[test]
fn one_thread_runs_the_network_where_one_is_asked_for_and_never_more_than_were() {
    let sound = voice(150.0);
    for threads in [1, 2] {
        let engine = Engine::builder().threads(threads).build().unwrap();
        let analysis = engine.analyze_samples(&sound, 16_000).unwrap();
        assert!(analysis.speech_seconds > 60.0, "{} s", analysis.speech_seconds);
        let mut stream = engine.stream(StreamOptions::default()).unwrap();
        stream.push(&[&sound[..16_000 * 8]]).unwrap();
        stream.finish().unwrap();
        let ran = engine.0.workers.ran();
        assert!((1..=threads).contains(&ran.len()), "{} of {threads} threads", ran.len());
        assert!(!ran.contains(&std::thread::current().id()) || cfg!(target_family = "wasm"));
    }
}

#[test]
fn options_can_change_while_model_and_threads_stay() {
    let engine = Engine::builder().threads(1).build().unwrap();
    let other = engine.with_options(Options { song: true, ..Options::default() }).unwrap();
    assert!(Arc::ptr_eq(&engine.0.model, &other.0.model) && Arc::ptr_eq(&engine.0.workers, &other.0.workers));
    assert!(engine.with_options(Options { coverage: 0.3, ..Options::default() }).is_err());
}

#[test]
fn a_stream_refuses_what_was_not_announced() {
    let engine = Engine::builder().threads(1).build().unwrap();
    let refused = |channels, rate: u32| {
        engine.stream(StreamOptions { channels, rate: rate.into() }).unwrap_err().kind()
    };
    use crate::ErrorKind::{Config, TooLarge};
    assert_eq!([refused(0, 16_000), refused(33, 16_000), refused(1, 1)], [Config, TooLarge, TooLarge]);
    let mut stream = engine.stream(StreamOptions { channels: 2, ..StreamOptions::default() }).unwrap();
    assert_eq!(stream.push(&[[0.0; 3]]).unwrap_err().kind(), Config);
    assert_eq!(stream.push(&[vec![0.0; 3], vec![0.0; 4]]).unwrap_err().kind(), Config);
    assert_eq!(stream.push(&[[f32::NAN; 16], [0.0; 16]]).unwrap(), []);
    assert!(
        stream.finish().unwrap().warnings.iter().any(|warning| warning.code == crate::WarningCode::NotFinite)
    );
}
