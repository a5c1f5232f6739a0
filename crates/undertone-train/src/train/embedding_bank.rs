//! Speaker statistics during training: the last `pooled` of every clip, and means over a speaker's clips.

use std::collections::BTreeMap;

use rand::seq::IteratorRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use undertone::Emotion;
use undertone::model::{Adaptation, Population};
use undertone::speakers::SpeakerStats;

use crate::data::clip::Clip;

/// How many clips an enrolment may have, besides all.
const ENROLMENTS: [usize; 9] = [1, 2, 3, 5, 8, 12, 20, 40, 80];

/// How a speaker's adaptation follows from clips.
#[derive(Clone, Copy)]
pub struct Enrolment<'a> {
    /// What a speaker's mean lies from that of the neutral clips ([`EmbeddingBank::neutral_offset`]).
    pub offset: &'a [f32],
    /// Clips' worth of the population in an adaptation's mean.
    pub kappa: f32,
    /// Clips' worth of the population in an adaptation's scale; none where the scale is the population's.
    pub kappa_scale: Option<f32>,
}

/// The last `pooled` of every clip, by speaker.
pub struct EmbeddingBank {
    width: usize,
    pooled: Vec<f32>,
    seen: Vec<bool>,
    speakers: Vec<Speaker>,
    speaker_of: Vec<usize>,
}

struct Speaker {
    clips: Vec<usize>,
    neutral: Vec<usize>,
}

impl EmbeddingBank {
    /// Nothing seen yet; `pooled` has `width` values.
    pub fn new(clips: &[Clip], width: usize) -> EmbeddingBank {
        let mut keys = BTreeMap::new();
        let mut speakers: Vec<Speaker> = Vec::new();
        let mut speaker_of = Vec::with_capacity(clips.len());
        for (i, clip) in clips.iter().enumerate() {
            let at = *keys.entry(clip.speaker_key()).or_insert_with(|| {
                speakers.push(Speaker { clips: Vec::new(), neutral: Vec::new() });
                speakers.len() - 1
            });
            speakers[at].clips.push(i);
            if clip.emotion == Emotion::Neutral {
                speakers[at].neutral.push(i);
            }
            speaker_of.push(at);
        }
        EmbeddingBank {
            width,
            pooled: vec![0.0; clips.len() * width],
            seen: vec![false; clips.len()],
            speakers,
            speaker_of,
        }
    }

    /// Remembers `rows` (`[clips, width]`).
    pub fn keep(&mut self, clips: &[usize], rows: &[f32]) {
        for (&clip, row) in clips.iter().zip(rows.chunks_exact(self.width)) {
            self.pooled[clip * self.width..][..self.width].copy_from_slice(row);
            self.seen[clip] = true;
        }
    }

    /// What a speaker's mean lies from that of the neutral clips, on average over the speakers of whom neutral clips and others were
    /// seen; empty where there is none.
    pub fn neutral_offset(&self) -> Vec<f32> {
        let mut sum = vec![0.0; self.width];
        let mut speakers = 0.0;
        let seen = |own: &[usize]| own.iter().copied().filter(|&clip| self.seen[clip]).collect::<Vec<_>>();
        for speaker in &self.speakers {
            let (all, neutral) = (seen(&speaker.clips), seen(&speaker.neutral));
            if neutral.is_empty() || all.len() == neutral.len() {
                continue;
            }
            speakers += 1.0;
            for (clips, sign) in [(&all, 1.0), (&neutral, -1.0)] {
                let share = sign / clips.len() as f64;
                for &clip in clips {
                    sum.iter_mut().zip(self.row(clip)).for_each(|(sum, &x)| *sum += share * f64::from(x));
                }
            }
        }
        let width = if speakers > 0.0 { self.width } else { 0 };
        sum.into_iter().take(width).map(|sum| (sum / speakers) as f32).collect()
    }

    /// What is remembered of a clip; zeros where it was not seen.
    pub fn row(&self, clip: usize) -> &[f32] {
        &self.pooled[clip * self.width..][..self.width]
    }

    /// For each clip the adaptation that some random clips of its speaker make. Half of the time all clips, else a few; a quarter of
    /// the time neutral ones alone.
    pub fn adaptations(
        &self,
        clips: &[usize],
        population: &Population,
        enrolment: Enrolment,
        seed: u64,
    ) -> Vec<Adaptation> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let seeds: Vec<u64> = clips.iter().map(|_| rng.random()).collect();
        let adaptation = |(&clip, &seed): (&usize, &u64)| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let speaker = &self.speakers[self.speaker_of[clip]];
            let neutral = !speaker.neutral.is_empty() && rng.random_bool(0.25);
            let pool = if neutral { &speaker.neutral } else { &speaker.clips };
            let few = ENROLMENTS.iter().choose(&mut rng).copied().unwrap_or(1);
            let n = if rng.random_bool(0.5) { pool.len() } else { few.min(pool.len()) };
            let used = pool.iter().choose_multiple(&mut rng, n);
            let mut stats = SpeakerStats::default();
            used.into_iter().filter(|&&own| self.seen[own]).for_each(|&own| stats.hear(self.row(own), 1.0));
            if neutral {
                stats = stats.moved(enrolment.offset, population);
            }
            stats.adaptation(population, enrolment.kappa, enrolment.kappa_scale)
        };
        clips.par_iter().zip(&seeds).map(adaptation).collect()
    }

    /// The values and which of them are set, for a checkpoint.
    pub fn state(&self) -> (&[f32], &[bool]) {
        (&self.pooled, &self.seen)
    }

    /// Puts back what [`EmbeddingBank::state`] gave; ignores what does not fit.
    pub fn restore(&mut self, pooled: Vec<f32>, seen: Vec<bool>) {
        if pooled.len() == self.pooled.len() && seen.len() == self.seen.len() {
            (self.pooled, self.seen) = (pooled, seen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone::EmotionSet;

    #[test]
    fn the_offset_is_a_mean_over_speakers_that_have_neutral_clips_and_others() {
        let clip = |speaker: &str, emotion| Clip {
            corpus: "c".into(),
            name: String::new(),
            path: Default::default(),
            segment: None,
            speaker: speaker.into(),
            emotion,
            known: EmotionSet::ALL,
            intensity: None,
            votes: None,
        };
        let (neutral, angry) = (Emotion::Neutral, Emotion::Angry);
        let clips =
            [clip("a", neutral), clip("a", angry), clip("b", neutral), clip("b", angry), clip("c", angry)];
        let pooled = [[1.0, 0.0], [5.0, 2.0], [0.0, 0.0], [2.0, 2.0], [99.0, 99.0]].map(Vec::from);
        // a: mean (3, 1) − (1, 0); b: (1, 1) − (0, 0); c has no neutral clip.
        let neutral_offset = |clips: &[Clip], pooled: &[Vec<f32>]| {
            let mut bank = EmbeddingBank::new(clips, 2);
            bank.keep(&(0..clips.len()).collect::<Vec<_>>(), &pooled.concat());
            bank.neutral_offset()
        };
        assert_eq!(neutral_offset(&clips, &pooled), [1.5, 1.0]);
        assert_eq!(neutral_offset(&clips[4..], &pooled[4..]), Vec::<f32>::new());
    }
}
