//! WebVTT captions, with the speaker as the cue's voice.

use std::fmt::Write;

use super::caption::captions;
use super::label::stamp;
use super::{CAVEAT, escape};
use crate::analysis::Analysis;
use crate::error::Result;

/// The spans as cues in order of start, `<v agent>agent: angry 82 %`, or with what is said in a given segment, `<v agent>(angry 82 %)
/// Hello`; the file's first note says what the figures do not mean.
///
/// # Errors
/// None today.
pub fn vtt(recording: &Analysis) -> Result<String> {
    let mut out = format!("WEBVTT\n\nNOTE {CAVEAT}\n\n");
    for (number, caption) in captions(recording).into_iter().enumerate() {
        let (start, end) = (stamp(caption.start, '.'), stamp(caption.end, '.'));
        let name = caption.speaker.as_deref().map(escape);
        let voice = name.as_ref().map_or(String::new(), |name| format!("<v {name}>"));
        let before = name.filter(|_| !caption.is_spoken).map_or(String::new(), |name| format!("{name}: "));
        let body = caption.body.lines().map(escape).collect::<Vec<_>>().join("\n");
        let _ = write!(out, "{}\n{start} --> {end}\n{voice}{before}{body}\n\n", number + 1);
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
