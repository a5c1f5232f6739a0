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
use undertone::model::{Metadata, SpeakerSpace};
use undertone::{Error, ErrorKind, Result};
use undertone_eval::corpus::{Corpus, Utterance};
use undertone_eval::holdout::HeldOut;

use crate::data::clip::sung;
use crate::export::{ClipLayers, Embedder, ModelFile};
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
/// speaker are left out. What a head is run over comes from `layers`. Gives what they rest on: first `unheard`, then the others.
///
/// # Errors
/// `Config` where the network learned from a corpus of `unheard` or its training held out other speakers, or the clips do not suffice;
/// what decoding a clip answers; `Model` where the heads are not linear.
pub fn fit(
    file: &mut ModelFile,
    unheard: &[Corpus],
    held: &HeldOut<'_>,
    layers: Option<&ClipLayers<'_>>,
) -> Result<[Vec<Sample>; 2]> {
    let (_, model) = file.to_model()?;
    check(model.metadata(), unheard, held)?;
    let all: Vec<&Utterance> = unheard.iter().flat_map(|corpus| &corpus.utterances).collect();
    let [unheard, learned] = [all, several_speakers(&held.learned)];
    let embedder = Embedder::new(&model, layers)?;
    let [unheard, learned] = [Clips::embed(&embedder, &unheard)?, Clips::embed(&embedder, &learned)?];
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use undertone::Emotion;
    use undertone::model::Model;
    use undertone_eval::holdout::Part;

    use super::*;

    fn shipped() -> ModelFile {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../undertone-models/models/default.onnx");
        ModelFile::open(Path::new(path)).unwrap()
    }

    /// Three speakers with each class four times: harmonics in noise, whose pitch, tilt and level vary.
    fn corpus(folder: &Path, name: &str) -> Corpus {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut manifest = "path,speaker,label\n".to_string();
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 16_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        for clip in 0..96 {
            let (speaker, class) = (clip % 3, Emotion::ALL[clip / 3 % 8]);
            let file = format!("{name}-{clip}.wav");
            let pitch = (90.0 + 60.0 * speaker as f32) * (1.0 + 0.1 * (class as usize) as f32);
            let pitch = pitch * rng.random_range(0.9..1.1);
            let (tilt, noise) = (rng.random_range(0.5..0.9), rng.random_range(10.0..1000.0));
            let mut writer = hound::WavWriter::create(folder.join(&file), spec).unwrap();
            for at in 0..9600 {
                let phase = at as f32 / 16_000.0 * pitch * std::f32::consts::TAU;
                let voice: f32 = (1..12).map(|k| f32::powi(tilt, k) * (k as f32 * phase).sin()).sum();
                let sample = 3000.0 * voice + noise * rng.random_range(-1.0..1.0);
                writer.write_sample(sample as i16).unwrap();
            }
            writer.finalize().unwrap();
            manifest.push_str(&format!("{file},s{speaker},{class}\n"));
        }
        let path = folder.join(format!("{name}.csv"));
        std::fs::write(&path, manifest).unwrap();
        Corpus::from_manifest(&path).unwrap()
    }

    fn nothing_learned() -> HeldOut<'static> {
        HeldOut { learned: Vec::new(), parts: Vec::new() }
    }

    #[test]
    fn a_fitted_offset_moves_logits_as_the_network_does_and_the_embedding_space_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (mut file, corpora) = (shipped(), [corpus(folder.path(), "tones")]);
        let embedding_space = file.embedding_space();
        let samples = fit(&mut file, &corpora, &nothing_learned(), None).unwrap();
        let tones = Sample { corpus: "tones".to_string(), clips: 96, speakers: 3 };
        assert_eq!(samples, [vec![tones], vec![]]);
        let model = Model::from_bytes(file.to_bytes().unwrap()).unwrap();
        assert_eq!(model.metadata().embedding_space, embedding_space);
        let (space, population) =
            (model.metadata().adaptation.clone().unwrap(), &model.metadata().population);
        let d = space.dimensions();
        assert_eq!(d, 2 * Emotion::ALL.len());
        let offset: Vec<f32> = (0..d).map(|at| (at as f32).cos() * space.between[at].sqrt()).collect();
        let through = |matrix: &[f32], column: usize| -> f32 {
            offset.iter().zip(matrix.chunks_exact(matrix.len() / d)).map(|(o, row)| o * row[column]).sum()
        };
        let moved: Vec<f32> = (0..population.mean.len())
            .map(|at| population.mean[at] + population.scale[at] * through(&space.back, at))
            .collect();
        for (got, want) in space.coordinates(&moved, population).iter().zip(&offset) {
            assert!((got - want).abs() < 1e-2 * (1.0 + want.abs()), "{got}, not {want}");
        }
        let nobody = model.population();
        let answers = model.answer(&[population.mean.clone(), moved], &[&nobody, &nobody]).unwrap();
        for class in 0..Emotion::ALL.len() {
            let (got, want) =
                (answers[1].logits[class] - answers[0].logits[class], through(&space.alone, class));
            assert!((got - want).abs() < 1e-2 * (1.0 + want.abs()), "{class}: {got}, not {want}");
        }
        let before = file.clone();
        fit(&mut file, &corpora, &nothing_learned(), None).unwrap();
        assert_eq!(file, before, "fitted again it is the same");
    }

    #[test]
    fn what_the_model_learned_from_is_refused_and_so_is_another_fold() {
        let folder = tempfile::tempdir().unwrap();
        let corpora = [corpus(folder.path(), "savee")];
        let error = fit(&mut shipped(), &corpora, &nothing_learned(), None).unwrap_err().to_string();
        assert!(error.contains("learned from 'savee'"), "{error}");
        let part = Part { protocol: "loso-tess".to_string(), fold: 1, clips: Vec::new() };
        let held = HeldOut { learned: Vec::new(), parts: vec![part] };
        let error = fit(&mut shipped(), &[], &held, None).unwrap_err().to_string();
        assert!(error.contains("did not hold out loso-tess 1") && error.contains("loso-tess 2"), "{error}");
    }

    #[test]
    fn songs_and_corpora_of_one_speaker_tell_of_no_class_effects() {
        let folder = tempfile::tempdir().unwrap();
        let mut corpus = corpus(folder.path(), "tones");
        let several = |corpus: &Corpus| several_speakers(&corpus.utterances.iter().collect::<Vec<_>>()).len();
        assert_eq!(several(&corpus), 96);
        corpus.utterances.iter_mut().for_each(|one| one.corpus = "tones_song".to_string());
        assert_eq!(several(&corpus), 0);
        corpus.utterances.iter_mut().for_each(|one| one.corpus = "tones".to_string());
        corpus.utterances.retain(|one| one.speaker == "tones/s1");
        assert_eq!((corpus.utterances.len(), several(&corpus)), (32, 0));
    }
}
