//! Fits the statistics that a model's adaptation to a speaker rests on: how far speakers lie from the population, and how classes vary from
//! speaker to speaker.
//!
//! Of the embeddings only the span of both heads' weights counts, since an offset outside of it changes no logit:
//!
//! 1. an orthonormal basis of that span;
//! 2. a linear mixed model (class + speaker + residual) of speakers that the network did not learn from;
//! 3. joint diagonalisation of its covariances, that of speakers about the network's population;
//! 4. class effects of every corpus, those of the network's training too, their mean and their variance.

mod class_effects;
mod clips;
mod heads;
mod interaction;
mod mixed_model;
mod statistics;
#[cfg(test)]
mod synthetic;

use std::collections::BTreeSet;

use faer::Mat;
use undertone::model::{Metadata, Model, SpeakerSpace};
use undertone::{Error, ErrorKind, Result};
use undertone_eval::corpus::{Corpus, Utterance};
use undertone_eval::holdout::HeldOut;

use crate::data::clip::sung;
use crate::export::ModelFile;
use clips::Clips;
use heads::Heads;
use statistics::Statistics;

/// Of a recording that is mostly of one class, the share of all classes together.
const COMPOSITION: f32 = 0.2;
/// Evidence per window above which a recording counts as of one class; chosen on held-out corpora and on speakers of the training.
const THRESHOLD: f32 = 0.3;
/// How sharply it does so.
const SLOPE: f32 = 10.0;
/// Share of the class variance that an offset's estimate reckons with; chosen as the threshold.
const TRUST: f32 = 0.3;

/// What the statistics rest on, of one corpus.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sample {
    /// The corpus.
    pub corpus: String,
    /// Its clips.
    pub clips: usize,
    /// Their speakers.
    pub speakers: usize,
}

/// Fits the statistics to whole clips and puts them into the model, in place of those it has: offsets by the corpora `unheard`, none
/// of whose speakers the network learned from, class effects also by what it learned from. Of that, songs and corpora of a single
/// speaker are left out. Gives what they rest on: first `unheard`, then the others.
///
/// # Errors
/// `Config` where the network learned from a corpus of `unheard` or its training held out other speakers, or the clips do not suffice;
/// what decoding a clip answers; `Model` where the heads are not linear.
pub fn fit(file: &mut ModelFile, unheard: &[Corpus], held: &HeldOut<'_>) -> Result<[Vec<Sample>; 2]> {
    let model = Model::from_bytes(file.to_bytes()?)?;
    check(model.metadata(), unheard, held)?;
    let all: Vec<&Utterance> = unheard.iter().flat_map(|corpus| &corpus.utterances).collect();
    let [unheard, learned] = [all, several_speakers(&held.learned)];
    let [unheard, learned] = [Clips::embed(&model, &unheard)?, Clips::embed(&model, &learned)?];
    let statistics = Statistics::of(&Heads::of(&model)?, &unheard, &learned, &model.metadata().classes)?;
    file.set_adaptation(space(&statistics));
    Ok([samples(&unheard), samples(&learned)])
}

/// Whether the model learned from what it is said to have learned from, and from nothing else here.
fn check(metadata: &Metadata, unheard: &[Corpus], held: &HeldOut<'_>) -> Result<()> {
    let config = |message: String| Err(Error::new(ErrorKind::Config, message));
    let learned = |corpus: &&Corpus| metadata.corpora.iter().any(|trained| trained.name == corpus.name);
    if let Some(corpus) = unheard.iter().find(learned) {
        return config(format!(
            "the model learned from '{}'; speakers are compared by those it did not learn from: leave this manifest out",
            corpus.name
        ));
    }
    let part = |part: &undertone_eval::holdout::Part<'_>| format!("{} {}", part.protocol, part.fold);
    match held.parts.iter().map(part).find(|part| !metadata.held_out.contains(part)) {
        None => Ok(()),
        Some(part) => config(format!(
            "the model's training did not hold out {part}, but {}: give the fold that it held out",
            metadata.held_out.join(", ")
        )),
    }
}

/// Speech of corpora with two speakers or more: of one, classes cannot be separated from what is the speaker's own.
fn several_speakers<'a>(utterances: &[&'a Utterance]) -> Vec<&'a Utterance> {
    let speakers = |corpus: &str| -> usize {
        let own = utterances.iter().filter(|utterance| utterance.corpus == corpus);
        own.map(|utterance| &utterance.speaker).collect::<BTreeSet<_>>().len()
    };
    let corpora: BTreeSet<&str> = utterances.iter().map(|utterance| utterance.corpus.as_str()).collect();
    let kept: Vec<&str> =
        corpora.into_iter().filter(|corpus| !sung(corpus) && speakers(corpus) > 1).collect();
    utterances.iter().copied().filter(|utterance| kept.contains(&&*utterance.corpus)).collect()
}

fn samples(clips: &Clips) -> Vec<Sample> {
    let of = |(corpus, clips): (&str, Clips)| Sample {
        corpus: corpus.to_string(),
        clips: clips.labels.len(),
        speakers: clips.speakers().len(),
    };
    clips.corpora().into_iter().map(of).collect()
}

fn space(statistics: &Statistics) -> SpeakerSpace {
    let row_major = |matrix: &Mat<f64>| -> Vec<f32> {
        (0..matrix.nrows())
            .flat_map(|row| matrix.row(row).iter().map(|&x| x as f32).collect::<Vec<_>>())
            .collect()
    };
    let list = |values: &[f64]| values.iter().map(|&x| x as f32).collect();
    SpeakerSpace {
        to: row_major(&statistics.to),
        back: row_major(&statistics.back),
        alone: row_major(&statistics.unadapted),
        between: list(&statistics.between),
        class_variance: list(&statistics.class_variance),
        class_means: row_major(&statistics.class_means),
        composition: COMPOSITION,
        threshold: THRESHOLD,
        slope: SLOPE,
        trust: TRUST,
    }
}
