//! ELAN's annotation format (EAF 3.0): one tier per speaker with an annotation per span, and below it tiers of valence, arousal and
//! posterior with a value for each annotation.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use super::label::{Tier, emotions, millis, tiers};
use super::markup::url;
use super::values::{names, values};
use super::{CAVEAT, escape};
use crate::analysis::Analysis;
use crate::error::Result;

/// What stands before the tiers. The date is always the same: a result says nothing of the day it was written on.
const OPENING: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="undertone" DATE="1970-01-01T00:00:00+00:00" FORMAT="3.0" VERSION="3.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">
"#;
/// What stands after them.
const CLOSING: &str = r#"    <LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="emotion" TIME_ALIGNABLE="true"/>
    <LINGUISTIC_TYPE CONSTRAINTS="Symbolic_Association" GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="value" TIME_ALIGNABLE="false"/>
    <CONSTRAINT DESCRIPTION="1-1 association with a parent annotation" STEREOTYPE="Symbolic_Association"/>
</ANNOTATION_DOCUMENT>
"#;

/// The document; the recording is linked by the path it was given by and by its name beside the document.
///
/// # Errors
/// None today.
pub fn eaf(recording: &Analysis) -> Result<String> {
    let mut out = String::from(OPENING);
    out += "    <HEADER MEDIA_FILE=\"\" TIME_UNITS=\"milliseconds\">\n";
    if let Some(name) = recording.path.file_name() {
        let _ = writeln!(
            out,
            "        <MEDIA_DESCRIPTOR MEDIA_URL=\"file:{}\" MIME_TYPE=\"{}\" RELATIVE_MEDIA_URL=\"./{}\"/>",
            url(&recording.path),
            mime(&name.to_string_lossy()),
            url(Path::new(name))
        );
    }
    let _ = writeln!(out, "        <PROPERTY NAME=\"caveat\">{}</PROPERTY>\n    </HEADER>", escape(CAVEAT));
    let tiers = tiers(recording);
    // Every moment is one slot, in order of time.
    let mut slots = BTreeMap::new();
    for span in tiers.iter().flat_map(|tier| &tier.spans) {
        slots.insert(millis(span.start), 0);
        slots.insert(millis(span.end), 0);
    }
    out += "    <TIME_ORDER>\n";
    for (at, (time, number)) in slots.iter_mut().enumerate() {
        *number = at + 1;
        let _ = writeln!(out, "        <TIME_SLOT TIME_SLOT_ID=\"ts{number}\" TIME_VALUE=\"{time}\"/>");
    }
    out += "    </TIME_ORDER>\n";
    let mut number = 0;
    for (tier, beside) in tiers.iter().zip(names(&tiers)) {
        let name = escape(&tier.name);
        let _ = writeln!(
            out,
            "    <TIER LINGUISTIC_TYPE_REF=\"emotion\" PARTICIPANT=\"{name}\" TIER_ID=\"{name}\">"
        );
        let first = number;
        for span in &tier.spans {
            number += 1;
            let [start, end] = [span.start, span.end].map(|time| slots[&millis(time)]);
            let _ = write!(
                out,
                "        <ANNOTATION>\n            <ALIGNABLE_ANNOTATION ANNOTATION_ID=\"a{number}\" \
                 TIME_SLOT_REF1=\"ts{start}\" TIME_SLOT_REF2=\"ts{end}\">\n                \
                 <ANNOTATION_VALUE>{}</ANNOTATION_VALUE>\n            </ALIGNABLE_ANNOTATION>\n        </ANNOTATION>\n",
                emotions(span)
            );
        }
        out += "    </TIER>\n";
        for (kind, own) in beside.iter().enumerate() {
            dependent(&mut out, tier, (kind, own), first, &mut number);
        }
    }
    Ok(out + CLOSING)
}

/// A tier of values below a speaker's, whose annotations are numbered on from `first`.
fn dependent(out: &mut String, tier: &Tier, (kind, own): (usize, &str), first: usize, number: &mut usize) {
    let (name, own) = (escape(&tier.name), escape(own));
    let _ = writeln!(
        out,
        "    <TIER LINGUISTIC_TYPE_REF=\"value\" PARENT_REF=\"{name}\" PARTICIPANT=\"{name}\" TIER_ID=\"{own}\">"
    );
    for (at, span) in tier.spans.iter().enumerate() {
        *number += 1;
        let _ = write!(
            out,
            "        <ANNOTATION>\n            <REF_ANNOTATION ANNOTATION_ID=\"a{number}\" ANNOTATION_REF=\"a{}\">\n                \
             <ANNOTATION_VALUE>{}</ANNOTATION_VALUE>\n            </REF_ANNOTATION>\n        </ANNOTATION>\n",
            first + at + 1,
            values(span)[kind]
        );
    }
    *out += "    </TIER>\n";
}

/// The kind of medium, as ELAN tells by a file's name.
fn mime(name: &str) -> &'static str {
    match name.rsplit('.').next().map(str::to_lowercase).as_deref() {
        Some("wav" | "wave") => "audio/x-wav",
        Some("mp4" | "m4v") => "video/mp4",
        Some("mov") => "video/quicktime",
        Some("mp3") => "audio/mpeg",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::{sample, silent};
    use super::*;

    #[test]
    fn tiers_have_annotations_between_slots_in_order_of_time() {
        let document = eaf(&sample()).unwrap();
        let slots: Vec<&str> = document.lines().filter(|line| line.contains("<TIME_SLOT ")).collect();
        let want = [500, 2000, 3100, 4250, 6000, 8000, 9200];
        assert_eq!(slots.len(), want.len());
        for (at, (slot, time)) in slots.iter().zip(want).enumerate() {
            let want = format!("<TIME_SLOT TIME_SLOT_ID=\"ts{}\" TIME_VALUE=\"{time}\"/>", at + 1);
            assert_eq!(slot.trim(), want);
        }
        let first = r#"    <TIER LINGUISTIC_TYPE_REF="emotion" PARTICIPANT="agent" TIER_ID="agent">
        <ANNOTATION>
            <ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts3">
                <ANNOTATION_VALUE>angry</ANNOTATION_VALUE>
            </ALIGNABLE_ANNOTATION>
        </ANNOTATION>
        <ANNOTATION>
            <ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts6" TIME_SLOT_REF2="ts7">
                <ANNOTATION_VALUE>neutral</ANNOTATION_VALUE>
            </ALIGNABLE_ANNOTATION>
        </ANNOTATION>
    </TIER>
    <TIER LINGUISTIC_TYPE_REF="value" PARENT_REF="agent" PARTICIPANT="agent" TIER_ID="agent valence">
        <ANNOTATION>
            <REF_ANNOTATION ANNOTATION_ID="a3" ANNOTATION_REF="a1">
                <ANNOTATION_VALUE>-0.36</ANNOTATION_VALUE>
            </REF_ANNOTATION>
        </ANNOTATION>
        <ANNOTATION>
            <REF_ANNOTATION ANNOTATION_ID="a4" ANNOTATION_REF="a2">
"#;
        assert!(document.contains(first), "{document}");
    }

    #[test]
    fn the_document_is_well_formed_whatever_names_hold() {
        for recording in [sample(), silent(), Analysis::default()] {
            let document = eaf(&recording).unwrap();
            let read = roxmltree::Document::parse(&document).unwrap();
            let named = |name: &str| read.descendants().filter(|node| node.has_tag_name(name)).count();
            assert_eq!(named("ALIGNABLE_ANNOTATION"), recording.spans.len());
            assert_eq!(named("REF_ANNOTATION"), 3 * recording.spans.len());
            assert_eq!(named("MEDIA_DESCRIPTOR"), usize::from(recording.seconds > 0.0));
        }
        let document = eaf(&sample()).unwrap();
        let read = roxmltree::Document::parse(&document).unwrap();
        let names: Vec<&str> = read.descendants().filter_map(|node| node.attribute("TIER_ID")).collect();
        let second = "Ann <b>&\"'\\ x";
        assert_eq!(names[..5], ["agent", "agent valence", "agent arousal", "agent posterior", second]);
        let ids = |name: &str| read.descendants().filter_map(|node| node.attribute(name)).collect::<Vec<_>>();
        let known: std::collections::HashSet<&str> = ids("ANNOTATION_ID").into_iter().collect();
        assert_eq!(known.len(), 16, "every id is another");
        assert!(ids("ANNOTATION_REF").iter().all(|id| known.contains(id)));
        assert!(document.contains("RELATIVE_MEDIA_URL=\"./a%20%22b%22%20%3Cc%3E%26%7C%09%0A.wav\""));
    }
}
