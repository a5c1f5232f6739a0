//! The whole in one plain sentence that claims no more than the figures say.
//!
//! - *mostly X* where X has at least half of the speaker's speech; *most often X* where the next emotion has less than half of X's share;
//!   else *mixed*, with the two largest;
//! - *at first X, later Y* where in each half of at least 5 s of speech one emotion has at least twice the share of the next, and not the same one;
//! - strong moments as `moment.rs` defines them;
//! - a speaker's tone *went with* (or *against*) another's where the correlation of valence is beyond chance;
//! - less than 5 s of speech says so. Of more than three speakers the three with most speech are named.

use super::moment;
use super::reaction::beyond_chance;
use super::voice::{self, Voice};
use crate::analysis::{Reaction, Share, Span};
use crate::emotion::Emotion;

/// Speakers named at most.
const NAMED: usize = 3;
/// Seconds of speech below which nothing is said of a course in time, and the sentence says how little there is.
const LITTLE: f64 = 5.0;

/// The sentence; `voices` are all speakers, `spans` all spans in order of time, at least one of each.
pub(super) fn line(voices: &[Voice], spans: &[&Span], reactions: &[Reaction]) -> String {
    let mut named: Vec<&Voice> = voices.iter().collect();
    named.sort_by(|a, b| b.seconds().total_cmp(&a.seconds()));
    named.truncate(NAMED);
    let is_named = |voice: &Voice| named.iter().any(|other| other.id == voice.id);
    let mut parts: Vec<String> = voices
        .iter()
        .filter(|voice| is_named(voice))
        .map(|voice| format!("{} sounded {}", who(voice), how(voice)))
        .collect();
    match voices.len() - named.len() {
        0 => {}
        1 => parts.push("one other spoke too".to_string()),
        more => parts.push(format!("{more} others spoke too")),
    }
    parts.extend(moments(spans));
    parts.extend(following(reactions));
    let seconds: f64 = voices.iter().map(Voice::seconds).sum();
    if seconds < LITTLE {
        parts.push(format!("there are only {seconds:.1} s of speech"));
    }
    format!("{}.", parts.join("; "))
}

fn who<'a>(voice: &Voice<'a>) -> &'a str {
    if voice.named { voice.id } else { "The voice" }
}

/// How a speaker sounded: a course in time where there is one, else the shares.
fn how(voice: &Voice) -> String {
    let halves = voice.halves();
    let long = halves.iter().all(|half| half.iter().map(|(seconds, _)| seconds).sum::<f64>() >= LITTLE);
    if let [Some(first), Some(later)] = halves.map(|half| clear(&voice::shares(&half)))
        && long
        && first != later
    {
        return format!("at first {first}, later {later}");
    }
    let shares = voice.emotions();
    let percent = |share: &Share| format!("{:.0} %", 100.0 * share.share);
    match shares.as_slice() {
        [top, ..] if top.share >= 0.5 => format!("mostly {} ({})", top.emotion, percent(top)),
        [top, second, ..] if 2.0 * second.share >= top.share => {
            format!("mixed ({} {}, {} {})", top.emotion, percent(top), second.emotion, percent(second))
        }
        [top, ..] => format!("most often {} ({})", top.emotion, percent(top)),
        [] => "like nothing asked for".to_string(),
    }
}

/// The emotion of at least twice the share of the next one.
fn clear(shares: &[Share]) -> Option<Emotion> {
    let top = shares.first()?;
    let second = shares.get(1).map_or(0.0, |share| share.share);
    (top.share >= 2.0 * second).then_some(top.emotion)
}

fn moments(spans: &[&Span]) -> Option<String> {
    match moment::strong(spans).as_slice() {
        [] => None,
        [one] => Some(format!("one strong moment, at {} ({})", clock(one.start), one.emotion)),
        all => Some(format!(
            "{} strong moments, first at {} ({})",
            all.len(),
            clock(all[0].start),
            all[0].emotion
        )),
    }
}

/// The correlation of valence furthest from 0, where it is beyond chance.
fn following(reactions: &[Reaction]) -> Option<String> {
    let sure = reactions.iter().filter_map(|reaction| {
        let r = reaction.valence.filter(|&r| beyond_chance(r, reaction.turns))?;
        Some((r, reaction))
    });
    let (r, Reaction { from, to, turns, .. }) = sure.max_by(|a, b| a.0.abs().total_cmp(&b.0.abs()))?;
    let way = if r > 0.0 { "with" } else { "against" };
    Some(format!("{to}'s tone went {way} {from}'s (r = {r:.2} over {turns} turns)"))
}

/// `m:ss`, or `h:mm:ss` from an hour on; whole seconds that have passed.
fn clock(seconds: f64) -> String {
    let seconds = seconds.max(0.0) as u64;
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m}:{s:02}") }
}
