//! WebVTT captions, with the speaker as the cue's voice.

use super::caption::{Caption, captions};
use super::label::stamp;
use super::{CAVEAT, escape};
use crate::analysis::{Analysis, Span};
use crate::error::Result;

/// The spans as cues in order of start, `<v agent>angry 82 %`, or with what is said in a given segment, `<v agent>(angry 82 %) Hello`,
/// since players show the voice's name beside the text; the file's first note says what the figures do not mean.
///
/// # Errors
/// None today.
pub fn vtt(recording: &Analysis) -> Result<String> {
    let cues = captions(recording);
    let cues = cues.iter().enumerate().map(|(at, caption)| cue(at + 1, caption));
    Ok(std::iter::once(vtt_opening()).chain(cues).collect())
}

/// What stands before the first cue.
pub fn vtt_opening() -> String {
    format!("WEBVTT\n\nNOTE {CAVEAT}\n\n")
}

/// One span as the cue with this number, counted from 1: what is written of a stream while it is heard.
pub fn vtt_cue(number: usize, span: &Span) -> String {
    cue(number, &Caption::of(span))
}

fn cue(number: usize, caption: &Caption) -> String {
    let (start, end) = (stamp(caption.start, '.'), stamp(caption.end, '.'));
    let voice = caption.speaker.as_ref().map_or(String::new(), |name| format!("<v {}>", escape(name)));
    let body = caption.body.lines().map(escape).collect::<Vec<_>>().join("\n");
    format!("{number}\n{start} --> {end}\n{voice}{body}\n\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::{sample, silent};
    use super::*;

    #[test]
    fn every_span_is_a_cue_and_names_cannot_become_tags() {
        let nasty = "Ann &lt;b&gt;&amp;&quot;&#39;\\ x";
        let want = format!(
            "WEBVTT\n\nNOTE {CAVEAT}\n\n\
             1\n00:00:00.500 --> 00:00:03.100\n<v agent>angry 82 %\n\n\
             2\n00:00:02.000 --> 00:00:04.250\n<v {nasty}>sad 70 %\n\n\
             3\n00:00:04.250 --> 00:00:06.000\n<v {nasty}>happy 90 %\n\n\
             4\n00:00:08.000 --> 00:00:09.200\n<v agent>neutral 90 %\n\n"
        );
        assert_eq!(vtt(&sample()).unwrap(), want);
        assert_eq!(vtt(&silent()).unwrap(), format!("WEBVTT\n\nNOTE {CAVEAT}\n\n"));
        assert!(!CAVEAT.contains("-->") && !CAVEAT.contains('\n'));
    }
}
