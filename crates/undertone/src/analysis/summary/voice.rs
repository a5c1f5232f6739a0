//! The spans of one speaker, and what is summed over them.

use std::collections::BTreeMap;

use crate::analysis::{Range, Share, Span};
use crate::emotion::Emotion;

/// What a speaker is called where nobody said; as in [`crate::analysis::Speaker::id`].
const UNNAMED: &str = "speaker 1";

/// Spans in the order of their starts, at least one, each longer than 0 s.
pub(super) struct Voice<'a> {
    pub(super) id: &'a str,
    /// Whether the speaker was named or told from others.
    pub(super) named: bool,
    pub(super) spans: Vec<&'a Span>,
}

/// The name a span's speaker goes by.
pub(super) fn id(span: &Span) -> &str {
    span.speaker.as_deref().unwrap_or(UNNAMED)
}

impl<'a> Voice<'a> {
    pub(super) fn of(id: &'a str, spans: Vec<&'a Span>) -> Voice<'a> {
        Voice { id, named: spans.iter().any(|span| span.speaker.is_some()), spans }
    }

    /// Every speaker's spans apart, by channel and by who speaks first.
    pub(super) fn apart(spans: &[&'a Span]) -> Vec<Voice<'a>> {
        let mut found: BTreeMap<&str, Vec<&Span>> = BTreeMap::new();
        spans.iter().for_each(|span| found.entry(id(span)).or_default().push(span));
        let mut voices: Vec<Voice> = found.into_iter().map(|(id, spans)| Voice::of(id, spans)).collect();
        let first = |voice: &Voice| voice.spans.first().map_or((0, 0.0), |span| (span.channel, span.start));
        voices.sort_by(|a, b| {
            let (a, b) = (first(a), first(b));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        });
        voices
    }

    pub(super) fn seconds(&self) -> f64 {
        self.spans.iter().map(|span| span.duration()).sum()
    }

    /// Mean over the speech.
    pub(super) fn mean(&self, value: impl Fn(&Span) -> f64) -> f64 {
        self.spans.iter().map(|span| span.duration() * value(span)).sum::<f64>() / self.seconds()
    }

    /// Mean valence, −1…1.
    pub(super) fn sentiment(&self) -> f32 {
        self.mean(|span| f64::from(span.valence)) as f32
    }

    /// Share of the speech per emotion, most first.
    pub(super) fn emotions(&self) -> Vec<Share> {
        shares(&self.spans.iter().map(|&span| (span.duration(), span)).collect::<Vec<_>>())
    }

    pub(super) fn range(&self, value: impl Fn(&Span) -> f32) -> Option<Range> {
        super::range::range(self, value)
    }

    /// The first and the second half of the speech: spans with so many seconds of each; one may be in both.
    pub(super) fn halves(&self) -> [Vec<(f64, &'a Span)>; 2] {
        let (half, mut before) = (self.seconds() / 2.0, 0.0);
        let mut halves = [Vec::new(), Vec::new()];
        for &span in &self.spans {
            let first = (half - before).clamp(0.0, span.duration());
            for (part, seconds) in halves.iter_mut().zip([first, span.duration() - first]) {
                part.extend((seconds > 0.0).then_some((seconds, span)));
            }
            before += span.duration();
        }
        halves
    }
}

/// The mean posterior of spans that count so many seconds, most first; ties in the order of [`Emotion::ALL`].
pub(super) fn shares(spans: &[(f64, &Span)]) -> Vec<Share> {
    let whole: f64 = spans.iter().map(|(seconds, _)| seconds).sum();
    let mut sums: BTreeMap<Emotion, f64> = BTreeMap::new();
    for (seconds, span) in spans {
        for (emotion, p) in span.prediction.posterior.iter() {
            *sums.entry(emotion).or_default() += seconds / whole * f64::from(p);
        }
    }
    let mut shares: Vec<Share> =
        sums.into_iter().map(|(emotion, share)| Share { emotion, share: share as f32 }).collect();
    shares.sort_by(|a, b| b.share.total_cmp(&a.share));
    shares
}
