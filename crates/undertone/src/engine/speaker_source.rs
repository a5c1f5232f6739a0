//! Who speaks on a channel: one speaker, diarized speakers, or those that given segments name.

use super::given::Given;
use super::options::SpeakerSource;
use super::prediction::Part;
use super::segment::Analysed;
use super::setup::Setup;
use super::voice::{HeardSpeaker, Known};
use crate::speakers::{Count, SpeakerVector, Turn, cluster, speaker_of};
use crate::units::{Seconds, Segment};

/// Speech shorter than this between named turns belongs to them.
const SHORTEST: f64 = 0.3;

/// The speakers on a channel, and their parts of each of its segments. `before` speakers are known from other channels.
pub(super) fn speakers(
    setup: &Setup,
    number: usize,
    count: usize,
    heard: &[Analysed],
    before: usize,
) -> (Vec<HeardSpeaker>, Vec<Vec<Part>>) {
    if let Some(given) = setup.given.as_ref().filter(|given| given.is_named()) {
        return named(setup, given, number, heard);
    }
    match &setup.options.speaker_source {
        SpeakerSource::PerChannel if count == 1 && setup.projection.is_some() => {
            diarized(setup, number, heard, Count::Auto, before)
        }
        SpeakerSource::PerChannel => {
            let whole = |analysed: &Analysed| vec![Part { segment: analysed.segment, speaker: 0 }];
            let mut speaker = setup.speaker_of_channel(number, count);
            speaker.name.get_or_insert_with(|| numbered(before));
            (vec![speaker], heard.iter().map(whole).collect())
        }
        SpeakerSource::Diarize(how_many) => diarized(setup, number, heard, *how_many, before),
    }
}

/// The speakers that given segments name, and nobody for the rest.
fn named(
    setup: &Setup,
    given: &Given,
    number: usize,
    heard: &[Analysed],
) -> (Vec<HeardSpeaker>, Vec<Vec<Part>>) {
    let names = given.names(number);
    let place = |name: &String| names.iter().position(|own| own == name).unwrap_or(names.len());
    let turns = given.turns(number).into_iter();
    let turns: Vec<(Segment, usize)> = turns.map(|turn| (turn.segment, place(&turn.speaker))).collect();
    let parts = heard.iter().map(|analysed| claimed(analysed.segment, &turns, names.len())).collect();
    let mut speakers: Vec<HeardSpeaker> =
        names.iter().map(|name| setup.speaker_named(name, number)).collect();
    speakers.push(HeardSpeaker::new(None, number, Known::Nothing));
    (speakers, parts)
}

/// As many speakers as are asked for or heard, one at a time.
fn diarized(
    setup: &Setup,
    number: usize,
    heard: &[Analysed],
    how_many: Count,
    before: usize,
) -> (Vec<HeardSpeaker>, Vec<Vec<Part>>) {
    let windows: Vec<SpeakerVector> = heard.iter().flat_map(|analysed| analysed.speakers.clone()).collect();
    let turns = cluster(&windows, how_many);
    let found = turns.iter().map(|turn| turn.speaker + 1).max().unwrap_or(1);
    let name = |i: usize| {
        let named = setup.options.speakers.get(before + i).cloned();
        named.unwrap_or_else(|| numbered(before + i))
    };
    let speakers = (0..found).map(|i| HeardSpeaker::new(Some(name(i)), number, setup.known(None))).collect();
    (speakers, heard.iter().map(|analysed| between(analysed.segment, &turns)).collect())
}

/// The name of a speaker of whom no name is told.
fn numbered(speaker: usize) -> String {
    format!("speaker {}", speaker + 1)
}

/// A segment cut where the turn changes; what lies before the first turn or after the last belongs to it.
fn between(segment: Segment, turns: &[Turn]) -> Vec<Part> {
    let within = |turn: &&Turn| turn.segment.start.0 < segment.end.0 && turn.segment.end.0 > segment.start.0;
    let mut parts: Vec<Part> = Vec::new();
    for turn in turns.iter().filter(within) {
        let start = if parts.is_empty() { segment.start } else { turn.segment.start };
        match parts.last_mut() {
            Some(last) if last.speaker == turn.speaker => {}
            last => {
                if let Some(last) = last {
                    last.segment.end = start;
                }
                parts.push(Part { segment: Segment { start, end: segment.end }, speaker: turn.speaker });
            }
        }
    }
    if parts.is_empty() {
        let speaker = speaker_of(turns, segment).unwrap_or(0);
        parts.push(Part { segment, speaker });
    }
    parts
}

/// A segment cut by named turns, in the order of time; `nobody` has what no turn claims.
fn claimed(segment: Segment, given: &[(Segment, usize)], nobody: usize) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut at = segment.start.0;
    let mut add = |start: f64, end: f64, speaker: usize| {
        if end - start >= SHORTEST {
            parts.push(Part { segment: Segment { start: Seconds(start), end: Seconds(end) }, speaker });
        }
    };
    for &(span, speaker) in given {
        let (start, end) = (span.start.0.max(at), span.end.0.min(segment.end.0));
        if end > start {
            add(at, start, nobody);
            add(start, end, speaker);
            at = end;
        }
    }
    add(at, segment.end.0, nobody);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(start: f64, end: f64) -> Segment {
        Segment { start: Seconds(start), end: Seconds(end) }
    }

    fn shown(parts: &[Part]) -> Vec<(f64, f64, usize)> {
        parts.iter().map(|part| (part.segment.start.0, part.segment.end.0, part.speaker)).collect()
    }

    #[test]
    fn turns_cut_a_segment_and_cover_it_whole() {
        let turn = |start, end, speaker| Turn { segment: segment(start, end), speaker };
        let turns = [turn(0.2, 2.0, 0), turn(2.0, 3.0, 1), turn(3.2, 3.9, 1), turn(8.0, 9.0, 0)];
        assert_eq!(shown(&between(segment(0.0, 4.0), &turns)), [(0.0, 2.0, 0), (2.0, 4.0, 1)]);
        assert_eq!(shown(&between(segment(7.0, 7.5), &turns)), [(7.0, 7.5, 0)], "the nearest turn's");
        assert_eq!(shown(&between(segment(0.0, 1.0), &[])), [(0.0, 1.0, 0)]);
    }

    #[test]
    fn what_no_turn_claims_is_nobodys() {
        let told = [(segment(1.0, 2.0), 0), (segment(2.1, 3.0), 1)];
        assert_eq!(
            shown(&claimed(segment(0.0, 4.0), &told, 2)),
            [(0.0, 1.0, 2), (1.0, 2.0, 0), (2.1, 3.0, 1), (3.0, 4.0, 2)]
        );
        assert_eq!(shown(&claimed(segment(1.2, 1.9), &told, 2)), [(1.2, 1.9, 0)]);
    }
}
