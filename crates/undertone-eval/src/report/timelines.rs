//! Figures of timelines: a Markdown table with a row per group, or JSON.

use std::fmt::Write;

use crate::metrics::{Figure, TimelineFigures};
use undertone::error::{Error, Result};

/// The table, in percent, with 95 % intervals over recordings.
pub fn markdown(figures: &[TimelineFigures]) -> String {
    let mut out = String::from(
        "| recordings | how many | EDER | false alarm | missed | overlap | confusion | frame-wise UAR | DER |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for group in figures {
        let TimelineFigures { group: name, recordings, eder, frame_uar, der, .. } = group;
        let parts = [group.false_alarm, group.missed, group.overlap, group.confusion]
            .map(|x| format!("{:.1}", 100.0 * x));
        let name = if name.is_empty() { "all" } else { name };
        let _ = writeln!(
            out,
            "| {name} | {recordings} | {} | {} | {} | {} |",
            percent(*eder, *recordings),
            parts.join(" | "),
            percent(*frame_uar, *recordings),
            der.map_or_else(|| "–".to_string(), |figure| percent(figure, *recordings)),
        );
    }
    out
}

/// Every figure, as indented JSON: a list with one object a group. Figures that are not defined are `null`.
///
/// # Errors
/// `Io` where it cannot be written as JSON, which does not happen to figures.
pub fn json(figures: &[TimelineFigures]) -> Result<String> {
    let text = serde_json::to_string_pretty(figures).map_err(|e| Error::from(std::io::Error::from(e)))?;
    Ok(text + "\n")
}

/// `31.2 [28.0, 35.1]`; without an interval where there is one recording only.
fn percent(figure: Figure, recordings: usize) -> String {
    let [value, low, high] = [figure.value, figure.interval[0], figure.interval[1]].map(|x| 100.0 * x);
    match recordings {
        _ if value.is_nan() => "–".to_string(),
        0 | 1 => format!("{value:.1}"),
        _ => format!("{value:.1} [{low:.1}, {high:.1}]"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_row_a_group_and_a_dash_where_there_is_no_figure() {
        let figure = |value: f64| Figure { value, interval: [value - 0.1, value + 0.1] };
        let one = TimelineFigures {
            group: "mono".into(),
            recordings: 3,
            seconds: 60.0,
            eder: figure(0.3),
            false_alarm: 0.1,
            missed: 0.05,
            overlap: 0.0,
            confusion: 0.15,
            frame_uar: figure(f64::NAN),
            der: None,
        };
        let table =
            markdown(&[one.clone(), TimelineFigures { group: String::new(), recordings: 1, ..one.clone() }]);
        let rows: Vec<&str> = table.lines().skip(2).collect();
        assert_eq!(rows[0], "| mono | 3 | 30.0 [20.0, 40.0] | 10.0 | 5.0 | 0.0 | 15.0 | – | – |");
        assert_eq!(rows[1], "| all | 1 | 30.0 | 10.0 | 5.0 | 0.0 | 15.0 | – | – |");
        let value: serde_json::Value = serde_json::from_str(&json(&[one]).unwrap()).unwrap();
        assert!(value[0]["frame_uar"]["value"].is_null() && value[0]["eder"]["value"] == 0.3);
    }
}
