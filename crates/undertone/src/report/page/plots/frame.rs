//! The frame of a plot: accessible names, patterns, and in a file of its own title, axis and style.

use std::fmt::Write;

use super::axis::axis;
use crate::emotion::Emotion;
use crate::report::{CAVEAT, escape};

const STYLE: &str = include_str!("plots.css");
/// Width of a file with a timed plot, and the margin around.
const WIDTH: f64 = 1000.0;
const MARGIN: f64 = 14.0;

/// A plot: one panel a voice or channel.
#[derive(Clone, Debug)]
pub struct Plot {
    /// The file's part of the name.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// Whether time runs across it.
    pub timed: bool,
    /// What it shows; none where there is nothing to show.
    pub panels: Vec<Panel>,
}

/// One drawing. Timed ones are as wide as there is room (places across are percentages); the others are square.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Whose it is; empty where there is one only.
    pub caption: String,
    /// What it shows, in a sentence for those who do not see it.
    pub words: String,
    /// In pixels.
    pub height: f64,
    /// As wide as high.
    pub square: bool,
    /// SVG elements.
    pub body: String,
}

impl Panel {
    /// As it stands in a page.
    pub fn inline(&self, id: &str, title: &str) -> String {
        let size = match self.square {
            true => {
                format!("width=\"{0}\" height=\"{0}\" viewBox=\"0 0 {0} {0}\" class=\"square\"", self.height)
            }
            false => format!("width=\"100%\" height=\"{}\"", self.height),
        };
        format!(
            "<svg {size} role=\"img\" aria-labelledby=\"{id}-t {id}-d\"><title id=\"{id}-t\">{}</title><desc \
             id=\"{id}-d\">{}</desc>{}</svg>",
            escape(title),
            escape(&self.words),
            self.body
        )
    }
}

impl Plot {
    /// Whether it shows columns instead of single spans until it is made longer.
    pub fn aggregates(&self) -> bool {
        self.panels.iter().any(|panel| panel.body.contains("<g class=\"a1\">"))
    }

    /// As a file of its own, of a recording called `name` that lasts `seconds`; drawn for a light background.
    pub fn file(&self, name: &str, seconds: f64) -> String {
        let square = self.panels.iter().map(|panel| panel.height + MARGIN).sum::<f64>();
        let width = if self.timed { WIDTH } else { (square + MARGIN).max(640.0) };
        let (mut body, mut x, mut y) = (String::new(), MARGIN, 34.0);
        for panel in &self.panels {
            if !panel.caption.is_empty() {
                let _ = write!(
                    body,
                    "<text x=\"{x}\" y=\"{}\" class=\"soft\">{}</text>",
                    y + 10.0,
                    escape(&panel.caption)
                );
            }
            let wide = if panel.square { panel.height } else { WIDTH - 2.0 * MARGIN };
            let _ = write!(
                body,
                "<svg x=\"{x}\" y=\"{}\" width=\"{wide}\" height=\"{}\">{}</svg>",
                y + 16.0,
                panel.height,
                panel.body
            );
            if panel.square { x += panel.height + MARGIN } else { y += panel.height + 22.0 }
        }
        if self.timed {
            let wide = WIDTH - 2.0 * MARGIN;
            let _ = write!(
                body,
                "<svg x=\"{MARGIN}\" y=\"{}\" width=\"{wide}\" height=\"20\">{}</svg>",
                y,
                axis(seconds)
            );
            y += 24.0;
        } else {
            y += self.panels.iter().map(|panel| panel.height).fold(0.0, f64::max) + 26.0;
        }
        let title = format!("{}: {name}", self.title);
        let words = self.panels.iter().map(|panel| panel.words.as_str()).collect::<Vec<_>>().join(" ");
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} \
             {height:.0}\" role=\"img\" aria-labelledby=\"t d\"><title id=\"t\">{title}</title><desc id=\"d\">{words} \
             {CAVEAT}</desc><style>{style}</style>{patterns}<rect width=\"100%\" height=\"100%\" class=\"paper\"/><text \
             x=\"{MARGIN}\" y=\"22\" class=\"title\">{title}</text>{body}{caveat}</svg>\n",
            height = y + 34.0,
            title = escape(&title),
            words = escape(&words),
            style = escape(&style()),
            patterns = patterns(),
            caveat = caveat(y + 8.0),
        )
    }
}

/// The caveat in two lines.
fn caveat(y: f64) -> String {
    let (first, second) = CAVEAT.split_once("; ").unwrap_or((CAVEAT, ""));
    format!(
        "<text x=\"{MARGIN}\" y=\"{y}\" class=\"soft\">{};</text><text x=\"{MARGIN}\" y=\"{}\" class=\"soft\">{}</text>",
        escape(first),
        y + 14.0,
        escape(second)
    )
}

/// The style of a file, its variables put in: some programs that show SVG know none.
fn style() -> String {
    let mut style = format!(
        "svg{{font:11px system-ui,sans-serif}}{STYLE}svg .l2,svg .a2{{display:inline}}.narrow,svg .a1{{display:none}}"
    );
    style += "svg text{fill:var(--ink)}.end{text-anchor:end}.middle{text-anchor:middle}.grid{stroke:var(--line);fill:none}";
    let root = |css: &'static str| {
        css.split_once(":root{").and_then(|(_, rest)| rest.split_once('}')).map(|(root, _)| root)
    };
    for (name, value) in [crate::report::BASE_STYLE, STYLE]
        .into_iter()
        .filter_map(root)
        .flat_map(|root| root.split(';'))
        .filter_map(|one| one.split_once(':'))
    {
        style = style.replace(&format!("var({})", name.trim()), value.trim());
    }
    style
}

/// The two letters that stand for an emotion where its name has no room.
pub fn code(emotion: Emotion) -> &'static str {
    ["Ne", "Ca", "Ha", "Sa", "An", "Fe", "Di", "Su"][emotion as usize]
}

/// What all plots of a page refer to.
pub fn definitions() -> String {
    format!("<svg class=\"definitions\" width=\"0\" height=\"0\" aria-hidden=\"true\">{}</svg>", patterns())
}

/// A pattern an emotion: its colour, and lines or dots that tell it from the others without colour.
fn patterns() -> String {
    let mut out = String::from("<defs>");
    for emotion in Emotion::ALL {
        let marks = match emotion {
            Emotion::Neutral => "",
            Emotion::Calm => "<path d=\"M0 4h8\"/>",
            Emotion::Happy => "<circle cx=\"4\" cy=\"4\" r=\"1.3\"/>",
            Emotion::Sad => "<path d=\"M-1 -1L9 9M-1 7L1 9M7 -1L9 1\"/>",
            Emotion::Angry => "<path d=\"M-1 9L9 -1M-1 1L1 -1M7 9L9 7\"/>",
            Emotion::Fearful => "<path d=\"M0 0L8 8M8 0L0 8\"/>",
            Emotion::Disgust => "<path d=\"M4 0v8\"/>",
            Emotion::Surprised => "<path d=\"M4 1v6M1 4h6\"/>",
        };
        let _ = write!(
            out,
            "<pattern id=\"p-{emotion}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\"><rect width=\"8\" height=\"8\" \
             class=\"f-{emotion}\"/><g class=\"marks\">{marks}</g></pattern>"
        );
    }
    out + "</defs>"
}
