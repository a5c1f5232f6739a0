//! Scores held-out speakers with the network as it is in the trainer: to choose and to calibrate, never for publication.

use std::collections::BTreeMap;

use burn::prelude::*;
use half::slice::HalfFloatSliceExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use undertone::Emotion;
use undertone::model::Adaptation;
use undertone::speakers::SpeakerStats;
use undertone_eval::metrics::uar;

use crate::data::clip::{CLASSES, Clip, sung};
use crate::data::feature_cache::{FeatureCache, Place, ROWS};
use crate::data::normalization::{Moments, Normalization};
use crate::nn::filter_bank::Bank;
use crate::nn::frames::{Cut, Frames};
use crate::nn::network::{Network, OUTPUTS};
use crate::nn::tensor::values;

/// What one condition makes of the held-out clips.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Score {
    /// UAR per corpus, 0…1, among the classes the corpus knows.
    pub uar: BTreeMap<String, f64>,
}

impl Score {
    /// Mean over the corpora of speech.
    pub fn mean(&self) -> f64 {
        let spoken: Vec<f64> = self.uar.iter().filter(|(name, _)| !sung(name)).map(|(_, &uar)| uar).collect();
        spoken.iter().sum::<f64>() / spoken.len().max(1) as f64
    }
}

/// Outputs of both heads for every clip: `[clips][9]` unadapted, and with all of the speaker's clips as adaptation.
pub struct Outputs {
    /// Against the population.
    pub unadapted: Vec<Vec<f32>>,
    /// Against the adaptation that all of the speaker's own clips make (unlabelled, itself among them).
    pub adapted: Vec<Vec<f32>>,
}

/// `pooled` of every clip, whole, in one of the features's copies (0 is the clean one): `[clips][pooled]`.
pub fn embed(
    network: &Network,
    places: &[Place],
    features: &FeatureCache,
    normalization: &Normalization,
    copy: usize,
) -> Vec<Vec<f32>> {
    let device = Device::flex();
    places
        .par_iter()
        .map(|&place| {
            if let Some(bank) = &network.bank {
                let views = by_bank(bank, features, place, &normalization.views, &device);
                return values(network.pool(network.trunk(views)));
            }
            let mut views = vec![0.0; place.frames * ROWS];
            for (at, row) in views.chunks_exact_mut(ROWS).enumerate() {
                features.frame(copy, place, at).convert_to_f32_slice(row);
                normalization.standardise(row);
            }
            let views = Tensor::<3>::from_data(TensorData::new(views, [1, place.frames, ROWS]), &device);
            values(network.pool(network.trunk(views)))
        })
        .collect()
}

/// What a bank makes of a whole clip, standardised by `views`: `[1, frames, 128]`.
fn by_bank(
    bank: &Bank,
    features: &FeatureCache,
    place: Place,
    views: &Moments,
    device: &Device,
) -> Tensor<3> {
    let cut = Cut::new(features.samples(place), 0, place.frames, 1.0);
    let [scale, shift] = views.affine().map(|row| {
        let width = row.len();
        Tensor::<3>::from_data(TensorData::new(row, [1, 1, width]), device)
    });
    bank.forward(Frames::stack(vec![cut], device)) * scale + shift
}

/// Reads both heads.
pub fn outputs(
    network: &Network,
    clips: &[Clip],
    pooled: &[Vec<f32>],
    kappa: f32,
    kappa_scale: Option<f32>,
) -> Outputs {
    let device = Device::flex();
    let population = network.population();
    let mut speakers: BTreeMap<String, SpeakerStats> = BTreeMap::new();
    for (clip, pooled) in clips.iter().zip(pooled) {
        speakers.entry(clip.speaker_key()).or_default().hear(pooled, 1.0);
    }
    let known: BTreeMap<String, Adaptation> = speakers
        .into_iter()
        .map(|(key, stats)| (key, stats.adaptation(&population, kappa, kappa_scale)))
        .collect();
    let adaptations: Vec<Adaptation> = clips.iter().map(|clip| known[&clip.speaker_key()].clone()).collect();
    let shape = [clips.len(), population.mean.len()];
    let pooled = Tensor::<2>::from_data(TensorData::new(pooled.concat(), shape), &device);
    let rows = |out: Tensor<2>| values(out).chunks_exact(OUTPUTS).map(<[f32]>::to_vec).collect();
    Outputs {
        unadapted: rows(network.unadapted(pooled.clone())),
        adapted: rows(network.adapted(pooled, &adaptations)),
    }
}

/// UAR per corpus.
pub fn score(clips: &[Clip], outputs: &[Vec<f32>]) -> Score {
    let mut answers: BTreeMap<&str, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for (clip, row) in clips.iter().zip(outputs) {
        let competing = (0..CLASSES).filter(|&class| clip.known.contains(Emotion::ALL[class]));
        let best = competing.max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap_or(0);
        let (truth, predicted) = answers.entry(&clip.corpus).or_default();
        truth.push(clip.emotion as usize);
        predicted.push(best);
    }
    let uar = |(truth, predicted): (Vec<usize>, Vec<usize>)| uar(&truth, &predicted);
    Score { uar: answers.into_iter().map(|(name, answer)| (name.to_string(), uar(answer))).collect() }
}
