//! Captions: the spans, and given segments without an answer, with what is said in them.

use super::label::{label, line};
use crate::analysis::{Analysis, Span};

/// One caption.
pub(super) struct Caption {
    pub start: f64,
    pub end: f64,
    /// On one line.
    pub speaker: Option<String>,
    /// The label, or `(label) text`; the text alone where there is no answer. No line of it is empty.
    pub body: String,
}

impl Caption {
    /// A span's.
    pub(super) fn of(span: &Span) -> Caption {
        let text = span.text.as_deref().map(lines).filter(|text| !text.is_empty());
        let body = match text {
            Some(text) => format!("({}) {text}", label(span)),
            None => label(span),
        };
        Caption { start: span.start, end: span.end, speaker: name(span.speaker.as_deref()), body }
    }
}

/// A speaker's name on one line, where anything is left of it.
fn name(speaker: Option<&str>) -> Option<String> {
    speaker.map(line).filter(|name| !name.is_empty())
}

/// The captions in the order of their starts. A given segment with neither answer nor text has none.
pub(super) fn captions(recording: &Analysis) -> Vec<Caption> {
    let answered = recording.spans.iter().map(Caption::of);
    let silent = recording.unanswered.iter().filter_map(|one| {
        let body = lines(one.text.as_deref()?);
        let speaker = name(one.speaker.as_deref());
        (!body.is_empty()).then_some(Caption { start: one.start, end: one.end, speaker, body })
    });
    let mut captions: Vec<Caption> = answered.chain(silent).collect();
    captions.sort_by(|a, b| a.start.total_cmp(&b.start));
    captions
}

/// Lines without control characters; an empty one would end a caption.
fn lines(text: &str) -> String {
    text.lines().map(line).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{srt, vtt};
    use crate::analysis::{Analysis, Unanswered, UnansweredReason};
    use crate::emotion::Emotion;
    use crate::report::sample::span;

    /// Two captions of which one holds no speech, and a turn without words.
    fn subtitled() -> Analysis {
        let mut angry = span(1.0, 2.5, 0, Some("Ann"), &[(Emotion::Angry, 0.82), (Emotion::Neutral, 0.18)]);
        angry.text = Some("I said\n\nno --> <never>".to_string());
        let sad = span(3.0, 4.0, 0, None, &[(Emotion::Sad, 0.9), (Emotion::Neutral, 0.1)]);
        let music = Unanswered {
            start: 0.0,
            end: 1.0,
            channel: None,
            speaker: None,
            text: Some("♪".to_string()),
            segment: 0,
            reason: UnansweredReason::NoSpeech,
        };
        Analysis { spans: vec![angry, sad], unanswered: vec![music], ..Analysis::default() }
    }

    #[test]
    fn the_emotion_is_added_to_given_captions_and_their_text_stays() {
        let want = "1\n00:00:00,000 --> 00:00:01,000\n♪\n\n\
                    2\n00:00:01,000 --> 00:00:02,500\nAnn: (angry 82 %) I said\nno → <never>\n\n\
                    3\n00:00:03,000 --> 00:00:04,000\nsad 90 %\n\n";
        assert_eq!(srt(&subtitled()).unwrap(), want);
        let vtt = vtt(&subtitled()).unwrap();
        assert!(
            vtt.contains(
                "00:00:01.000 --> 00:00:02.500\n<v Ann>(angry 82 %) I said\nno --&gt; &lt;never&gt;\n"
            ),
            "{vtt}"
        );
        let read = crate::segments::parse(vtt.as_bytes(), &[]).unwrap();
        assert_eq!((read[1].speaker.as_deref(), read.len()), (Some("Ann"), 3));
        assert_eq!(read[1].text.as_deref(), Some("(angry 82 %) I said\nno --> <never>"));
    }
}
