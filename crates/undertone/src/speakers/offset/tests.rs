//! The estimate is that of the reference (`tools/model/adaptation.py`), and follows what it is told.
#![allow(clippy::unwrap_used)]

use serde::Deserialize;

use super::*;
use crate::emotion::Emotion;
use crate::model::Population;
use crate::model::Posterior;
use crate::prior::{Prior, Shares, apply};

/// Written by `tools/golden/adaptation.py`.
const GOLDEN: &str = include_str!("../../../tests/golden/adaptation.json");

#[derive(Deserialize)]
struct Golden {
    space: SpeakerSpace,
    kappa: f32,
    kappa_scale: f32,
    temperature: [f32; 2],
    classes: Vec<Emotion>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    asked: EmotionSet,
    z: Vec<Vec<f32>>,
    logits: Vec<Vec<f32>>,
    share: Vec<f64>,
    steadiness: f32,
    offset: Vec<f32>,
    weight: f32,
    shift: Vec<f32>,
    scale: Vec<f32>,
    known: Vec<Vec<f32>>,
    adapted: Vec<Vec<f32>>,
    posteriors: std::collections::BTreeMap<String, Vec<Vec<f32>>>,
    priors: std::collections::BTreeMap<String, Vec<f32>>,
}

/// The golden file, and a model's description with its space and the population of a case.
fn golden() -> (Golden, Metadata) {
    let golden: Golden = serde_json::from_str(GOLDEN).unwrap();
    let width = golden.cases[0].z[0].len();
    let mut metadata = Model::embedded().unwrap().metadata().clone();
    metadata.pooled = width;
    metadata.population = Population {
        mean: (0..width).map(|i| i as f32 - 2.5).collect(),
        scale: (0..width).map(|i| 0.5 + 0.25 * i as f32).collect(),
    };
    metadata.classes.clone_from(&golden.classes);
    (metadata.kappa, metadata.kappa_scale) = (golden.kappa, Some(golden.kappa_scale));
    let [unadapted, adapted] = golden.temperature;
    metadata.temperature = crate::model::Conditions { unadapted, adapted };
    metadata.adaptation = Some(golden.space.clone());
    (golden, metadata)
}

fn pooled(z: &[f32], population: &Population) -> Vec<f32> {
    z.iter().zip(population.mean.iter().zip(&population.scale)).map(|(z, (m, s))| m + s * z).collect()
}

fn estimator(case: &Case, metadata: &Metadata) -> OffsetEstimator {
    let mut heard = OffsetEstimator::default();
    for ((z, logits), &share) in case.z.iter().zip(&case.logits).zip(&case.share) {
        heard.hear(metadata, &pooled(z, &metadata.population), logits, share);
    }
    heard
}

fn near(what: &str, got: &[f32], want: &[f32]) {
    assert_eq!(got.len(), want.len(), "{what}");
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        assert!((got - want).abs() < 1e-4 * (1.0 + want.abs()), "{what}[{i}]: {got}, expected {want}");
    }
}

#[test]
fn estimate_and_adapted_logits_are_those_of_the_reference() {
    let (golden, metadata) = golden();
    for case in &golden.cases {
        let own = estimator(case, &metadata).estimate(&metadata, case.asked).unwrap();
        near("steadiness", &[own.steadiness], &[case.steadiness]);
        near("offset", &own.offset, &case.offset);
        near("weight", &[own.adaptation.weight], &[case.weight]);
        near("mean", &own.adaptation.mean, &pooled(&case.shift, &metadata.population));
        let scale = own.adaptation.scale.iter().zip(&metadata.population.scale).map(|(a, b)| a / b);
        near("scale", &scale.collect::<Vec<_>>(), &case.scale);
        // The network blends its two heads by the weight.
        for ((alone, known), want) in case.logits.iter().zip(&case.known).zip(&case.adapted) {
            let blend = |(a, b): (&f32, &f32)| a + own.adaptation.weight * (b - a);
            let logits = alone.iter().zip(known).map(blend).collect();
            let mut answer = Answer { logits, intensity: 0.5, agreement: None };
            own.complete(&mut answer);
            near("logits", &answer.logits, want);
        }
    }
    let moods: Vec<bool> = golden.cases.iter().map(|case| case.steadiness > 0.5).collect();
    assert_eq!(moods[..2], [false, true], "a varied recording and one of a single mood");
}

#[test]
fn posteriors_under_each_prior_are_those_of_the_reference() {
    let (golden, metadata) = golden();
    for case in &golden.cases {
        let temperature = metadata.temperature_at(case.weight);
        let even: Vec<Posterior> = case
            .adapted
            .iter()
            .map(|logits| Posterior::new(&metadata.classes, logits, temperature, case.asked))
            .collect();
        let windows: Vec<(f64, &Posterior)> = case.share.iter().copied().zip(&even).collect();
        let fixed = r#"{"neutral":0.3,"happy":0.1,"sad":0.1,"angry":0.4,"fearful":0.05,"disgust":0.05}"#;
        let given: Shares = serde_json::from_str(fixed).unwrap();
        for prior in [Prior::Auto, Prior::Even, Prior::Conversation, Prior::Given(given)] {
            let own = prior.of_voice(&windows, 2.4, case.asked);
            near(prior.name(), &own, &case.priors[prior.name()]);
            for (even, want) in even.iter().zip(&case.posteriors[prior.name()]) {
                near(prior.name(), apply(even, &own).probabilities(), want);
            }
        }
    }
}

#[test]
fn nothing_heard_and_a_model_without_the_statistics_give_no_estimate() {
    let (golden, mut metadata) = golden();
    assert_eq!(OffsetEstimator::default().estimate(&metadata, EmotionSet::ALL), None);
    metadata.adaptation = None;
    let heard = estimator(&golden.cases[0], &metadata);
    assert_eq!((heard.windows(), heard.estimate(&metadata, EmotionSet::ALL)), (0.0, None));
}
