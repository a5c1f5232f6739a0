//! The headline by a table of cases.

use super::*;
use Emotion::{Angry, Calm, Disgust, Fearful, Happy, Neutral, Sad, Surprised};

/// A span `[start, end)` of `speaker`, `emotion` with the probability `p`; the rest is spread over others.
fn at(speaker: &str, start: f64, end: f64, emotion: Emotion, p: f32) -> Span {
    let others: Vec<Emotion> =
        Emotion::ALL.into_iter().filter(|&other| other != emotion && other != Calm).collect();
    let rest = (1.0 - p) / others.len() as f32;
    let posterior: Vec<(Emotion, f32)> =
        others.into_iter().map(|other| (other, rest)).chain([(emotion, p)]).collect();
    heard(speaker, start, end, &posterior)
}

fn line(spans: &[Span]) -> String {
    summarise(spans, spans.iter().map(|span| span.end).fold(1.0, f64::max)).line
}

#[test]
fn the_headline_says_who_sounded_how_and_no_more() {
    let hour = 3600.0;
    let cases: Vec<(&str, Vec<Span>, &str)> = vec![
        ("no speech", vec![], "No speech."),
        ("a short clip", vec![at("", 0.0, 3.1, Angry, 0.82)], "Angry (82 %). Only 3.1 s to go by."),
        ("a second", vec![at("", 0.2, 1.2, Disgust, 0.62)], "Disgusted (62 %). Only 1.0 s to go by."),
        (
            "a clip, unclear",
            vec![at("", 0.0, 3.0, Sad, 0.3)],
            "No clear emotion (most likely sad, 30 %). Only 3.0 s to go by.",
        ),
        (
            "a clip, one of two",
            vec![heard("", 0.0, 3.0, &[(Angry, 0.45), (Disgust, 0.35), (Sad, 0.2)])],
            "Angry or disgusted (45 %, 35 %). Only 3.0 s to go by.",
        ),
        (
            "a steady mood",
            (0..8).map(|n| at("", 5.0 * f64::from(n), 5.0 * f64::from(n) + 4.0, Sad, 0.7)).collect(),
            "Sad throughout (70 % on average).",
        ),
        (
            "one long span, named",
            vec![at("Ann", 0.0, 60.0, Happy, 0.9)],
            "Ann: happy throughout (90 % on average).",
        ),
        (
            "a song",
            vec![heard("", 3.0, 120.0, &[(Happy, 0.8), (Calm, 0.1), (Neutral, 0.1)])],
            "Happy throughout (80 % on average).",
        ),
        (
            "neutral",
            vec![at("", 0.0, 20.0, Neutral, 0.7), at("", 21.0, 40.0, Neutral, 0.8)],
            "Neutral throughout (75 % on average).",
        ),
        (
            "neutral and calm are neutral",
            vec![heard("", 0.0, 20.0, &[(Neutral, 0.3), (Calm, 0.4), (Sad, 0.3)])],
            "Neutral throughout (70 % on average).",
        ),
        (
            "calm",
            vec![heard("", 0.0, 20.0, &[(Neutral, 0.2), (Calm, 0.7), (Sad, 0.1)])],
            "Calm throughout (70 % on average).",
        ),
        (
            "nothing clear",
            vec![heard("", 0.0, 20.0, &[(Angry, 0.3), (Sad, 0.25), (Happy, 0.25), (Fearful, 0.2)])],
            "No clear emotion.",
        ),
        (
            "unclear with a guess",
            vec![at("", 0.0, 20.0, Angry, 0.4)],
            "No clear emotion (most likely angry, 40 %).",
        ),
        (
            "one of two",
            vec![heard("", 0.0, 20.0, &[(Angry, 0.45), (Disgust, 0.4), (Sad, 0.15)])],
            "Angry or disgusted (45 %, 40 %).",
        ),
        (
            "one outburst",
            vec![
                at("", 0.0, 30.0, Neutral, 0.8),
                at("", 30.0, 33.0, Angry, 0.87),
                at("", 34.0, 60.0, Neutral, 0.8),
            ],
            "Mostly neutral, angry at 0:30 (87 %).",
        ),
        (
            "a long passage",
            vec![
                at("", 0.0, 30.0, Neutral, 0.8),
                at("", 30.0, 34.0, Angry, 0.7),
                at("", 34.0, 38.0, Angry, 0.87),
                at("", 39.0, 80.0, Neutral, 0.8),
            ],
            "Mostly neutral, angry from 0:30 to 0:38 (87 % at 0:34).",
        ),
        (
            "outbursts in what is unclear",
            vec![
                at("", 0.0, 30.0, Sad, 0.3),
                at("", 31.0, 34.0, Angry, 0.7),
                at("", 35.0, 65.0, Sad, 0.3),
                at("", 66.0, 69.0, Surprised, 0.9),
                at("", 70.0, 95.0, Sad, 0.3),
                at("", 96.0, 99.0, Happy, 0.8),
                at("", 100.0, 130.0, Sad, 0.3),
            ],
            "Mostly unclear, surprised at 1:06 (90 %), happy at 1:36 (80 %), and one more moment.",
        ),
        (
            "weak passages are not told",
            vec![
                at("", 0.0, 30.0, Neutral, 0.8),
                at("", 30.0, 33.0, Angry, 0.55),
                at("", 34.0, 60.0, Neutral, 0.8),
            ],
            "Neutral throughout (80 % on average).",
        ),
        (
            "a change for good",
            vec![
                at("", 0.0, 30.0, Neutral, 0.8),
                at("", 31.0, 40.0, Angry, 0.6),
                at("", 41.0, 60.0, Angry, 0.9),
            ],
            "Neutral, then angry from 0:31 (90 % at 0:41).",
        ),
        (
            "a change at the end",
            vec![at("", 0.0, 50.0, Neutral, 0.8), at("", 50.0, 60.0, Sad, 0.8)],
            "Neutral, then sad from 0:50 (80 %).",
        ),
        (
            "a change back",
            vec![at("", 0.0, 20.0, Happy, 0.8), at("", 21.0, 45.0, Neutral, 0.7)],
            "Happy until 0:20 (80 % at 0:00), then neutral.",
        ),
        (
            "a change of two emotions",
            vec![at("", 0.0, 20.0, Happy, 0.8), at("", 21.0, 45.0, Fearful, 0.7)],
            "Happy until 0:20 (80 % at 0:00), then fearful (70 % at 0:21).",
        ),
        (
            "a change to nothing clear",
            vec![at("", 0.0, 20.0, Neutral, 0.8), at("", 21.0, 45.0, Fearful, 0.3)],
            "Neutral until 0:20, then no clear emotion.",
        ),
        (
            "by turns",
            (0..8)
                .map(|n| {
                    at(
                        "",
                        5.0 * f64::from(n),
                        5.0 * f64::from(n) + 4.0,
                        [Angry, Happy, Sad][n as usize % 3],
                        0.7,
                    )
                })
                .collect(),
            "By turns happy (38 % of the time), angry (38 %) and sad (25 %).",
        ),
        (
            "mostly",
            (0..8)
                .map(|n| {
                    let p = if n % 4 == 3 { 0.3 } else { 0.7 };
                    at("", 5.0 * f64::from(n), 5.0 * f64::from(n) + 4.0, Sad, p)
                })
                .collect(),
            "Mostly sad (75 % of the time).",
        ),
        (
            "two speakers",
            vec![
                at("agent", 0.0, 20.0, Sad, 0.3),
                heard("agent", 21.0, 30.0, &[(Angry, 0.3), (Sad, 0.3), (Happy, 0.4)]),
                at("caller", 32.0, 44.0, Sad, 0.3),
                at("caller", 45.0, 49.0, Angry, 0.7),
                at("caller", 50.0, 60.0, Angry, 0.87),
            ],
            "Agent: no clear emotion. Caller: angry from 0:45 (87 % at 0:50).",
        ),
        (
            "hours",
            vec![at("", 0.0, 2.0 * hour, Neutral, 0.8), at("", 2.0 * hour + 62.0, 3.0 * hour, Angry, 0.9)],
            "Neutral, then angry from 2:01:02 (90 %).",
        ),
    ];
    for (case, spans, want) in cases {
        assert_eq!(line(&spans), want, "{case}");
    }
}

#[test]
fn of_many_speakers_those_who_speak_most_are_named() {
    let speak = |n: u8| {
        let start = 20.0 * f64::from(n);
        at(&format!("speaker {}", n + 1), start, start + 5.0 + f64::from(n), Neutral, 0.8)
    };
    let five: Vec<Span> = (0..5).map(speak).collect();
    let said = line(&five);
    assert!(said.starts_with("Speaker 3: neutral throughout (80 % on average). Speaker 4: "), "{said}");
    assert!(said.ends_with(" 2 more speakers."), "{said}");
    assert!(line(&five[..4]).ends_with(" One more speaker."));
    assert!(!line(&five[..3]).contains("more"));
}

#[test]
fn a_recording_that_failed_has_no_headline() {
    let failed = crate::analysis::Analysis::failed("x.wav".into(), &crate::Error::config("no"));
    assert_eq!(failed.summary.line, "");
}
