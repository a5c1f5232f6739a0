//! A speaker's offset, estimated from speech whose emotions are not known.
//!
//! The mean of a recording is right for a speaker only where emotions are balanced: a steady mood becomes the reference and
//! disappears. Here the emotions are unknown variables. In the coordinates `y` of a [`SpeakerSpace`] a window of class k is
//! Gaussian around `μ_k + o`, where `o ~ N(0, Λ)` is the speaker's offset. Per voice, with `w` a window's share of new speech and
//! `n = Σ w`:
//!
//! 1. *Steadiness* s, 0…1: whether the recording looks like one class rather than like all of them. The evidence of compositions
//!    that are mostly of one class is compared with that of the even one: `s = σ(slope · ((max_j E_j − E_even)/n − threshold))`.
//! 2. *Offset* o by expectation–maximisation. The expectation takes the responsibilities of the head for unknown speakers, without
//!    the offset so far; the maximisation weighs class means by how much they vary between speakers, so that many classes tell
//!    more than many windows of one.
//! 3. *Adaptation*: `v = 1 − s`, `k = n/(n + κ)`, weight `v·k`; mean `population + o`; the variance is the voice's own, as far as
//!    the recording is varied. What the offset does to the head for unknown speakers, `v·(1 − k)·o·alone`, is subtracted.
//!
//! Derivation, choices and measurements: `docs/lab-log/adaptation.md`; reference: `tools/model/adaptation.py`.

use crate::emotion::EmotionSet;
use crate::error::Result;
use crate::model::{Adaptation, Answer, Metadata, Model, SpeakerSpace};

use super::SpeakerStats;

/// Steps of the estimate for each composition.
const COMPOSITION_STEPS: usize = 6;
/// Steps of the offset's estimate.
const OFFSET_STEPS: usize = 8;
/// Smallest share of a class in a composition, and fewest windows of a class.
const LEAST: [f64; 2] = [1e-9, 1e-6];

/// What was heard of one voice, window by window: all that its offset is estimated from. It grows with the recording and can be
/// asked at any time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetEstimator {
    windows: Vec<Window>,
    stats: SpeakerStats,
}

/// One window: coordinates, logits of the head for unknown speakers, share of new speech.
#[derive(Clone, Debug, PartialEq)]
struct Window {
    y: Vec<f32>,
    logits: Vec<f32>,
    share: f64,
}

/// The estimate of one voice's offset.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SpeakerOffset {
    /// How far the recording looks like one mood, 0…1; 1 is answered without adaptation.
    pub steadiness: f32,
    /// The offset, in the coordinates of the model's [`SpeakerSpace`].
    pub offset: Vec<f32>,
    /// Windows it rests on.
    pub windows: f64,
    /// What the model answers with.
    pub adaptation: Adaptation,
    /// What is added to the logits it answers with, class by class.
    pub shift: Vec<f32>,
}

impl SpeakerOffset {
    /// Completes an answer that was given with [`SpeakerOffset::adaptation`].
    pub fn complete(&self, answer: &mut Answer) {
        answer.logits.iter_mut().zip(&self.shift).for_each(|(logit, shift)| *logit += shift);
    }
}

impl OffsetEstimator {
    /// Adds one window: its embedding, the logits of the unadapted model for it, and its share of new speech (1 for windows that do
    /// not overlap, and for whole clips). Nothing happens for models without a [`SpeakerSpace`].
    pub fn hear(&mut self, metadata: &Metadata, pooled: &[f32], logits: &[f32], share: f64) {
        let Some(space) = &metadata.adaptation else { return };
        let y = space.coordinates(pooled, &metadata.population);
        self.windows.push(Window { y, logits: logits.to_vec(), share });
        self.stats.hear(pooled, share);
    }

    /// Windows heard.
    pub fn windows(&self) -> f64 {
        self.stats.windows()
    }

    /// The estimate by all that was heard so far; `asked` are the classes that compete. None where nothing was heard, or the model
    /// has no [`SpeakerSpace`].
    pub fn estimate(&self, metadata: &Metadata, asked: EmotionSet) -> Option<SpeakerOffset> {
        let space = metadata.adaptation.as_ref().filter(|_| self.windows() > 0.0)?;
        let asked: Vec<bool> = metadata.classes.iter().map(|class| asked.contains(*class)).collect();
        let steadiness = steadiness(space, &self.windows, &asked);
        let offset = offset(space, &self.windows, &asked);
        Some(self.adapted(metadata, space, steadiness, &offset))
    }

    /// Steadiness and offset → what the model answers with.
    fn adapted(
        &self,
        metadata: &Metadata,
        space: &SpeakerSpace,
        steadiness: f64,
        offset: &[f64],
    ) -> SpeakerOffset {
        let (n, varied) = (self.windows(), 1.0 - steadiness);
        let known = n / (n + f64::from(metadata.kappa));
        let (pooled, classes) = (metadata.pooled, metadata.classes.len());
        let through = |matrix: &[f32], columns: usize, column: usize| -> f64 {
            offset.iter().enumerate().map(|(i, o)| o * f64::from(matrix[i * columns + column])).sum()
        };
        let population = metadata.population.mean.iter().zip(&metadata.population.scale).enumerate();
        let mean = population
            .map(|(i, (mean, scale))| mean + scale * through(&space.back, pooled, i) as f32)
            .collect();
        let mut scale = metadata.population.scale.clone();
        if let Some(kappa) = metadata.kappa_scale.map(f64::from) {
            for (scale, own) in scale.iter_mut().zip(self.stats.deviation()) {
                let own = f64::from(own / *scale).powi(2);
                *scale *= ((varied * n * own + kappa) / (varied * n + kappa)).sqrt() as f32;
            }
        }
        let shift = |class| (-varied * (1.0 - known) * through(&space.alone, classes, class)) as f32;
        SpeakerOffset {
            steadiness: steadiness as f32,
            offset: offset.iter().map(|&o| o as f32).collect(),
            windows: n,
            adaptation: Adaptation { mean, scale, weight: (varied * known) as f32 },
            shift: (0..classes).map(shift).collect(),
        }
    }
}

/// The model's answers for all windows (or whole clips) of one voice, adapted to it by themselves, and the weight of the adaptation,
/// which the temperature follows ([`Metadata::temperature_at`]). `shares[i]` is how much new speech is in window i, in windows: 1
/// for whole clips. `asked` are the classes that compete. From a model without a [`SpeakerSpace`] they are the unadapted answers,
/// with weight 0.
///
/// # Errors
/// `Config` where there are not as many shares as windows, or an embedding has another length than the model's; `Model` where
/// the network refuses its input.
pub fn self_adapted(
    model: &Model,
    pooled: &[Vec<f32>],
    shares: &[f64],
    asked: EmotionSet,
) -> Result<(Vec<Answer>, f32)> {
    if pooled.len() != shares.len() {
        let message = format!("{} windows, but {} shares", pooled.len(), shares.len());
        return Err(crate::Error::config(message));
    }
    let population = model.population();
    let unadapted = model.answer(pooled, &vec![&population; pooled.len()])?;
    let mut heard = OffsetEstimator::default();
    for ((pooled, answer), &share) in pooled.iter().zip(&unadapted).zip(shares) {
        heard.hear(model.metadata(), pooled, &answer.logits, share);
    }
    let Some(own) = heard.estimate(model.metadata(), asked) else { return Ok((unadapted, 0.0)) };
    let mut answers = model.answer(pooled, &vec![&own.adaptation; pooled.len()])?;
    answers.iter_mut().for_each(|answer| own.complete(answer));
    Ok((answers, own.adaptation.weight))
}

/// How far the windows look like one mood (mostly one class) rather than like all classes evenly.
fn steadiness(space: &SpeakerSpace, windows: &[Window], asked: &[bool]) -> f64 {
    let (d, composition) = (space.dimensions(), f64::from(space.composition));
    let count = asked.iter().filter(|asked| **asked).count().max(1) as f64;
    let even = |class: usize| if asked[class] { 1.0 / count } else { 0.0 };
    // The fit of each window to each class without an offset.
    let fits: Vec<Vec<f64>> = windows
        .iter()
        .map(|window| {
            let fit = |means: &[f32]| {
                let means = means.iter().map(|&m| f64::from(m));
                window.y.iter().zip(means).map(|(&y, m)| f64::from(y) * m - 0.5 * m * m).sum()
            };
            space.class_means.chunks_exact(d).map(fit).collect()
        })
        .collect();
    let evidence = |mostly: Option<usize>| {
        let share = |class: usize| match mostly {
            Some(mostly) => {
                (1.0 - composition) * f64::from(u8::from(class == mostly)) + composition * even(class)
            }
            None => even(class),
        };
        let shares: Vec<f64> = (0..asked.len()).map(share).collect();
        composition_evidence(space, windows, &fits, asked, &shares)
    };
    let mostly = (0..asked.len()).filter(|&class| asked[class]).map(|class| evidence(Some(class)));
    let best = mostly.fold(f64::NEG_INFINITY, f64::max);
    let n: f64 = windows.iter().map(|window| window.share).sum();
    let lead = (best - evidence(None)) / n;
    let lead = f64::from(space.slope) * (lead - f64::from(space.threshold));
    1.0 / (1.0 + (-lead.clamp(-50.0, 50.0)).exp())
}

/// The evidence for a composition, with the best offset under it.
fn composition_evidence(
    space: &SpeakerSpace,
    windows: &[Window],
    fits: &[Vec<f64>],
    asked: &[bool],
    shares: &[f64],
) -> f64 {
    let d = space.dimensions();
    let log_prior: Vec<f64> =
        shares.iter().zip(asked).map(|(share, asked)| log_of(*asked) + share.max(LEAST[0]).ln()).collect();
    let n: f64 = windows.iter().map(|window| window.share).sum();
    let total: Vec<f64> =
        (0..d).map(|i| windows.iter().map(|window| window.share * f64::from(window.y[i])).sum()).collect();
    let mut offset = vec![0.0; d];
    let scores = |fits: &[f64], offset: &[f64]| -> Vec<f64> {
        let moved = space.class_means.chunks_exact(d).map(|means| inner(means, offset));
        fits.iter().zip(&log_prior).zip(moved).map(|((fit, prior), moved)| fit + prior - moved).collect()
    };
    for _ in 0..COMPOSITION_STEPS {
        let mut counts = vec![0.0; asked.len()];
        for (window, fits) in windows.iter().zip(fits) {
            let responsibilities = softmax(scores(fits, &offset));
            counts.iter_mut().zip(responsibilities).for_each(|(count, r)| *count += window.share * r);
        }
        for (i, offset) in offset.iter_mut().enumerate() {
            let means = space.class_means.iter().skip(i).step_by(d);
            let explained: f64 = counts.iter().zip(means).map(|(count, &m)| count * f64::from(m)).sum();
            *offset = (total[i] - explained) / (1.0 / f64::from(space.between[i]) + n);
        }
    }
    let likelihood = windows.iter().zip(fits).map(|(window, fits)| {
        let square: f64 = window.y.iter().zip(&offset).map(|(&y, o)| (f64::from(y) - o).powi(2)).sum();
        window.share * (log_sum_exp(&scores(fits, &offset)) - 0.5 * square)
    });
    let penalty = offset.iter().zip(&space.between).map(|(o, &between)| {
        let between = f64::from(between);
        0.5 * o * o / between + 0.5 * (between * n).ln_1p()
    });
    likelihood.sum::<f64>() - penalty.sum::<f64>()
}

/// The offset: emotions by the head for unknown speakers (temperature 1, even prior), class means free to vary.
fn offset(space: &SpeakerSpace, windows: &[Window], asked: &[bool]) -> Vec<f64> {
    let (d, classes) = (space.dimensions(), asked.len());
    let mut offset = vec![0.0; d];
    for _ in 0..OFFSET_STEPS {
        let moved: Vec<f64> = (0..classes)
            .map(|class| {
                offset.iter().enumerate().map(|(i, o)| o * f64::from(space.alone[i * classes + class])).sum()
            })
            .collect();
        let (mut counts, mut sums) = (vec![0.0; classes], vec![0.0; classes * d]);
        for window in windows {
            let scores = window.logits.iter().zip(&moved).zip(asked);
            let scores = scores.map(|((&logit, moved), asked)| f64::from(logit) - moved + log_of(*asked));
            for (class, r) in softmax(scores.collect()).into_iter().enumerate() {
                counts[class] += window.share * r;
                let sums = sums[class * d..][..d].iter_mut().zip(&window.y);
                sums.for_each(|(sum, &y)| *sum += window.share * r * f64::from(y));
            }
        }
        for (i, offset) in offset.iter_mut().enumerate() {
            let variance = f64::from(space.trust) * f64::from(space.class_variance[i]);
            let (mut weight, mut sum) = (1.0 / f64::from(space.between[i]), 0.0);
            for class in 0..classes {
                let count = counts[class].max(LEAST[1]);
                let precision = 1.0 / (variance + 1.0 / count);
                weight += precision;
                sum +=
                    precision * (sums[class * d + i] / count - f64::from(space.class_means[class * d + i]));
            }
            *offset = sum / weight;
        }
    }
    offset
}

/// What a class that does not compete is worse by.
fn log_of(asked: bool) -> f64 {
    if asked { 0.0 } else { -1e9 }
}

fn inner(a: &[f32], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(&a, b)| f64::from(a) * b).sum()
}

fn log_sum_exp(row: &[f64]) -> f64 {
    let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    top + row.iter().map(|x| (x - top).exp()).sum::<f64>().ln()
}

fn softmax(mut row: Vec<f64>) -> Vec<f64> {
    let whole = log_sum_exp(&row);
    row.iter_mut().for_each(|x| *x = (*x - whole).exp());
    row
}

#[cfg(test)]
mod tests;
