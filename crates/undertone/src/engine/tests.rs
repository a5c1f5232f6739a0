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

#[test]
fn a_given_segment_is_answered_by_its_own_speech_and_silence_by_none() {
    use crate::analysis::UnansweredReason::{BeyondEnd, NoSpeech, OtherChannel};
    use crate::segments::GivenSegment;
    // Ten seconds of voice, two of silence, and so on.
    let sound = voice(90.0);
    let engine = Engine::builder().threads(1).build().unwrap();
    let given = |segments: Vec<GivenSegment>, sound: &[f32]| {
        let options = Options { segments: Some(segments), ..Options::default() };
        engine.with_options(options).unwrap().analyze_samples(sound, 16_000).unwrap()
    };
    let on = |channel, segment| GivenSegment { channel: Some(channel), ..segment };
    let times =
        [(40.0, 43.0), (1.0, 4.0), (1.0, 1.1), (10.6, 11.4), (5.0, 70.0), (85.0, 100.0), (180.0, 181.0)];
    let mut segments: Vec<GivenSegment> =
        times.iter().map(|&(start, end)| GivenSegment::new(start, end)).collect();
    segments.push(on(3, GivenSegment::new(1.0, 2.0)));
    let result = given(segments, &sound);
    let answered: Vec<(usize, f64, f64)> =
        result.spans.iter().map(|span| (span.segment.unwrap(), span.start, span.end)).collect();
    assert_eq!(answered, [(1, 1.0, 4.0), (2, 1.0, 1.1), (4, 5.0, 70.0), (0, 40.0, 43.0), (5, 85.0, 90.0)]);
    let reasons: Vec<_> = result.unanswered.iter().map(|one| (one.segment, one.reason)).collect();
    assert_eq!(reasons, [(7, OtherChannel), (3, NoSpeech), (6, BeyondEnd)]);
    // Speech between two given segments changes nothing in either, whatever else was given.
    let alone = given(vec![GivenSegment::new(1.0, 4.0)], &sound);
    for ((emotion, p), (_, q)) in alone.spans[0].posterior().iter().zip(result.spans[0].posterior().iter()) {
        assert!((p - q).abs() < 1e-4, "{emotion}: {p} {q}");
    }
    assert!(given(Vec::new(), &sound).spans.is_empty());
    assert!(given(vec![GivenSegment::new(0.0, 2.0)], &vec![0.0; 48_000]).spans.is_empty());
    let options = Options { segments: Some(vec![GivenSegment::new(2.0, 1.0)]), ..Options::default() };
    assert_eq!(engine.with_options(options).unwrap_err().kind(), crate::ErrorKind::Malformed);
}

#[test]
fn a_given_segment_is_pooled_whole_as_a_clip_is() {
    use crate::segments::GivenSegment;
    let sound = voice(30.0);
    let options = Options {
        segments: Some(vec![GivenSegment::new(0.0, 9.0), GivenSegment::new(1.0, 20.0)]),
        adapt: Adapt::None,
        prior: Prior::Even,
        ..Options::default()
    };
    let engine = Engine::builder().threads(1).options(options).build().unwrap();
    let spans = engine.analyze_samples(&sound, 16_000).unwrap().spans;
    let whole = engine.model().run_whole(&sound[..9 * 16_000], &engine.model().population()).unwrap();
    let metadata = engine.model().metadata();
    let want = crate::model::Posterior::new(
        &metadata.classes,
        &whole.answer.logits,
        metadata.temperature_at(0.0),
        crate::EmotionSet::ALL,
    );
    for (emotion, p) in spans[0].posterior().iter() {
        // The edges differ: here sound goes on, there it is silent.
        assert!((p - want.of_class(emotion)).abs() < 0.08, "{emotion}: {p} {}", want.of_class(emotion));
    }
    assert_eq!(spans.len(), 2, "a pause within is no second answer");
}
