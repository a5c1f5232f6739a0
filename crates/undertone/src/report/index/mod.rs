//! Many recordings as one HTML page: a table with a row per recording and speaker, which links to the recordings' own pages. It
//! loads nothing, reads without its script, and sorts and filters with it.

mod row;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::escape;
use super::page::{document, plots};
use super::text::clock;
use crate::analysis::{Analysis, Report};
use crate::emotion::Emotion;
use crate::error::Result;
use row::Row;

const STYLE: &str = concat!(
    include_str!("../base.css"),
    include_str!("../page/plots/plots.css"),
    include_str!("../page/style.css"),
    include_str!("style.css")
);
const SCRIPT: &str = concat!(include_str!("../sort.js"), include_str!("script.js"));
/// Nothing may be loaded but what stands in the page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// The index of recordings whose pages lie at `pages` (in the order of the recordings, seen from the index; none for those without
/// a page).
///
/// # Errors
/// None today.
pub fn index(report: &Report, pages: &[Option<PathBuf>]) -> Result<String> {
    let recordings = &report.recordings;
    let title = match recordings.len() {
        1 => "Emotion in 1 recording".to_string(),
        n => format!("Emotion in {n} recordings"),
    };
    let emotions = classes(recordings);
    let shared = shared_folder(recordings);
    let rows: Vec<Row> = recordings
        .iter()
        .enumerate()
        .flat_map(|(at, recording)| Row::of(recording, pages.get(at).and_then(Option::as_deref), &shared))
        .collect();
    let mut out = plots::definitions() + "<main id=\"results\">";
    let _ =
        write!(out, "<p class=\"what\">{}</p>{}{}", extent(recordings), filters(&rows), legend(&emotions));
    let _ = write!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of recordings\"><table class=\"calls sorts\">\
         <caption>One row per recording and speaker; shares in percent of the speech</caption><thead><tr><th scope=\"col\" \
         aria-sort=\"ascending\">recording</th><th scope=\"col\" data-sort=\"no\">over time</th><th scope=\"col\" \
         data-sort=\"down\">length</th><th scope=\"col\">speaker</th><th scope=\"col\">first angry</th><th \
         scope=\"col\">sentiment</th>"
    );
    emotions.iter().for_each(|emotion| {
        let _ = write!(out, "<th scope=\"col\" data-sort=\"down\">{emotion}</th>");
    });
    // Rows come in the order of the recordings, which is that of their names only where it happens to be.
    if !recordings.is_sorted_by(|a, b| a.path <= b.path) {
        out = out.replacen(" aria-sort=\"ascending\"", "", 1);
    }
    out += "</tr></thead><tbody>";
    rows.iter().for_each(|row| row.write(&mut out, &emotions));
    out += "</tbody></table></div><p class=\"what small\">Over time: the share of each emotion in equal parts of the recording; blank \
            is silence. First angry: the start of the first span whose label is angry. Sentiment: mean valence, −1…1, and a word \
            where its 95 % interval excludes 0. Shares are mean probabilities; they list neutral and calm apart.</p></main>";
    Ok(document(&title, POLICY, STYLE, &out, SCRIPT, report))
}

/// Emotions that compete in any recording, in their order.
fn classes(recordings: &[Analysis]) -> Vec<Emotion> {
    let shares = recordings.iter().flat_map(|recording| &recording.summary.emotions);
    let found: BTreeSet<Emotion> = shares.map(|share| share.emotion).collect();
    found.into_iter().collect()
}

/// The folder that all recordings lie in or below.
fn shared_folder(recordings: &[Analysis]) -> PathBuf {
    let mut folders = recordings.iter().map(|recording| recording.path.parent().unwrap_or(Path::new("")));
    let first = folders.next().unwrap_or(Path::new("")).to_path_buf();
    folders.fold(first, |shared, folder| {
        shared.components().zip(folder.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
    })
}

/// `30 recordings, 1:12:05 in all, speech 48:10.0; 1 failed`.
fn extent(recordings: &[Analysis]) -> String {
    let sum = |of: fn(&Analysis) -> f64| clock(recordings.iter().map(of).sum());
    let failed = recordings.iter().filter(|recording| recording.error.is_some()).count();
    let silent = recordings.iter().filter(|one| one.error.is_none() && one.spans.is_empty()).count();
    let mut out = format!("{} in all, speech {}", sum(|one| one.seconds), sum(|one| one.speech_seconds));
    for (count, what) in [(silent, "without speech"), (failed, "failed")] {
        if count > 0 {
            let _ = write!(out, "; {count} {what}");
        }
    }
    out
}

/// Text, speaker and emotion to look for; shown by the script.
fn filters(rows: &[Row]) -> String {
    let option = |name: &str| format!("<option>{}</option>", escape(name));
    let speakers: BTreeSet<&str> =
        rows.iter().map(|row| row.speaker.as_str()).filter(|name| !name.is_empty()).collect();
    let emotions: BTreeSet<Emotion> = rows.iter().flat_map(|row| row.labels.iter()).collect();
    format!(
        "<form class=\"filters\" role=\"search\" hidden=\"\"><label>Find <input type=\"search\" name=\"text\" \
         autocomplete=\"off\"/></label><label>Speaker <select name=\"speaker\"><option value=\"\">all</option>{}</select></label>\
         <label>Emotion <select name=\"emotion\"><option value=\"\">all</option>{}</select></label><output \
         name=\"count\" aria-live=\"polite\"></output></form>",
        speakers.into_iter().map(option).collect::<String>(),
        emotions.into_iter().map(|emotion| option(emotion.name())).collect::<String>()
    )
}

fn legend(emotions: &[Emotion]) -> String {
    let item = |emotion: &Emotion| format!("<li><i class=\"f-{emotion}\"></i>{emotion}</li>");
    let items: String = emotions.iter().map(item).collect();
    if items.is_empty() {
        items
    } else {
        format!("<ul class=\"legend\" aria-label=\"Colours of emotions\">{items}</ul>")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::{report, sample, silent};
    use super::*;
    use crate::analysis::Failure;

    fn body(page: &str) -> String {
        let (head, rest) = page.split_once("<style>").unwrap();
        let (_, rest) = rest.split_once("</style>").unwrap();
        let (body, _) = rest.split_once("<script>").unwrap();
        format!("{head}{body}</body></html>").replace("<!doctype html>", "")
    }

    #[test]
    fn every_recording_and_speaker_has_a_row_that_links_to_its_page() {
        let error = Some(Failure { kind: crate::ErrorKind::Io, message: "no <such> file".into() });
        let failed = Analysis { path: "x.wav".into(), error, ..Analysis::default() };
        let pages = [Some("a #?%'b/1.html".into()), Some("silence.html".into()), None];
        let page = index(&report(vec![sample(), silent(), failed]), &pages).unwrap();
        let body = body(&page);
        let document = roxmltree::Document::parse(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
        let table = document.descendants().find(|node| node.has_tag_name("tbody")).unwrap();
        let rows: Vec<_> = table.children().collect();
        let text = |row: usize, cell: usize| {
            let cell = rows[row].children().nth(cell).unwrap();
            cell.descendants()
                .filter(|node| node.is_text())
                .filter_map(|node| node.text())
                .collect::<String>()
        };
        let link = |row: usize| rows[row].descendants().find_map(|node| node.attribute("href"));
        assert_eq!(rows.len(), 4);
        assert_eq!((text(0, 3), text(1, 3)), ("agent".into(), "Ann <b>&\"'\\ x".into()));
        assert_eq!(link(0), Some("./a%20%23%3F%25%27b/1.html"));
        assert_eq!((link(2), text(2, 1)), (Some("./silence.html"), "no speech".into()));
        assert_eq!((link(3), text(3, 1)), (None, "failed: no <such> file".into()));
        // The agent is angry at once, the other never; the moment is a link into the page.
        let angry = |row: usize| rows[row].children().nth(4).unwrap();
        assert_eq!((angry(0).attribute("data-v"), text(0, 4)), (Some("0.50"), "0:00.5".into()));
        assert!(page.contains("1.html#t=0.50\""), "{page}");
        assert_eq!(text(1, 4), "");
        // 0.82 of 2.6 s, and nothing of 1.2 s.
        let heads: Vec<_> =
            document.descendants().filter(|node| node.attribute("scope") == Some("col")).collect();
        let at = heads.iter().position(|head| head.text() == Some("angry")).unwrap();
        assert_eq!(text(0, at), "56");
        for row in &rows {
            assert_eq!(row.children().count(), heads.len());
        }
        assert!(page.contains("0:12.5 in all, speech 0:07.8; 1 without speech; 1 failed"), "{body}");
        for outside in ["http:", "https:", "@import", "<b>", "<such>"] {
            assert!(!page.contains(outside), "{outside}");
        }
    }

    #[test]
    fn a_page_of_thirty_calls_is_small() {
        let recordings = vec![super::super::sample::hour(); 30];
        let page = index(&report(recordings), &[]).unwrap();
        assert!(page.len() < 500_000, "{} bytes", page.len());
    }

    #[test]
    fn folders_are_shown_below_the_one_that_all_share() {
        let at = |path: &str| Analysis { path: path.into(), ..silent() };
        let shared = |paths: &[&str]| shared_folder(&paths.iter().map(|path| at(path)).collect::<Vec<_>>());
        assert_eq!(shared(&["calls/may/a.wav", "calls/june/a.wav"]), Path::new("calls"));
        assert_eq!(shared(&["calls/a.wav", "b.wav"]), Path::new(""));
        assert_eq!(shared(&[]), Path::new(""));
        let page = index(&report(vec![at("calls/may/a.wav"), at("calls/june/b.wav")]), &[]).unwrap();
        assert!(page.contains("may/</span>") && !page.contains("calls/"), "{page}");
    }
}
