//! A predictions file → all its figures.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::calibration::Bin;
use super::{
    Confusion, Group, Listeners, Sets, area_under_risk, best, brier, ece, fit_threshold, groups, interval,
    listeners, nll, reliability, risk_coverage, sets, sets_at, top_k, uar, wa,
};
use crate::predict::{Prediction, Scored, matched};
use crate::protocol::Protocol;
use undertone::emotion::Emotion;
use undertone::error::{Error, Result};

/// Nominal coverages of the prediction sets that are measured.
pub const COVERAGES: [f64; 3] = [0.8, 0.9, 0.95];
/// Shares of the clips answered, most confident first, at which WA is reported.
pub const ANSWERED: [f64; 4] = [0.9, 0.8, 0.7, 0.5];
/// Points kept of the risk–coverage curve.
const POINTS: usize = 60;

/// A figure with its 95 % interval over speakers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Measured on all clips together.
    pub value: f64,
    /// By bootstrap over speakers, [`interval`](super::interval).
    pub interval: [f64; 2],
}

/// What one fold gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoldFigures {
    /// Its name in the file.
    pub fold: String,
    /// Clips scored.
    pub clips: usize,
    /// Unweighted average recall, 0…1.
    pub uar: f64,
    /// Weighted accuracy, 0…1.
    pub wa: f64,
    /// Macro-F1, 0…1.
    pub macro_f1: f64,
}

/// What one class gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassFigures {
    /// The emotion.
    pub emotion: Emotion,
    /// Clips whose truth it is.
    pub clips: usize,
    /// Share of them predicted so; none where there are none.
    pub recall: Option<f64>,
    /// Share right among the clips predicted so; none where none was.
    pub precision: Option<f64>,
    /// Harmonic mean of both.
    pub f1: Option<f64>,
}

/// Prediction sets at one coverage.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoverageSets {
    /// The nominal coverage.
    pub nominal: f64,
    /// What the sets did.
    pub met: Sets,
}

/// Where the thresholds of prediction sets come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Thresholds {
    /// Fitted anew for the file: a speaker's clips are judged by the threshold that suits the other speakers.
    #[default]
    Refitted,
    /// The model's own, which its analyses use; all of its classes compete.
    Deployed,
}

/// How an adaptation compares with none, on the same clips.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unadapted {
    /// UAR of the clips unadapted.
    pub uar: Figure,
    /// How much the adapted UAR is above it.
    pub difference: Figure,
}

/// What a corruption costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Degradation {
    /// As it is typed: `white:10`.
    pub corruption: String,
    /// UAR of the degraded clips.
    pub uar: Figure,
    /// How much that is above the clean clips' (below 0: a loss).
    pub difference: Figure,
}

/// Everything measured on one predictions file. Shares are 0…1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// What it is called: the file's name without `.csv`.
    pub name: String,
    /// The protocol that cut the corpus; empty where the file names none.
    pub protocol: String,
    /// Whether speakers are on both sides of that protocol.
    pub speaker_dependent: bool,
    /// Clips scored.
    pub clips: usize,
    /// Draws of a condition that selects clips, over which figures are means; 1 in others.
    pub draws: usize,
    /// Speakers among them.
    pub speakers: usize,
    /// Fold by fold.
    pub folds: Vec<FoldFigures>,
    /// Mean of the folds' UAR: the headline figure.
    pub uar_of_folds: f64,
    /// Mean of the folds' WA.
    pub wa_of_folds: f64,
    /// Mean of the folds' macro-F1.
    pub macro_f1_of_folds: f64,
    /// UAR of all clips together.
    pub uar: Figure,
    /// WA of all clips together.
    pub wa: Figure,
    /// Macro-F1 of all clips together.
    pub macro_f1: Figure,
    /// Share of clips whose truth is among the two likeliest.
    pub top2: Figure,
    /// Expected calibration error.
    pub ece: Figure,
    /// Brier score, 0…2.
    pub brier: Figure,
    /// Mean negative log-likelihood of the truth, in nats.
    pub nll: Figure,
    /// Prediction sets. Empty where thresholds cannot be fitted, with one speaker, or the model has none.
    pub sets: Vec<CoverageSets>,
    /// Where their thresholds come from.
    pub thresholds: Thresholds,
    /// The same clips without adaptation, where that was asked for.
    pub unadapted: Option<Unadapted>,
    /// Share answered, and WA among it.
    pub answered: Vec<(f64, f64)>,
    /// Area under the risk–coverage curve.
    pub area_under_risk: f64,
    /// Points of that curve: share answered, share wrong among it.
    pub risk: Vec<(f64, f64)>,
    /// The reliability diagram.
    pub reliability: Vec<Bin>,
    /// Class by class: those that occur or were predicted.
    pub classes: Vec<ClassFigures>,
    /// Rows truth, columns prediction, over `classes`.
    pub confusion: Vec<Vec<usize>>,
    /// UAR of each speaker's clips.
    pub by_speaker: Vec<Group>,
    /// UAR by what the corpus knows of a clip (sex, age, …), where requested.
    pub subgroups: BTreeMap<String, Vec<Group>>,
    /// Against those who listened, where the corpus has their votes.
    pub listeners: Option<Listeners>,
    /// The cost of each corruption, where requested.
    pub degradation: Vec<Degradation>,
    /// What a reader should know: classes that are missing, folds that are.
    pub notes: Vec<String>,
}

/// Rows as the figures need them.
struct Rows<'a> {
    truth: Vec<usize>,
    predicted: Vec<usize>,
    posteriors: Vec<Vec<f64>>,
    top: Vec<f64>,
    right: Vec<bool>,
    speakers: Vec<&'a str>,
    draws: Vec<Option<u32>>,
}

impl<'a> Rows<'a> {
    fn new(predictions: &'a [Prediction]) -> Rows<'a> {
        let truth: Vec<usize> = predictions.iter().map(|row| row.truth as usize).collect();
        let posteriors: Vec<Vec<f64>> = predictions.iter().map(|row| row.posterior.to_vec()).collect();
        let predicted: Vec<usize> = posteriors.iter().map(|row| best(row)).collect();
        Rows {
            top: posteriors.iter().zip(&predicted).map(|(row, &class)| row[class]).collect(),
            right: truth.iter().zip(&predicted).map(|(truth, predicted)| truth == predicted).collect(),
            speakers: predictions.iter().map(|row| row.speaker.as_str()).collect(),
            draws: predictions.iter().map(|row| row.draw).collect(),
            truth,
            predicted,
            posteriors,
        }
    }

    /// The mean of the draws.
    fn figure(&self, metric: impl Fn(&[usize]) -> f64) -> Figure {
        let draws: BTreeSet<Option<u32>> = self.draws.iter().copied().collect();
        let mean = |rows: &[usize]| {
            if draws.len() == 1 {
                return metric(rows);
            }
            let of = |draw| rows.iter().copied().filter(|&row| self.draws[row] == draw).collect::<Vec<_>>();
            draws.iter().map(|&draw| metric(&of(draw))).sum::<f64>() / draws.len() as f64
        };
        let all: Vec<usize> = (0..self.truth.len()).collect();
        Figure { value: mean(&all), interval: interval(&self.speakers, 0, mean) }
    }

    /// A figure of truth and prediction.
    fn of_labels(&self, metric: impl Fn(&[usize], &[usize]) -> f64) -> impl Fn(&[usize]) -> f64 {
        move |rows| metric(&take(&self.truth, rows), &take(&self.predicted, rows))
    }

    /// A figure of truth and posteriors.
    fn of_posteriors(&self, metric: impl Fn(&[usize], &[Vec<f64>]) -> f64) -> impl Fn(&[usize]) -> f64 {
        move |rows| metric(&take(&self.truth, rows), &take(&self.posteriors, rows))
    }

    /// Prediction sets, each speaker's by the threshold of all others.
    fn sets(&self, nominal: f64) -> Option<CoverageSets> {
        let speakers: BTreeSet<&str> = self.speakers.iter().copied().collect();
        if speakers.len() < 2 {
            return None;
        }
        let (mut held, mut size, mut single) = (0.0, 0.0, 0.0);
        for speaker in speakers {
            let side = |own: bool| -> Vec<usize> {
                (0..self.truth.len()).filter(|&row| (self.speakers[row] == speaker) == own).collect()
            };
            let (own, others) = (side(true), side(false));
            let of_truth: Vec<f64> =
                others.iter().map(|&row| self.posteriors[row][self.truth[row]]).collect();
            let threshold = fit_threshold(&of_truth, &vec![1.0; of_truth.len()], nominal);
            let met = sets(&take(&self.truth, &own), &take(&self.posteriors, &own), threshold);
            let n = own.len() as f64;
            (held, size, single) = (held + n * met.coverage, size + n * met.size, single + n * met.single);
        }
        let n = self.truth.len() as f64;
        Some(CoverageSets { nominal, met: Sets { coverage: held / n, size: size / n, single: single / n } })
    }

    /// Class by class, with the confusion matrix over the classes that occur or were predicted.
    fn classes(&self) -> (Vec<ClassFigures>, Vec<Vec<usize>>) {
        let confusion = Confusion::count(&self.truth, &self.predicted, Emotion::ALL.len());
        let seen: Vec<usize> = (0..Emotion::ALL.len())
            .filter(|class| self.truth.contains(class) || self.predicted.contains(class))
            .collect();
        let figures = |&class: &usize| ClassFigures {
            emotion: Emotion::ALL[class],
            clips: confusion.support(class),
            recall: confusion.recall(class),
            precision: confusion.precision(class),
            f1: confusion.f1(class),
        };
        let counts = |&row: &usize| seen.iter().map(|&column| confusion.counts()[row][column]).collect();
        (seen.iter().map(figures).collect(), seen.iter().map(counts).collect())
    }
}

fn take<T: Clone>(values: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().map(|&row| values[row].clone()).collect()
}

impl Evaluation {
    /// Measures predictions of one protocol, marked as speaker-dependent where that is said or a published protocol is.
    ///
    /// # Errors
    /// `Malformed` naming the first rows that are wrong: none at all, two protocols, a clip twice in a fold.
    pub fn of(name: &str, predictions: &[Prediction], speaker_dependent: bool) -> Result<Evaluation> {
        refuse(predictions)?;
        let published = Protocol::known(&predictions[0].protocol);
        let speaker_dependent = speaker_dependent || published.is_ok_and(|one| one.speaker_dependent);
        let rows = Rows::new(predictions);
        let folds = folds(predictions);
        let mean = |of: fn(&FoldFigures) -> f64| folds.iter().map(of).sum::<f64>() / folds.len() as f64;
        let (classes, confusion) = rows.classes();
        let by_speaker = {
            let names: Vec<Option<&str>> = rows.speakers.iter().copied().map(Some).collect();
            groups(&names, rows.of_labels(uar))
        };
        let curve = risk_coverage(&rows.top, &rows.right);
        let ece_of = |drawn: &[usize]| ece(&take(&rows.top, drawn), &take(&rows.right, drawn));
        Ok(Evaluation {
            name: name.to_string(),
            protocol: predictions[0].protocol.clone(),
            speaker_dependent,
            clips: clips(predictions),
            draws: draws(predictions).len(),
            speakers: by_speaker.len(),
            uar_of_folds: mean(|fold| fold.uar),
            wa_of_folds: mean(|fold| fold.wa),
            macro_f1_of_folds: mean(|fold| fold.macro_f1),
            uar: rows.figure(rows.of_labels(uar)),
            wa: rows.figure(rows.of_labels(wa)),
            macro_f1: rows.figure(rows.of_labels(super::macro_f1)),
            top2: rows.figure(rows.of_posteriors(|truth, rows| top_k(truth, rows, 2))),
            ece: rows.figure(ece_of),
            brier: rows.figure(rows.of_posteriors(brier)),
            nll: rows.figure(rows.of_posteriors(nll)),
            sets: COVERAGES.iter().filter_map(|&nominal| rows.sets(nominal)).collect(),
            thresholds: Thresholds::Refitted,
            unadapted: None,
            answered: answered(&curve),
            area_under_risk: area_under_risk(&rows.top, &rows.right),
            risk: thin(curve),
            reliability: reliability(&rows.top, &rows.right).to_vec(),
            notes: notes(&folds, predictions, speaker_dependent),
            folds,
            classes,
            confusion,
            by_speaker,
            subgroups: BTreeMap::new(),
            listeners: None,
            degradation: Vec::new(),
        })
    }

    /// Adds UAR by something the corpus tells of each clip: one name a row, in the order of the predictions.
    pub fn divide(&mut self, by: &str, predictions: &[Prediction], names: &[Option<String>]) {
        let rows = Rows::new(predictions);
        let names: Vec<Option<&str>> = names.iter().map(Option::as_deref).collect();
        let found = groups(&names, rows.of_labels(uar));
        if found.len() > 1 {
            self.subgroups.insert(by.to_string(), found);
        }
    }
}

impl Evaluation {
    /// Compares with listeners' votes, one a row where the clip has any.
    pub fn listen(&mut self, predictions: &[Prediction], votes: &[Option<[f32; Emotion::ALL.len()]>]) {
        let rows = predictions.iter().zip(votes);
        let voted: Vec<_> = rows.filter_map(|(row, votes)| Some((row, votes.as_ref()?))).collect();
        let votes: Vec<Vec<f64>> = voted.iter().map(|(_, votes)| votes.map(f64::from).to_vec()).collect();
        let posteriors: Vec<Vec<f64>> = voted.iter().map(|(row, _)| row.posterior.to_vec()).collect();
        let agreement: Option<Vec<f64>> = voted.iter().map(|(row, _)| row.agreement).collect();
        self.listeners = listeners(&votes, &posteriors, agreement.as_deref());
    }

    /// Measures prediction sets by a model's own thresholds instead of refitted ones: those that `threshold` has for a coverage and
    /// the weight of a row's adaptation. The rows are `scored` among all of the model's classes, as in an analysis.
    pub fn deploy(&mut self, scored: &Scored, threshold: &dyn Fn(f64, f32) -> Option<f64>) {
        let rows = Rows::new(&scored.predictions);
        let of = |&nominal: &f64| {
            let thresholds: Option<Vec<f64>> =
                scored.weights.iter().map(|&weight| threshold(nominal, weight)).collect();
            Some(CoverageSets { nominal, met: sets_at(&rows.truth, &rows.posteriors, &thresholds?) })
        };
        self.sets = COVERAGES.iter().filter_map(of).collect();
        self.thresholds = Thresholds::Deployed;
    }

    /// Adds how the `adapted` predictions compare with `unadapted` ones of the same clips, or of more.
    ///
    /// # Errors
    /// As [`compare`].
    pub fn adapt(&mut self, unadapted: &[Prediction], adapted: &[Prediction]) -> Result<()> {
        let unadapted = matched(unadapted, adapted).unwrap_or_else(|| unadapted.to_vec());
        let rows = Rows::new(&unadapted);
        let difference = compare(&unadapted, adapted)?;
        self.unadapted = Some(Unadapted { uar: rows.figure(rows.of_labels(uar)), difference });
        Ok(())
    }

    /// Adds what a corruption does to the predictions of the same clips.
    ///
    /// # Errors
    /// As [`compare`].
    pub fn degrade(&mut self, corruption: &str, clean: &[Prediction], degraded: &[Prediction]) -> Result<()> {
        let rows = Rows::new(degraded);
        self.degradation.push(Degradation {
            corruption: corruption.to_string(),
            uar: rows.figure(rows.of_labels(uar)),
            difference: compare(clean, degraded)?,
        });
        Ok(())
    }
}

/// How much `b`'s UAR is above `a`'s on the same clips, with its interval. Where one of the two selects clips, in draws, the other
/// is taken on those.
///
/// # Errors
/// `Malformed` where the two do not predict the same clips.
pub fn compare(a: &[Prediction], b: &[Prediction]) -> Result<Figure> {
    let selects = |rows: &[Prediction]| rows.iter().any(|row| row.draw.is_some());
    match (selects(a), selects(b)) {
        (false, true) => matched(a, b).map_or_else(|| paired(a, b), |a| paired(&a, b)),
        (true, false) => matched(b, a).map_or_else(|| paired(a, b), |b| paired(a, &b)),
        _ => paired(a, b),
    }
}

/// [`compare`], row by row.
fn paired(a: &[Prediction], b: &[Prediction]) -> Result<Figure> {
    let key = |row: &Prediction| (row.fold.clone(), row.draw, row.clip.clone());
    let of_b: BTreeMap<_, &Prediction> = b.iter().map(|row| (key(row), row)).collect();
    let missing = a.iter().find(|row| !of_b.contains_key(&key(row)));
    if a.len() != b.len() || missing.is_some() {
        let clip = missing.map_or(String::new(), |row| format!(": '{}' is only in the first", row.clip));
        return Err(Error::malformed(format!("the two files do not predict the same clips{clip}")));
    }
    let b: Vec<Prediction> = a.iter().map(|row| of_b[&key(row)].clone()).collect();
    let (a, b) = (Rows::new(a), Rows::new(&b));
    let (of_a, of_b) = (a.of_labels(uar), b.of_labels(uar));
    Ok(a.figure(|rows| of_b(rows) - of_a(rows)))
}

/// Different clips, in all folds.
fn clips(predictions: &[Prediction]) -> usize {
    predictions.iter().map(|row| (&row.fold, &row.clip)).collect::<BTreeSet<_>>().len()
}

/// The draws there are.
fn draws(predictions: &[Prediction]) -> BTreeSet<Option<u32>> {
    predictions.iter().map(|row| row.draw).collect()
}

/// Fold by fold, the mean of its draws.
fn folds(predictions: &[Prediction]) -> Vec<FoldFigures> {
    let names: BTreeSet<&str> = predictions.iter().map(|row| row.fold.as_str()).collect();
    let fold = |fold: &str| {
        let own: Vec<Prediction> = predictions.iter().filter(|row| row.fold == fold).cloned().collect();
        let draws = draws(&own);
        let mean = |metric: fn(&[usize], &[usize]) -> f64| {
            let of = |draw: &Option<u32>| {
                let rows = own.iter().filter(|row| row.draw == *draw);
                let (truth, predicted): (Vec<usize>, Vec<usize>) =
                    rows.map(|row| (row.truth as usize, best(&row.posterior))).unzip();
                metric(&truth, &predicted)
            };
            draws.iter().map(of).sum::<f64>() / draws.len() as f64
        };
        FoldFigures {
            fold: fold.to_string(),
            clips: clips(&own),
            uar: mean(uar),
            wa: mean(wa),
            macro_f1: mean(super::macro_f1),
        }
    };
    names.into_iter().map(fold).collect()
}

fn refuse(predictions: &[Prediction]) -> Result<()> {
    let Some(first) = predictions.first() else { return Err(Error::malformed("there are no predictions")) };
    if let Some(at) = predictions.iter().position(|row| row.protocol != first.protocol) {
        let [a, b] = [&first.protocol, &predictions[at].protocol];
        return Err(Error::malformed(format!("row {}: protocol '{b}' among rows of '{a}'", at + 2)));
    }
    let mut seen = BTreeMap::new();
    for (at, row) in predictions.iter().enumerate() {
        if let Some(before) = seen.insert((&row.fold, row.draw, &row.clip), at) {
            let message = format!("clip '{}' of fold {} is in row {} too", row.clip, row.fold, before + 2);
            return Err(Error::malformed(format!("row {}: {message}", at + 2)));
        }
    }
    Ok(())
}

/// What a reader should know of the figures.
fn notes(folds: &[FoldFigures], predictions: &[Prediction], speaker_dependent: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if speaker_dependent {
        notes.push("speaker-dependent: the same speakers are learned from and tested on".to_string());
    }
    match draws(predictions).len() {
        1 if predictions[0].draw.is_none() => {}
        1 => notes.push("the condition selects clips, and only those are scored".to_string()),
        n => notes.push(format!("the condition selects clips in {n} draws: figures are means over them")),
    }
    let all: BTreeSet<Emotion> = predictions.iter().map(|row| row.truth).collect();
    for FoldFigures { fold, .. } in folds {
        let rows = predictions.iter().filter(|row| &row.fold == fold);
        let here: BTreeSet<Emotion> = rows.map(|row| row.truth).collect();
        for emotion in all.difference(&here) {
            notes.push(format!("fold {fold} has no {emotion} clip: its UAR is over the classes it has"));
        }
    }
    notes
}

/// WA among the surest clips, at [`ANSWERED`].
fn answered(curve: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let at = |&share: &f64| {
        let point = curve.iter().find(|(coverage, _)| *coverage >= share - 1e-12)?;
        Some((share, 1.0 - point.1))
    };
    ANSWERED.iter().filter_map(at).collect()
}

/// At most about [`POINTS`] of a curve, the last among them.
fn thin(curve: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let (last, step) = (curve.len().saturating_sub(1), curve.len().div_ceil(POINTS).max(1));
    curve.into_iter().enumerate().filter(|(at, _)| at % step == 0 || *at == last).map(|(_, p)| p).collect()
}
