//! A head over an encoder: what the encoder makes of clips → standardised frames, the population of their means and deviations, and heads
//! fitted to these.

use undertone::Result;
use undertone::model::Population;

use crate::data::clip::Clip;
use crate::data::normalization::Moments;
use crate::train::config::Config;
use crate::train::embedding_bank::EmbeddingBank;
use crate::train::head_config::HeadConfig;
use crate::train::heads::{Effort, Heads};
use crate::train::layer_statistics::LayerStatistics;

/// A fitted head.
pub struct EncoderHead {
    /// What standardises the encoder's values, frame by frame.
    pub frames: Moments,
    /// Mean and deviation of `pooled` over the clips.
    pub population: Population,
    /// What reads `pooled`.
    pub heads: Heads,
    /// What a speaker's mean lies from that of the neutral clips, on average over the speakers.
    pub neutral_offset: Vec<f32>,
}

impl EncoderHead {
    /// Fitted to `clips`, which are those `rows` of the statistics.
    ///
    /// # Errors
    /// `Config` where the corpora's weights leave nothing to draw.
    pub fn fit(
        clips: &[Clip],
        rows: &[usize],
        statistics: &LayerStatistics,
        config: &HeadConfig,
    ) -> Result<EncoderHead> {
        let frames = statistics.moments(rows);
        let pooled: Vec<Vec<f32>> = rows.iter().map(|&row| statistics.pooled(row, &frames)).collect();
        let population = population(&pooled);
        let mut bank = EmbeddingBank::new(clips, population.mean.len());
        bank.keep(&(0..clips.len()).collect::<Vec<_>>(), &pooled.concat());
        let neutral_offset = bank.neutral_offset();
        let HeadConfig { seed, steps, l2, smoothing, kappa, weights } = config.clone();
        let training = Config { seed, smoothing, kappa, draw: weights, ..Config::default() };
        let effort = Effort { steps, l2 };
        let heads = Heads::fit(clips, &[bank], &population, &training, effort)?;
        Ok(EncoderHead { frames, population, heads, neutral_offset })
    }
}

/// Mean and deviation of every value.
fn population(pooled: &[Vec<f32>]) -> Population {
    let count = pooled.len().max(1) as f64;
    let width = pooled.first().map_or(0, Vec::len);
    let column = |at: usize| pooled.iter().map(move |row| f64::from(row[at]));
    let of = |at: usize| {
        let mean = column(at).sum::<f64>() / count;
        let deviation = (column(at).map(|x| (x - mean).powi(2)).sum::<f64>() / count).sqrt();
        (mean as f32, if deviation > 1e-6 { deviation as f32 } else { 1.0 })
    };
    let (mean, scale) = (0..width).map(of).unzip();
    Population { mean, scale }
}
