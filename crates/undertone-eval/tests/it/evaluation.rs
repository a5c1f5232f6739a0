//! Predictions → figures: by hand on a few rows, against an independent scorer on the published files, and the published tables.

use std::path::{Path, PathBuf};
use std::process::Command;

use undertone::Emotion;
use undertone_eval::metrics::{Evaluation, compare};
use undertone_eval::predict::{self, Prediction, Scored};
use undertone_eval::report::{markdown, results};

fn row(fold: &str, clip: &str, speaker: &str, truth: Emotion, posterior: &[(Emotion, f64)]) -> Prediction {
    let mut row = Prediction {
        protocol: "mine".into(),
        fold: fold.into(),
        clip: clip.into(),
        draw: None,
        speaker: speaker.into(),
        truth,
        posterior: [0.0; 8],
        agreement: None,
    };
    posterior.iter().for_each(|&(emotion, p)| row.posterior[emotion as usize] = p);
    row
}

fn four() -> Vec<Prediction> {
    use Emotion::{Happy, Sad};
    vec![
        row("1", "a", "x", Happy, &[(Happy, 0.9), (Sad, 0.1)]),
        row("1", "b", "x", Happy, &[(Happy, 0.4), (Sad, 0.6)]),
        row("1", "c", "x", Sad, &[(Happy, 0.2), (Sad, 0.8)]),
        row("2", "d", "y", Sad, &[(Happy, 0.7), (Sad, 0.3)]),
    ]
}

#[test]
fn a_published_protocol_with_speakers_on_both_sides_is_marked_whoever_asks() {
    let of = |protocol: &str| {
        let rows: Vec<Prediction> =
            four().into_iter().map(|row| Prediction { protocol: protocol.into(), ..row }).collect();
        Evaluation::of("x", &rows, false).unwrap()
    };
    assert!(of("emobox-tess").speaker_dependent && !of("emobox-savee").speaker_dependent);
    assert!(results(&[of("emobox-tess")]).contains("(speaker-dependent)"));
}

#[test]
fn figures_are_those_worked_out_by_hand() {
    let one = Evaluation::of("mine.unadapted", &four(), false).unwrap();
    // Pooled: happy 1 of 2, sad 1 of 2. Fold 1: happy 1/2, sad 1/1; fold 2: sad 0/1.
    assert_eq!((one.uar.value, one.wa.value), (0.5, 0.5));
    assert_eq!((one.folds[0].uar, one.folds[1].uar, one.uar_of_folds), (0.75, 0.0, 0.375));
    assert_eq!((one.clips, one.speakers, one.top2.value), (4, 2, 1.0));
    let brier = 2.0 * (0.1f64.powi(2) + 0.6f64.powi(2) + 0.2f64.powi(2) + 0.7f64.powi(2)) / 4.0;
    assert!((one.brier.value - brier).abs() < 1e-12);
    let nll = -(0.9f64.ln() + 0.4f64.ln() + 0.8f64.ln() + 0.3f64.ln()) / 4.0;
    assert!((one.nll.value - nll).abs() < 1e-12);
    assert_eq!(one.confusion, [[1, 1], [1, 1]]);
    // Surest first: a right, c right, d wrong, b wrong.
    assert_eq!(one.answered, [(0.9, 0.5), (0.8, 0.5), (0.7, 1.0 - 1.0 / 3.0), (0.5, 1.0)]);
    assert!(one.notes[0].contains("fold 2 has no happy clip"), "{:?}", one.notes);
    assert!(markdown(&one).contains("| mean | | **37.5** | **33.3** |"), "{}", markdown(&one));
}

#[test]
fn files_that_mix_or_repeat_are_refused_by_row() {
    let mut mixed = four();
    mixed[2].protocol = "other".into();
    let mut twice = four();
    twice[3] = twice[0].clone();
    for (rows, word) in [
        (mixed, "row 4: protocol 'other'"),
        (twice, "row 5: clip 'a' of fold 1 is in row 2 too"),
        (Vec::new(), "no predictions"),
    ] {
        let error = Evaluation::of("x", &rows, false).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn two_files_are_compared_on_the_same_clips_alone() {
    let (a, mut b) = (four(), four());
    b[1].posterior[Emotion::Happy as usize] = 0.6;
    b[1].posterior[Emotion::Sad as usize] = 0.4;
    b.reverse();
    assert_eq!(compare(&a, &b).unwrap().value, 0.25);
    assert!(compare(&a, &b[1..]).is_err());
    b[0].clip = "z".into();
    assert!(compare(&a, &b).unwrap_err().to_string().contains("'d'"));
}

/// The four clips in two draws: the first has a and c, the second b, c and d.
fn drawn() -> Vec<Prediction> {
    let of = |(draw, at): (u32, usize)| Prediction { draw: Some(draw), ..four()[at].clone() };
    [(1, 0), (1, 2), (2, 1), (2, 2), (2, 3)].map(of).into()
}

#[test]
fn figures_of_a_condition_that_selects_clips_are_means_over_its_draws() {
    let one = Evaluation::of("mine.adapted-neutral80", &drawn(), false).unwrap();
    // Draw 1: both right. Draw 2: happy 0 of 1, sad 1 of 2.
    assert_eq!((one.uar.value, one.wa.value), (0.625, (1.0 + 1.0 / 3.0) / 2.0));
    assert_eq!((one.clips, one.draws), (4, 2));
    // Fold 1: draw 1 is right; in draw 2 one of two classes is. Fold 2 is in draw 2 alone.
    assert_eq!((one.folds[0].uar, one.folds[0].clips, one.folds[1].uar), (0.75, 3, 0.0));
    assert!(one.notes[0].contains("2 draws"), "{:?}", one.notes);
    let mut twice = drawn();
    twice[1] = twice[0].clone();
    assert!(Evaluation::of("x", &twice, false).unwrap_err().to_string().contains("'a'"));
}

#[test]
fn a_condition_that_selects_clips_is_compared_on_those_clips() {
    let mut better = drawn();
    better[2].posterior = better[0].posterior;
    let mut one = Evaluation::of("mine.adapted-one", &better, false).unwrap();
    one.adapt(&four(), &better).unwrap();
    let unadapted = one.unadapted.unwrap();
    // In draw 2 happy is right now, half of the UAR there.
    assert_eq!((unadapted.uar.value, unadapted.difference.value), (0.625, 0.25));
    assert!(markdown(&one).contains("| UAR minus unadapted, points | +25.0"), "{}", markdown(&one));
    assert_eq!(compare(&four(), &better).unwrap().value, 0.25);
    assert_eq!(compare(&better, &four()).unwrap().value, -0.25);
    assert!(compare(&four()[..2], &better).is_err(), "clips are missing");
}

#[test]
fn deployed_sets_are_made_with_the_thresholds_given_and_refitted_ones_say_so() {
    let mut one = Evaluation::of("mine", &four(), false).unwrap();
    assert!(markdown(&one).contains("refitted on this file"), "{}", markdown(&one));
    let scored = Scored { predictions: four(), weights: vec![0.0, 0.0, 1.0, 0.0] };
    let threshold =
        |coverage: f64, weight: f32| (coverage < 0.95).then_some(if weight > 0.5 { 0.9 } else { 0.65 });
    one.deploy(&scored, &threshold);
    assert_eq!(one.sets.iter().map(|sets| sets.nominal).collect::<Vec<_>>(), [0.8, 0.9], "none for 0.95");
    // a: 0.9 alone; b: both; c, whose threshold is wider: both; d: 0.7 alone, and wrong.
    assert_eq!((one.sets[0].met.coverage, one.sets[0].met.size, one.sets[0].met.single), (0.75, 1.5, 0.5));
    let shown = markdown(&one);
    assert!(shown.contains("deployed thresholds") && !shown.contains("refitted"), "{shown}");
}

#[test]
fn an_emotion_counted_as_another_keeps_its_probability() {
    let mut rows = four();
    rows.iter_mut().for_each(|row| row.merge(Emotion::Sad, Emotion::Happy));
    assert!(rows.iter().all(|row| (row.posterior.iter().sum::<f64>() - 1.0).abs() < 1e-12));
    assert_eq!(Evaluation::of("x", &rows, false).unwrap().wa.value, 1.0);
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The predictions of a released model behind the published figures.
fn published(folder: &str) -> Vec<(PathBuf, Vec<Prediction>)> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(repository().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.is_file());
    files.sort();
    let read = |path: PathBuf| {
        let rows = predict::open(&path).unwrap();
        (path, rows)
    };
    files.into_iter().map(read).collect()
}

fn evaluations(folder: &str) -> Vec<Evaluation> {
    let of = |(path, rows): &(PathBuf, Vec<Prediction>)| {
        Evaluation::of(&predict::name(path), rows, false).unwrap()
    };
    published(folder).iter().map(of).collect()
}

#[test]
fn the_published_tables_are_those_of_the_published_predictions() {
    for (folder, pages) in [
        ("results", ["docs/reference/results.md", "crates/undertone-models/models/default.md"].as_slice()),
        ("results/large", &["crates/undertone-models/models/large.md"]),
    ] {
        let table = results(&evaluations(folder));
        for page in pages {
            let text = std::fs::read_to_string(repository().join(page)).unwrap();
            assert!(text.contains(&table), "{page} is not up to date: run `cargo xtask tables`");
        }
    }
}

#[test]
fn an_independent_scorer_finds_the_same_figures() {
    let Some(reference) = std::env::var_os("UNDERTONE_REFERENCE").map(PathBuf::from) else {
        crate::skipped("an_independent_scorer_finds_the_same_figures", "UNDERTONE_REFERENCE");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for (path, rows) in published("results") {
        let plain = folder.path().join(format!("{}.csv", predict::name(&path)));
        predict::save(&plain, &rows).unwrap();
        let mut command = Command::new("python3");
        command.arg(reference.join("tools/score.py")).arg(&plain).arg("--json");
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            crate::skipped(
                "an_independent_scorer_finds_the_same_figures",
                "Python with numpy and scikit-learn",
            );
            return;
        }
        let theirs: serde_json::Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
        let ours = Evaluation::of("x", &rows, false).unwrap();
        for (name, ours) in [
            ("/folds/UA", 100.0 * ours.uar_of_folds),
            ("/folds/WA", 100.0 * ours.wa_of_folds),
            ("/folds/F1", 100.0 * ours.macro_f1_of_folds),
            ("/pooled/UA", 100.0 * ours.uar.value),
            ("/pooled/WA", 100.0 * ours.wa.value),
            ("/pooled/F1", 100.0 * ours.macro_f1.value),
            ("/ECE", ours.ece.value),
            ("/Brier", ours.brier.value),
            ("/NLL", ours.nll.value),
            ("/top2", 100.0 * ours.top2.value),
        ] {
            let theirs = theirs.pointer(name).unwrap().as_f64().unwrap();
            assert!(
                (ours - theirs).abs() < 1e-9 * theirs.abs().max(1.0),
                "{} {name}: {ours} for {theirs}",
                path.display()
            );
        }
    }
}
