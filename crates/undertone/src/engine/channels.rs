//! What the channels of a recording have to do with each other: one sound on all, one that is dead, speech that leaks.

use super::channel::Channel;
use crate::error::{Warning, WarningCode};
use crate::units::{Segment, covered};

/// A channel so soft, in dB below full scale, is dead …
const DEAD: f32 = -75.0;
/// … where another is at least so much louder, in dB.
const ALIVE: f32 = 30.0;

/// Compares the channels; takes out what is there twice. Says what it did.
///
/// *The same sound on all* (their differences are 40 dB below it): only the first is kept. *A dead channel* is told. *A voice that
/// leaks into another channel* (softer there, its level rising and falling with its own) is left out there.
pub(super) fn compare(channels: &mut [Channel], same: bool) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if channels.len() < 2 {
        return warnings;
    }
    if same {
        channels.iter_mut().skip(1).for_each(|channel| channel.heard.clear());
        let message = "all channels hold the same sound: it was analysed once, as one channel; \
                       to tell speakers apart in it use --speakers 2";
        return vec![Warning::new(WarningCode::SameChannels, message)];
    }
    let loudest = channels.iter().map(|channel| channel.levels.whole()).fold(f32::NEG_INFINITY, f32::max);
    for (number, channel) in channels.iter().enumerate() {
        let level = channel.levels.whole();
        if level < DEAD && level < loudest - ALIVE {
            let message = format!("channel {number} (counted from 0) is silent throughout");
            warnings.push(Warning::new(WarningCode::DeadChannel, message));
        }
    }
    for number in 0..channels.len() {
        let seconds = silence_leaks(channels, number);
        if seconds > 0.0 {
            let message = format!(
                "{seconds:.1} s on channel {number} (counted from 0) were the voice of another channel, leaking in; \
                 they were left out there"
            );
            warnings.push(Warning::new(WarningCode::CrossTalk, message));
        }
    }
    let both = overlap(channels);
    if both >= 0.5 {
        let message = format!(
            "{both:.1} s are spoken on several channels at once; each voice is answered by its own channel"
        );
        warnings.push(Warning::new(WarningCode::Overlap, message));
    }
    warnings
}

/// Leaves windows out that hold the voice of another channel; gives the seconds left out.
fn silence_leaks(channels: &mut [Channel], number: usize) -> f64 {
    let leaks = |window: Segment| {
        let others = channels.iter().enumerate().filter(|(other, _)| *other != number);
        let mut heard = others.filter(|(_, other)| {
            other.heard.iter().flat_map(|analysed| &analysed.windows).any(|own| meet(*own, window) > 0.0)
        });
        heard.any(|(_, other)| channels[number].levels.leaks_from(&other.levels, window))
    };
    let windows = || channels[number].heard.iter().flat_map(|analysed| &analysed.windows);
    let out: Vec<Segment> = windows().copied().filter(|&window| leaks(window)).collect();
    let kept = covered(windows().copied().filter(|window| !out.contains(window)));
    let seconds = covered(windows().copied()).0 - kept.0;
    let heard = &mut channels[number].heard;
    heard.iter_mut().for_each(|analysed| analysed.retain(|_, window| !out.contains(&window)));
    heard.retain(|analysed| !analysed.windows.is_empty());
    seconds
}

/// Seconds in which voices are heard on two channels at once.
fn overlap(channels: &[Channel]) -> f64 {
    let all = channels.iter().flat_map(|channel| channel.heard.iter().flat_map(|one| &one.windows)).copied();
    let mut windows: Vec<Segment> = all.collect();
    windows.sort_by(|a, b| a.start.0.total_cmp(&b.start.0));
    let apart: f64 = channels
        .iter()
        .map(|channel| covered(channel.heard.iter().flat_map(|analysed| &analysed.windows).copied()).0)
        .sum();
    apart - covered(windows).0
}

fn meet(a: Segment, b: Segment) -> f64 {
    a.end.0.min(b.end.0) - a.start.0.max(b.start.0)
}
