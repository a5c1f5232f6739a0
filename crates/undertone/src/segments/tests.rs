//! The same segments in every format, and what is refused.
#![allow(clippy::unwrap_used)]

use super::*;

fn given(start: f64, end: f64, speaker: &str, text: &str) -> GivenSegment {
    GivenSegment { speaker: some(speaker), text: some(text), ..GivenSegment::new(start, end) }
}

fn on(channel: usize, segment: GivenSegment) -> GivenSegment {
    GivenSegment { channel: Some(channel), ..segment }
}

fn read_as(text: &str) -> Vec<GivenSegment> {
    parse(text.as_bytes(), &[]).unwrap()
}

fn refusal(text: &str, tiers: &[&str]) -> String {
    let tiers: Vec<String> = tiers.iter().map(|tier| tier.to_string()).collect();
    parse(text.as_bytes(), &tiers).unwrap_err().to_string()
}

const TEXTGRID: &str = "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\nxmin = 0\nxmax = 3\ntiers? <exists>\nsize = 3\n\
    item []:\n    item [1]:\n        class = \"IntervalTier\"\n        name = \"Ann\"\n        xmin = 0\n        xmax = 3\n        \
    intervals: size = 2\n        intervals [1]:\n            xmin = 0.5\n            xmax = 1.75\n            text = \"she said \"\"no\"\"\"\n        \
    intervals [2]:\n            xmin = 1.75\n            xmax = 3\n            text = \"\"\n    item [2]:\n        class = \"IntervalTier\"\n        \
    name = \"Bob\"\n        xmin = 0\n        xmax = 3\n        intervals: size = 1\n        intervals [1]:\n            xmin = 0\n            xmax = 1\n            \
    text = \"hi\"\n    item [3]:\n        class = \"TextTier\"\n        name = \"clicks\"\n        xmin = 0\n        xmax = 3\n        points: size = 1\n        \
    points [1]:\n            number = 1\n            mark = \"x\"\n";

#[test]
fn captions_have_times_text_and_the_speakers_they_name() {
    let srt = "\u{feff}1\r\n00:00:00,500 --> 00:00:01,750\r\n<i>Hello</i>,\r\n{\\an8}a < b\r\n\r\n\
               2\r\n00:00:02.000 --> 01:00:03,000 X1:40\r\n[SPEAKER_00]: 1 --> 2\r\n\r\n3\r\n00:01:00,000 --> 00:01:00,000\r\n\r\n";
    let want = [
        given(0.5, 1.75, "", "Hello,\na < b"),
        given(2.0, 3603.0, "SPEAKER_00", "1 --> 2"),
        given(60.0, 60.0, "", ""),
    ];
    // An arrow within a line of text that begins with a figure would be a time.
    let srt = srt.replace("1 --> 2\r", "one --> 2\r");
    let want = want.map(|mut one| {
        one.text = one.text.map(|text| text.replace("1 --> 2", "one --> 2"));
        one
    });
    assert_eq!(read_as(&srt), want);
    let vtt = "WEBVTT - made by hand\n\nNOTE nothing\n\nSTYLE\n::cue { color: red }\n\nintro\n00:00.500 --> 00:01.750 align:start\n\
               <v.loud Ann &amp; Co>Tom &lt;3 <b>you</b> &amp;lt;\n\n01:00:00.000 --> 01:00:01.000\n<v A>one <v B>two\n";
    assert_eq!(
        read_as(vtt),
        [given(0.5, 1.75, "Ann & Co", "Tom <3 you &lt;"), given(3600.0, 3601.0, "", "one two")]
    );
    assert_eq!(read_as("WEBVTT\n"), []);
    assert_eq!(read_as("\u{feff}\n"), [], "captions of silence");
}

#[test]
fn recognisers_json_is_read_in_all_its_shapes() {
    let want = [given(0.5, 1.75, "", "Hello"), given(2.0, 3.0, "SPEAKER_01", "you")];
    let listed = r#"[{"id": 0, "start": 0.5, "end": 1.75, "text": " Hello", "words": [{"word": "Hello", "start": null}]},
                     {"start": 2, "end": 3.0, "text": "you", "speaker": "SPEAKER_01"}]"#;
    assert_eq!(read_as(listed), want);
    assert_eq!(
        read_as(&format!(r#"{{"text": "…", "language": "en", "segments": {listed}, "word_segments": []}}"#)),
        want
    );
    let cpp = r#"{"model": {"type": "base"}, "transcription": [{"timestamps": {"from": "00:00:00,500", "to": "00:00:01,750"},
                  "offsets": {"from": 500, "to": 1750}, "text": " Hello"}]}"#;
    assert_eq!(read_as(cpp), want[..1]);
    assert_eq!(read_as(r#"{"segments": []}"#), []);
}

#[test]
fn tables_and_turns_tell_the_same() {
    let rttm = ";; made by hand\nSPKR-INFO call 1 <NA> <NA> <NA> unknown ann <NA> <NA>\n\
                SPEAKER call 1 0.50 1.25 <NA> <NA> ann <NA> <NA>\nSPEAKER call 1 2 1 <NA> <NA> bob <NA>\n\n\
                LEXEME call 1 2 1 hello lex bob <NA>\n";
    let want = [on(0, given(0.5, 1.75, "ann", "")), on(0, given(2.0, 3.0, "bob", ""))];
    assert_eq!(read_as(rttm), want);
    assert_eq!(
        read_as("\u{feff}speaker, start, End, channel, note\nann, 0.5, 1.75, 0, x\n\"bob\",2,3,0\n"),
        want
    );
    assert_eq!(read_as("start;end;speaker;channel\n0,5;1,75;ann;0\n2;3;bob;0\n"), want);
    assert_eq!(
        read_as("file,start,end,text\na.wav,2,3,later\na.wav,0,1,\"first, then\"\n"),
        [given(2.0, 3.0, "", "later"), given(0.0, 1.0, "", "first, then")],
        "in the file's order"
    );
    assert_eq!(
        read_as("SPEAKER\tcall\t<NA>\t1\t1\t<NA>\t<NA>\tAnn Smith\t<NA>\t<NA>\n"),
        [given(1.0, 2.0, "Ann Smith", "")]
    );
}

#[test]
fn a_textgrid_has_a_tier_or_tiers_of_speakers() {
    let of = |text: &str, tiers: &[&str]| {
        parse(text.as_bytes(), &tiers.iter().map(|tier| tier.to_string()).collect::<Vec<_>>()).unwrap()
    };
    let (ann, bob) = ("she said \"no\"", "hi");
    assert_eq!(of(TEXTGRID, &["Ann"]), [given(0.5, 1.75, "", ann)]);
    assert_eq!(of(TEXTGRID, &["Ann", "Bob"]), [given(0.0, 1.0, "Bob", bob), given(0.5, 1.75, "Ann", ann)]);
    let short = "File type = \"ooTextFile\"\n\"TextGrid\"\n\n0\n3\n<exists>\n1\n\"IntervalTier\"\n\"Ann\"\n0\n3\n1\n0.5\n1.75\n\"she said \"\"no\"\"\"\n";
    assert_eq!(of(short, &[]), [given(0.5, 1.75, "", ann)]);
    let utf16: Vec<u8> =
        [0xfe, 0xff].into_iter().chain(short.encode_utf16().flat_map(u16::to_be_bytes)).collect();
    assert_eq!(parse(&utf16, &[]).unwrap(), of(short, &[]), "as Praat writes it");
    for (text, tiers, word) in [
        (TEXTGRID, &[][..], "2 tiers: Ann, Bob; name one by --tier"),
        (TEXTGRID, &["clicks"], "no tier 'clicks' of intervals; it has: Ann, Bob"),
        (&TEXTGRID[..TEXTGRID.len() / 2], &["Ann"], "ends too early"),
        ("File type = \"ooTextFile\"\n\"Pitch 1\"\n", &[], "no TextGrid"),
        ("start,end\n0,1\n", &["Ann"], "no TextGrid"),
        ("\"Praat chronological TextGrid text file\"\n", &[], "save it in Praat"),
    ] {
        assert!(refusal(text, tiers).contains(word), "{word}: {}", refusal(text, tiers));
    }
}

#[test]
fn what_cannot_be_is_refused_and_its_place_named() {
    let cases = [
        ("SPEAKER call 1 0.5 NaN <NA> <NA> ann", "line 1: 'NaN'"),
        ("SPEAKER call 1 -0.5 1 <NA> <NA> ann", "'-0.5'"),
        ("SPEAKER call 1 0.5 -1 <NA> <NA> ann", "'-1'"),
        ("SPEAKER call 1 1e308 1.7e308 <NA> <NA> ann", "ends"),
        ("SPEAKER call 0 0.5 1 <NA> <NA> ann", "channel from 1"),
        ("SPEAKER call 1 0.5 1 <NA> <NA>", "8 fields"),
        ("SPEAKER call 1 0.5 1 <NA> <NA> Ann Smith <NA> <NA>", "10 fields"),
        ("SPEAKER a 1 0 1 <NA> <NA> x\nSPEAKER b 1 0 1 <NA> <NA> x", "several recordings"),
        ("start,end,speaker\n0,1,x\n2,1,x", "row 3: it ends at 1.00 s"),
        ("start,end\n0,inf", "'inf'"),
        ("start,end\n0,", "''"),
        ("start,end,channel\n0,1,900", "64 channels"),
        ("start,end,channel\n0,1,left", "'left'"),
        ("path,start,end\na.wav,0,1\nb.wav,0,1", "row 3: it has segments of several recordings"),
        ("from,to,who\n0,1,x", "none of SRT"),
        ("start\tend\ttext\n0\t1000\tHello", "milliseconds"),
        ("1\n00:00:02,000 --> 00:00:01,000\nx\n", "line 2: it ends"),
        ("1\n-00:00:02,000 --> 00:00:01,000\nx\n", "line 2: '-00:00:02,000'"),
        ("1\n00:00:02,000 -->\nx\n", "line 2: ''"),
        ("WEBVTT\n\n00:aa.000 --> 00:01.000\nx\n", "line 3: '00:aa.000'"),
        ("[{\"start\": 1, \"end\": 2}, {\"start\": null, \"end\": 3}]", "segment 2: it has no start"),
        ("[{\"start\": -1, \"end\": 2}]", "segment 1: '-1'"),
        ("{\"segments\": [{\"start\": NaN}]}", "no JSON of segments"),
        ("{\"words\": []}", "expected {\"segments\""),
    ];
    for (text, word) in cases {
        let error = refusal(text, &[]);
        assert!(error.contains(word), "{text}: {error}");
    }
    assert!(
        parse(b"start,end\n0,\xe9\n", &[])
            .unwrap_err()
            .to_string()
            .contains("line 2: it is no text in UTF-8")
    );
    assert!(parse(b"s\0t\0", &[]).unwrap_err().to_string().contains("UTF-16"));
    assert!(parse(b"\xff\xfe\x00\xd8", &[]).unwrap_err().to_string().contains("damaged UTF-16"));
    assert_eq!(read("no such file", &[]).unwrap_err().kind(), ErrorKind::Io);
}

#[test]
fn there_are_limits() {
    let table = |count: usize, row: &dyn Fn(usize) -> String| {
        let rows: String = (0..count).map(row).collect();
        parse(format!("start,end,speaker\n{rows}").as_bytes(), &[])
    };
    let apart = |i: usize| format!("{i},{},x\n", i + 1);
    assert_eq!(table(MOST_SEGMENTS, &apart).unwrap().len(), MOST_SEGMENTS);
    let too_large = |result: Result<Vec<GivenSegment>>| {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
        error.to_string()
    };
    too_large(table(MOST_SEGMENTS + 1, &apart));
    too_large(table(MOST_SPEAKERS + 1, &|i| format!("{i},{},s{i}\n", i + 1)));
    assert!(table(MOST_AT_ONCE, &|_| "0,1,x\n".to_string()).is_ok());
    assert!(too_large(table(MOST_AT_ONCE + 1, &|_| "0,1,x\n".to_string())).contains("overlap at 0.00 s"));
    assert!(table(100, &|_| "1,1,x\n".to_string()).is_ok(), "what has no length overlaps nothing");
}
