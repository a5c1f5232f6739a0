//! A finished model and clips → their embeddings: from the waveforms, or, by a head over an encoder, from the layers that are kept.

use std::collections::BTreeMap;

use undertone::emotion::EmotionSet;
use undertone::model::{Model, Pool};
use undertone::{Error, ErrorKind, Result};
use undertone_eval::corpus::{Corpus, Utterance};
use undertone_eval::holdout::Part;
use undertone_eval::predict::{self, ClipEmbedding, Embedded};

use crate::data::corpora;
use crate::data::layer_cache::LayerCache;
use crate::train::progress;

/// The clips of some corpora as an encoder hears them.
pub struct ClipLayers<'a> {
    /// The files.
    pub cache: &'a LayerCache,
    /// Their corpora, whole: files hold clips in groups.
    pub corpora: &'a [Corpus],
}

/// A model that embeds clips.
pub struct Embedder<'a> {
    model: &'a Model,
    /// Embeddings of all labelled, sound clips, by corpus and name, where the model is a head.
    kept: Option<BTreeMap<(String, String), ClipEmbedding>>,
}

impl Embedder<'_> {
    /// Embeds the clips that `layers` has; without these each clip is embedded when it is asked for.
    ///
    /// # Errors
    /// What [`LayerCache::frames`] and the model answer.
    pub fn new<'a>(model: &'a Model, layers: Option<&ClipLayers<'_>>) -> Result<Embedder<'a>> {
        let Some(ClipLayers { cache, corpora }) = layers else {
            return Ok(Embedder { model, kept: None });
        };
        let clips = corpora::clips(corpora);
        let bar = progress::bar(clips.len() as u64, "clips embedded: {pos}/{len} {wide_bar} {eta} left");
        let mut kept = BTreeMap::new();
        cache.frames(&clips, &|done| bar.set_position(done as u64), |at, layers| {
            let frames = model.frames_of_layers(layers)?;
            let pooled = Pool::new(frames.data(), frames.width()).window(0..frames.len());
            let seconds = frames.len() as f64 * model.metadata().frame_seconds.0;
            kept.insert((clips[at].corpus.clone(), clips[at].name.clone()), (pooled, seconds));
            Ok(())
        })?;
        bar.finish_and_clear();
        Ok(Embedder { model, kept: Some(kept) })
    }

    /// The model.
    pub fn model(&self) -> &Model {
        self.model
    }

    /// Embeddings of whole clips, in their order.
    ///
    /// # Errors
    /// What decoding a clip answers, or the model; `Config` where the layers are those of other clips.
    pub fn embed(&self, utterances: &[&Utterance]) -> Result<Vec<Vec<f32>>> {
        match &self.kept {
            None => predict::embed(self.model, utterances, None),
            Some(kept) => utterances.iter().map(|clip| Ok(find(kept, clip)?.0)).collect(),
        }
    }

    /// The labelled clips of a part, embedded.
    ///
    /// # Errors
    /// As [`Embedder::embed`].
    pub fn part<'b>(
        &self,
        part: &Part<'b>,
        known: &dyn Fn(&Utterance) -> EmotionSet,
    ) -> Result<Embedded<'b>> {
        match &self.kept {
            None => Embedded::of(self.model, part, known, None),
            Some(kept) => Embedded::before(part, known, |clip| find(kept, clip)),
        }
    }
}

fn find(kept: &BTreeMap<(String, String), ClipEmbedding>, clip: &Utterance) -> Result<ClipEmbedding> {
    let found = kept.get(&(clip.corpus.clone(), clip.clip.clone())).cloned();
    found.ok_or_else(|| {
        Error::new(ErrorKind::Config, "the clip is defective or of a corpus that was not embedded")
            .at(&clip.path)
    })
}
