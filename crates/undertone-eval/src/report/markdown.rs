//! Evaluations as Markdown: one with all its figures, or many as the table of results.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{condition, figures, percent, title};
use crate::metrics::{Evaluation, Listeners};
use crate::predict::Condition;

/// The table of results: a row a protocol, a column a condition; UAR in percent, the mean of the folds and beside it that of
/// all clips together with its interval over speakers.
pub fn results(evaluations: &[Evaluation]) -> String {
    let mut rows = BTreeMap::<&str, BTreeMap<(&str, Option<&str>), &Evaluation>>::new();
    for evaluation in evaluations {
        rows.entry(title(evaluation)).or_default().insert(condition(evaluation), evaluation);
    }
    let mut conditions: Vec<(&str, Option<&str>)> =
        rows.values().flat_map(|row| row.keys().copied()).collect();
    conditions.sort_by_key(|&(name, folder)| (order(name), folder));
    conditions.dedup();
    let mut out = String::from("| protocol | folds | speakers | clips |");
    for (name, folder) in &conditions {
        let folder = folder.map_or(String::new(), |folder| format!(" ({folder})"));
        let _ = write!(out, " {name}{folder} |");
    }
    out += "\n|---|---|---|---|";
    conditions.iter().for_each(|_| out += "---|");
    for (protocol, by_condition) in &rows {
        let Some(any) = by_condition.values().next() else { continue };
        let marked = if any.speaker_dependent { " (speaker-dependent)" } else { "" };
        let folds = any.folds.iter().map(|fold| fold.fold.as_str()).collect::<Vec<_>>().join(", ");
        let _ = write!(out, "\n| {protocol}{marked} | {folds} | {} | {} |", any.speakers, any.clips);
        for name in &conditions {
            let cell = by_condition.get(name).map_or("–".to_string(), |evaluation| {
                let pooled = percent(evaluation.uar, evaluation.speakers);
                match evaluation.folds.len() {
                    1 => pooled,
                    _ => format!("**{:.1}**; {pooled}", 100.0 * evaluation.uar_of_folds),
                }
            });
            let _ = write!(out, " {cell} |");
        }
    }
    out.push('\n');
    out
}

/// In the order of [`Condition::ALL`].
fn order(condition: &str) -> (usize, &str) {
    let known = Condition::ALL.iter().position(|known| known.to_string() == condition);
    (known.unwrap_or(Condition::ALL.len()), condition)
}

/// Everything measured on one predictions file.
pub fn markdown(evaluation: &Evaluation) -> String {
    let Evaluation { speakers, folds, .. } = evaluation;
    let mut out = format!("## {}\n\n", evaluation.name);
    let _ = writeln!(out, "{}; {}.", super::extent(evaluation), super::folds(evaluation));
    for note in &evaluation.notes {
        let _ = writeln!(out, "Note: {note}.");
    }
    out += "\n| figure | value [95 % interval over speakers] |\n|---|---|\n";
    for (name, value) in figures(evaluation) {
        let _ = writeln!(out, "| {name} | {value} |");
    }
    out += "\n| fold | clips | UAR % | WA % | macro-F1 % |\n|---|---|---|---|---|\n";
    for fold in folds {
        let [uar, wa, f1] = [fold.uar, fold.wa, fold.macro_f1].map(|x| 100.0 * x);
        let _ = writeln!(out, "| {} | {} | {uar:.1} | {wa:.1} | {f1:.1} |", fold.fold, fold.clips);
    }
    let [uar, wa, f1] =
        [evaluation.uar_of_folds, evaluation.wa_of_folds, evaluation.macro_f1_of_folds].map(|x| 100.0 * x);
    let _ = writeln!(out, "| mean | | **{uar:.1}** | **{wa:.1}** | **{f1:.1}** |");
    out += &classes(evaluation);
    if !evaluation.sets.is_empty() {
        let _ = writeln!(out, "\n{}:\n", super::thresholds(evaluation));
        out += "| nominal coverage | coverage % | classes in the set | single class % |\n|---|---|---|---|\n";
        for sets in &evaluation.sets {
            let (met, single) = (100.0 * sets.met.coverage, 100.0 * sets.met.single);
            let _ = writeln!(
                out,
                "| {:.0} % | {met:.1} | {:.2} | {single:.1} |",
                100.0 * sets.nominal,
                sets.met.size
            );
        }
    }
    if !evaluation.answered.is_empty() {
        out += "\n| most confident clips answered | WA % among them |\n|---|---|\n";
        for (share, wa) in &evaluation.answered {
            let _ = writeln!(out, "| {:.0} % | {:.1} |", 100.0 * share, 100.0 * wa);
        }
    }
    if let Some(voted) = evaluation.listeners {
        out += &listeners(&voted);
    }
    if !evaluation.degradation.is_empty() {
        out += "\n| corruption | UAR % | points against clean |\n|---|---|---|\n";
        for one in &evaluation.degradation {
            let ([uar, lost], name) =
                ([one.uar, one.difference].map(|f| percent(f, *speakers)), &one.corruption);
            let _ = writeln!(out, "| {name} | {uar} | {lost} |");
        }
    }
    for (by, groups) in &evaluation.subgroups {
        let _ = write!(out, "\n| {by} | clips | UAR % |\n|---|---|---|\n");
        for group in groups {
            let _ = writeln!(out, "| {} | {} | {:.1} |", group.name, group.clips, 100.0 * group.value);
        }
        let _ = writeln!(out, "| gap | | {:.1} |", 100.0 * crate::metrics::gap(groups));
    }
    out
}

/// Agreement with the listeners.
fn listeners(voted: &Listeners) -> String {
    let Listeners { clips, clear, uar, wa, divergence, macro_f1, entropy, agreement } = voted;
    let [uar, wa, f1] = [uar, wa, macro_f1].map(|x| 100.0 * x);
    let expected = agreement.map_or(String::new(), |agreement| {
        format!(
            "| correlation of the votes' entropy with 1 − predicted agreement (Spearman) | {agreement:.3} |\n"
        )
    });
    format!(
        "\nAgainst the listeners' votes on {clips} clips ({clear} with a clear majority):\n\n| figure | value |\n|---|---|\n\
         | UAR against the majority % | {uar:.1} |\n| WA against the majority % | {wa:.1} |\n\
         | macro-F1 of emotions above 1/C % | {f1:.1} |\n| divergence from the votes (nats) | {divergence:.3} |\n\
         | correlation of entropies (Spearman) | {entropy:.3} |\n{expected}"
    )
}

/// Recall, precision and F1 of each class, and its row of the confusion matrix.
fn classes(evaluation: &Evaluation) -> String {
    let names: Vec<&str> = evaluation.classes.iter().map(|class| class.emotion.name()).collect();
    let mut out = String::from("\n| truth | clips | recall % | precision % | F1 % |");
    names.iter().for_each(|name| out += &format!(" → {name} |"));
    out += "\n|---|---|---|---|---|";
    names.iter().for_each(|_| out += "---|");
    for (class, counts) in evaluation.classes.iter().zip(&evaluation.confusion) {
        let share = |value: Option<f64>| value.map_or("–".to_string(), |x| format!("{:.1}", 100.0 * x));
        let [recall, precision, f1] = [class.recall, class.precision, class.f1].map(share);
        let _ = write!(out, "\n| {} | {} | {recall} | {precision} | {f1} |", class.emotion, class.clips);
        counts.iter().for_each(|count| out += &format!(" {count} |"));
    }
    out.push('\n');
    out
}
