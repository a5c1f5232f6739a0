//! One recording of the page: player, timeline, plane, moments, summary, spans.

use std::fmt::Write;

use super::plots::{self, Plot, code};
use super::{Sound, table};
use crate::analysis::{Analysis, Moment, Share};
use crate::emotion::Emotion;
use crate::report::label::line;
use crate::report::text::clock;
use crate::report::{escape, words};

/// What keys do on a timeline with a sound.
const KEYS: &str =
    "<span class=\"what keys\">On the timeline: ← → seek 5 s, with Shift 30 s; + − length</span>";

/// The section with the id `id`.
pub fn section(id: &str, name: &str, recording: &Analysis, sound: &Sound) -> String {
    let mut out =
        format!("<section id=\"{id}\" aria-labelledby=\"{id}-h\"><h2 id=\"{id}-h\">{}</h2>", escape(name));
    if let Some(error) = &recording.error {
        let _ = write!(out, "<p class=\"note\">Failed: {}</p></section>", escape(&error.message));
        return out;
    }
    let _ = write!(out, "<p class=\"what\">{}</p>", words::extent(recording));
    if !recording.summary.line.is_empty() {
        let _ = write!(out, "<p class=\"lead\">{}</p>", escape(&recording.summary.line));
    }
    for warning in &recording.warnings {
        let _ = write!(out, "<p class=\"note\">Note: {}</p>", escape(&warning.message));
    }
    out += &player(name, sound);
    let plays = sound.source.is_some();
    let plots = plots::plots(recording);
    if !plots.is_empty() {
        out += &timeline(id, name, recording, &plots, plays);
    }
    if !recording.spans.is_empty() {
        out += &moments(recording, plays);
        out += &summary(recording);
        plots.iter().filter(|plot| !plot.timed).for_each(|plot| out += &plane(id, plot));
        let _ = write!(
            out,
            "<h3>Spans</h3><div class=\"scroll tall\" tabindex=\"0\" role=\"region\" aria-label=\"Spans of {}\">{}</div>",
            escape(name),
            table::table(recording, plays)
        );
    }
    out + "</section>"
}

fn player(name: &str, sound: &Sound) -> String {
    let mut out = String::new();
    if let Some(source) = &sound.source {
        let preload = if sound.link.is_some() { "none" } else { "metadata" };
        let _ = write!(
            out,
            "<audio controls=\"\" preload=\"{preload}\" aria-label=\"{}\" src=\"{}\"></audio>",
            escape(name),
            escape(source)
        );
    }
    match &sound.link {
        Some(link) => {
            let link = escape(link);
            let _ = write!(
                out,
                "<p class=\"what small\">{} <a href=\"{link}\">{link}</a></p>",
                escape(&sound.note)
            );
        }
        None if !sound.note.is_empty() => {
            let _ = write!(out, "<p class=\"what small\">{}</p>", escape(&sound.note));
        }
        None => {}
    }
    out
}

/// Everything that runs over time, on one track that can be made longer and scrolled.
fn timeline(id: &str, name: &str, recording: &Analysis, plots: &[Plot], plays: bool) -> String {
    let mut out = format!(
        "<h3>Over time</h3><div class=\"timeline s1\" data-seconds=\"{:.3}\"><div class=\"tools\" hidden=\"\">{}<button type=\"button\" \
         data-zoom=\"out\">− shorter</button><button type=\"button\" data-zoom=\"in\">+ longer</button></div><div class=\"scroll\" \
         tabindex=\"0\" role=\"region\" aria-label=\"Timeline of {}\"><div class=\"track\">",
        recording.seconds,
        if plays { KEYS } else { "" },
        escape(name)
    );
    for plot in plots.iter().filter(|plot| plot.timed) {
        for (at, panel) in plot.panels.iter().enumerate() {
            let caption = match panel.caption.is_empty() {
                true => plot.title.to_string(),
                false => format!("{}: {}", plot.title, panel.caption),
            };
            let _ = write!(
                out,
                "<p class=\"cap\"><span>{}</span></p>{}",
                escape(&caption),
                panel.inline(&format!("{id}-{}{at}", plot.name), &caption)
            );
        }
    }
    let _ = write!(
        out,
        "<svg class=\"axis\" width=\"100%\" height=\"20\" aria-hidden=\"true\">{}</svg><div class=\"head\" \
         hidden=\"\"></div></div></div>",
        plots::axis(recording.seconds)
    );
    out += &legend(recording);
    if plots.iter().any(Plot::aggregates) {
        out += "<p class=\"what small\">Of many spans, a column shows the share of each emotion in its time: of the labels under \
                Emotion, of the probabilities under Probabilities. Make the timeline longer to see single spans.</p>";
    }
    out + "</div>"
}

/// The competing emotions, with pattern, code and name.
fn legend(recording: &Analysis) -> String {
    let competes =
        |emotion: &Emotion| recording.spans.iter().any(|span| span.posterior().classes().contains(*emotion));
    let mut out = String::from("<ul class=\"legend\" aria-label=\"Emotions, their patterns and codes\">");
    for emotion in Emotion::ALL.into_iter().filter(competes) {
        let _ = write!(
            out,
            "<li><svg width=\"26\" height=\"14\" aria-hidden=\"true\"><rect width=\"26\" height=\"14\" class=\"e-{emotion}\"/></svg>\
             <span class=\"code\">{}</span> {emotion}</li>",
            code(emotion)
        );
    }
    out + "</ul>"
}

fn plane(id: &str, plot: &Plot) -> String {
    let mut out = format!("<h3>{}</h3><div class=\"side\">", plot.title);
    for (at, panel) in plot.panels.iter().enumerate() {
        let svg =
            panel.inline(&format!("{id}-{}{at}", plot.name), &format!("{}: {}", plot.title, panel.caption));
        let _ = write!(out, "<figure>{svg}<figcaption>{}</figcaption></figure>", escape(&panel.caption));
    }
    out += "</div><p class=\"what small\">One dot per span, larger for longer spans, joined in order of time. Names mark where an emotion with \
            probability 1 would lie.</p>";
    out
}

fn moments(recording: &Analysis, plays: bool) -> String {
    if recording.summary.moments.is_empty() {
        return String::new();
    }
    let mut out = String::from("<h3>Strongest moments</h3><ol class=\"moments\">");
    for moment in &recording.summary.moments {
        let Moment { start, end, channel, emotion, probability } = moment;
        let same = |span: &&crate::analysis::Span| span.channel == *channel && span.start == *start;
        let speaker = recording.spans.iter().find(same).and_then(|span| span.speaker.as_deref());
        let speaker = speaker.map_or(String::new(), |speaker| format!("{}, ", line(speaker)));
        let text = format!(
            "<i class=\"f-{emotion}\"></i>{}–{}: {}{emotion} {:.0} %",
            clock(*start),
            clock(*end),
            escape(&speaker),
            100.0 * probability
        );
        let _ = match plays {
            true => write!(out, "<li><button type=\"button\" data-t=\"{start:.2}\">▶ {text}</button></li>"),
            false => write!(out, "<li>{text}</li>"),
        };
    }
    out + "</ol>"
}

fn summary(recording: &Analysis) -> String {
    let mut out = String::from("<h3>Summary</h3><div class=\"side\">");
    let whole = if recording.summary.speakers.is_empty() { "Share of the speech" } else { "All speakers" };
    out += &bars(whole, &recording.summary.emotions);
    for speaker in &recording.summary.speakers {
        out += &bars(&line(&speaker.id), &speaker.emotions);
    }
    out += "<dl>";
    // The bars and the list of moments say these.
    let elsewhere = ["share", "strongest"];
    for (name, value) in words::facts(recording).iter().filter(|fact| !elsewhere.contains(&fact.0.as_str())) {
        let _ = write!(out, "<dt>{}</dt><dd>{}</dd>", escape(name), escape(value));
    }
    out + "</dl></div>"
}

/// A bar an emotion, with its figure; the longest has the whole width.
fn bars(caption: &str, emotions: &[Share]) -> String {
    let mut out = format!("<table class=\"bars\"><caption>{}</caption><tbody>", escape(caption));
    let shares = words::joined_shares(emotions);
    let most = shares.iter().map(|one| one.1).fold(1e-6, f32::max);
    for (emotion, share) in shares {
        let (percent, wide) = (100.0 * share, 100.0 * share / most);
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{emotion}</th><td><svg width=\"120\" height=\"12\" aria-hidden=\"true\"><rect \
             width=\"{wide:.1}%\" height=\"12\" class=\"e-{emotion}\"/></svg></td><td>{percent:.0} %</td></tr>"
        );
    }
    out + "</tbody></table>"
}
