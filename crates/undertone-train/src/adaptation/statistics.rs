//! Embedded clips → the statistics, in a basis in which clips of one speaker and class vary by 1 and speakers independently.

use faer::Mat;
use undertone::{Emotion, Error, ErrorKind, Result};

use super::class_effects::{ClassEffects, Combined};
use super::clips::Clips;
use super::heads::Heads;
use super::interaction;
use super::mixed_model::MixedModel;
use crate::train::joint_diagonalisation::Directions;

/// What the adaptation knows of speakers in general.
#[derive(Clone, Debug)]
pub(super) struct Statistics {
    /// Standardised embedding → space of offsets, one column a direction.
    pub to: Mat<f64>,
    /// An offset → its shift of the standardised embedding, one row a direction.
    pub back: Mat<f64>,
    /// An offset → its shift of the logits of the head for unknown speakers, one row a direction.
    pub unadapted: Mat<f64>,
    /// Variance of offsets, about the population.
    pub between: Vec<f64>,
    /// Variance of class means from speaker to speaker and corpus to corpus.
    pub class_variance: Vec<f64>,
    /// Class effects, one row a class; their mean is 0.
    pub class_means: Mat<f64>,
}

impl Statistics {
    /// Offsets by `unheard`, whose speakers the network did not learn from: of those it did, it knows more than of others. Class effects
    /// by both.
    ///
    /// # Errors
    /// `Config` where the clips do not suffice, saying what is missing; `Model` where the heads are damaged.
    pub fn of(heads: &Heads, unheard: &Clips, learned: &Clips, classes: &[Emotion]) -> Result<Statistics> {
        check(unheard, classes)?;
        let basis = heads.basis()?;
        let clips = unheard.projected(&basis);
        let model = MixedModel::fit(&clips, classes.len())?;
        // Offsets are relative to the network's population, not to the mean of these speakers.
        let width = clips.width();
        let centre: Vec<f64> =
            (0..width).map(|at| model.class_means.col(at).sum() / classes.len() as f64).collect();
        let moment = Mat::from_fn(width, width, |a, b| model.between[(a, b)] + centre[a] * centre[b]);
        let Directions { columns, variances } = Directions::of(&model.within, &moment)?;
        let to = &basis * &columns;
        // The inverse of `columns`, since columnsᵀ · within · columns is the identity.
        let back = columns.transpose() * &model.within * basis.transpose();
        let clips = clips.projected(&columns);
        let between_speakers = interaction::variance(&clips, &(&model.class_means * &columns))?;
        let learned = learned.projected(&to);
        let (unheard, learned) = (clips.corpora(), learned.corpora());
        let corpora = unheard.values().chain(learned.values());
        let effects: Vec<ClassEffects> =
            corpora.filter_map(|corpus| ClassEffects::of(corpus, classes.len())).collect();
        let Combined { effects: class_means, variance } = Combined::of(&effects, classes.len())?;
        Ok(Statistics {
            unadapted: &back * &heads.unadapted,
            to,
            back,
            between: variances,
            class_variance: between_speakers.iter().zip(&variance).map(|(a, b)| a + b).collect(),
            class_means,
        })
    }
}

/// Whether there are speakers and classes enough.
fn check(clips: &Clips, classes: &[Emotion]) -> Result<()> {
    let config = |message: String| Err(Error::new(ErrorKind::Config, message));
    let missing: Vec<&str> = classes
        .iter()
        .enumerate()
        .filter(|(class, _)| clips.labels.iter().all(|label| label.class != *class))
        .map(|(_, class)| class.name())
        .collect();
    if !missing.is_empty() {
        return config(format!(
            "no clip of the manifests is {}; every class of the model is needed: add a manifest that has it",
            missing.join(", ")
        ));
    }
    match clips.speakers().len() {
        speakers @ 0..2 => config(format!(
            "how speakers differ is estimated from two or more, better fifty; the manifests have {speakers}"
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::synthetic::{CLASSES, Synthetic, WIDTH};
    use super::*;

    const FOUR: [Emotion; CLASSES] = [Emotion::Neutral, Emotion::Calm, Emotion::Happy, Emotion::Sad];

    /// Heads that read the first axes, turned a little; the last axis is seen by neither.
    fn heads() -> Heads {
        let unadapted = Mat::from_fn(WIDTH, CLASSES, |axis, class| match axis {
            axis if axis == class => 1.0,
            axis if axis == class + 1 && axis < CLASSES => 0.25,
            _ => 0.0,
        });
        Heads { adapted: 0.5 * &unadapted, unadapted }
    }

    fn none() -> Clips {
        Clips { rows: Mat::zeros(0, WIDTH), labels: Vec::new() }
    }

    fn estimate(clips: &Clips) -> Result<Statistics> {
        Statistics::of(&heads(), clips, &none(), &FOUR)
    }

    #[test]
    fn the_variance_of_speakers_is_recovered_in_a_space_that_both_heads_span() {
        let synthetic = Synthetic { speakers: 300, clips: 24, ..Synthetic::default() };
        let statistics = estimate(&synthetic.clips("a", 1)).unwrap();
        let mut wanted: Vec<f64> =
            synthetic.offset[..CLASSES].iter().map(|deviation| deviation * deviation).collect();
        wanted.sort_by(|a, b| b.total_cmp(a));
        assert_eq!(statistics.between.len(), CLASSES);
        for (between, wanted) in statistics.between.iter().zip(&wanted) {
            // About the population: the mean of all classes, effect / 4 along each axis, is part of it.
            let wanted = wanted + (synthetic.effect / CLASSES as f64).powi(2);
            assert!((between / wanted - 1.0).abs() < 0.3, "{between}, not {wanted}");
        }
        // There and back is the projection onto the space of the heads.
        let both = &statistics.to * &statistics.back;
        for (a, b) in [(0, 0), (3, 3), (0, 1), (WIDTH - 1, WIDTH - 1)] {
            let wanted = if a == b && a < CLASSES { 1.0 } else { 0.0 };
            assert!((both[(a, b)] - wanted).abs() < 1e-9, "{a} {b}: {}", both[(a, b)]);
        }
        let shift = &statistics.to * &statistics.unadapted;
        assert!((shift[(1, 0)] - 0.25).abs() < 1e-9, "what an offset does to the logits");
        let means = &statistics.class_means * &statistics.back;
        assert!((means[(2, 2)] - 0.75 * synthetic.effect).abs() < 0.1, "{}", means[(2, 2)]);
    }

    #[test]
    fn a_shift_of_all_speakers_is_a_variance_about_the_population() {
        let synthetic = Synthetic { speakers: 200, clips: 16, ..Synthetic::default() };
        let mut clips = synthetic.clips("a", 1);
        let before = estimate(&clips).unwrap();
        for row in 0..clips.labels.len() {
            clips.rows[(row, 0)] += 4.0;
        }
        let after = estimate(&clips).unwrap();
        let rise = after.between[0] - before.between[0];
        assert!((14.0..20.0).contains(&rise), "{rise}");
        assert!(after.class_means.norm_max() < 2.0 * before.class_means.norm_max());
    }

    #[test]
    fn learned_speakers_change_class_effects_alone() {
        let synthetic = Synthetic { speakers: 50, clips: 16, ..Synthetic::default() };
        let (clips, learned) =
            (synthetic.clips("a", 1), Synthetic { effect: 3.0, ..synthetic }.clips("b", 2));
        let [alone, both] =
            [none(), learned].map(|learned| Statistics::of(&heads(), &clips, &learned, &FOUR).unwrap());
        assert_eq!((&alone.to, &alone.between), (&both.to, &both.between));
        assert!(both.class_means.norm_l2() > 1.1 * alone.class_means.norm_l2());
        assert!(both.class_variance.iter().zip(&alone.class_variance).all(|(both, alone)| both > alone));
    }

    #[test]
    fn too_little_is_refused_with_what_is_missing() {
        let synthetic = Synthetic::default();
        let clips = synthetic.clips("a", 1);
        let relabelled = |class: fn(usize) -> usize| Clips {
            rows: clips.rows.clone(),
            labels: clips
                .labels
                .iter()
                .map(|label| super::super::clips::Label { class: class(label.class), ..label.clone() })
                .collect(),
        };
        for (clips, words) in [
            (Synthetic { speakers: 1, ..synthetic.clone() }.clips("a", 1), "the manifests have 1"),
            (relabelled(|_| 0), "no clip of the manifests is calm, happy, sad"),
            (relabelled(|class| class.max(1)), "no clip of the manifests is neutral"),
            (none(), "neutral, calm, happy, sad"),
            (Synthetic { speakers: 4, clips: 1, ..synthetic.clone() }.clips("a", 1), "more labelled clips"),
            (Synthetic { speakers: 40, clips: 1, ..synthetic }.clips("a", 1), "no speaker is heard"),
        ] {
            let error = estimate(&clips).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
