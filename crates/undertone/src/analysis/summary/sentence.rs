//! The headline: who sounded how, in plain words; what is decided in `course.rs` is only worded here.

use super::course::{Course, Mood, Passage};
use super::moment::stands_out;
use super::rules::{LITTLE, SPEAKERS};
use super::speaker::SpeakerSpans;
use crate::emotion::Emotion;

/// What is said where nobody speaks.
pub(super) const NO_SPEECH: &str = "No speech.";

/// `Caller: angry from 0:45 (87 % at 0:50). Agent: no clear emotion.`; without names where there is one speaker without a name.
/// `speakers` are all there are, at least one; those with most speech are named.
pub(super) fn headline(speakers: &[SpeakerSpans]) -> String {
    let mut seconds: Vec<f64> = speakers.iter().map(SpeakerSpans::seconds).collect();
    let whole: f64 = seconds.iter().sum();
    seconds.sort_by(|a, b| b.total_cmp(a));
    let least = seconds[..seconds.len().min(SPEAKERS)].last().copied().unwrap_or_default();
    let named = speakers.iter().filter(|speaker| speaker.seconds() >= least).take(SPEAKERS);
    let mut sentences: Vec<String> = named
        .map(|speaker| {
            let how = how(&Course::of(speaker));
            capital(&if speaker.named { format!("{}: {how}.", speaker.id) } else { format!("{how}.") })
        })
        .collect();
    match speakers.len() - sentences.len() {
        0 => {}
        1 => sentences.push("One more speaker.".to_string()),
        more => sentences.push(format!("{more} more speakers.")),
    }
    if whole < LITTLE {
        sentences.push(format!("Only {whole:.1} s to go by."));
    }
    sentences.join(" ")
}

/// A speaker's emotion over the recording.
fn how(Course { mood, passages, more }: &Course) -> String {
    let others = !passages.is_empty();
    let mut parts = vec![match mood {
        Mood::Unclear(_) if others => "mostly unclear".to_string(),
        Mood::Unclear(None) => "no clear emotion".to_string(),
        Mood::Unclear(Some((likely, share))) => {
            format!("no clear emotion (most likely {}, {})", adjective(*likely), percent(*share))
        }
        Mood::Either([(one, p), (other, q)]) => {
            format!("{} or {} ({}, {})", adjective(*one), adjective(*other), percent(*p), percent(*q))
        }
        Mood::Short(emotion, p) => format!("{} ({})", adjective(*emotion), percent(*p)),
        Mood::Throughout(emotion, _) if others => format!("mostly {}", adjective(*emotion)),
        Mood::Throughout(emotion, p) => {
            format!("{} throughout ({} on average)", adjective(*emotion), percent(*p))
        }
        Mood::Mostly(emotion, share) => {
            format!("mostly {} ({} of the time)", adjective(*emotion), percent(*share as f32))
        }
        Mood::Several(several) => match several.as_slice() {
            [] => "changing emotions".to_string(),
            [one] => format!("at times {} ({} of the time)", adjective(one.0), percent(one.1 as f32)),
            several => {
                let share = |(at, one): (usize, &(Emotion, f64))| {
                    let of = if at == 0 { " of the time" } else { "" };
                    format!("{} ({}{of})", adjective(one.0), percent(one.1 as f32))
                };
                let mut shares: Vec<String> = several.iter().enumerate().map(share).collect();
                let last = shares.pop().unwrap_or_default();
                format!("by turns {} and {last}", shares.join(", "))
            }
        },
        Mood::Change { before, after, until, from } => change(before.as_ref(), after.as_ref(), *until, *from),
    }];
    parts.extend(passages.iter().map(other));
    match more {
        0 => {}
        1 => parts.push("and one more moment".to_string()),
        more => parts.push(format!("and {more} more moments")),
    }
    parts.join(", ")
}

/// One mood, then another.
fn change(before: Option<&Passage>, after: Option<&Passage>, until: f64, from: f64) -> String {
    let (until, from) = (clock(until), clock(from));
    match (before, after) {
        (None, None) => "no clear emotion".to_string(),
        (None, Some(after)) => format!("{} from {from}{}", adjective(after.emotion), peak(after, &from)),
        (Some(before), None) => {
            format!("{} until {until}{}, then no clear emotion", adjective(before.emotion), peak(before, ""))
        }
        (Some(before), Some(after)) if stands_out(before.emotion) => format!(
            "{} until {until}{}, then {}{}",
            adjective(before.emotion),
            peak(before, ""),
            adjective(after.emotion),
            peak(after, "")
        ),
        (Some(before), Some(after)) => format!(
            "{}, then {} from {from}{}",
            adjective(before.emotion),
            adjective(after.emotion),
            peak(after, &from)
        ),
    }
}

/// `angry at 0:50 (87 %)`; a longer passage has its end too.
fn other(passage: &Passage) -> String {
    let (name, start) = (adjective(passage.emotion), clock(passage.start));
    if passage.seconds < LITTLE {
        return format!("{name} at {} ({})", clock(passage.peak_at), percent(passage.peak));
    }
    format!("{name} from {start} to {}{}", clock(passage.end), peak(passage, &start))
}

/// ` (87 % at 0:50)`, without the time where it was said just now; nothing for what does not stand out.
fn peak(passage: &Passage, said: &str) -> String {
    let at = clock(passage.peak_at);
    match stands_out(passage.emotion) {
        false => String::new(),
        true if at == said => format!(" ({})", percent(passage.peak)),
        true => format!(" ({} at {at})", percent(passage.peak)),
    }
}

fn percent(share: f32) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// An emotion as somebody sounds.
fn adjective(emotion: Emotion) -> &'static str {
    match emotion {
        Emotion::Disgust => "disgusted",
        other => other.name(),
    }
}

fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or(String::new(), |first| first.to_uppercase().chain(rest).collect())
}

/// `m:ss`, or `h:mm:ss` from an hour on; whole seconds that have passed.
fn clock(seconds: f64) -> String {
    let seconds = seconds.max(0.0) as u64;
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m}:{s:02}") }
}
