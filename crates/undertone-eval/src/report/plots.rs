//! Plots of an evaluation as inline SVG; colours come from the page's style; every plot has its numbers as text.

use std::fmt::Write;

use crate::metrics::{Bin, Evaluation, Group};
use undertone::report::escape;

/// Side of a square plot and its margin, in SVG units.
const SIDE: f64 = 240.0;
const MARGIN: f64 = 36.0;

/// Truth down, prediction across; a cell's depth is its share of the truth's clips.
pub fn confusion(evaluation: &Evaluation) -> String {
    let n = evaluation.classes.len();
    let (cell, left, top) = (46.0, 78.0, 62.0);
    let (width, height) = (left + cell * n as f64 + 34.0, top + cell * n as f64 + 4.0);
    let mut out = open(width, height, "Confusion: rows are the truth, columns the prediction");
    for (at, class) in evaluation.classes.iter().enumerate() {
        let middle = (at as f64 + 0.5) * cell;
        let (x, y) = (left + middle, top + middle);
        let name = class.emotion.name();
        let _ = write!(out, "<text x=\"{:.0}\" y=\"{:.0}\" class=\"end\">{name}</text>", left - 6.0, y + 4.0);
        let _ = write!(
            out,
            "<text transform=\"translate({:.0} {:.0}) rotate(-40)\">{name}</text>",
            x - 4.0,
            top - 6.0
        );
    }
    for (row, counts) in evaluation.confusion.iter().enumerate() {
        let all = counts.iter().sum::<usize>().max(1);
        for (column, &count) in counts.iter().enumerate() {
            let share = count as f64 / all as f64;
            let (x, y) = (left + column as f64 * cell, top + row as f64 * cell);
            let text = if share > 0.5 { "deep" } else { "middle" };
            let [truth, predicted] = [row, column].map(|at| evaluation.classes[at].emotion.name());
            let _ = write!(
                out,
                "<g><title>{truth} predicted as {predicted}: {count} of {all}</title><rect x=\"{x:.0}\" \
                 y=\"{y:.0}\" width=\"{:.0}\" height=\"{:.0}\" class=\"cell\" fill-opacity=\"{share:.3}\"/><text \
                 x=\"{:.0}\" y=\"{:.0}\" class=\"{text}\">{:.0}</text></g>",
                cell - 2.0,
                cell - 2.0,
                x + cell / 2.0 - 1.0,
                y + cell / 2.0 + 4.0,
                100.0 * share
            );
        }
    }
    out + "</svg>"
}

/// What was claimed against what was met, a dot a bin, its size by its clips.
pub fn reliability(bins: &[Bin]) -> String {
    let mut out = axes("Reliability: posterior claimed across, share right up", "claimed", "right");
    let most = bins.iter().map(|bin| bin.clips).max().unwrap_or(1).max(1) as f64;
    let _ = write!(out, "<path class=\"ideal\" d=\"M{} L{}\"/>", place(0.0, 0.0), place(1.0, 1.0));
    let used: Vec<&Bin> = bins.iter().filter(|bin| bin.clips > 0).collect();
    out += &line(&used.iter().map(|bin| (bin.claimed, bin.met)).collect::<Vec<_>>());
    for bin in used {
        let (x, y) = point(bin.claimed, bin.met);
        let _ = write!(
            out,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{:.1}\" class=\"dot\"><title>{} clips claimed {:.0} %, right {:.0} \
             %</title></circle>",
            2.0 + 6.0 * (bin.clips as f64 / most).sqrt(),
            bin.clips,
            100.0 * bin.claimed,
            100.0 * bin.met
        );
    }
    out + "</svg>"
}

/// The share wrong among the clips answered, as fewer are.
pub fn risk(points: &[(f64, f64)]) -> String {
    let mut out = axes("Risk–coverage: share answered across, share wrong among it up", "answered", "wrong");
    out += &line(points);
    out + "</svg>"
}

/// A bar a group, with its value in figures.
pub fn bars(title: &str, groups: &[Group]) -> String {
    let (row, left, width) = (18.0, 120.0, 300.0);
    let mut out = open(left + width + 60.0, row * groups.len() as f64 + 8.0, title);
    for (at, group) in groups.iter().enumerate() {
        let y = 4.0 + at as f64 * row;
        let value = if group.value.is_nan() { 0.0 } else { group.value };
        let _ = write!(
            out,
            "<text x=\"{:.0}\" y=\"{:.0}\" class=\"end\">{}</text><rect x=\"{left}\" y=\"{y:.0}\" width=\"{:.1}\" \
             height=\"{:.0}\" class=\"bar\"><title>{} clips</title></rect><text x=\"{:.1}\" y=\"{:.0}\">{:.1} %</text>",
            left - 6.0,
            y + 12.0,
            escape(&group.name),
            width * value,
            row - 4.0,
            group.clips,
            left + width * value + 5.0,
            y + 12.0,
            100.0 * value
        );
    }
    out + "</svg>"
}

fn open(width: f64, height: f64, title: &str) -> String {
    format!(
        "<svg viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" role=\"img\"><title>{}</title>",
        escape(title)
    )
}

/// Two axes from 0 to 100 %.
fn axes(title: &str, x: &str, y: &str) -> String {
    let whole = SIDE + 2.0 * MARGIN;
    let mut out = open(whole, whole - 18.0, title);
    for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let ((left, bottom), (right, top)) = (point(0.0, tick), point(tick, 1.0));
        let (_, floor) = point(0.0, 0.0);
        let text = format!("{:.0}", 100.0 * tick);
        let _ = write!(
            out,
            "<path class=\"grid\" d=\"M{left:.0} {bottom:.0}h{SIDE}M{right:.0} {top:.0}v{SIDE}\"/><text x=\"{:.0}\" \
             y=\"{:.0}\" class=\"end\">{text}</text><text x=\"{right:.0}\" y=\"{:.0}\" class=\"middle\">{text}</text>",
            left - 5.0,
            bottom + 4.0,
            floor + 15.0
        );
    }
    let half = MARGIN + SIDE / 2.0;
    let _ = write!(
        out,
        "<text x=\"{half:.0}\" y=\"{:.0}\" class=\"middle\">{x} %</text><text class=\"middle\" transform=\"translate(9 \
         {half:.0}) rotate(-90)\">{y} %</text>",
        MARGIN / 2.0 + SIDE + 30.0
    );
    out
}

fn line(points: &[(f64, f64)]) -> String {
    let placed: Vec<String> = points.iter().map(|&(x, y)| place(x, y)).collect();
    if placed.is_empty() {
        String::new()
    } else {
        format!("<path class=\"line\" d=\"M{}\"/>", placed.join("L"))
    }
}

fn point(x: f64, y: f64) -> (f64, f64) {
    (MARGIN + SIDE * x, MARGIN / 2.0 + SIDE * (1.0 - y))
}

fn place(x: f64, y: f64) -> String {
    let (x, y) = point(x, y);
    format!("{x:.1} {y:.1}")
}
