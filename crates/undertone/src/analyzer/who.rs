//! Who speaks on a channel: one voice, voices told apart by their sound, or those that a file names.

use super::Analyzer;
use super::answer::{Part, Voice};
use super::channel::Analysed;
use crate::speakers::file::SpeakerSpan;
use crate::speakers::{self, Count, Turn, cluster};
use crate::units::{Seconds, Segment};

/// Speech shorter than this between a file's spans belongs to them.
const SHORTEST: f64 = 0.3;

/// How speakers are told.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Who {
    /// Every channel is one speaker.
    #[default]
    Channel,
    /// Voices on a channel are told apart, one at a time: of two that overlap one is named.
    Apart(Count),
    /// As somebody else says, times from the recording's start.
    Told(Vec<SpeakerSpan>),
}

/// The voices on a channel, and their parts of each of its segments. `before` voices are known from other channels.
pub(super) fn voices(
    analyzer: &Analyzer,
    number: usize,
    count: usize,
    heard: &[Analysed],
    told: &[SpeakerSpan],
    before: usize,
) -> (Vec<Voice>, Vec<Vec<Part>>) {
    match &analyzer.options().who {
        Who::Channel => {
            let whole = |analysed: &Analysed| vec![Part { segment: analysed.segment, voice: 0 }];
            (vec![analyzer.voice(number, count)], heard.iter().map(whole).collect())
        }
        Who::Apart(how_many) => {
            let windows: Vec<speakers::Voice> =
                heard.iter().flat_map(|analysed| analysed.voices.clone()).collect();
            let turns = cluster(&windows, *how_many);
            let found = turns.iter().map(|turn| turn.speaker + 1).max().unwrap_or(1);
            let name = |i: usize| {
                let given = analyzer.options().speakers.get(before + i).cloned();
                given.unwrap_or_else(|| format!("speaker {}", before + i + 1))
            };
            let voices = (0..found).map(|i| Voice::new(Some(name(i)), number)).collect();
            (voices, heard.iter().map(|analysed| between(analysed.segment, &turns)).collect())
        }
        Who::Told(_) => {
            let own = |span: &&SpeakerSpan| span.channel.is_none_or(|channel| channel == number);
            let spans: Vec<&SpeakerSpan> = told.iter().filter(own).collect();
            let mut names: Vec<&str> = Vec::new();
            spans.iter().for_each(|span| {
                if !names.contains(&span.speaker.as_str()) {
                    names.push(&span.speaker);
                }
            });
            let mut voices: Vec<Voice> =
                names.iter().map(|name| analyzer.voice_named(name, number)).collect();
            voices.push(Voice::new(None, number));
            let voice = |span: &SpeakerSpan| {
                names.iter().position(|name| *name == span.speaker).unwrap_or(names.len())
            };
            let told: Vec<(Segment, usize)> = spans.iter().map(|span| (span.segment, voice(span))).collect();
            let parts = heard.iter().map(|analysed| claimed(analysed.segment, &told, names.len())).collect();
            (voices, parts)
        }
    }
}

/// A segment cut where the turn changes; what lies before the first turn or after the last belongs to it.
fn between(segment: Segment, turns: &[Turn]) -> Vec<Part> {
    let within = |turn: &&Turn| turn.segment.start.0 < segment.end.0 && turn.segment.end.0 > segment.start.0;
    let mut parts: Vec<Part> = Vec::new();
    for turn in turns.iter().filter(within) {
        let start = if parts.is_empty() { segment.start } else { turn.segment.start };
        match parts.last_mut() {
            Some(last) if last.voice == turn.speaker => {}
            last => {
                if let Some(last) = last {
                    last.segment.end = start;
                }
                parts.push(Part { segment: Segment { start, end: segment.end }, voice: turn.speaker });
            }
        }
    }
    if parts.is_empty() {
        let voice = speakers::speaker_of(turns, segment).unwrap_or(0);
        parts.push(Part { segment, voice });
    }
    parts
}

/// A segment cut by the spans that a file tells, in the order of time; `nobody` has what no span claims.
fn claimed(segment: Segment, told: &[(Segment, usize)], nobody: usize) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut at = segment.start.0;
    let mut add = |start: f64, end: f64, voice: usize| {
        if end - start >= SHORTEST {
            parts.push(Part { segment: Segment { start: Seconds(start), end: Seconds(end) }, voice });
        }
    };
    for &(span, voice) in told {
        let (start, end) = (span.start.0.max(at), span.end.0.min(segment.end.0));
        if end > start {
            add(at, start, nobody);
            add(start, end, voice);
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
        parts.iter().map(|part| (part.segment.start.0, part.segment.end.0, part.voice)).collect()
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
    fn what_no_span_of_a_file_claims_is_nobodys() {
        let told = [(segment(1.0, 2.0), 0), (segment(2.1, 3.0), 1)];
        assert_eq!(
            shown(&claimed(segment(0.0, 4.0), &told, 2)),
            [(0.0, 1.0, 2), (1.0, 2.0, 0), (2.1, 3.0, 1), (3.0, 4.0, 2)]
        );
        assert_eq!(shown(&claimed(segment(1.2, 1.9), &told, 2)), [(1.2, 1.9, 0)]);
    }
}
