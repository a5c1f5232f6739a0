//! Labelled recordings to score with a model: a manifest, or the test part of a protocol's fold.

use undertone::model::Model;
use undertone::{Error, ErrorKind, Result};
use undertone_eval::augment::Corruption;
use undertone_eval::corpus::Corpus;
use undertone_eval::holdout::{HeldOut, Part};
use undertone_eval::predict::{self, Condition, Prediction};
use undertone_eval::protocol::Protocol;

use crate::arguments::Evaluate;
use crate::model;

/// A model and the recordings to score.
pub struct Scoring {
    model: Model,
    /// Where the recordings come from.
    pub corpora: Vec<Corpus>,
    protocol: Option<(Protocol, usize)>,
}

impl Scoring {
    /// What was typed; none where predictions files were.
    pub fn open(typed: &Evaluate) -> Result<Option<Scoring>> {
        let refuse = |message: &str| Err(Error::new(ErrorKind::Config, message));
        let (corpora, protocol) = match (&typed.manifest, &typed.protocol) {
            (Some(manifest), _) => (vec![Corpus::from_manifest(manifest)?], None),
            (None, Some(name)) => {
                let Some(folder) = &typed.corpora else {
                    return refuse("--protocol needs --corpora DIR, the folder the corpora are in");
                };
                (Corpus::open(folder)?, Some((Protocol::known(name)?, typed.fold)))
            }
            (None, None) if typed.files.is_empty() => {
                return refuse(
                    "name predictions files, or --manifest my.csv, or --protocol NAME --corpora DIR",
                );
            }
            (None, None) => return Ok(None),
        };
        if let (None, [corpus]) = (&protocol, corpora.as_slice()) {
            labelled(corpus)?;
        }
        let model = model::chosen(typed.model.as_deref())?;
        Ok(Some(Scoring { model, corpora, protocol }))
    }

    /// The protocol's name, or the manifest's.
    pub fn name(&self) -> &str {
        match &self.protocol {
            Some((protocol, _)) => &protocol.name,
            None => self.corpora.first().map_or("", |corpus| &corpus.name),
        }
    }

    /// Whether the test speakers may be in the model's training data.
    pub fn speaker_dependent(&self) -> bool {
        let metadata = self.model.metadata();
        self.protocol.as_ref().is_some_and(|(protocol, fold)| {
            let learned = metadata.corpora.iter().any(|corpus| corpus.name == protocol.corpus);
            learned && !metadata.held_out.contains(&format!("{} {fold}", protocol.name))
        })
    }

    /// Why the figures are speaker-dependent, where the model is the reason.
    pub fn note(&self) -> Option<String> {
        let name = &self.model.metadata().name;
        self.speaker_dependent()
            .then(|| format!("{name} was trained on this corpus, and this fold's speakers were not held out"))
    }

    /// Predictions, one set per condition.
    pub fn score(
        &self,
        conditions: &[Condition],
        corruption: Option<Corruption>,
    ) -> Result<Vec<Vec<Prediction>>> {
        let part = match &self.protocol {
            Some((protocol, fold)) => {
                let held = HeldOut::fold(std::slice::from_ref(protocol), *fold, false, &self.corpora)?;
                let part = held.parts.into_iter().find(|part| part.protocol == protocol.name);
                part.ok_or_else(|| Error::new(ErrorKind::Config, "the fold has no clips"))?
            }
            None => Part {
                protocol: self.name().to_string(),
                fold: 1,
                clips: self.corpora.iter().flat_map(|corpus| &corpus.utterances).collect(),
            },
        };
        let temperature = |condition| predict::temperature(&self.model, condition);
        let known = predict::known(&self.corpora);
        predict::score(&self.model, &part, &known, conditions, corruption, &temperature)
    }
}

/// Refuses a manifest without labelled rows.
fn labelled(corpus: &Corpus) -> Result<()> {
    let refuse = |message: &str| Err(Error::new(ErrorKind::Config, format!("{}: {message}", corpus.name)));
    if corpus.utterances.is_empty() {
        return refuse("the manifest has no rows; each needs path, speaker and label");
    }
    if corpus.utterances.iter().all(|utterance| utterance.emotion.is_none()) {
        return refuse("no row has a label; figures need the columns path, speaker and label");
    }
    Ok(())
}
