//! Recordings in, results out: what is no speech has no emotion, and bad input has a clear answer.

use std::ops::ControlFlow;

use undertone::analysis::{Analysis, Span};
use undertone::audio::{Channels, Recording};
use undertone::engine::{Event, Options, SpeakerSource, StreamOptions};
use undertone::speakers::Count;
use undertone::{Emotion, Engine, Error, ErrorKind, WarningCode, speech};

use crate::sound::{float_wav, music, noise, voice, wav};

fn analyze(bytes: Vec<u8>) -> Result<Analysis, Error> {
    Engine::embedded().unwrap().analyze_bytes(bytes)
}

/// What is found in bytes, as asked for.
fn with(options: Options, bytes: Vec<u8>) -> Analysis {
    Engine::builder().options(options).build().unwrap().analyze_bytes(bytes).unwrap()
}

fn example() -> Vec<u8> {
    std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/conversation.wav")).unwrap()
}

#[test]
fn the_example_has_a_span_for_every_turn_and_posteriors_that_sum_to_one() {
    let result = analyze(example()).unwrap();
    assert!((result.seconds - 24.57).abs() < 0.1);
    // When the six sentences are spoken, by the script that made them.
    for (start, end) in [(0.5, 3.9), (4.7, 8.0), (8.8, 12.0), (12.8, 16.3), (17.1, 20.1), (20.9, 23.8)] {
        let heard: f64 =
            result.spans.iter().map(|span| (span.end.min(end) - span.start.max(start)).max(0.0)).sum();
        assert!(heard > 0.7 * (end - start), "turn at {start} s: {heard} s heard");
    }
    for span in &result.spans {
        let sum: f32 = span.posterior().probabilities().iter().sum();
        assert!((sum - 1.0).abs() < 1e-4 && span.end - span.start >= 0.2, "{span:?}");
        assert!(span.set.as_ref().is_some_and(|set| set.contains(&span.emotion)));
    }
}

#[test]
fn silence_tones_noise_and_instruments_have_no_emotion_and_say_so() {
    let tone = |hz: f32| -> Vec<f32> {
        (0..160_000).map(|i| 0.4 * (i as f32 * hz * std::f32::consts::TAU / 16_000.0).sin()).collect()
    };
    let chord: Vec<f32> =
        tone(262.0).iter().zip(tone(330.0)).zip(tone(392.0)).map(|((a, b), c)| (a + b + c) / 3.0).collect();
    for (name, sound) in [
        ("silence", vec![0.0; 160_000]),
        ("tone", tone(440.0)),
        ("hum", tone(50.0)),
        ("chord", chord),
        ("noise", noise(160_000)),
        ("plucked", music(10.0, true)),
        ("bowed", music(10.0, false)),
    ] {
        let result = analyze(wav(&sound, 16_000, 1)).unwrap();
        assert!(result.speech_seconds <= 0.5, "{name}: {} s of 10 s called speech", result.speech_seconds);
        if result.spans.is_empty() {
            assert!(result.warnings.iter().any(|warning| warning.code == WarningCode::NoSpeech), "{name}");
        }
    }
}

#[test]
fn speech_from_first_to_last_sample_is_one_segment() {
    let clip = &example()[44 + 2 * 16_000..44 + 2 * 3 * 16_000];
    let samples: Vec<f32> =
        clip.chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0).collect();
    let found = speech::segments(&samples, &speech::Options::default());
    assert_eq!(found.len(), 1);
    assert!(found[0].start.0 < 0.1 && found[0].end.0 > 1.9, "{found:?}");
}

/// Whether two timelines say the same, posteriors within 1e-3.
fn assert_same(one: &[Span], other: &[Span]) {
    assert_eq!(one.len(), other.len());
    for (a, b) in one.iter().zip(other) {
        assert!((a.start - b.start).abs() < 1e-6 && (a.end - b.end).abs() < 1e-6, "{a:?} {b:?}");
        for (p, q) in a.posterior().probabilities().iter().zip(b.posterior().probabilities()) {
            assert!((p - q).abs() < 1e-3, "{a:?} {b:?}");
        }
    }
}

#[test]
fn live_samples_give_the_same_spans_as_the_file() {
    let engine = Engine::embedded().unwrap();
    let whole = engine.analyze_bytes(example()).unwrap();
    let mut recording = Recording::open(example(), &undertone::audio::Options::default()).unwrap();
    let (mut stream, mut events) = (engine.stream(StreamOptions::default()).unwrap(), Vec::new());
    while let Some(chunk) = recording.next_chunk().unwrap() {
        for part in chunk.channels[0].chunks(1000) {
            events.extend(stream.push(&[part]).unwrap());
        }
    }
    let live = stream.finish_with(|event| events.push(event)).unwrap();
    assert_same(&live.spans, &whole.spans);
    let count = |kind: fn(&Event) -> bool| events.iter().filter(|event| kind(event)).count();
    assert!(count(|event| matches!(event, Event::Span(_))) >= 6);
    assert!(count(|event| matches!(event, Event::Provisional(_))) >= 6);
    let (begun, ended) = (
        count(|event| matches!(event, Event::SpeechStarted { .. })),
        count(|event| matches!(event, Event::SpeechEnded { .. })),
    );
    assert!(begun == ended && begun >= 5, "{begun} begun, {ended} ended");
}

#[test]
fn samples_at_any_rate_give_what_the_file_gives() {
    let recording = undertone::audio::read(example()).unwrap();
    let engine = Engine::builder().threads(1).build().unwrap();
    let whole = engine.analyze_bytes(example()).unwrap();
    let samples = engine.analyze_samples(recording.samples(), recording.rate()).unwrap();
    assert_eq!(samples.spans, whole.spans);
    let twice: Vec<f32> = recording.samples().iter().flat_map(|&x| [x, x]).collect();
    let faster = engine.analyze_samples(&twice, 32_000).unwrap();
    assert!((faster.seconds - whole.seconds).abs() < 1e-3);
    assert!((faster.speech_seconds - whole.speech_seconds).abs() < 1.0);
}

#[test]
fn an_analysis_that_is_ended_gives_what_is_known_so_far() {
    let engine = Engine::embedded().unwrap();
    let early = engine
        .analyze(example(), |progress| match progress.heard.0 >= 10.0 {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        })
        .unwrap();
    assert!((early.seconds - 10.0).abs() < 0.5 && !early.spans.is_empty(), "{} s", early.seconds);
    assert_eq!(early.warnings[0].code, WarningCode::Cancelled);
    let mut spans = 0;
    let followed = engine
        .follow(
            example(),
            |_| ControlFlow::Continue(()),
            |event| match event {
                Event::Span(_) => {
                    spans += 1;
                    ControlFlow::Break(())
                }
                _ => ControlFlow::Continue(()),
            },
        )
        .unwrap();
    assert!(spans == 1 && followed.seconds < 10.0, "{spans} spans, {} s", followed.seconds);
}

#[test]
fn only_the_emotions_asked_for_compete_and_sets_are_left_out() {
    let emotions = [Emotion::Happy, Emotion::Sad].into_iter().collect();
    let options = Options { emotions, ..Options::default() };
    let result = with(options, example());
    for span in &result.spans {
        assert_eq!(span.posterior().classes().len(), 2);
        assert_eq!(span.set, None);
    }
}

/// The turns of one of the example's two speakers.
fn one_speaker() -> Vec<f32> {
    let example = example();
    let samples = example[44..].chunks_exact(2);
    let all: Vec<f32> = samples.map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0).collect();
    let turns = [(0.2, 4.3), (8.4, 12.4), (16.7, 20.5)];
    let turn = |(start, end): (f64, f64)| &all[(start * 16_000.0) as usize..(end * 16_000.0) as usize];
    turns.iter().chain(&turns).flat_map(|&times| turn(times).iter().copied()).collect()
}

#[test]
fn one_voice_gives_the_same_answer_whatever_is_said_of_its_speakers() {
    let sound = wav(&one_speaker(), 16_000, 1);
    let of =
        |speaker_source: SpeakerSource| with(Options { speaker_source, ..Options::default() }, sound.clone());
    let untold = of(SpeakerSource::PerChannel);
    assert!(untold.speech_seconds > 15.0 && untold.speakers.len() == 1);
    for count in [Count::Auto, Count::Exactly(1), Count::Exactly(2)] {
        let told = of(SpeakerSource::Diarize(count));
        assert_eq!(told.speakers, untold.speakers, "{count:?}");
        assert_eq!(told.spans, untold.spans, "{count:?}");
        assert_eq!(told.summary, untold.summary, "{count:?}");
    }
}

#[test]
fn nothing_said_of_the_speakers_of_a_mono_recording_is_auto() {
    let auto = Options { speaker_source: SpeakerSource::Diarize(Count::Auto), ..Options::default() };
    assert_eq!(with(auto, example()).spans, analyze(example()).unwrap().spans);
}

#[test]
fn channels_apart_have_speakers_apart() {
    let samples: Vec<f32> = voice(4.0).into_iter().flat_map(|x| [x, 0.0]).collect();
    let example: Vec<f32> = example()[44..]
        .chunks_exact(2)
        .map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0)
        .flat_map(|x| [0.0, x])
        .collect();
    assert!(samples.len() < example.len());
    let options = Options {
        channels: Channels::Split,
        speakers: vec!["agent".into(), "caller".into()],
        ..Options::default()
    };
    let result = with(options, wav(&example, 16_000, 2));
    assert_eq!(result.channels, 2);
    assert!(!result.spans.is_empty());
    assert!(result.spans.iter().all(|span| span.channel == 1 && span.speaker.as_deref() == Some("caller")));
}

#[test]
fn bad_input_has_a_clear_answer() {
    let wave = wav(&voice(1.0), 16_000, 1);
    let mut many = wav(&vec![0.1; 6400], 16_000, 64);
    let mut slow = wave.clone();
    slow[24..28].copy_from_slice(&1u32.to_le_bytes());
    many.truncate(many.len());
    let cases: [(&str, Vec<u8>, ErrorKind, &str); 8] = [
        ("empty", Vec::new(), ErrorKind::Malformed, "empty"),
        ("text", b"Dear reader, this is a letter.\n".repeat(9), ErrorKind::Malformed, "text"),
        ("header cut off", wave[..20].to_vec(), ErrorKind::Malformed, ""),
        ("no samples", wav(&[], 16_000, 1), ErrorKind::Malformed, "no samples"),
        ("64 channels", many, ErrorKind::TooLarge, "64 channels"),
        ("1 Hz", slow, ErrorKind::TooLarge, "1 Hz"),
        ("avi", b"RIFF\x10\0\0\0AVI LIST".to_vec(), ErrorKind::Unsupported, "ffmpeg"),
        ("amr", b"#!AMR\n\x3c\x91".to_vec(), ErrorKind::Unsupported, "AMR"),
    ];
    for (name, bytes, kind, word) in cases {
        let error = analyze(bytes).expect_err(name);
        assert_eq!(error.kind(), kind, "{name}: {error}");
        assert!(error.to_string().contains(word), "{name}: {error}");
    }
}

#[test]
fn damage_is_told_and_the_rest_is_analysed() {
    let wave = wav(&voice(2.0), 16_000, 1);
    let cut = analyze(wave[..wave.len() / 2].to_vec()).unwrap();
    assert!(cut.warnings.iter().any(|warning| warning.code == WarningCode::Truncated), "{:?}", cut.warnings);
    assert!((cut.seconds - 1.0).abs() < 0.05, "{}", cut.seconds);
    let mut samples = voice(1.0);
    (samples[10], samples[20]) = (f32::NAN, f32::INFINITY);
    let healed = analyze(float_wav(&samples, 16_000)).unwrap();
    assert!(
        healed.warnings.iter().any(|warning| warning.code == WarningCode::NotFinite),
        "{:?}",
        healed.warnings
    );
    assert_eq!(analyze(wav(&[0.5], 16_000, 1)).unwrap().spans, []);
    let fast = analyze(wav(&vec![0.1; 7680], 768_000, 1)).unwrap();
    assert!((fast.seconds - 0.01).abs() < 1e-3);
}

#[test]
fn a_stream_of_unknown_length_is_read_to_its_end() {
    let wave = wav(&voice(1.5), 16_000, 1);
    for size in [0u32, u32::MAX] {
        let mut endless = wave.clone();
        endless[4..8].copy_from_slice(&size.to_le_bytes());
        endless[40..44].copy_from_slice(&size.to_le_bytes());
        let result = Engine::embedded().unwrap().analyze_reader(std::io::Cursor::new(endless)).unwrap();
        assert!((result.seconds - 1.5).abs() < 0.01, "{size}: {}", result.seconds);
    }
}
