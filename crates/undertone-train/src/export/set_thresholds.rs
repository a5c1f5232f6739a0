//! Thresholds of a finished model's prediction sets, fitted to its answers to corpora that it did not learn from.

use std::collections::BTreeSet;

use undertone::model::Conditions;
use undertone::prior::Prior;
use undertone::{Error, ErrorKind, Result};
use undertone_eval::corpus::{Corpus, Utterance};
use undertone_eval::holdout::Part;
use undertone_eval::metrics::{Unseen, fit_sets};
use undertone_eval::predict::{Answering, Competing, Condition, known};

use super::{Embedder, ModelFile};

/// A model's answers to the labelled, sound clips of corpora, as an analysis gives them: all classes compete, and the prior moves with
/// what is heard, a clip alone or all clips of a speaker being the recording.
///
/// # Errors
/// `Config` where the model learned from one of them; what decoding and the model answer.
pub fn unseen(embedder: &Embedder<'_>, corpora: &[Corpus]) -> Result<Vec<Unseen>> {
    let model = embedder.model();
    let learned: BTreeSet<&str> =
        model.metadata().corpora.iter().map(|corpus| corpus.name.as_str()).collect();
    if let Some(own) = corpora.iter().find(|corpus| learned.contains(corpus.name.as_str())) {
        let message = format!("the model learned from {}; name corpora that it does not know", own.name);
        return Err(Error::new(ErrorKind::Config, message));
    }
    let how = Answering::deployed(model, Prior::Auto, Competing::All);
    let of = |corpus: &Corpus| {
        let sound: Vec<&Utterance> =
            corpus.utterances.iter().filter(|utterance| utterance.defect.is_none()).collect();
        let part = Part { protocol: corpus.name.clone(), fold: 1, clips: sound };
        let clips = embedder.part(&part, &known(std::slice::from_ref(corpus)))?;
        let scored = Conditions {
            unadapted: clips.score(model, Condition::Unadapted, &how)?,
            adapted: clips.score(model, Condition::AdaptedAll, &how)?,
        };
        Ok(Unseen { corpus: corpus.name.clone(), scored })
    };
    corpora.iter().map(of).collect()
}

impl ModelFile {
    /// Fits the thresholds to answers that [`unseen`] gave; network, temperatures and figures stay.
    pub fn set_thresholds(&mut self, unseen: &[Unseen]) {
        let metadata = self.metadata_mut();
        metadata.thresholds = fit_sets(unseen);
        metadata.thresholds_fitted_on = unseen.iter().map(|one| one.corpus.clone()).collect();
    }
}
