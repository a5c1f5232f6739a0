//! The learning curve as SVG: losses of training, and UAR on held-out speakers.

use std::fmt::Write;

use crate::train::epoch::Epoch;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 320.0;
const MARGIN: f64 = 44.0;

/// One line of the plot.
struct Line {
    name: &'static str,
    colour: &'static str,
    /// Epoch number and value as a share of the plot's height.
    points: Vec<(usize, f64)>,
}

/// Draws the epochs so far: losses against the left axis (0 to their largest), UAR against the right (0 to 100 %).
pub fn svg(epochs: &[Epoch]) -> String {
    let most = epochs.iter().flat_map(|e| [e.loss, e.speaker, e.distillation]).fold(1e-9, f64::max);
    let loss = |name, colour, value: fn(&Epoch) -> f64| Line {
        name,
        colour,
        points: epochs.iter().enumerate().map(|(i, epoch)| (i + 1, value(epoch) / most)).collect(),
    };
    let dev = |name, colour, at: usize| Line {
        name,
        colour,
        points: epochs.iter().enumerate().filter_map(|(i, epoch)| Some((i + 1, epoch.dev?[at]))).collect(),
    };
    let lines = [
        loss("loss", "#1b6ca8", |epoch| epoch.loss),
        loss("speaker head's loss", "#7aa6c2", |epoch| epoch.speaker),
        loss("distance to the teacher", "#999999", |epoch| epoch.distillation),
        dev("held-out UAR, alone", "#c0392b", 0),
        dev("held-out UAR, speaker adaptation", "#e08e0b", 1),
    ];
    let x = |epoch: usize| MARGIN + (WIDTH - 2.0 * MARGIN) * epoch as f64 / epochs.len().max(1) as f64;
    let y = |share: f64| HEIGHT - MARGIN - (HEIGHT - 2.0 * MARGIN) * share.clamp(0.0, 1.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"11\"><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    for step in 0..=4 {
        let share = f64::from(step) / 4.0;
        let (at, left, right) = (y(share), MARGIN, WIDTH - MARGIN);
        let _ = writeln!(
            out,
            "<path d=\"M{left} {at:.1}H{right}\" stroke=\"#ddd\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{:.2}</text>\
             <text x=\"{:.1}\" y=\"{:.1}\">{:.0} %</text>",
            left - 5.0,
            at + 4.0,
            share * most,
            right + 5.0,
            at + 4.0,
            100.0 * share
        );
    }
    for (i, line) in lines.iter().enumerate() {
        let path: Vec<String> =
            line.points.iter().map(|&(epoch, share)| format!("{:.1},{:.1}", x(epoch), y(share))).collect();
        let _ = writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\
             <text x=\"{:.1}\" y=\"{}\" fill=\"{}\">{}</text>",
            path.join(" "),
            line.colour,
            MARGIN + (i % 3) as f64 * 190.0,
            14 + i / 3 * 15,
            line.colour,
            line.name
        );
    }
    let _ = writeln!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">epoch 1 … {}</text></svg>",
        WIDTH / 2.0,
        HEIGHT - 12.0,
        epochs.len()
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_epoch_is_a_point_and_unscored_ones_are_left_out_of_the_uar() {
        let epoch = |dev| Epoch { loss: 1.0, speaker: 0.5, distillation: 0.2, dev, ..Epoch::default() };
        let drawn = svg(&[epoch(None), epoch(Some([0.5, 0.6])), epoch(None)]);
        let points = |n: usize| {
            drawn
                .lines()
                .filter(|line| line.contains("polyline"))
                .nth(n)
                .map(|line| line.split('"').nth(1).unwrap_or_default().split_whitespace().count())
        };
        assert_eq!((points(0), points(3)), (Some(3), Some(1)));
        assert!(drawn.starts_with("<svg") && drawn.trim_end().ends_with("</svg>"));
    }
}
