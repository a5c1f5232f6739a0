//! Evaluations as one self-contained HTML page: it loads nothing, prints well, and follows the light or dark setting.

use std::fmt::Write;

use super::{figures, plots, title};
use crate::metrics::{Evaluation, Group, gap};
use undertone::report::{BASE_STYLE, escape};

const STYLE: &str = include_str!("style.css");

/// The page.
pub fn html(evaluations: &[Evaluation]) -> String {
    let names = evaluations.iter().map(|one| escape(&one.name)).collect::<Vec<_>>().join(", ");
    let mut out = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><title>Evaluation: {names}</title><style>{BASE_STYLE}{STYLE}</style></head>\
         <body><main><h1>Evaluation</h1><p class=\"what\">Emotion recognition measured clip by clip. Intervals are 95 %, by \
         bootstrap over speakers. Lines and bars show their numbers when pointed at.</p>"
    );
    if evaluations.len() > 1 {
        out += &overview(evaluations);
    }
    evaluations.iter().for_each(|one| out += &section(one));
    out + "</main></body></html>\n"
}

/// A line a file.
fn overview(evaluations: &[Evaluation]) -> String {
    let mut out = String::from(
        "<h2>Side by side</h2><div class=\"scroll\"><table><thead><tr><th>file</th><th>clips</th><th>speakers</th><th>UAR, \
         mean of folds</th><th>UAR, all clips</th><th>WA</th><th>ECE</th></tr></thead><tbody>",
    );
    for one in evaluations {
        let shown = figures(one);
        let _ = write!(
            out,
            "<tr><th><a href=\"#{0}\">{0}</a></th><td>{1}</td><td>{2}</td><td><b>{3:.1} \
             %</b></td><td>{4}</td><td>{5}</td><td>{6:.3}</td></tr>",
            escape(&one.name),
            one.clips,
            one.speakers,
            100.0 * one.uar_of_folds,
            shown[0].1,
            super::percent(one.wa, one.speakers),
            one.ece.value
        );
    }
    out + "</tbody></table></div>"
}

fn section(one: &Evaluation) -> String {
    let mut out = format!("<section id=\"{0}\"><h2>{0}</h2>", escape(&one.name));
    let _ = write!(out, "<p>{} of {}: {}.</p>", super::extent(one), escape(title(one)), super::folds(one));
    for note in &one.notes {
        let _ = write!(out, "<p class=\"note\">Note: {}.</p>", escape(note));
    }
    out += "<div class=\"side\"><div class=\"scroll\"><table><tbody>";
    let _ =
        write!(out, "<tr><th>UAR, mean of folds</th><td><b>{:.1}</b> %</td></tr>", 100.0 * one.uar_of_folds);
    for (name, value) in figures(one) {
        let _ = write!(out, "<tr><th>{name}</th><td>{value}</td></tr>");
    }
    out += "</tbody></table></div><figure>";
    out += &plots::confusion(one);
    out += "<figcaption>Confusion: share of the clips of each true emotion (rows) predicted as each emotion (columns), in percent.</figcaption></figure>\
            </div><div class=\"side\"><figure>";
    out += &plots::reliability(&one.reliability);
    out += "<figcaption>Reliability: on the dotted line, probability and share of correct answers are equal.</figcaption></figure><figure>";
    out += &plots::risk(&one.risk);
    out += "<figcaption>Risk against coverage: share of errors when only the most confident clips are answered.</figcaption></figure></div>";
    out += &tables(one);
    out += "<div class=\"side\"><figure>";
    out += &plots::bars("UAR of each speaker", &one.by_speaker);
    out += "<figcaption>UAR of each speaker's clips.</figcaption></figure>";
    if !one.degradation.is_empty() {
        out += &degradation(one);
    }
    for (by, groups) in &one.subgroups {
        out += "<figure>";
        out += &plots::bars(&format!("UAR by {by}"), groups);
        let _ = write!(
            out,
            "<figcaption>UAR by {}; gap between the extremes {:.1} points.</figcaption></figure>",
            escape(by),
            100.0 * gap(groups)
        );
    }
    out + "</div></section>"
}

/// A bar a corruption, below that of the clean clips.
fn degradation(one: &Evaluation) -> String {
    let bar = |name: &str, value: f64| Group { name: name.to_string(), clips: one.clips, value };
    let mut bars = vec![bar("clean", one.uar.value)];
    bars.extend(one.degradation.iter().map(|one| bar(&one.corruption, one.uar.value)));
    let plot = plots::bars("UAR of degraded clips", &bars);
    format!("<figure>{plot}<figcaption>UAR of the clips under each corruption.</figcaption></figure>")
}

/// Classes, folds, prediction sets, abstention.
fn tables(one: &Evaluation) -> String {
    let share = |value: Option<f64>| value.map_or("–".to_string(), |x| format!("{:.1}", 100.0 * x));
    let mut out = String::from(
        "<div class=\"side\"><div class=\"scroll\"><table><thead><tr><th>class</th><th>clips</th><th>recall %</th><th>precision \
         %</th><th>F1 %</th></tr></thead><tbody>",
    );
    for class in &one.classes {
        let [recall, precision, f1] = [class.recall, class.precision, class.f1].map(share);
        let (name, clips) = (class.emotion.name(), class.clips);
        let _ = write!(
            out,
            "<tr><th>{name}</th><td>{clips}</td><td>{recall}</td><td>{precision}</td><td>{f1}</td></tr>"
        );
    }
    out += "</tbody></table></div><div class=\"scroll\"><table><thead><tr><th>fold</th><th>clips</th><th>UAR %</th><th>WA \
            %</th></tr></thead><tbody>";
    for fold in &one.folds {
        let [uar, wa] = [fold.uar, fold.wa].map(|x| share(Some(x)));
        let _ = write!(
            out,
            "<tr><th>{}</th><td>{}</td><td>{uar}</td><td>{wa}</td></tr>",
            escape(&fold.fold),
            fold.clips
        );
    }
    out += "</tbody></table></div>";
    if !one.sets.is_empty() {
        let _ = write!(out, "<div class=\"scroll\"><p>{}.</p>", escape(super::thresholds(one)));
        out += "<table><thead><tr><th>nominal coverage</th><th>coverage %</th><th>classes in \
                them</th></tr></thead><tbody>";
        for sets in &one.sets {
            let (nominal, met) = (100.0 * sets.nominal, 100.0 * sets.met.coverage);
            let _ =
                write!(out, "<tr><th>{nominal:.0} %</th><td>{met:.1}</td><td>{:.2}</td></tr>", sets.met.size);
        }
        out += "</tbody></table></div>";
    }
    if let Some(voted) = one.listeners {
        let _ = write!(
            out,
            "<div class=\"scroll\"><table><thead><tr><th>against {} listened-to clips</th><th></th></tr></thead><tbody><tr><th>UAR \
             of the majority %</th><td>{:.1}</td></tr><tr><th>macro-F1 above 1/C %</th><td>{:.1}</td></tr><tr><th>divergence \
             (nats)</th><td>{:.3}</td></tr><tr><th>correlation of entropies</th><td>{:.3}</td></tr>",
            voted.clips,
            100.0 * voted.uar,
            100.0 * voted.macro_f1,
            voted.divergence,
            voted.entropy
        );
        if let Some(agreement) = voted.agreement {
            let row = "correlation of their entropy with 1 − the agreement expected";
            let _ = write!(out, "<tr><th>{row}</th><td>{agreement:.3}</td></tr>");
        }
        out += "</tbody></table></div>";
    }
    out + "</div>"
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::predict::Prediction;
    use undertone::emotion::Emotion;

    #[test]
    fn the_page_stands_alone_and_what_files_say_cannot_break_it() {
        let row = |clip: &str, truth: Emotion, happy: f64| {
            let mut posterior = [0.0; 8];
            (posterior[Emotion::Happy as usize], posterior[Emotion::Sad as usize]) = (happy, 1.0 - happy);
            Prediction {
                protocol: "mine".into(),
                fold: "1".into(),
                clip: clip.into(),
                draw: None,
                speaker: format!("<b>{clip}"),
                truth,
                posterior,
                agreement: None,
            }
        };
        let rows = [row("a", Emotion::Happy, 0.9), row("b", Emotion::Sad, 0.6), row("c", Emotion::Sad, 0.2)];
        let one = Evaluation::of("mine.<script>", &rows, false).unwrap();
        let page = html(&[one.clone(), one]);
        assert!(!page.contains("<script") && !page.contains("<b>a") && !page.contains("http"), "{page}");
        for part in ["Confusion", "Reliability", "Risk", "75.0", "&lt;script&gt;"] {
            assert!(page.contains(part), "{part}");
        }
    }
}
