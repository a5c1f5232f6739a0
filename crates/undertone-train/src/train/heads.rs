//! The two heads, fitted anew once the trunk stands still, and a third that answers as listeners would.
//!
//! On frozen embeddings of whole clips this is a convex problem: multinomial logistic regression with L2, among the classes
//! each clip's corpus knows, classes drawn equally often within a corpus. Only now does a speaker's adaptation have a scale of its
//! own: while the trunk was trained, the embeddings of a speaker came from several stages of it.
//!
//! What listeners name is learned from their votes, by clips that have any, with nothing known of the speaker: the listeners did not know
//! the speakers either.

use std::collections::BTreeMap;

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::optim::{AdamConfig, GradientsParams};
use burn::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::Distribution;
use undertone::model::Population;
use undertone::speakers::SpeakerStats;
use undertone::{Emotion, Result};

use crate::data::clip::Clip;
use crate::nn::linear::blank;
use crate::nn::network::{Network, OUTPUTS, standardised};
use crate::nn::tensor::plain;
use crate::train::config::Config;
use crate::train::embedding_bank::{EmbeddingBank, Enrolment};
use crate::train::sampler::{Sampler, copy, weighted};
use crate::train::schedule::cosine;
use crate::train::targets::Targets;

/// Clips' worth of the population in the scale of a speaker's adaptation.
pub const KAPPA_SCALE: f32 = 5.0;
/// Share of degraded embeddings.
const DEGRADED: f64 = 0.2;
/// Rate of Adam, falling from this as a cosine, and the clips in one of its steps.
const RATE: f64 = 1e-2;
const MINIBATCH: usize = 512;

/// How hard heads are fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort {
    /// Steps of Adam.
    pub steps: usize,
    /// Weight of the sum of squares of a head's weights, beside the mean loss.
    pub l2: f32,
}

impl Default for Effort {
    fn default() -> Effort {
        Effort { steps: 500, l2: 0.01 }
    }
}

/// Fitted heads, each from `pooled`, as the population or the speaker standardises it.
#[derive(Module, Debug)]
pub struct Heads {
    /// For a clip of whose speaker nothing is known.
    pub unadapted: Linear,
    /// For one whose speaker's statistics are known.
    pub adapted: Linear,
    /// What listeners name.
    pub listeners: Linear,
}

/// The network with heads fitted to `banks`: what it makes of every clip of `sampler`, whole, one for each of the features's
/// copies.
///
/// # Errors
/// `Config` where the corpora's weights leave nothing to draw.
pub fn fit(mut network: Network, sampler: &Sampler, banks: &[EmbeddingBank]) -> Result<Network> {
    let (clips, config) = (sampler.clips, sampler.config);
    let heads = Heads::fit(clips, banks, &network.population(), config, Effort::default())?;
    (network.head, network.speaker_head) = (heads.unadapted, heads.adapted);
    network.listeners = heads.listeners;
    Ok(network)
}

impl Heads {
    /// Fitted to the embeddings of `clips` in `banks`, one for each copy of them, the clean one first.
    ///
    /// # Errors
    /// `Config` where the corpora's weights leave nothing to draw.
    pub fn fit(
        clips: &[Clip],
        banks: &[EmbeddingBank],
        population: &Population,
        config: &Config,
        effort: Effort,
    ) -> Result<Heads> {
        let device = Device::flex().autodiff();
        // The listeners' votes have shaped the trunk; what the heads answer is what the actor meant.
        let acted = Config { votes: 0.0, ..config.clone() };
        let voted = Config { votes: 1.0, smoothing: 0.0, ..config.clone() };
        let width = population.mean.len();
        let head = |outputs| blank(width, outputs, &device);
        let mut heads =
            Heads { unadapted: head(OUTPUTS), adapted: head(OUTPUTS), listeners: head(Emotion::ALL.len()) };
        let mut optimizer = AdamConfig::new().init();
        let weights = weighted(weights(clips, config).into_iter())?;
        let judged: Vec<usize> = (0..clips.len()).filter(|&clip| clips[clip].votes.is_some()).collect();
        let offsets: Vec<Vec<f32>> = banks.iter().map(EmbeddingBank::neutral_offset).collect();
        let everyone = [SpeakerStats::default().adaptation(population, config.kappa, Some(KAPPA_SCALE))];
        let penalty = |head: &Linear| head.weight.val().powi_scalar(2).sum() * effort.l2;
        for step in 0..effort.steps {
            let mut rng = ChaCha8Rng::seed_from_u64(config.seed ^ (step as u64) << 32);
            let copy = copy(banks.len(), DEGRADED, &mut rng);
            let drawn: Vec<usize> = (0..MINIBATCH).map(|_| weights.sample(&mut rng)).collect();
            let targets = Targets::of(&drawn, clips, None, &acted, &device);
            let rows_of = |clips: &[usize]| {
                let rows: Vec<f32> = clips.iter().flat_map(|&clip| banks[copy].row(clip)).copied().collect();
                Tensor::<2>::from_data(TensorData::new(rows, [clips.len(), width]), &device)
            };
            let pooled = rows_of(&drawn);
            let (kappa, kappa_scale) = (config.kappa, Some(KAPPA_SCALE));
            let enrolment = Enrolment { offset: &offsets[copy], kappa, kappa_scale };
            let speakers = banks[copy].adaptations(&drawn, population, enrolment, rng.random());
            let sides = [(&heads.unadapted, &everyone[..]), (&heads.adapted, &speakers)];
            let [alone, known] = sides.map(|(head, speakers)| {
                let [loss, intensity] = targets.losses(&head.forward(standardised(pooled.clone(), speakers)));
                loss + intensity * config.intensity + penalty(head)
            });
            let mut loss = alone + known;
            if !judged.is_empty() {
                let drawn: Vec<usize> =
                    (0..MINIBATCH).map(|_| judged[rng.random_range(0..judged.len())]).collect();
                let targets = Targets::of(&drawn, clips, None, &voted, &device);
                let head = &heads.listeners;
                let named = targets.cross_entropy(head.forward(standardised(rows_of(&drawn), &everyone)));
                loss = loss + named + penalty(head);
            }
            let gradients = GradientsParams::from_grads(loss.backward(), &heads);
            heads = optimizer.step(RATE * cosine(step, effort.steps), heads, gradients);
        }
        let still = |head: Linear| Linear {
            weight: Param::from_tensor(plain(head.weight.val())),
            bias: head.bias.map(|bias| Param::from_tensor(plain(bias.val()))),
        };
        Ok(Heads {
            unadapted: still(heads.unadapted),
            adapted: still(heads.adapted),
            listeners: still(heads.listeners),
        })
    }
}

/// How often each clip is drawn: its corpus's weight, shared equally among the classes the corpus has.
fn weights(clips: &[Clip], config: &Config) -> Vec<f64> {
    let key = |at: usize| (&*clips[at].corpus, clips[at].emotion as usize);
    let (mut of_class, mut of_corpus) = (BTreeMap::new(), BTreeMap::new());
    for at in 0..clips.len() {
        *of_class.entry(key(at)).or_insert(0.0) += 1.0;
        *of_corpus.entry(key(at).0).or_insert(0.0) += 1.0;
    }
    let classes = |corpus: &str| of_class.keys().filter(|(name, _)| *name == corpus).count() as f64;
    let weight = |at: usize| {
        let corpus = key(at).0;
        config.weight(&clips[at]) * of_corpus[corpus] / classes(corpus) / of_class[&key(at)]
    };
    (0..clips.len()).map(weight).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::feature_cache::FeatureCache;
    use crate::data::normalization::Normalization;
    use crate::nn::network::Size;
    use crate::nn::tensor::values;
    use crate::train::score;

    /// Each speaker's neutral clips lie about a place of their own, happy ones above, sad ones below, by a distance of their own.
    fn speakers_of(speakers: std::ops::Range<usize>, width: usize) -> (Vec<Clip>, Vec<Vec<f32>>) {
        let emotions = [Emotion::Neutral, Emotion::Happy, Emotion::Sad];
        let (mut clips, mut pooled) = (Vec::new(), Vec::new());
        for speaker in speakers {
            let place = 3.0 * (7.0 * speaker as f32).sin();
            for at in 0..30 {
                let emotion = emotions[at % 3];
                let side = [0.0, 1.0, -1.0][at % 3] * (0.4 + 0.3 * (speaker % 3) as f32);
                let noise = 0.05 * ((at * 13 + speaker * 5) as f32).sin();
                clips.push(Clip {
                    corpus: "c".into(),
                    name: format!("{speaker}-{at}"),
                    path: Default::default(),
                    segment: None,
                    speaker: format!("{speaker}"),
                    emotion,
                    known: emotions.into_iter().collect(),
                    intensity: None,
                    votes: None,
                });
                pooled.push((0..width).map(|i| if i == 0 { place + side + noise } else { noise }).collect());
            }
        }
        (clips, pooled)
    }

    #[test]
    fn the_speakers_own_place_and_scale_tell_what_no_clip_tells_alone() {
        let size = Size::tiny();
        let config = Config { size, ..Config::default() };
        let network = Network::new(&size, None, &Device::flex());
        let (clips, pooled) = speakers_of(0..12, size.pooled());
        let mut bank = EmbeddingBank::new(&clips, size.pooled());
        bank.keep(&(0..clips.len()).collect::<Vec<_>>(), &pooled.concat());
        let (features, population) = (FeatureCache::default(), Normalization::default());
        let sampler = Sampler::new(&clips, Vec::new(), &features, &population, &config).unwrap();
        let network = fit(network, &sampler, &[bank]).unwrap();
        let (clips, pooled) = speakers_of(12..18, size.pooled());
        let outputs = score::outputs(&network, &clips, &pooled, config.kappa, Some(KAPPA_SCALE));
        let [alone, known] =
            [outputs.unadapted, outputs.adapted].map(|rows| score::score(&clips, &rows).mean());
        assert!(known > 0.95, "{known}");
        assert!(alone < 0.6, "{alone}");
    }

    #[test]
    fn listeners_agree_on_the_clips_on_which_they_did() {
        let size = Size::tiny();
        let config = Config { size, ..Config::default() };
        let network = Network::new(&size, None, &Device::flex());
        let (mut clips, pooled) = speakers_of(0..12, size.pooled());
        for (clip, pooled) in clips.iter_mut().zip(&pooled) {
            // High values are happy to all, low ones happy or sad.
            let mut votes = [0.0; 8];
            let happy = if pooled[0] > 0.0 { 1.0 } else { 0.5 };
            (votes[Emotion::Happy as usize], votes[Emotion::Sad as usize]) = (happy, 1.0 - happy);
            clip.votes = Some(votes);
        }
        let mut bank = EmbeddingBank::new(&clips, size.pooled());
        bank.keep(&(0..clips.len()).collect::<Vec<_>>(), &pooled.concat());
        let (features, population) = (FeatureCache::default(), Normalization::default());
        let sampler = Sampler::new(&clips, Vec::new(), &features, &population, &config).unwrap();
        let network = fit(network, &sampler, &[bank]).unwrap();
        let everyone =
            SpeakerStats::default().adaptation(&network.population(), config.kappa, Some(KAPPA_SCALE));
        let happy = |place: f32| {
            let row = [vec![place], vec![0.0; size.pooled() - 1]].concat();
            let row = Tensor::<2>::from_data(TensorData::new(row, [1, size.pooled()]), &Device::flex());
            let named = network.listeners.forward(standardised(row, std::slice::from_ref(&everyone)));
            let named = values(named);
            let share = |class: Emotion| named[class as usize].exp();
            share(Emotion::Happy) / (share(Emotion::Happy) + share(Emotion::Sad))
        };
        let [agreed, torn] = [3.0, -3.0].map(happy);
        assert!(agreed > 0.9 && (0.3..0.7).contains(&torn), "{agreed}, {torn}");
    }
}
