//! An engine is owned and can be shared, and runs networks on its own threads only.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::prior::Prior;

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

#[test]
fn a_recording_is_adapted_to_unless_nothing_is_asked_for_and_its_prior_is_told() {
    use crate::analysis::AdaptationSource::{None as Unadapted, Recording};
    let sound = voice(40.0);
    let engine = Engine::builder().threads(1).build().unwrap();
    let with = |adapt, prior| {
        let engine = engine.with_options(Options { adapt, prior, ..Options::default() }).unwrap();
        engine.analyze_samples(&sound, 16_000).unwrap()
    };
    let auto = with(Adapt::Auto, Prior::Auto);
    let speaker = &auto.speakers[0];
    assert_eq!((speaker.adaptation.source, speaker.adaptation.seconds), (Recording, speaker.seconds));
    assert!((speaker.prior.values().sum::<f32>() - 1.0).abs() < 1e-4, "{:?}", speaker.prior);
    assert!(speaker.prior.values().any(|share| (share - 0.125).abs() > 0.02), "{:?}", speaker.prior);
    let even = with(Adapt::None, Prior::Even);
    assert_eq!(even.speakers[0].adaptation.source, Unadapted);
    assert!(even.speakers[0].prior.values().all(|share| *share == 0.125));
    assert_eq!((auto.prior, even.prior), (Prior::Auto, Prior::Even));
    let json = r#"{"neutral": 0.9, "calm": 0.1}"#;
    let given = with(Adapt::Auto, Prior::Given(serde_json::from_str(json).unwrap()));
    let named = given.spans.iter().map(|span| span.emotion);
    assert!(named.into_iter().all(|one| one == crate::Emotion::Neutral || one == crate::Emotion::Calm));
}

#[test]
fn a_live_span_is_told_within_a_second_of_its_end() {
    let engine = Engine::builder().threads(1).build().unwrap();
    let mut stream = engine.stream(StreamOptions::default()).unwrap();
    let (mut told, mut latest) = (0, 0.0f64);
    for part in voice(60.0).chunks(1600) {
        for event in stream.push(&[part]).unwrap() {
            if let Event::Span(span) = event {
                told += 1;
                latest = latest.max(stream.heard().0 - span.end);
            }
        }
    }
    assert!(told > 3 && latest <= 1.0 + 1e-6, "{told} spans, the latest {latest} s after its end");
}
