//! Clustering on vectors made up.

use super::*;

/// Windows of 1.2 s every 0.4 s in stretches of 4 s with a pause after each; stretch `i` is spoken by `who[i]`.
fn windows(who: &[usize], spread: f32) -> Vec<SpeakerVector> {
    let mut state = 1u32;
    let mut noise = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let mut voices = Vec::new();
    for (turn, &speaker) in who.iter().enumerate() {
        for step in 0..8 {
            let start = 5.0 * turn as f64 + 0.4 * f64::from(step);
            let mut vector: Vec<f32> = (0..16).map(|_| spread * noise()).collect();
            vector[speaker] += 6.0;
            voices.push(SpeakerVector {
                segment: Segment { start: Seconds(start), end: Seconds(start + 1.2) },
                vector,
            });
        }
    }
    voices
}

fn speakers(turns: &[Turn]) -> Vec<usize> {
    turns.iter().map(|turn| turn.speaker).collect()
}

#[test]
fn nobody_is_nobody() {
    assert!(cluster(&[], Count::Auto).is_empty());
    assert!(cluster(&[], Count::Exactly(3)).is_empty());
    assert_eq!(speaker_of(&[], Segment { start: Seconds(0.0), end: Seconds(1.0) }), None);
}

#[test]
fn voices_far_apart_are_found_and_numbered_by_first_appearance() {
    let who = [5, 2, 5, 9, 2, 9, 5];
    for count in [Count::Auto, Count::Exactly(3)] {
        let turns = cluster(&windows(&who, 1.0), count);
        assert_eq!(speakers(&turns), [0, 1, 0, 2, 1, 2, 0], "{count:?}");
        for (at, turn) in turns.iter().enumerate() {
            let Segment { start, end } = turn.segment;
            assert!(
                (start.0 - 5.0 * at as f64).abs() < 1e-9 && (end.0 - start.0 - 4.0).abs() < 1e-9,
                "{turn:?}"
            );
        }
    }
}

#[test]
fn one_speaker_stays_one_however_long() {
    for stretches in [1, 3, 30] {
        let turns = cluster(&windows(&vec![3; stretches], 4.0), Count::Auto);
        assert!(turns.iter().all(|turn| turn.speaker == 0), "{stretches}");
    }
}

#[test]
fn the_number_asked_for_is_kept_even_with_few_windows_but_for_one_voice() {
    let one = windows(&[1, 1], 0.5);
    let mut all = one.clone();
    for (at, voice) in all.iter_mut().enumerate() {
        voice.vector = (0..16).map(|i| if i == at { 6.0 } else { 0.0 }).collect();
    }
    for (few, count) in [(1, 1), (2, 2), (3, 3), (16, 4), (16, 1), (2, 5)] {
        let most = |all: &[SpeakerVector]| {
            let turns = cluster(&all[..few], Count::Exactly(count));
            speakers(&turns).into_iter().max().unwrap_or(0) + 1
        };
        assert_eq!(most(&all), count.min(few), "{few} windows, {count} asked for");
        assert_eq!(most(&one), 1, "{few} windows of one voice, {count} asked for");
    }
}

#[test]
fn a_voice_of_a_second_is_not_a_speaker_of_its_own() {
    let mut all = windows(&[1, 4, 1, 4], 0.5);
    let blip = SpeakerVector {
        segment: Segment { start: Seconds(30.0), end: Seconds(31.0) },
        vector: (0..16).map(|i| if i == 8 { 9.0 } else { 0.0 }).collect(),
    };
    all.push(blip);
    let turns = cluster(&all, Count::Auto);
    assert_eq!(speakers(&turns).into_iter().max(), Some(1));
    assert_eq!(turns.len(), 5);
}

#[test]
fn a_change_within_a_stretch_is_found_and_a_single_strange_window_is_not_a_turn() {
    let mut all = windows(&[1, 4, 1, 4, 1, 4], 0.5);
    // The last but one stretch goes over into the last without a pause.
    for voice in &mut all[40..] {
        voice.segment =
            Segment { start: Seconds(voice.segment.start.0 - 1.0), end: Seconds(voice.segment.end.0 - 1.0) };
    }
    all[3].vector = vec![0.0; 16];
    all[3].vector[4] = 2.0;
    all[3].vector[1] = 1.9;
    let turns = cluster(&all, Count::Exactly(2));
    assert_eq!(speakers(&turns), [0, 1, 0, 1, 0, 1]);
    assert!((turns[4].segment.end.0 - 24.0).abs() < 0.5, "{:?}", turns[4]);
    assert_eq!(turns[4].segment.end, turns[5].segment.start);
}

#[test]
fn a_light_filter_over_the_whole_recording_changes_nothing() {
    let plain = windows(&[1, 4, 1, 6], 1.0);
    let mut filtered = plain.clone();
    filtered.iter_mut().for_each(|voice| voice.vector.iter_mut().for_each(|x| *x += 0.3));
    assert_eq!(cluster(&plain, Count::Auto), cluster(&filtered, Count::Auto));
}

#[test]
fn hours_are_clustered_as_minutes_are() {
    let who: Vec<usize> = (0..900).map(|turn| [2, 7, 11][turn * turn % 3]).collect();
    let turns = cluster(&windows(&who, 1.0), Count::Auto);
    let mut names = [None; 16];
    let mut next = 0;
    let wanted: Vec<usize> = who
        .iter()
        .map(|&who| {
            *names[who].get_or_insert_with(|| {
                next += 1;
                next - 1
            })
        })
        .collect();
    assert_eq!(speakers(&turns), wanted);
}

#[test]
fn a_segment_belongs_to_whoever_has_most_of_it_or_is_nearest() {
    let turn = |start: f64, end: f64, speaker| Turn {
        segment: Segment { start: Seconds(start), end: Seconds(end) },
        speaker,
    };
    let turns = [turn(0.0, 1.0, 0), turn(1.0, 3.0, 1), turn(3.0, 3.4, 0), turn(9.0, 10.0, 2)];
    let who = |start: f64, end: f64| speaker_of(&turns, Segment { start: Seconds(start), end: Seconds(end) });
    assert_eq!(
        [who(0.0, 1.5), who(0.5, 3.4), who(3.5, 4.0), who(8.0, 8.9), who(20.0, 21.0)]
            .map(Option::unwrap_or_default),
        [0, 1, 0, 2, 2]
    );
}
