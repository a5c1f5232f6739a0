//! Scores frame by frame → spans: hysteresis, joining, shortest length, padding. Knows nothing of sound.

use std::ops::Range;

/// How scores become spans; lengths in frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// A span opens at the first score at or above this …
    pub open: f32,
    /// … and holds while scores are at or above this.
    pub hold: f32,
    /// Pauses up to this long are joined.
    pub join: usize,
    /// Shorter spans are dropped.
    pub shortest: usize,
    /// Added before and after each span; at most half of `join`, so that spans never overlap.
    pub pad: usize,
    /// A span this long is cut, and goes on as the next one.
    pub longest: usize,
    /// Frames kept behind a cut, so that what is cut has been heard beyond its end.
    pub behind: usize,
}

/// Makes spans of scores as they come.
#[derive(Clone, Debug)]
pub struct Merge {
    rules: Rules,
    frame: usize,
    open: Option<Range<usize>>,
    /// Where the last cut was made.
    cut_at: Option<usize>,
}

impl Merge {
    /// Nothing heard yet.
    pub fn new(rules: Rules) -> Merge {
        Merge { rules, frame: 0, open: None, cut_at: None }
    }

    /// Takes the next frame's score; gives a span once no later frame can change it.
    pub fn push(&mut self, score: f32) -> Option<Range<usize>> {
        let at = self.frame;
        self.frame += 1;
        match &mut self.open {
            None if score >= self.rules.open => {
                self.open = Some(at..at + 1);
                None
            }
            Some(span) if score >= self.rules.hold => {
                span.end = at + 1;
                self.cut()
            }
            Some(span) if at + 1 - span.end > self.rules.join => self.close(),
            _ => None,
        }
    }

    /// The span that is still open at the end.
    pub fn finish(&mut self) -> Option<Range<usize>> {
        self.close()
    }

    /// The span that is still open, as far as it is certain: from its start with its padding to its last good score.
    pub fn open(&self) -> Option<Range<usize>> {
        let span = self.open.as_ref().filter(|span| span.len() >= self.rules.shortest)?;
        let rest = self.cut_at == Some(span.start);
        Some(if rest { span.start } else { span.start.saturating_sub(self.rules.pad) }..span.end)
    }

    /// The frame from which on nothing is settled: the start of the open span with its padding, or the next frame's.
    pub fn settled(&self) -> usize {
        self.open.as_ref().map_or(self.frame, |span| span.start).saturating_sub(self.rules.pad)
    }

    /// Cuts a span that has grown too long; the rest of it opens the next one.
    fn cut(&mut self) -> Option<Range<usize>> {
        let Rules { pad, longest, behind, .. } = self.rules;
        let span = self.open.as_mut().filter(|span| span.len() >= longest + behind)?;
        let start = if self.cut_at == Some(span.start) { span.start } else { span.start.saturating_sub(pad) };
        let end = span.end - behind;
        span.start = end;
        self.cut_at = Some(end);
        Some(start..end)
    }

    fn close(&mut self) -> Option<Range<usize>> {
        let rest = self.open.as_ref().is_some_and(|span| self.cut_at == Some(span.start));
        let span = self.open.take().filter(|span| rest || span.len() >= self.rules.shortest)?;
        let start = if rest { span.start } else { span.start.saturating_sub(self.rules.pad) };
        Some(start..(span.end + self.rules.pad).min(self.frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules =
        Rules { open: 0.5, hold: 0.3, join: 2, shortest: 2, pad: 1, longest: 100, behind: 3 };

    fn spans(scores: &[f32]) -> Vec<Range<usize>> {
        let mut merge = Merge::new(RULES);
        let mut spans: Vec<_> = scores.iter().filter_map(|&score| merge.push(score)).collect();
        spans.extend(merge.finish());
        spans
    }

    #[test]
    fn speech_from_first_to_last_frame_is_one_span() {
        assert_eq!(spans(&[0.9; 5]), [0..5]);
    }

    #[test]
    fn a_span_opens_high_holds_low_joins_short_pauses_and_is_padded() {
        let scores = [0.0, 0.0, 0.4, 0.6, 0.3, 0.1, 0.1, 0.4, 0.1, 0.1, 0.1, 0.1];
        assert_eq!(spans(&scores), [2..9]);
    }

    #[test]
    fn what_is_too_short_is_dropped_and_nothing_gives_nothing() {
        assert!(spans(&[0.0, 0.9, 0.0, 0.0, 0.0, 0.0]).is_empty());
        assert!(spans(&[]).is_empty());
    }

    #[test]
    fn a_span_that_never_ends_is_cut_without_a_gap_or_an_overlap() {
        let spans = spans(&[0.9; 250]);
        assert_eq!(spans, [0..100, 100..200, 200..250]);
    }

    #[test]
    fn an_open_span_is_told_with_its_padding_and_without_the_pause_after_it() {
        let mut merge = Merge::new(RULES);
        let open: Vec<_> =
            [0.0, 0.0, 0.9, 0.9, 0.0].into_iter().map(|x| (merge.push(x), merge.open()).1).collect();
        assert_eq!(open, [None, None, None, Some(1..4), Some(1..4)]);
    }

    #[test]
    fn what_is_settled_never_comes_back() {
        let mut merge = Merge::new(RULES);
        let scores = [0.0, 0.9, 0.9, 0.0, 0.0, 0.0, 0.0, 0.9, 0.9, 0.9];
        let mut settled = 0;
        for score in scores {
            let span = merge.push(score);
            assert!(span.is_none_or(|span| span.start >= settled));
            assert!(merge.settled() >= settled);
            settled = merge.settled();
        }
    }
}
