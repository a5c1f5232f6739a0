//! The spans of a recording as a table, with every figure that the plots draw.

use std::fmt::Write;

use crate::analysis::{Analysis, Label, Span};
use crate::report::escape;
use crate::report::label::label;
use crate::report::text::clock;
use crate::report::words::signed;

/// Rows at most: more are for programs.
const ROWS: usize = 3000;

/// The table, in the order of starts; times are buttons where there is a sound to seek in.
pub fn table(recording: &Analysis, plays: bool) -> String {
    let shown = recording.spans.len().min(ROWS);
    let caption = match recording.spans.len() {
        1 => "1 span".to_string(),
        n if n > ROWS => {
            format!("The first {ROWS} of {n} spans; all of them: undertone analyze --format csv")
        }
        n => format!("{n} spans, in order of start"),
    };
    let mut out = format!(
        "<table class=\"spans sorts\"><caption>{caption}</caption><thead><tr><th scope=\"col\" aria-sort=\"ascending\">start</th>\
         <th scope=\"col\">end</th><th scope=\"col\">speaker</th><th scope=\"col\">emotion</th><th scope=\"col\">prediction \
         set</th><th scope=\"col\">intensity</th><th scope=\"col\">agreement</th><th scope=\"col\">valence</th><th scope=\"col\">arousal</th></tr></thead><tbody>"
    );
    recording.spans[..shown].iter().for_each(|span| row(&mut out, span, plays));
    out + "</tbody></table>"
}

fn share(share: Option<f32>) -> String {
    share.map_or(String::new(), |share| format!("{share:.2}"))
}

fn row(out: &mut String, span: &Span, plays: bool) {
    let start = clock(span.start);
    let start = match plays {
        true => format!(
            "<button type=\"button\" data-t=\"{:.2}\" aria-label=\"Play from {start}\">{start}</button>",
            span.start
        ),
        false => start,
    };
    let set = span.set.iter().flatten().map(|emotion| emotion.name()).collect::<Vec<_>>().join(", ");
    let _ = write!(
        out,
        "<tr><th scope=\"row\" data-v=\"{:.2}\">{start}</th><td data-v=\"{:.2}\">{}</td><td>{}</td><td><i class=\"f-{}\"></i>{}</td>\
         <td>{set}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        span.start,
        span.end,
        clock(span.end),
        escape(span.speaker.as_deref().unwrap_or("")),
        Label::from(span).emotion,
        label(span),
        share(span.prediction.intensity),
        share(span.prediction.agreement),
        signed(span.valence),
        signed(span.arousal)
    );
}
