//! Labels of spans and names of speakers, as all formats for people show them.

use crate::analysis::{Analysis, Label, Span};

/// `angry 82 %`, or `sad or angry` where the second is at least half as probable.
pub fn label(span: &Span) -> String {
    Label::from(span).to_string()
}

/// `angry`, or `sad or angry`: the label without its probability.
pub(super) fn emotions(span: &Span) -> String {
    let Label { emotion, second, .. } = Label::from(span);
    second.map_or(emotion.to_string(), |(second, _)| format!("{emotion} or {second}"))
}

/// `agent: angry 82 %`; the label alone where the speaker is not known.
pub(super) fn spoken(span: &Span) -> String {
    match &span.speaker {
        Some(speaker) => format!("{}: {}", line(speaker), label(span)),
        None => label(span),
    }
}

/// Text on one line: runs of white space and control characters are one space.
pub(super) fn line(text: &str) -> String {
    let blank = |c: char| c.is_whitespace() || c.is_control();
    text.split(blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A figure with `digits` after the point; what rounds to nothing has no sign.
pub(super) fn fixed(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    match text.strip_prefix('-') {
        Some(figures) if figures.chars().all(|c| c == '0' || c == '.') => figures.to_string(),
        _ => text,
    }
}

/// Whole milliseconds: what formats that must not have gaps or overlaps count in.
pub(super) fn millis(seconds: f64) -> u64 {
    (seconds.max(0.0) * 1000.0).round() as u64
}

/// `hh:mm:ss` and the milliseconds after `point`, as captions write time.
pub(super) fn stamp(seconds: f64, point: char) -> String {
    let ms = millis(seconds);
    let (h, m, s) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    format!("{h:02}:{m:02}:{s:02}{point}{:03}", ms % 1000)
}

/// The spans of one speaker.
#[derive(Debug)]
pub(super) struct Tier<'a> {
    /// One line, no other tier's.
    pub name: String,
    /// The channel, from 0.
    pub channel: usize,
    /// The speaker; none where speakers are not known.
    pub speaker: Option<&'a str>,
    /// In order of start.
    pub spans: Vec<&'a Span>,
}

/// The tiers of a recording: its speakers in their order, each with its spans (or none), then others that have spans.
///
/// Spans without a speaker are those of the only speaker of their channel, where there is one.
pub(super) fn tiers(recording: &Analysis) -> Vec<Tier<'_>> {
    let tier = |channel, speaker| Tier { name: String::new(), channel, speaker, spans: Vec::new() };
    let known = recording.speakers.iter().map(|speaker| tier(speaker.channel, Some(speaker.id.as_str())));
    let mut tiers: Vec<Tier> = known.collect();
    for span in &recording.spans {
        let own = |tier: &Tier| tier.channel == span.channel && tier.speaker == span.speaker.as_deref();
        let here: Vec<usize> = (0..tiers.len()).filter(|&at| tiers[at].channel == span.channel).collect();
        let at = match tiers.iter().position(own) {
            Some(at) => at,
            None if span.speaker.is_none() && here.len() == 1 => here[0],
            None => {
                tiers.push(tier(span.channel, span.speaker.as_deref()));
                tiers.len() - 1
            }
        };
        tiers[at].spans.push(span);
    }
    let names = tiers.iter().map(|tier| match tier.speaker.map(line).filter(|name| !name.is_empty()) {
        Some(name) => name,
        None => format!("channel {}", tier.channel + 1),
    });
    let names = distinct(names);
    for (tier, name) in tiers.iter_mut().zip(names) {
        tier.name = name;
        tier.spans.sort_by(|a, b| a.start.total_cmp(&b.start));
    }
    tiers
}

/// The same names in the same order, later ones numbered (`name-2`) where one was there before; names that differ in case only are
/// the same, as on some file systems.
pub fn distinct(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let names: Vec<String> = names.into_iter().collect();
    let mut taken: std::collections::HashSet<String> = std::collections::HashSet::new();
    let wanted: std::collections::HashSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let mut out = Vec::new();
    for name in names {
        let mut own = name.clone();
        let mut number = 1;
        while taken.contains(&own.to_lowercase()) || (number > 1 && wanted.contains(&own.to_lowercase())) {
            number += 1;
            own = format!("{name}-{number}");
        }
        taken.insert(own.to_lowercase());
        out.push(own);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::sample::{NASTY, sample, span};
    use super::*;
    use crate::emotion::Emotion;

    #[test]
    fn a_close_second_is_named_instead_of_a_figure() {
        assert_eq!(
            label(&span(0.0, 1.0, 0, None, &[(Emotion::Angry, 0.82), (Emotion::Sad, 0.18)])),
            "angry 82 %"
        );
        assert_eq!(
            label(&span(0.0, 1.0, 0, None, &[(Emotion::Sad, 0.4), (Emotion::Calm, 0.6)])),
            "calm or sad"
        );
    }

    #[test]
    fn tiers_keep_the_order_of_speakers_and_names_stay_on_one_line() {
        let recording = sample();
        let tiers = tiers(&recording);
        let got: Vec<(&str, usize)> =
            tiers.iter().map(|tier| (tier.name.as_str(), tier.spans.len())).collect();
        assert_eq!(got, [("agent", 2), ("Ann <b>&\"'\\ x", 2)]);
        assert_eq!(line(NASTY), "Ann <b>&\"'\\ x");
    }

    #[test]
    fn spans_without_a_speaker_belong_to_the_only_one_there() {
        let mut recording = sample();
        recording.spans.iter_mut().for_each(|span| span.speaker = None);
        assert_eq!(tiers(&recording).len(), 2);
        recording.speakers.clear();
        let names: Vec<String> = tiers(&recording).into_iter().map(|tier| tier.name).collect();
        assert_eq!(names, ["channel 1", "channel 2"]);
    }

    #[test]
    fn names_that_clash_are_numbered_and_never_take_anothers() {
        let names = ["a", "A", "b", "a", "a-2"].map(String::from);
        assert_eq!(distinct(names), ["a", "A-3", "b", "a-4", "a-2"]);
    }

    #[test]
    fn what_rounds_to_nothing_has_no_sign() {
        let all = [-0.0004, -0.0, 0.0, -0.3, 1.0].map(|value| fixed(value, 2));
        assert_eq!(all, ["0.00", "0.00", "0.00", "-0.30", "1.00"]);
        assert_eq!(fixed(-0.4, 0), "0");
    }

    #[test]
    fn times_of_captions_have_hours_and_milliseconds() {
        assert_eq!(stamp(3725.0418, ','), "01:02:05,042");
        assert_eq!(stamp(-0.1, '.'), "00:00:00.000");
    }
}
