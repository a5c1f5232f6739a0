//! Embedded clips of labelled speakers: the sample that the statistics are estimated from.

use std::collections::BTreeMap;

use faer::Mat;
use undertone::model::Population;
use undertone::{Error, ErrorKind, Result};
use undertone_eval::corpus::Utterance;

use crate::export::Embedder;

/// What is known of a clip.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Label {
    /// Its class, by the model's order.
    pub class: usize,
    /// `corpus/speaker`.
    pub speaker: String,
    /// Its corpus.
    pub corpus: String,
}

/// Clips as vectors, each with its label.
#[derive(Clone, Debug)]
pub(super) struct Clips {
    /// One row a clip.
    pub rows: Mat<f64>,
    /// In the order of the rows.
    pub labels: Vec<Label>,
}

/// One speaker's part of [`Clips`].
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Speaker {
    /// Which rows are the speaker's.
    pub rows: Vec<usize>,
    /// 1/√(speakers of the corpus): a corpus of many speakers counts more than one of few, but not in proportion.
    pub weight: f64,
}

impl Clips {
    /// Embeds whole clips, each relative to the population: `(pooled − mean) / scale`. Clips of classes that the model does not know
    /// are left out.
    ///
    /// # Errors
    /// What decoding a clip answers, or the model; `Model` where an embedding is not finite.
    pub fn embed(embedder: &Embedder<'_>, utterances: &[&Utterance]) -> Result<Clips> {
        let model = embedder.model();
        let class = |utterance: &Utterance| {
            let emotion = utterance.emotion.filter(|_| utterance.defect.is_none())?;
            model.metadata().classes.iter().position(|&class| class == emotion)
        };
        let known: Vec<(&Utterance, usize)> =
            utterances.iter().filter_map(|&utterance| Some((utterance, class(utterance)?))).collect();
        let utterances: Vec<&Utterance> = known.iter().map(|(utterance, _)| *utterance).collect();
        let pooled = embedder.embed(&utterances)?;
        for (utterance, row) in utterances.iter().zip(&pooled) {
            if !row.iter().all(|x| x.is_finite()) {
                let message = "the model's embedding of this clip is not finite";
                return Err(Error::new(ErrorKind::Model, message).at(&utterance.path));
            }
        }
        let Population { mean, scale } = &model.metadata().population;
        let standard = |row: usize, at: usize| {
            let [x, mean, scale] = [pooled[row][at], mean[at], scale[at]].map(f64::from);
            (x - mean) / scale
        };
        let label = |(utterance, class): &(&Utterance, usize)| Label {
            class: *class,
            speaker: utterance.speaker.clone(),
            corpus: utterance.corpus.clone(),
        };
        Ok(Clips {
            rows: Mat::from_fn(pooled.len(), model.metadata().pooled, standard),
            labels: known.iter().map(label).collect(),
        })
    }

    /// The same clips, their rows multiplied by a matrix.
    pub fn projected(&self, to: &Mat<f64>) -> Clips {
        Clips { rows: &self.rows * to, labels: self.labels.clone() }
    }

    /// Columns of the rows.
    pub fn width(&self) -> usize {
        self.rows.ncols()
    }

    /// The speakers, by name.
    pub fn speakers(&self) -> Vec<Speaker> {
        let mut speakers = BTreeMap::<(&str, &str), Vec<usize>>::new();
        for (row, Label { speaker, corpus, .. }) in self.labels.iter().enumerate() {
            speakers.entry((corpus, speaker)).or_default().push(row);
        }
        let mut counts = BTreeMap::<&str, f64>::new();
        speakers.keys().for_each(|(corpus, _)| *counts.entry(corpus).or_default() += 1.0);
        let weight = |corpus: &str| 1.0 / counts[corpus].sqrt();
        speakers
            .iter()
            .map(|(&(corpus, _), rows)| Speaker { rows: rows.clone(), weight: weight(corpus) })
            .collect()
    }

    /// Each corpus's clips, by its name.
    pub fn corpora(&self) -> BTreeMap<&str, Clips> {
        let mut corpora = BTreeMap::<&str, Vec<usize>>::new();
        for (row, Label { corpus, .. }) in self.labels.iter().enumerate() {
            corpora.entry(corpus).or_default().push(row);
        }
        let part = |rows: &[usize]| Clips {
            rows: Mat::from_fn(rows.len(), self.width(), |row, at| self.rows[(rows[row], at)]),
            labels: rows.iter().map(|&row| self.labels[row].clone()).collect(),
        };
        corpora.iter().map(|(&corpus, rows)| (corpus, part(rows))).collect()
    }
}
