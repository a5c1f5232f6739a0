//! SRT captions.

use super::caption::{Caption, captions};
use super::label::stamp;
use crate::analysis::{Analysis, Span};
use crate::error::Result;

/// The spans as captions, `agent: angry 82 %`, or with what is said in a given segment, `agent: (angry 82 %) Hello`; speakers that overlap have captions that overlap.
///
/// # Errors
/// None today.
pub fn srt(recording: &Analysis) -> Result<String> {
    Ok(captions(recording).iter().enumerate().map(|(at, caption)| cue(at + 1, caption)).collect())
}

/// One span as the caption with this number, counted from 1: what is written of a stream while it is heard.
pub fn srt_cue(number: usize, span: &Span) -> String {
    cue(number, &Caption::of(span))
}

fn cue(number: usize, caption: &Caption) -> String {
    let (start, end) = (stamp(caption.start, ','), stamp(caption.end, ','));
    let speaker = caption.speaker.as_ref().map_or(String::new(), |name| format!("{name}: "));
    // SRT has no escapes; an arrow would be taken for a time.
    let text = format!("{speaker}{}", caption.body).replace("-->", "→");
    format!("{number}\n{start} --> {end}\n{text}\n\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::{sample, silent};
    use super::*;

    #[test]
    fn every_span_is_a_caption_on_one_line() {
        let want = "1\n00:00:00,500 --> 00:00:03,100\nagent: angry 82 %\n\n\
                    2\n00:00:02,000 --> 00:00:04,250\nAnn <b>&\"'\\ x: sad 70 %\n\n\
                    3\n00:00:04,250 --> 00:00:06,000\nAnn <b>&\"'\\ x: happy 90 %\n\n\
                    4\n00:00:08,000 --> 00:00:09,200\nagent: neutral 90 %\n\n";
        assert_eq!(srt(&sample()).unwrap(), want);
        assert_eq!(srt(&silent()).unwrap(), "");
        let mut arrow = sample();
        arrow.spans[0].speaker = Some("a --> b".into());
        assert!(srt(&arrow).unwrap().contains("a → b: angry"));
    }
}
