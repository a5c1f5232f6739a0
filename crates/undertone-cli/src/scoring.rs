//! Labelled recordings to score with a model: a manifest, or the test part of a protocol's fold.

use undertone::model::{Metadata, Model};
use undertone::prior::Prior;
use undertone::{Error, ErrorKind, Result};
use undertone_eval::augment::Corruption;
use undertone_eval::corpus::Corpus;
use undertone_eval::holdout::{HeldOut, Part, SONG};
use undertone_eval::predict::{self, Answering, Competing, Condition, Embedded, Prediction, Scored};
use undertone_eval::protocol::Protocol;

use crate::analyze;
use crate::arguments::Evaluate;
use crate::model;

/// A model and the recordings to score.
pub struct Scoring {
    model: Model,
    /// Where the recordings come from.
    pub corpora: Vec<Corpus>,
    protocol: Option<(Protocol, usize)>,
    /// The part of the protocol's fold that is scored: its own, or the songs of its actors.
    part: String,
    prior: Prior,
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
                let cut = if name == SONG { "emobox-ravdess" } else { name };
                (Corpus::open(folder)?, Some((Protocol::known(cut)?, typed.fold)))
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
        let prior = analyze::prior(&typed.prior)?;
        let model = model::chosen(&typed.model.name)?;
        let part = typed.protocol.clone().unwrap_or_else(|| corpora[0].name.clone());
        Ok(Some(Scoring { model, corpora, protocol, part, prior }))
    }

    /// What predictions under a condition are called: `<protocol>.<condition>`, and the prior where it is not even.
    pub fn name_of(&self, condition: Condition) -> String {
        match &self.prior {
            Prior::Even => format!("{}.{condition}", self.part),
            prior => format!("{}.{condition}.prior-{}", self.part, prior.name()),
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

    /// What a reader should know of the figures.
    pub fn notes(&self) -> Vec<String> {
        let Metadata { name, temperature, .. } = self.model.metadata();
        let mut notes = Vec::new();
        if self.speaker_dependent() {
            notes.push(format!(
                "{name} was trained on this corpus, and this fold's speakers were not held out"
            ));
        }
        notes.push(format!(
            "temperatures ({:.2} unadapted, {:.2} adapted) and thresholds are those deployed in {name}, the prior is {}; nothing is \
             refitted on these clips",
            temperature.unadapted,
            temperature.adapted,
            self.prior.name()
        ));
        notes
    }

    /// The labelled clips, embedded, each corrupted first where a corruption is given.
    pub fn embed(&self, corruption: Option<Corruption>) -> Result<Embedded<'_>> {
        let part = match &self.protocol {
            Some((protocol, fold)) => {
                let held = HeldOut::fold(std::slice::from_ref(protocol), *fold, false, &self.corpora)?;
                let part = held.parts.into_iter().find(|part| part.protocol == self.part);
                part.ok_or_else(|| Error::new(ErrorKind::Config, "the fold has no clips"))?
            }
            None => Part {
                protocol: self.part.clone(),
                fold: 1,
                clips: self.corpora.iter().flat_map(|corpus| &corpus.utterances).collect(),
            },
        };
        Embedded::of(&self.model, &part, &predict::known(&self.corpora), corruption)
    }

    /// Predictions under a condition, among the classes of each clip's corpus.
    pub fn score(&self, clips: &Embedded<'_>, condition: Condition) -> Result<Vec<Prediction>> {
        let scored = self.scored(clips, condition, Competing::Known)?;
        if scored.predictions.is_empty() && condition.selects() {
            let message = format!("{} has too few clips of a speaker for '{condition}'", self.part);
            return Err(Error::new(ErrorKind::Config, message));
        }
        Ok(scored.predictions)
    }

    /// The same among all of the model's classes, as an analysis answers.
    pub fn as_analysed(&self, clips: &Embedded<'_>, condition: Condition) -> Result<Scored> {
        self.scored(clips, condition, Competing::All)
    }

    fn scored(&self, clips: &Embedded<'_>, condition: Condition, competing: Competing) -> Result<Scored> {
        let how = Answering::deployed(&self.model, self.prior.clone(), competing);
        clips.score(&self.model, condition, &how)
    }

    /// The model's threshold of prediction sets for a coverage, where the adaptation has that weight.
    pub fn threshold(&self, coverage: f64, weight: f32) -> Option<f64> {
        self.model.metadata().threshold_at(coverage as f32, weight).map(f64::from)
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
