//! Given segments → an answer each, from the speech in them alone: not smoothed, and whatever the spans would be.
//!
//! A segment is answered as a clip is: one embedding, pooled over all its frames that lie in speech. One longer than [`LONGEST`] gets
//! the mean of its windows. Speaker, adaptation and prior are those of the timeline.

use super::channel::Channel;
use super::prediction::answers;
use super::segment::{Analysed, GivenPart};
use super::setup::Setup;
use super::told::Told;
use super::voice::{HeardSpeaker, Known};
use crate::analysis::{Analysis, Unanswered, UnansweredReason};
use crate::error::{Result, Warning, WarningCode};
use crate::model::{Moments, Prediction};
use crate::prior::apply;
use crate::segments::{GivenSegment, check};
use crate::timeline::Span;
use crate::units::{Seconds, Segment};

/// Longer segments are the mean of their windows.
pub(super) const LONGEST: Seconds = Seconds(60.0);
/// Shorter ones are answered with a warning.
const SHORTEST: Seconds = Seconds(0.5);

/// The segments that are to be answered.
#[derive(Debug)]
pub(super) struct Given {
    segments: Vec<GivenSegment>,
    /// Their places, in the order of their starts.
    order: Vec<usize>,
    named: bool,
}

/// A stretch that belongs to one named speaker.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NamedTurn {
    pub segment: Segment,
    pub speaker: String,
}

impl Given {
    /// # Errors
    /// As [`check`].
    pub(super) fn new(segments: &[GivenSegment]) -> Result<Given> {
        check(segments)?;
        let mut order: Vec<usize> = (0..segments.len()).collect();
        order.sort_by(|&a, &b| segments[a].start.total_cmp(&segments[b].start));
        let named = segments.iter().any(|segment| segment.speaker.is_some());
        Ok(Given { segments: segments.to_vec(), order, named })
    }

    /// Whether they name speakers.
    pub(super) fn is_named(&self) -> bool {
        self.named
    }

    /// Those of at most `longest` that share time with a segment of speech.
    pub(super) fn within(
        &self,
        speech: Segment,
        longest: Seconds,
    ) -> impl Iterator<Item = (usize, Segment)> + '_ {
        let first =
            self.order.partition_point(|&place| self.segments[place].start + longest.0 < speech.start.0);
        let segments = self.order[first..].iter().map(|&place| (place, self.segments[place].segment()));
        let begun = segments.take_while(move |(_, segment)| segment.start.0 < speech.end.0);
        begun.filter(move |(_, segment)| segment.end.0 > speech.start.0 && segment.duration().0 <= longest.0)
    }

    /// The channel on which each is answered: its own, or the one with most speech in it; none where there is no speech.
    pub(super) fn channels(&self, channels: &[Channel]) -> Vec<Option<usize>> {
        let mut most = vec![(0.0, None); self.segments.len()];
        for (number, channel) in channels.iter().enumerate() {
            let mut seconds = vec![0.0; self.segments.len()];
            for part in channel.heard.iter().flat_map(|analysed| &analysed.parts) {
                seconds[part.place] += part.segment.duration().0;
            }
            for place in self.long() {
                seconds[place] = windows(&channel.heard, self.segments[place].segment()).count() as f64;
            }
            for ((given, most), seconds) in self.segments.iter().zip(&mut most).zip(seconds) {
                if given.channel.is_none_or(|own| own == number) && seconds > most.0 {
                    *most = (seconds, Some(number));
                }
            }
        }
        most.into_iter().map(|(_, channel)| channel).collect()
    }

    /// Who speaks when on a channel, one at a time: where two overlap the one that began first keeps the time.
    pub(super) fn turns(&self, number: usize) -> Vec<NamedTurn> {
        let mut turns: Vec<NamedTurn> = Vec::new();
        for given in self.order.iter().map(|&place| &self.segments[place]) {
            let Some(speaker) = &given.speaker else { continue };
            if given.channel.is_some_and(|channel| channel != number) {
                continue;
            }
            let mut segment = given.segment();
            if let Some(last) = turns.last_mut().filter(|last| last.segment.end.0 > segment.start.0) {
                if last.speaker == *speaker {
                    last.segment.end.0 = last.segment.end.0.max(segment.end.0);
                    continue;
                }
                segment.start = last.segment.end;
            }
            if segment.end.0 > segment.start.0 {
                turns.push(NamedTurn { segment, speaker: speaker.clone() });
            }
        }
        turns
    }

    /// The names of those who speak on a channel, in the order of their first segments.
    pub(super) fn names(&self, number: usize) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for given in self.order.iter().map(|&place| &self.segments[place]) {
            if given.channel.is_none_or(|channel| channel == number)
                && let Some(speaker) = given.speaker.as_ref().filter(|name| !names.contains(name))
            {
                names.push(speaker.clone());
            }
        }
        names
    }

    /// The embeddings of all in which speech is heard, each on its channel, pooled over all of them.
    #[cfg(feature = "decode")]
    pub(super) fn embeddings(&self, channels: &[Channel], seconds: f64) -> Vec<super::Embedding> {
        let own = self.channels(channels);
        let mut moments = std::collections::BTreeMap::<usize, Moments>::new();
        for (number, channel) in channels.iter().enumerate() {
            let parts = channel.heard.iter().flat_map(|analysed| &analysed.parts);
            for part in parts.filter(|part| own[part.place] == Some(number)) {
                let row = part.moments();
                moments.entry(part.place).and_modify(|all| all.join(&row)).or_insert(row);
            }
        }
        let embedding = |(place, moments): (usize, Moments)| {
            let GivenSegment { start, end, .. } = self.segments[place];
            let (channel, vector) = (own[place]?, moments.pooled());
            Some(super::Embedding { start, end: end.min(seconds), channel, vector, segment: Some(place) })
        };
        moments.into_iter().filter_map(embedding).collect()
    }

    fn long(&self) -> impl Iterator<Item = usize> + '_ {
        self.order.iter().copied().filter(|&place| is_long(self.segments[place].segment()))
    }
}

fn is_long(segment: Segment) -> bool {
    segment.duration().0 > LONGEST.0
}

/// The windows of a channel whose middles lie in a segment: each by its analysed segment and its place there.
fn windows(heard: &[Analysed], segment: Segment) -> impl Iterator<Item = (usize, usize)> + '_ {
    let first = heard.partition_point(|analysed| analysed.segment.end.0 <= segment.start.0);
    let near = heard[first..].iter().take_while(move |one| one.segment.start.0 < segment.end.0);
    near.enumerate().flat_map(move |(number, analysed)| {
        let inside = move |window: &Segment| {
            let middle = 0.5 * (window.start.0 + window.end.0);
            segment.start.0 <= middle && middle < segment.end.0
        };
        let places = analysed.windows.iter().enumerate().filter(move |(_, window)| inside(window));
        places.map(move |(place, _)| (first + number, place))
    })
}

/// A segment on its way to an answer.
struct Asked<'a> {
    place: usize,
    /// Its speaker's place in the list of speakers; nobody after all of them.
    owner: usize,
    /// What it is pooled from; nothing where it is the mean of its windows.
    parts: Vec<&'a GivenPart>,
    /// Analysed segments and windows in them.
    windows: Vec<(usize, usize)>,
}

impl Asked<'_> {
    /// The embeddings whose predictions are averaged.
    fn pooled<'a>(&'a self, heard: &'a [Analysed]) -> Box<dyn Iterator<Item = Vec<f32>> + 'a> {
        match self.parts.split_first() {
            Some((first, rest)) => {
                let mut moments: Moments = first.moments();
                rest.iter().for_each(|part| moments.join(&part.moments()));
                Box::new(std::iter::once(moments.pooled()))
            }
            None => Box::new(self.windows.iter().map(|&(number, place)| heard[number].pooled(place))),
        }
    }

    fn count(&self) -> usize {
        if self.parts.is_empty() { self.windows.len() } else { 1 }
    }
}

/// Spans of the given segments that are answered on a channel; `channels` are those of all.
///
/// # Errors
/// `Model` where the network refuses its input.
pub(super) fn spans(
    setup: &Setup,
    given: &Given,
    told: &Told,
    channels: &[Option<usize>],
    seconds: f64,
) -> Result<Vec<Span>> {
    let asked = asked(given, told, channels);
    let nobody = HeardSpeaker::new(None, told.number, Known::Nothing);
    let speaker = |owner: usize| told.speakers.get(owner).unwrap_or(&nobody);
    let known: Vec<_> = (0..=told.speakers.len()).map(|owner| speaker(owner).adaptation(setup)).collect();
    let rows =
        asked.iter().flat_map(|asked| asked.pooled(told.heard).map(|pooled| (pooled, &known[asked.owner])));
    let mut answered = answers(setup, rows)?.into_iter();
    let mut spans = Vec::new();
    for asked in &asked {
        let speaker = speaker(asked.owner);
        let own: Vec<Prediction> =
            answered.by_ref().take(asked.count()).map(|answer| speaker.prediction(setup, answer)).collect();
        let weight = 1.0 / own.len() as f32;
        let Some(mut prediction) = Prediction::mean(own.iter().map(|one| (weight, one))) else { continue };
        prediction.posterior = apply(&prediction.posterior, &speaker.prior(setup));
        let segment = &given.segments[asked.place];
        let times = (segment.start, segment.end.min(seconds));
        let threshold = setup.threshold(speaker.weight(setup));
        let name = segment.speaker.clone().or_else(|| speaker.name.clone());
        let mut span = Span::new(times, told.number, name, prediction, threshold);
        span.segment = Some(asked.place);
        span.text.clone_from(&segment.text);
        spans.push(span);
    }
    Ok(spans)
}

/// The segments that are answered on a channel, with their speakers.
fn asked<'a>(given: &Given, told: &Told<'a>, channels: &[Option<usize>]) -> Vec<Asked<'a>> {
    let here = |place: usize| channels.get(place).copied().flatten() == Some(told.number);
    let mut own: Vec<(usize, &GivenPart, usize)> = Vec::new();
    for (number, analysed) in told.heard.iter().enumerate() {
        own.extend(
            analysed.parts.iter().filter(|part| here(part.place)).map(|part| (part.place, part, number)),
        );
    }
    own.sort_by_key(|(place, ..)| *place);
    let short = own.chunk_by(|a, b| a.0 == b.0).map(|some| Asked {
        place: some[0].0,
        owner: owner(given, told, some[0].0, some.iter().map(|(_, part, number)| (part.segment, *number))),
        parts: some.iter().map(|(_, part, _)| *part).collect(),
        windows: Vec::new(),
    });
    let long = given.long().filter(|&place| here(place)).map(|place| {
        let windows: Vec<(usize, usize)> = windows(told.heard, given.segments[place].segment()).collect();
        let times = windows.iter().map(|&(number, window)| (told.heard[number].windows[window], number));
        Asked { place, owner: owner(given, told, place, times), parts: Vec::new(), windows }
    });
    short.chain(long).collect()
}

/// The speaker of a given segment: the one it names, or where none is named the one who has most of the speech in it.
fn owner(given: &Given, told: &Told, place: usize, speech: impl Iterator<Item = (Segment, usize)>) -> usize {
    let nobody = told.speakers.len();
    if given.named {
        let name = given.segments[place].speaker.as_deref();
        let own = |speaker: &HeardSpeaker| name.is_some() && speaker.name.as_deref() == name;
        return told.speakers.iter().position(own).unwrap_or(nobody);
    }
    let mut shares = vec![0.0; nobody];
    for (time, number) in speech {
        for part in &told.parts[number] {
            let shared = part.segment.end.0.min(time.end.0) - part.segment.start.0.max(time.start.0);
            shares[part.speaker] += shared.max(0.0);
        }
    }
    let most = shares.iter().enumerate().filter(|(_, share)| **share > 0.0).max_by(|a, b| a.1.total_cmp(b.1));
    most.map_or(nobody, |(speaker, _)| speaker)
}

/// What is said of the segments beside their answers: those without one, and warnings.
pub(super) fn conclude(given: &Given, result: &mut Analysis) {
    let answered: std::collections::BTreeSet<usize> =
        result.spans.iter().filter_map(|span| span.segment).collect();
    for &place in given.order.iter().filter(|place| !answered.contains(place)) {
        let GivenSegment { start, end, speaker, channel, text } = given.segments[place].clone();
        let reason = if channel.is_some_and(|channel| channel >= result.channels) {
            UnansweredReason::OtherChannel
        } else if start >= result.seconds {
            UnansweredReason::BeyondEnd
        } else {
            UnansweredReason::NoSpeech
        };
        result.unanswered.push(Unanswered { start, end, channel, speaker, text, segment: place, reason });
    }
    result.warnings.extend(warnings(given, result));
}

fn warnings(given: &Given, result: &Analysis) -> Vec<Warning> {
    let unanswered = |reason| {
        let all = result.unanswered.iter().filter(move |one| one.reason == reason);
        all.map(|one| &given.segments[one.segment])
    };
    let beyond = given.segments.iter().filter(|one| one.end > result.seconds + 0.05);
    let short = result.spans.iter().filter_map(|span| given.segments.get(span.segment?));
    let short = short.filter(|one| one.segment().duration().0 < SHORTEST.0);
    let told = [
        (
            WarningCode::SegmentsWithoutSpeech,
            first(unanswered(UnansweredReason::NoSpeech)),
            "no speech is heard in them, so they have no emotion",
        ),
        (
            WarningCode::SegmentsBeyondEnd,
            first(beyond),
            "they reach beyond the recording's end; are they of this recording?",
        ),
        (
            WarningCode::SegmentsOtherChannel,
            first(unanswered(UnansweredReason::OtherChannel)),
            "they are of channels that are not analysed; analyse each channel (--channels split), or leave the channels out",
        ),
        (
            WarningCode::SegmentsShort,
            first(short),
            "they are shorter than 0.5 s; answers for so little speech are uncertain",
        ),
    ];
    let all = given.segments.len();
    let warning = |(code, found, why): (WarningCode, (usize, Option<&GivenSegment>), &str)| {
        let (count, example) = found;
        let message = |one: &GivenSegment| {
            format!("{count} of {all} given segments, such as that at {}: {why}", one.segment().start)
        };
        example.map(|one| Warning::new(code, message(one)))
    };
    told.into_iter().filter_map(warning).collect()
}

/// How many there are, and the first.
fn first<'a>(mut all: impl Iterator<Item = &'a GivenSegment>) -> (usize, Option<&'a GivenSegment>) {
    let first = all.next();
    (all.count() + usize::from(first.is_some()), first)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn named(start: f64, end: f64, speaker: &str) -> GivenSegment {
        GivenSegment { speaker: Some(speaker.to_string()), ..GivenSegment::new(start, end) }
    }

    #[test]
    fn where_turns_overlap_the_time_goes_to_whoever_began_first() {
        let all = [
            named(5.0, 7.0, "bob"),
            named(0.0, 4.0, "ann"),
            named(3.0, 4.5, "bob"),
            named(1.0, 2.0, "bob"),
            named(6.0, 9.5, "bob"),
            GivenSegment::new(2.0, 3.0),
            GivenSegment { channel: Some(1), ..named(2.0, 3.0, "cat") },
        ];
        let given = Given::new(&all).unwrap();
        let shown = |number: usize| {
            let turns = given.turns(number).into_iter();
            turns.map(|turn| (turn.segment.start.0, turn.segment.end.0, turn.speaker)).collect::<Vec<_>>()
        };
        let (ann, bob) = ("ann".to_string(), "bob".to_string());
        assert_eq!(shown(0), [(0.0, 4.0, ann), (4.0, 4.5, bob.clone()), (5.0, 9.5, bob)]);
        assert!(shown(1).iter().all(|(.., speaker)| speaker != "cat"), "ann began first");
        assert_eq!(given.names(0), ["ann", "bob"]);
        assert_eq!(given.names(1), ["ann", "bob", "cat"]);
    }

    #[test]
    fn those_of_a_minute_at_most_are_found_by_their_speech() {
        let given = Given::new(&[
            GivenSegment::new(50.0, 50.2),
            GivenSegment::new(0.0, 60.0),
            GivenSegment::new(0.0, 61.0),
            GivenSegment::new(70.0, 71.0),
        ]);
        let given = given.unwrap();
        let within = |start: f64, end: f64| {
            let speech = Segment { start: Seconds(start), end: Seconds(end) };
            given.within(speech, LONGEST).map(|(place, _)| place).collect::<Vec<_>>()
        };
        assert_eq!(within(40.0, 55.0), [1, 0]);
        assert_eq!(within(59.9, 70.0), [1]);
        assert_eq!(within(60.0, 80.0), [3]);
        assert_eq!(given.long().collect::<Vec<_>>(), [2]);
    }
}
