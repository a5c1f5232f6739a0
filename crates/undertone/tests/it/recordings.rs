//! Recordings as people have them: dead and doubled channels, leaks, telephones, overdriven inputs, songs, live streams.

use undertone::analysis::Analysis;
use undertone::audio::{Channels, Recording};
use undertone::engine::{Event, Options, StreamOptions};
use undertone::{Emotion, Engine};

use crate::sound::{music, noise, voice, wav};
use crate::telephone::telephone;

/// The shipped example: six sentences, spoken by two synthetic voices.
fn example() -> Vec<f32> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/conversation.wav");
    let mut recording = Recording::open(path, &undertone::audio::Options::default()).unwrap();
    let mut samples = Vec::new();
    while let Some(chunk) = recording.next_chunk().unwrap() {
        samples.extend(&chunk.channels[0]);
    }
    samples
}

fn analyze(bytes: Vec<u8>, options: Options) -> Analysis {
    Engine::builder().options(options).build().unwrap().analyze_bytes(bytes).unwrap()
}

fn stereo(left: &[f32], right: &[f32]) -> Analysis {
    let both: Vec<f32> = left.iter().zip(right).flat_map(|(&a, &b)| [a, b]).collect();
    analyze(wav(&both, 16_000, 2), Options { channels: Channels::Split, ..Options::default() })
}

fn mono(samples: &[f32]) -> Analysis {
    analyze(wav(samples, 16_000, 1), Options::default())
}

fn told(result: &Analysis, code: &str) -> bool {
    result.warnings.iter().any(|warning| warning.code.name() == code)
}

fn seconds(result: &Analysis, channel: usize) -> f64 {
    result.spans.iter().filter(|span| span.channel == channel).map(|span| span.duration()).sum()
}

#[test]
fn the_same_sound_on_both_channels_is_analysed_once() {
    let result = stereo(&example(), &example());
    assert!(told(&result, "same_channels"), "{:?}", result.warnings);
    assert!(seconds(&result, 0) > 15.0 && seconds(&result, 1) == 0.0);
    assert_eq!(result.speakers.len(), 1);
}

#[test]
fn a_dead_channel_is_told_and_the_other_analysed() {
    let example = example();
    let result = stereo(&vec![0.0; example.len()], &example);
    assert!(told(&result, "dead_channel"), "{:?}", result.warnings);
    assert!(seconds(&result, 1) > 15.0 && seconds(&result, 0) == 0.0);
}

#[test]
fn a_voice_that_leaks_into_the_other_channel_is_answered_once() {
    let example = example();
    let leak: Vec<f32> = example.iter().zip(noise(example.len())).map(|(x, n)| 0.06 * x + 1e-4 * n).collect();
    let result = stereo(&example, &leak);
    assert!(told(&result, "cross_talk"), "{:?}", result.warnings);
    assert!(seconds(&result, 0) > 15.0 && seconds(&result, 1) < 1.5, "{} s leaked", seconds(&result, 1));
}

#[test]
fn two_who_speak_at_once_are_each_answered_by_their_own_channel() {
    let example = example();
    let mut turned = example.clone();
    turned.rotate_left(example.len() / 2);
    let result = stereo(&example, &turned);
    assert!(told(&result, "overlap") && !told(&result, "cross_talk"), "{:?}", result.warnings);
    assert!(seconds(&result, 0) > 15.0 && seconds(&result, 1) > 15.0);
}

#[test]
fn a_telephone_and_an_overdriven_input_are_told_and_a_clean_recording_has_no_warning() {
    let example = example();
    assert_eq!(mono(&example).warnings, []);
    let line = mono(&telephone(&example));
    assert!(told(&line, "telephone") && !told(&line, "clipping"), "{:?}", line.warnings);
    let loud: Vec<f32> = example.iter().map(|x| 30.0 * x).collect();
    assert!(told(&mono(&loud), "clipping"));
}

#[test]
fn a_fifth_of_a_second_has_an_answer_or_says_that_nobody_speaks() {
    for start in [0.6, 1.5, 3.0] {
        let at = (start * 16_000.0) as usize;
        let result = mono(&example()[at..at + 3200]);
        assert!((result.seconds - 0.2).abs() < 1e-6);
        assert!(result.spans.len() == 1 || told(&result, "no_speech"), "{result:?}");
    }
}

#[test]
fn a_stream_that_changes_its_rate_is_heard_to_its_end() {
    // Two MP3 files, one after the other, as a broken recorder leaves them: 1 s at 32 kHz, then 1 s at 16 kHz.
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/audio/rate_change.mp3");
    let mut recording = Recording::open(path, &undertone::audio::Options::default()).unwrap();
    let mut samples: Vec<f32> = Vec::new();
    while let Some(chunk) = recording.next_chunk().unwrap() {
        samples.extend(&chunk.channels[0]);
    }
    assert!(recording.warnings().iter().any(|warning| warning.code.name() == "rate_change"));
    assert!((samples.len() as f32 / 16_000.0 - 2.0).abs() < 0.25, "{} samples", samples.len());
    // A tone of 500 Hz crosses zero a thousand times a second, at either rate.
    for (name, from) in [("before", 4_000), ("after", 22_000)] {
        let part = &samples[from..from + 8_000];
        let crossings = part.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
        assert!((245..=255).contains(&crossings), "{name}: {crossings} cycles in half a second");
    }
}

#[test]
fn a_gap_in_the_containers_clock_is_silence() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/audio/gap.mkv");
    let result = Engine::embedded().unwrap().analyze_path(path).unwrap();
    assert!(told(&result, "gap"), "{:?}", result.warnings);
    assert!((result.seconds - 2.0).abs() < 0.1, "{} s", result.seconds);
}

#[test]
fn songs_have_six_emotions_and_instruments_none() {
    let song = Options { song: true, ..Options::default() };
    let result = analyze(wav(&example(), 16_000, 1), song.clone());
    assert!(seconds(&result, 0) > 15.0);
    for span in &result.spans {
        assert_eq!(span.posterior().classes().len(), 6);
        assert!(!span.posterior().classes().contains(Emotion::Disgust));
    }
    for plucked in [true, false] {
        let result = analyze(wav(&music(10.0, plucked), 16_000, 1), song.clone());
        assert!(result.speech_seconds <= 0.5, "{} s of 10 s called a voice", result.speech_seconds);
    }
}

#[test]
fn who_follows_a_stream_waits_at_most_two_seconds_for_a_span() {
    let mut sound = example();
    // A sentence without a pause: the segment stays open for half a minute.
    sound.extend(voice(30.0));
    let mut stream = Engine::embedded().unwrap().stream(StreamOptions::default()).unwrap();
    let mut spans = Vec::new();
    for part in sound.chunks(1600) {
        for event in stream.push(&[part]).unwrap() {
            let Event::Span(span) = event else { continue };
            let now = stream.heard().0;
            assert!(now - span.end <= 2.0, "told {:.2} s after its end: {span:?}", now - span.end);
            spans.push(span);
        }
    }
    let result = stream.finish_with(|event| {
        if let Event::Span(span) = event {
            spans.push(span);
        }
    });
    assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start + 1e-6), "in order, without overlap");
    let followed: f64 = spans.iter().map(|span| span.duration()).sum();
    let whole: f64 = result.unwrap().spans.iter().map(|span| span.duration()).sum();
    assert!((followed - whole).abs() < 0.1 * whole, "{followed} s told live, {whole} s at the end");
}
