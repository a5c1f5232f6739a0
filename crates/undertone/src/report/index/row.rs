//! One speaker of one recording as a row of the index.

use std::fmt::Write;
use std::path::Path;

use crate::analysis::{Analysis, Label, Sentiment, Share, Span};
use crate::emotion::{Emotion, EmotionSet};
use crate::report::escape;
use crate::report::label::{Tier, label, tiers};
use crate::report::markup::url;
use crate::report::page::name;
use crate::report::page::plots::columns::{MARKED_FIRST, of_labels, stack};
use crate::report::text::clock;
use crate::report::words::signed;

/// Columns of the drawing, and its height in pixels.
const COLUMNS: usize = 80;
const HEIGHT: f64 = 22.0;
/// Spans that the drawing's description names.
const NAMED: usize = 6;

/// What the table says of a speaker.
pub struct Row<'a> {
    recording: &'a Analysis,
    /// Where the recording's page lies.
    page: Option<String>,
    /// The folder below that of all recordings, with a `/` at its end; empty for none.
    folder: String,
    /// The speaker's name; empty where nobody speaks.
    pub speaker: String,
    /// Emotions that a span is labelled with.
    pub labels: EmotionSet,
    spans: Vec<&'a Span>,
    emotions: &'a [Share],
    sentiment: Option<(f32, Option<[f32; 2]>)>,
}

impl<'a> Row<'a> {
    /// The rows of a recording: one per speaker with speech, or one that says why there is none.
    pub fn of(recording: &'a Analysis, page: Option<&Path>, shared: &Path) -> Vec<Row<'a>> {
        let folder = recording
            .path
            .parent()
            .map_or(Path::new(""), |folder| folder.strip_prefix(shared).unwrap_or(folder));
        let folder = match folder.as_os_str().is_empty() {
            true => String::new(),
            false => format!("{}/", crate::report::label::line(&folder.to_string_lossy())),
        };
        let page = page.map(|page| format!("./{}", url(page)));
        let row = |tier: Option<Tier<'a>>| {
            let spans = tier.as_ref().map_or(Vec::new(), |tier| tier.spans.clone());
            let summary = &recording.summary;
            let own = tier.as_ref().and_then(|tier| {
                let id = spans.first().and_then(|span| span.speaker.as_deref()).or(tier.speaker);
                summary.speakers.iter().find(|one| Some(one.id.as_str()) == id)
            });
            let (emotions, sentiment, interval) = match own {
                Some(own) => (&own.emotions, own.sentiment, own.sentiment_interval),
                None => (&summary.emotions, summary.sentiment, summary.sentiment_interval),
            };
            Row {
                recording,
                page: page.clone(),
                folder: folder.clone(),
                speaker: tier.map_or(String::new(), |tier| tier.name),
                labels: spans.iter().map(|span| Label::from(*span).emotion).collect(),
                spans,
                emotions,
                sentiment: sentiment.map(|sentiment| (sentiment, interval)),
            }
        };
        let speaking = tiers(recording).into_iter().filter(|tier| !tier.spans.is_empty());
        let rows: Vec<Row> = speaking.map(|tier| row(Some(tier))).collect();
        if rows.is_empty() { vec![row(None)] } else { rows }
    }

    /// The row, with a share for each of `emotions`.
    pub fn write(&self, out: &mut String, emotions: &[Emotion]) {
        let labels: Vec<&str> = self.labels.iter().map(Emotion::name).collect();
        let _ = write!(
            out,
            "<tr data-speaker=\"{}\" data-labels=\"{}\">{}<td>{}</td>",
            escape(&self.speaker),
            labels.join(" "),
            self.head(),
            self.drawing()
        );
        let seconds = self.recording.seconds;
        let _ = match self.recording.error {
            None => write!(out, "<td data-v=\"{seconds:.2}\">{}</td>", clock(seconds)),
            Some(_) => write!(out, "<td></td>"),
        };
        let _ = write!(out, "<td>{}</td>{}{}", escape(&self.speaker), self.first_angry(), self.sentiment());
        for &emotion in emotions {
            let share = self.emotions.iter().find(|share| share.emotion == emotion);
            let _ = match share.filter(|_| !self.spans.is_empty()) {
                Some(Share { share, .. }) => {
                    let percent = 100.0 * share;
                    write!(
                        out,
                        "<td data-v=\"{percent:.2}\" class=\"share b-{emotion}\" style=\"--share:{percent:.0}%\">{percent:.0}</td>"
                    )
                }
                None => write!(out, "<td></td>"),
            };
        }
        *out += "</tr>";
    }

    fn head(&self) -> String {
        let name = escape(&name(self.recording));
        let name = match &self.page {
            Some(page) => format!("<a href=\"{page}\">{name}</a>"),
            None => name,
        };
        let folder = match self.folder.is_empty() {
            true => String::new(),
            false => format!("<span class=\"what\">{}</span>", escape(&self.folder)),
        };
        let sorted = escape(&format!("{}{}", self.folder, crate::report::page::name(self.recording)));
        format!("<th scope=\"row\" data-v=\"{sorted}\">{folder}{name}</th>")
    }

    /// The emotions over time, or why there are none.
    fn drawing(&self) -> String {
        if let Some(error) = &self.recording.error {
            return format!("<span class=\"failed\">failed: {}</span>", escape(&error.message));
        }
        if self.spans.is_empty() {
            return "<span class=\"what\">no speech</span>".to_string();
        }
        let changes = self.spans.chunk_by(|a, b| Label::from(*a).emotion == Label::from(*b).emotion);
        let said: Vec<String> = changes
            .clone()
            .take(NAMED)
            .map(|run| format!("{} {}", clock(run[0].start), label(run[0])))
            .collect();
        let rest = if changes.count() > NAMED { "; and so on" } else { "" };
        format!(
            "<svg class=\"spark\" width=\"160\" height=\"{HEIGHT}\" role=\"img\" aria-label=\"{}{rest}\">{}</svg>",
            said.join("; "),
            stack(&of_labels(&self.spans, self.recording.seconds, COLUMNS), HEIGHT, &MARKED_FIRST)
        )
    }

    fn first_angry(&self) -> String {
        let angry = |span: &&&Span| Label::from(**span).emotion == Emotion::Angry;
        let Some(span) = self.spans.iter().find(angry) else { return "<td></td>".to_string() };
        let (start, shown) = (span.start, clock(span.start));
        match &self.page {
            Some(page) => {
                format!("<td data-v=\"{start:.2}\"><a href=\"{page}#t={start:.2}\">{shown}</a></td>")
            }
            None => format!("<td data-v=\"{start:.2}\">{shown}</td>"),
        }
    }

    fn sentiment(&self) -> String {
        let Some((mean, interval)) = self.sentiment else { return "<td></td>".to_string() };
        let word = match interval.map(Sentiment::of) {
            Some(Sentiment::Pleasant) => " pleasant",
            Some(Sentiment::Unpleasant) => " unpleasant",
            _ => "",
        };
        format!("<td data-v=\"{mean:.4}\">{}{word}</td>", signed(mean))
    }
}
