//! The spans of one speaker, and what is summed over them.

use std::collections::BTreeMap;

use crate::analysis::{Range, Share, Span};
use crate::emotion::Emotion;

/// What a speaker is called where nobody said; as in [`crate::analysis::Speaker::id`].
const UNNAMED: &str = "speaker 1";

/// One speaker's spans in the order of their starts, at least one, each longer than 0 s.
pub(super) struct SpeakerSpans<'a> {
    pub(super) id: &'a str,
    /// Whether the speaker was named or diarized.
    pub(super) named: bool,
    pub(super) spans: Vec<&'a Span>,
}

/// The name a span's speaker goes by.
pub(super) fn id(span: &Span) -> &str {
    span.speaker.as_deref().unwrap_or(UNNAMED)
}

impl<'a> SpeakerSpans<'a> {
    pub(super) fn of(id: &'a str, spans: Vec<&'a Span>) -> SpeakerSpans<'a> {
        SpeakerSpans { id, named: spans.iter().any(|span| span.speaker.is_some()), spans }
    }

    /// The spans of each speaker, by channel and by who speaks first.
    pub(super) fn divide(spans: &[&'a Span]) -> Vec<SpeakerSpans<'a>> {
        let mut found: BTreeMap<&str, Vec<&Span>> = BTreeMap::new();
        spans.iter().for_each(|span| found.entry(id(span)).or_default().push(span));
        let mut speakers: Vec<SpeakerSpans> =
            found.into_iter().map(|(id, spans)| SpeakerSpans::of(id, spans)).collect();
        let first = |speaker: &SpeakerSpans| {
            speaker.spans.first().map_or((0, 0.0), |span| (span.channel, span.start))
        };
        speakers.sort_by(|a, b| {
            let (a, b) = (first(a), first(b));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        });
        speakers
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

    /// Share of the speech per emotion, its mean posterior, most first; ties in the order of [`Emotion::ALL`].
    pub(super) fn emotions(&self) -> Vec<Share> {
        let whole = self.seconds();
        let mut sums: BTreeMap<Emotion, f64> = BTreeMap::new();
        for span in &self.spans {
            for (emotion, p) in span.prediction.posterior.iter() {
                *sums.entry(emotion).or_default() += span.duration() / whole * f64::from(p);
            }
        }
        let mut shares: Vec<Share> =
            sums.into_iter().map(|(emotion, share)| Share { emotion, share: share as f32 }).collect();
        shares.sort_by(|a, b| b.share.total_cmp(&a.share));
        shares
    }

    pub(super) fn range(&self, value: impl Fn(&Span) -> f32) -> Option<Range> {
        super::range::range(self, value)
    }
}
