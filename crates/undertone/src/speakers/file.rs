//! Who speaks when, from a file made elsewhere: RTTM (`SPEAKER` lines) or CSV (`start,end,speaker`, optional `channel`).
//!
//! RTTM (NIST, Rich Transcription): `SPEAKER <recording> <channel from 1> <start> <duration> <NA> <NA> <speaker> …`, seconds; other lines are passed
//! over. CSV has a header and channels from 0, as in our own output. Which of the two a file is shows in its first line.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result, Warning, WarningCode};
use crate::units::{Seconds, Segment};

/// Largest file read, in bytes.
const MOST_BYTES: u64 = 64 << 20;
/// Most lines that tell of speech.
const MOST_SPANS: usize = 1_000_000;
/// Most speakers.
const MOST_SPEAKERS: usize = 1000;
/// Fields of a line of RTTM, at most.
const MOST_FIELDS: usize = 10;
/// Longest name of a speaker, in characters.
const LONGEST_NAME: usize = 200;
/// Most channels.
const MOST_CHANNELS: usize = 64;
/// The kinds of line that RTTM knows.
const RTTM: [&str; 12] = [
    "SPEAKER",
    "SPKR-INFO",
    "SEGMENT",
    "LEXEME",
    "NON-LEX",
    "NON-SPEECH",
    "FILLER",
    "EDIT",
    "IP",
    "CB",
    "A/P",
    "NOSCORE",
];

/// A stretch of one speaker, by somebody else's account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpeakerSpan {
    /// Where it lies in the recording.
    pub segment: Segment,
    /// The speaker's name.
    pub speaker: String,
    /// The channel, from 0; none where the file does not tell.
    pub channel: Option<usize>,
}

/// Reads a file of speakers, in its own order.
///
/// # Errors
/// `Io` where it cannot be read; `TooLarge` beyond 64 MiB, a million lines or a thousand speakers; `Malformed` naming the line that is wrong: a time that
/// is no number, negative or not finite, an end before its start, a speaker without a name; `Config` where an RTTM file tells of several recordings.
pub fn read(path: impl AsRef<Path>) -> Result<Vec<SpeakerSpan>> {
    let path = path.as_ref();
    let at = |error: Error| error.at(path);
    let file = File::open(path).map_err(|error| at(error.into()))?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| at(error.into()))?;
    parse(&bytes).map_err(at)
}

/// [`read`] from a file's bytes.
///
/// # Errors
/// As [`read`], but `Io`.
pub fn parse(bytes: &[u8]) -> Result<Vec<SpeakerSpan>> {
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!("a file of speakers has at most {MOST_BYTES} bytes"),
        ));
    }
    let text =
        std::str::from_utf8(bytes).map_err(|_| Error::malformed("a file of speakers is text in UTF-8"))?;
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with(";;"));
    let kind = first.and_then(|line| line.split_whitespace().next());
    let spans = match kind.is_some_and(|kind| RTTM.contains(&kind)) {
        true => rttm(text)?,
        false => csv(text)?,
    };
    let names: BTreeSet<&str> = spans.iter().map(|span| span.speaker.as_str()).collect();
    if names.len() > MOST_SPEAKERS {
        let message = format!("it names {} speakers; at most {MOST_SPEAKERS} are read", names.len());
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    Ok(spans)
}

/// What of the spans can be used on a recording of so many seconds: in the order of time, within the recording, and one speaker at a time on each
/// channel. Where two overlap, the one that began first keeps the time and the other begins where it ends (or is left out); spans of one speaker
/// that overlap are joined. Spans without a channel and those with one are distinguished by their own alone. Says what was cut, and what
/// lies beyond the `channels` that are analysed.
pub fn check(spans: &[SpeakerSpan], seconds: Seconds, channels: usize) -> (Vec<SpeakerSpan>, Vec<Warning>) {
    let elsewhere = |span: &&SpeakerSpan| span.channel.is_some_and(|channel| channel >= channels);
    let mut order: Vec<&SpeakerSpan> = spans.iter().filter(|span| !elsewhere(span)).collect();
    let elsewhere = spans.iter().find(elsewhere).map(|first| (first, spans.len() - order.len()));
    order.sort_by(|a, b| {
        let times = |span: &SpeakerSpan| [span.segment.start.0, span.segment.end.0];
        let [[a0, a1], [b0, b1]] = [times(a), times(b)];
        a.channel
            .cmp(&b.channel)
            .then(a0.total_cmp(&b0))
            .then(a1.total_cmp(&b1))
            .then(a.speaker.cmp(&b.speaker))
    });
    let (mut beyond, mut overlap) = (0, 0.0);
    let mut kept: Vec<SpeakerSpan> = Vec::new();
    for span in order {
        let mut segment = span.segment;
        if segment.end.0 > seconds.0 {
            beyond += 1;
            segment.end = seconds;
        }
        if let Some(last) = kept.last_mut().filter(|last| last.channel == span.channel) {
            let shared = last.segment.end.0.min(segment.end.0) - segment.start.0;
            if shared > 0.0 && last.speaker == span.speaker {
                last.segment.end.0 = last.segment.end.0.max(segment.end.0);
                continue;
            }
            if shared > 0.0 {
                overlap += shared;
                segment.start = last.segment.end;
            }
        }
        if segment.end.0 > segment.start.0 {
            kept.push(SpeakerSpan { segment, ..span.clone() });
        }
    }
    kept.sort_by(|a, b| a.segment.start.0.total_cmp(&b.segment.start.0).then(a.channel.cmp(&b.channel)));
    let mut warnings = Vec::new();
    if let Some((first, lines)) = elsewhere {
        let channel = first.channel.unwrap_or_default() + 1;
        let message = format!(
            "{lines} lines of the file of speakers are of channels that are not analysed, such as the {channel}. of {channels}; \
             analyse each channel (--channels split), or leave the channel out of the file"
        );
        warnings.push(Warning::new(WarningCode::SpeakersOtherChannel, message));
    }
    if beyond > 0 {
        let message = format!(
            "{beyond} lines of the file of speakers reach beyond the recording's end at {seconds}; is it of this recording?"
        );
        warnings.push(Warning::new(WarningCode::SpeakersBeyondEnd, message));
    }
    if overlap > 0.0 {
        let message =
            format!("speakers overlap for {overlap:.1} s in all; that time went to whoever began first");
        warnings.push(Warning::new(WarningCode::SpeakersOverlap, message));
    }
    (kept, warnings)
}

fn rttm(text: &str) -> Result<Vec<SpeakerSpan>> {
    let (mut spans, mut recording) = (Vec::new(), None);
    for (number, line) in text.lines().enumerate() {
        // Names may hold spaces where tabs part the fields.
        let fields: Vec<&str> = match line.contains('\t') {
            true => line.split('\t').map(str::trim).take(MOST_FIELDS + 1).collect(),
            false => line.split_whitespace().take(MOST_FIELDS + 1).collect(),
        };
        if fields.first() != Some(&"SPEAKER") {
            continue;
        }
        let wrong =
            |error: Error| Error::new(error.kind(), format!("line {}: {}", number + 1, error.message()));
        if fields.len() > MOST_FIELDS {
            let message =
                "a SPEAKER line has at most 10 fields; where a name holds a space, part the fields by tabs";
            return Err(wrong(Error::malformed(message)));
        }
        let [_, file, channel, start, length, _, _, speaker, ..] = fields[..] else {
            return Err(wrong(Error::malformed("a SPEAKER line has at least 8 fields")));
        };
        if *recording.get_or_insert(file) != file {
            let message = "it tells of several recordings; cut it into one file a recording";
            return Err(wrong(Error::config(message)));
        }
        let channel = match channel {
            "<NA>" => None,
            number => Some(number.parse::<usize>().ok().filter(|&number| number > 0).map_or_else(
                || Err(wrong(Error::malformed(format!("'{number}' is no channel from 1 on")))),
                |number| Ok(number - 1),
            )?),
        };
        let start = time(start).map_err(wrong)?;
        let end = Seconds(start.0 + time(length).map_err(wrong)?.0);
        push(&mut spans, start, end, speaker, channel).map_err(wrong)?;
    }
    Ok(spans)
}

fn csv(text: &str) -> Result<Vec<SpeakerSpan>> {
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
    let broken = |error: csv::Error| Error::malformed(error.to_string());
    let headers = reader.headers().map_err(broken)?.clone();
    let column = |name: &str| headers.iter().position(|header| header == name);
    let (Some(start), Some(end), Some(speaker)) = (column("start"), column("end"), column("speaker")) else {
        let message =
            "expected RTTM (lines that begin with SPEAKER) or CSV with the columns start, end, speaker";
        return Err(Error::malformed(message));
    };
    let channel = column("channel");
    let mut spans = Vec::new();
    for (number, record) in reader.records().enumerate() {
        let record = record.map_err(broken)?;
        let wrong =
            |error: Error| Error::new(error.kind(), format!("row {}: {}", number + 2, error.message()));
        let cell = |at: usize| record.get(at).unwrap_or("");
        let channel =
            match channel.map(cell).filter(|text| !text.is_empty()) {
                None => None,
                Some(text) => {
                    let number = text.parse::<usize>().ok();
                    Some(number.ok_or_else(|| {
                        wrong(Error::malformed(format!("'{text}' is no channel from 0 on")))
                    })?)
                }
            };
        let [start, end] = [start, end].map(|at| time(cell(at)).map_err(wrong));
        push(&mut spans, start?, end?, cell(speaker), channel).map_err(wrong)?;
    }
    Ok(spans)
}

/// A time in seconds, 0 or later.
fn time(text: &str) -> Result<Seconds> {
    let time = text.parse::<f64>().ok().filter(|time| time.is_finite() && *time >= 0.0);
    let shown: String = text.chars().take(40).collect();
    time.map(Seconds).ok_or_else(|| Error::malformed(format!("'{shown}' is no time in seconds from 0 on")))
}

/// Adds a span after its last checks; one of no length tells nothing and is left out.
fn push(
    spans: &mut Vec<SpeakerSpan>,
    start: Seconds,
    end: Seconds,
    speaker: &str,
    channel: Option<usize>,
) -> Result<()> {
    if end.0 < start.0 || !end.0.is_finite() {
        return Err(Error::malformed(format!("it ends at {end}, before it begins at {start}")));
    }
    if speaker.is_empty() || speaker.chars().count() > LONGEST_NAME {
        return Err(Error::malformed(format!("a speaker's name has 1 to {LONGEST_NAME} characters")));
    }
    if channel.is_some_and(|channel| channel >= MOST_CHANNELS) {
        return Err(Error::malformed(format!("a recording has at most {MOST_CHANNELS} channels")));
    }
    if spans.len() >= MOST_SPANS {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!("at most {MOST_SPANS} lines of speech are read"),
        ));
    }
    if end.0 > start.0 {
        spans.push(SpeakerSpan { segment: Segment { start, end }, speaker: speaker.to_string(), channel });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn span(start: f64, end: f64, speaker: &str, channel: Option<usize>) -> SpeakerSpan {
        let segment = Segment { start: Seconds(start), end: Seconds(end) };
        SpeakerSpan { segment, speaker: speaker.to_string(), channel }
    }

    #[test]
    fn rttm_and_csv_tell_the_same() {
        let rttm = ";; made by hand\nSPKR-INFO call 1 <NA> <NA> <NA> unknown ann <NA> <NA>\n\
                    SPEAKER call 1 0.50 1.25 <NA> <NA> ann <NA> <NA>\nSPEAKER call 1 2 1 <NA> <NA> bob <NA>\n\n\
                    LEXEME call 1 2 1 hello lex bob <NA>\nSPEAKER call 1 9 0 <NA> <NA> bob <NA>\n";
        let csv = "\u{feff}speaker, start, end, channel, note\nann, 0.5, 1.75, 0, x\n\"bob\",2,3,0\n";
        let wanted = [span(0.5, 1.75, "ann", Some(0)), span(2.0, 3.0, "bob", Some(0))];
        assert_eq!(parse(rttm.as_bytes()).unwrap(), wanted);
        assert_eq!(parse(csv.as_bytes()).unwrap(), wanted);
        let unknown = "SPEAKER call <NA> 0.50 1.25 <NA> <NA> ann\n";
        assert_eq!(parse(unknown.as_bytes()).unwrap(), [span(0.5, 1.75, "ann", None)]);
        assert_eq!(parse(b"start,end,speaker\n1,2,x\n").unwrap(), [span(1.0, 2.0, "x", None)]);
        let tabs = "SPEAKER\tcall\t1\t1\t1\t<NA>\t<NA>\tAnn Smith\t<NA>\t<NA>\n";
        assert_eq!(parse(tabs.as_bytes()).unwrap(), [span(1.0, 2.0, "Ann Smith", Some(0))]);
    }

    #[test]
    fn what_cannot_be_is_refused_and_the_line_named() {
        let cases = [
            ("SPEAKER call 1 0.5 NaN <NA> <NA> ann", "line 1"),
            ("SPEAKER call 1 -0.5 1 <NA> <NA> ann", "-0.5"),
            ("SPEAKER call 1 0.5 -1 <NA> <NA> ann", "'-1'"),
            ("SPEAKER call 1 1e308 1.7e308 <NA> <NA> ann", "ends"),
            ("SPEAKER call 0 0.5 1 <NA> <NA> ann", "channel from 1"),
            ("SPEAKER call 1 0.5 1 <NA> <NA>", "8 fields"),
            ("SPEAKER call 1 0.5 1 <NA> <NA> Ann Smith <NA> <NA>", "10 fields"),
            ("SPEAKER a 1 0 1 <NA> <NA> x\nSPEAKER b 1 0 1 <NA> <NA> x", "several recordings"),
            ("start,end,speaker\n0,1,x\n2,1,x", "row 3"),
            ("start,end,speaker\n0,inf,x", "'inf'"),
            ("start,end,speaker\n0,1,", "1 to 200"),
            ("start,end,speaker,channel\n0,1,x,900", "64 channels"),
            ("start,end,speaker,channel\n0,1,x,left", "'left'"),
            ("from,to,who\n0,1,x", "expected RTTM"),
            ("", "expected RTTM"),
        ];
        for (text, word) in cases {
            let error = parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
        assert!(parse(b"\xff\xfe").unwrap_err().to_string().contains("UTF-8"));
        let many: String = (0..1001).map(|i| format!("SPEAKER a 1 {i} 1 <NA> <NA> s{i}\n")).collect();
        assert_eq!(parse(many.as_bytes()).unwrap_err().kind(), ErrorKind::TooLarge);
        assert_eq!(read("no such file").unwrap_err().kind(), ErrorKind::Io);
    }

    #[test]
    fn what_overlaps_goes_to_whoever_began_first_and_what_lies_beyond_is_cut() {
        let spans = [
            span(5.0, 7.0, "bob", None),
            span(0.0, 4.0, "ann", None),
            span(3.0, 4.5, "bob", None),
            span(1.0, 2.0, "bob", None),
            span(6.0, 9.5, "bob", None),
            span(20.0, 30.0, "ann", None),
            span(2.0, 3.0, "cat", Some(1)),
        ];
        let (kept, warnings) = check(&spans, Seconds(9.0), 2);
        let wanted = [
            span(0.0, 4.0, "ann", None),
            span(2.0, 3.0, "cat", Some(1)),
            span(4.0, 4.5, "bob", None),
            span(5.0, 9.0, "bob", None),
        ];
        assert_eq!(kept, wanted);
        let codes: Vec<WarningCode> = warnings.iter().map(|warning| warning.code).collect();
        assert_eq!(codes, [WarningCode::SpeakersBeyondEnd, WarningCode::SpeakersOverlap]);
        assert!(
            warnings[0].message.starts_with("2 lines") && warnings[1].message.contains("2.0 s"),
            "{warnings:?}"
        );
        assert_eq!(check(&wanted, Seconds(9.0), 2), (wanted.to_vec(), vec![]));
        assert_eq!(check(&[], Seconds(1.0), 1), (vec![], vec![]));
        let (kept, warnings) = check(&wanted, Seconds(9.0), 1);
        assert_eq!((kept.len(), warnings.len()), (3, 1));
        assert_eq!(warnings[0].code, WarningCode::SpeakersOtherChannel);
        assert!(warnings[0].message.starts_with("1 lines of"), "{warnings:?}");
    }
}
