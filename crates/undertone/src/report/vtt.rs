//! WebVTT captions, with the speaker as the cue's voice.

use std::fmt::Write;

use super::label::{line, spoken, stamp};
use super::{CAVEAT, escape};
use crate::analysis::Analysis;
use crate::error::Result;

/// The spans as cues in order of start, `<v agent>agent: angry 82 %`; the file's first note says what the figures do not mean.
///
/// # Errors
/// None today.
pub fn vtt(recording: &Analysis) -> Result<String> {
    let mut out = format!("WEBVTT\n\nNOTE {CAVEAT}\n\n");
    for (number, span) in recording.spans.iter().enumerate() {
        let (start, end) = (stamp(span.start, '.'), stamp(span.end, '.'));
        let voice = span.speaker.as_deref().map(line).filter(|name| !name.is_empty());
        let voice = voice.map_or(String::new(), |name| format!("<v {}>", escape(&name)));
        let _ = write!(out, "{}\n{start} --> {end}\n{voice}{}\n\n", number + 1, escape(&spoken(span)));
    }
    Ok(out)
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
             1\n00:00:00.500 --> 00:00:03.100\n<v agent>agent: angry 82 %\n\n\
             2\n00:00:02.000 --> 00:00:04.250\n<v {nasty}>{nasty}: sad 70 %\n\n\
             3\n00:00:04.250 --> 00:00:06.000\n<v {nasty}>{nasty}: happy 90 %\n\n\
             4\n00:00:08.000 --> 00:00:09.200\n<v agent>agent: neutral 90 %\n\n"
        );
        assert_eq!(vtt(&sample()).unwrap(), want);
        assert_eq!(vtt(&silent()).unwrap(), format!("WEBVTT\n\nNOTE {CAVEAT}\n\n"));
        assert!(!CAVEAT.contains("-->") && !CAVEAT.contains('\n'));
    }
}
