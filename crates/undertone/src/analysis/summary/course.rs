//! What can be said of a speaker's emotion over a recording, decided by the thresholds of `rules.rs`.

use super::moment::stands_out;
use super::rules::{CLEAR, EITHER, GAIN, LIKELY, LITTLE, MOSTLY, PART, PASSAGES, SIDE, STRONG, THROUGHOUT};
use super::speaker::SpeakerSpans;
use crate::analysis::{Label, joined};
use crate::emotion::Emotion;

/// A speaker's emotion over a recording.
pub(super) struct Course {
    pub(super) mood: Mood,
    /// Passages of another clear emotion, in order of time, and how many more there are.
    pub(super) passages: Vec<Passage>,
    pub(super) more: usize,
}

/// The mood of the whole.
pub(super) enum Mood {
    /// Nothing is clear; the most likely emotion and its share, where it is far ahead.
    Unclear(Option<(Emotion, f32)>),
    /// One of two.
    Either([(Emotion, f32); 2]),
    /// Too little speech for a course in time: an emotion with its probability.
    Short(Emotion, f32),
    /// One, with its mean probability.
    Throughout(Emotion, f32),
    /// One, with its share of the speech.
    Mostly(Emotion, f64),
    /// Several, with their shares of the speech, most first.
    Several(Vec<(Emotion, f64)>),
    /// One, then another; none is no clear emotion.
    Change { before: Option<Passage>, after: Option<Passage>, until: f64, from: f64 },
}

/// A clear emotion from `start` to `end`, most probable at `peak_at`.
#[derive(Clone)]
pub(super) struct Passage {
    pub(super) emotion: Emotion,
    pub(super) start: f64,
    pub(super) end: f64,
    pub(super) seconds: f64,
    pub(super) peak: f32,
    pub(super) peak_at: f64,
}

/// A span with its label: an emotion where one is clear.
struct Mark {
    start: f64,
    end: f64,
    seconds: f64,
    emotion: Option<Emotion>,
    probability: f32,
}

impl Course {
    pub(super) fn of(speaker: &SpeakerSpans) -> Course {
        let marks: Vec<Mark> = speaker
            .spans
            .iter()
            .map(|&span| {
                let Label { emotion, probability, .. } = Label::from(span);
                let emotion = (probability >= CLEAR).then_some(emotion);
                Mark { start: span.start, end: span.end, seconds: span.duration(), emotion, probability }
            })
            .collect();
        let shares = speaker.emotions().iter().map(|share| (share.emotion, share.share)).collect();
        let mood = Mood::of(&marks, &joined(shares));
        let (passages, more) = passages(&marks, &mood);
        Course { mood, passages, more }
    }
}

impl Mood {
    /// `shares`: each emotion's share of the speech, most first.
    fn of(marks: &[Mark], shares: &[(Emotion, f32)]) -> Mood {
        let whole: f64 = marks.iter().map(|mark| mark.seconds).sum();
        let all = Label::ranked(shares);
        if whole < LITTLE && all.probability >= CLEAR {
            return Mood::Short(all.emotion, all.probability);
        }
        if let Some(change) = change(marks) {
            return change;
        }
        let mut clear: Vec<(Emotion, f64)> = times(marks)
            .into_iter()
            .filter_map(|(emotion, seconds)| Some((emotion?, seconds / whole)))
            .collect();
        clear.sort_by(|a, b| b.1.total_cmp(&a.1));
        match clear.as_slice() {
            [(emotion, share), ..] if *share >= THROUGHOUT => {
                Mood::Throughout(*emotion, mean(marks, *emotion))
            }
            [(emotion, share), ..] if *share >= MOSTLY => Mood::Mostly(*emotion, *share),
            clear if clear.iter().map(|one| one.1).sum::<f64>() >= MOSTLY => {
                Mood::Several(clear.iter().copied().filter(|one| one.1 >= PART).collect())
            }
            _ => Mood::doubtful(all, shares),
        }
    }

    fn doubtful(all: Label, shares: &[(Emotion, f32)]) -> Mood {
        match (all.second, shares.get(1)) {
            (Some(second), _) if all.probability + second.1 >= EITHER => {
                Mood::Either([(all.emotion, all.probability), second])
            }
            (_, Some(next)) if all.probability < LIKELY * next.1 => Mood::Unclear(None),
            (_, None) => Mood::Unclear(None),
            _ => Mood::Unclear(Some((all.emotion, all.probability))),
        }
    }

    /// Whether the words for this mood name the emotion.
    fn names(&self, emotion: Emotion) -> bool {
        match self {
            Mood::Unclear(_) => false,
            Mood::Short(one, _) | Mood::Throughout(one, _) | Mood::Mostly(one, _) => *one == emotion,
            Mood::Either(two) => two.iter().any(|one| one.0 == emotion),
            Mood::Several(several) => several.iter().any(|one| one.0 == emotion),
            Mood::Change { before, after, .. } => {
                [before, after].into_iter().flatten().any(|side| side.emotion == emotion)
            }
        }
    }
}

/// Seconds of every clear emotion, and of none.
fn times(marks: &[Mark]) -> Vec<(Option<Emotion>, f64)> {
    let kinds = Emotion::ALL.into_iter().map(Some).chain([None]);
    let seconds =
        |kind| marks.iter().filter(|mark| mark.emotion == kind).map(|mark| mark.seconds).sum::<f64>();
    kinds.map(|kind| (kind, seconds(kind))).filter(|one| one.1 > 0.0).collect()
}

/// The mean probability of an emotion where it is clear.
fn mean(marks: &[Mark], emotion: Emotion) -> f32 {
    let own = || marks.iter().filter(|mark| mark.emotion == Some(emotion));
    let whole: f64 = own().map(|mark| mark.seconds).sum();
    own().map(|mark| mark.probability * (mark.seconds / whole) as f32).sum()
}

/// The place where one mood gives way to another, where there is one: the best of all.
fn change(marks: &[Mark]) -> Option<Mood> {
    let longest = |times: &[f64; KINDS]| {
        (0..KINDS).max_by(|&a, &b| times[a].total_cmp(&times[b]).then(b.cmp(&a))).unwrap_or(0)
    };
    let mut after = [0.0; KINDS];
    marks.iter().for_each(|mark| after[kind(mark)] += mark.seconds);
    let (whole, single) = (after.iter().sum::<f64>(), after[longest(&after)]);
    let mut before = [0.0; KINDS];
    let mut best: Option<(f64, usize)> = None;
    for (at, mark) in marks.iter().enumerate().skip(1) {
        let last = &marks[at - 1];
        before[kind(last)] += last.seconds;
        after[kind(last)] -= last.seconds;
        let (first, second) = (longest(&before), longest(&after));
        let one_mood = |times: &[f64; KINDS], longest: usize| {
            let side: f64 = times.iter().sum();
            side >= LITTLE && times[longest] >= SIDE * side
        };
        let explained = before[first] + after[second];
        let good = first != second
            && kind(mark) == second
            && one_mood(&before, first)
            && one_mood(&after, second)
            && explained >= single + GAIN * whole;
        if good && best.is_none_or(|best| explained > best.0 + 1e-9) {
            best = Some((explained, at));
        }
    }
    let (_, at) = best?;
    let side = |marks: &[Mark]| {
        let most = times(marks).into_iter().max_by(|a, b| a.1.total_cmp(&b.1))?.0?;
        passage(most, marks.iter().filter(|mark| mark.emotion == Some(most)))
    };
    let (first, second) = marks.split_at(at);
    Some(Mood::Change {
        before: side(first),
        after: side(second),
        until: first[at - 1].end,
        from: second[0].start,
    })
}

/// The eight emotions, and none that is clear.
const KINDS: usize = Emotion::ALL.len() + 1;

fn kind(mark: &Mark) -> usize {
    mark.emotion.map_or(KINDS - 1, |emotion| emotion as usize)
}

/// Runs of spans with one clear emotion that stands out and that the mood does not name, the most probable ones in order of time; and
/// how many more there are.
fn passages(marks: &[Mark], mood: &Mood) -> (Vec<Passage>, usize) {
    let run = |run: &[Mark]| {
        let emotion = run[0].emotion.filter(|&emotion| stands_out(emotion) && !mood.names(emotion))?;
        passage(emotion, run.iter()).filter(|passage| passage.peak >= STRONG)
    };
    let mut found: Vec<Passage> = marks.chunk_by(|a, b| a.emotion == b.emotion).filter_map(run).collect();
    found.sort_by(|a, b| b.peak.total_cmp(&a.peak));
    let more = found.len().saturating_sub(PASSAGES);
    found.truncate(PASSAGES);
    found.sort_by(|a, b| a.start.total_cmp(&b.start));
    (found, more)
}

fn passage<'a>(emotion: Emotion, marks: impl Iterator<Item = &'a Mark>) -> Option<Passage> {
    let mut whole: Option<Passage> = None;
    for mark in marks {
        let passage = whole.get_or_insert(Passage {
            emotion,
            start: mark.start,
            end: mark.end,
            seconds: 0.0,
            peak: mark.probability,
            peak_at: mark.start,
        });
        passage.end = passage.end.max(mark.end);
        passage.seconds += mark.seconds;
        if mark.probability > passage.peak {
            (passage.peak, passage.peak_at) = (mark.probability, mark.start);
        }
    }
    whole
}
