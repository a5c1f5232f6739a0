//! Recordings as one self-contained HTML page, and its plots as SVG files. The page loads nothing, prints well, follows the light or
//! dark setting, and works with a keyboard and a screen reader.

pub mod plots;
mod section;
mod shell;
mod sound;
mod table;

pub use shell::document;
pub use sound::Sound;

use std::path::Path;

use super::escape;
use super::label::line;
use super::markup::url;
use crate::analysis::{Analysis, Report};
use crate::error::Result;

const STYLE: &str =
    concat!(include_str!("../base.css"), include_str!("plots/plots.css"), include_str!("style.css"));
const SCRIPT: &str = concat!(include_str!("../sort.js"), include_str!("script.js"));
/// Nothing may be loaded but what stands in the page and the recording beside it.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; media-src data: file: 'self'";

/// The page: a section a recording, with `sounds` in the order of the recordings (a recording beyond the last has none).
///
/// # Errors
/// None today.
pub fn html(report: &Report, sounds: &[Sound]) -> Result<String> {
    Ok(page(report, sounds, None))
}

/// [`html`] for a page of several that [`crate::report::index`] lists: it links back to the index, which lies at `index` seen from the page.
///
/// # Errors
/// None today.
pub fn html_below(report: &Report, sounds: &[Sound], index: &Path) -> Result<String> {
    Ok(page(report, sounds, Some(index)))
}

fn page(report: &Report, sounds: &[Sound], index: Option<&Path>) -> String {
    let names: Vec<String> = report.recordings.iter().map(name).collect();
    let title = match names.as_slice() {
        [one] => format!("Emotion in {one}"),
        all => format!("Emotion in {} recordings", all.len()),
    };
    let mut out = plots::definitions();
    if let Some(index) = index {
        out +=
            &format!("<nav aria-label=\"Index\"><p><a href=\"{}\">All recordings</a></p></nav>", url(index));
    }
    if names.len() > 1 {
        out += "<nav aria-label=\"Recordings\"><ol>";
        for (at, name) in names.iter().enumerate() {
            out += &format!("<li><a href=\"#r{}\">{}</a></li>", at + 1, escape(name));
        }
        out += "</ol></nav>";
    }
    out += "<main id=\"results\">";
    let nothing = Sound::default();
    for (at, recording) in report.recordings.iter().enumerate() {
        let sound = sounds.get(at).unwrap_or(&nothing);
        out += &section::section(&format!("r{}", at + 1), &names[at], recording, sound);
    }
    out += "</main>";
    document(&title, POLICY, STYLE, &out, SCRIPT, report)
}

/// The plots of a recording, each as a file of its own: name (`waveform`, `emotions`, `posteriors`, `affect`) and SVG. Those
/// with nothing to show are left out.
///
/// # Errors
/// None today.
pub fn svg(recording: &Analysis) -> Result<Vec<(&'static str, String)>> {
    let name = name(recording);
    Ok(plots::plots(recording).iter().map(|plot| (plot.name, plot.file(&name, recording.seconds))).collect())
}

/// A recording's file name on one line.
pub fn name(recording: &Analysis) -> String {
    match recording.path.file_name() {
        Some(name) if name != "-" => line(&name.to_string_lossy()),
        _ => "standard input".to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::CAVEAT;
    use super::super::sample::{hour, report, sample, silent};
    use super::*;
    use crate::analysis::Failure;

    /// The page without script and style, as XML: tags that are not closed or cross one another do not parse.
    fn parse(page: &str, check: impl Fn(&roxmltree::Document<'_>)) {
        let (head, rest) = page.split_once("<style>").unwrap();
        let (_, rest) = rest.split_once("</style>").unwrap();
        let (body, _) = rest.split_once("<script>").unwrap();
        let text = format!("{head}{body}</body></html>").replace("<!doctype html>", "");
        check(&roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}")));
    }

    #[test]
    fn the_page_is_well_formed_stands_alone_and_what_files_say_cannot_break_it() {
        let error = Some(Failure { kind: crate::ErrorKind::Io, message: "no <such> file".into() });
        let failed = Analysis { path: "x.wav".into(), error, ..Analysis::default() };
        let page = html(&report(vec![sample(), silent(), failed]), &[]).unwrap();
        parse(&page, |document| {
            let mut ids: Vec<&str> = document.descendants().filter_map(|node| node.attribute("id")).collect();
            let all = ids.len();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), all, "an id stands twice");
            for svg in document.descendants().filter(|node| node.attribute("role") == Some("img")) {
                let named = svg.attribute("aria-labelledby").unwrap();
                assert!(named.split(' ').all(|id| ids.contains(&id)), "{named}");
            }
            let rows = document.descendants().filter(|node| node.attribute("scope") == Some("row")).count();
            assert!(rows >= 4);
        });
        for outside in ["http:", "https:", "url(h", "@import", "<b>", "<c>", "<such>", "\u{1}"] {
            assert!(!page.contains(outside), "{outside}");
        }
        for part in [
            "not of what a person feels",
            "undertone model info",
            "small 1",
            "no &lt;such&gt; file",
            "neutral 90 %",
        ] {
            assert!(page.contains(part), "{part}");
        }
    }

    #[test]
    fn a_page_of_an_hour_is_small() {
        let page = html(&report(vec![hour()]), &[]).unwrap();
        assert!(page.len() < 3_000_000, "{} bytes", page.len());
        parse(&page, |document| {
            for path in document.descendants().filter(|node| node.has_tag_name("path")) {
                let points = path.attribute("d").unwrap().matches(['L', 'M', ' ']).count();
                assert!(points <= 6400, "{points} in one path");
            }
        });
    }

    #[test]
    fn plots_are_files_that_need_no_page() {
        let files = svg(&hour()).unwrap();
        let names: Vec<&str> = files.iter().map(|file| file.0).collect();
        assert_eq!(names, ["waveform", "emotions", "posteriors", "affect"]);
        for (name, text) in &files {
            let document = roxmltree::Document::parse(text).unwrap();
            assert_eq!(document.root_element().tag_name().namespace(), Some("http://www.w3.org/2000/svg"));
            assert!(!text.contains("var(") && text.contains(CAVEAT), "{name}");
            for id in text.split("url(#").skip(1).filter_map(|rest| rest.split(')').next()) {
                assert!(text.contains(&format!("id=\"{id}\"")), "{name} lacks {id}");
            }
        }
        assert_eq!(svg(&silent()).unwrap(), []);
    }
}
