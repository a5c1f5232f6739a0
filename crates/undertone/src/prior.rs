//! How common each emotion is where the speech comes from, before anything is heard of it.
//!
//! The model's posterior is for classes that are equally common ("even"). Applied to speech of another composition q it becomes
//! `p ∝ posterior · q`. Corpora of actors are even; conversations are mostly neutral. `auto` moves from even to conversation with
//! the seconds of a voice's speech, and from there to what its windows show, by the expectation–maximisation of Saerens, Latinne &
//! Decaestecker, "Adjusting the outputs of a classifier to new a priori probabilities", Neural Computation 14 (2002), with a
//! Dirichlet prior: a single utterance is answered evenly, a steady mood wins over the conversation.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::emotion::{Emotion, EmotionSet};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Posterior;

/// One number per emotion, in the order of [`Emotion::ALL`].
type Row = [f32; Emotion::ALL.len()];

/// How common emotions are in conversation: the 13,708 utterances of MELD (Poria et al., "MELD: a multimodal multi-party dataset
/// for emotion recognition in conversations", ACL 2019), neutral 6436, joy 2308, surprise 1636, anger 1607, sadness 1002, disgust
/// 361, fear 358; a quarter of neutral counts as calm, which MELD does not know.
pub const CONVERSATION: Row = [
    0.75 * 6436.0 / 13_708.0,
    0.25 * 6436.0 / 13_708.0,
    2308.0 / 13_708.0,
    1002.0 / 13_708.0,
    1607.0 / 13_708.0,
    358.0 / 13_708.0,
    361.0 / 13_708.0,
    1636.0 / 13_708.0,
];
/// Seconds of speech that may be a single utterance: they say nothing about the situation.
const UTTERANCE: f64 = 6.0;
/// The largest share of conversation in the prior for a situation …
const MOST: f64 = 0.5;
/// … and the seconds of speech, beyond a single utterance, at which it has half of that.
const SOON: f64 = 3.6;
/// Windows that the prior for a situation is worth against what a recording shows.
const ALPHA: f64 = 16.0;
/// Rounds of the estimate of what a recording shows.
const ROUNDS: usize = 20;
/// How far the shares of a file may be from 1 in all.
const SLACK: f32 = 0.005;
/// Largest prior file read, in bytes.
const LARGEST: u64 = 1 << 16;

/// Which prior the answers rest on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Prior {
    /// Even for a single utterance; with more speech [`CONVERSATION`], then what the recording itself shows.
    #[default]
    Auto,
    /// All classes equally common: the posterior as calibrated.
    Even,
    /// [`CONVERSATION`].
    Conversation,
    /// These shares.
    Given(Shares),
}

/// A share per emotion, summing to 1; in JSON an object, emotion → share, in which those left out have none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, f32>", into = "BTreeMap<String, f32>")]
pub struct Shares(Row);

impl Prior {
    /// Its name: `auto`, `even`, `conversation` or `given`.
    pub fn name(&self) -> &'static str {
        match self {
            Prior::Auto => "auto",
            Prior::Even => "even",
            Prior::Conversation => "conversation",
            Prior::Given(_) => "given",
        }
    }

    /// How common the classes that compete are for one voice, whose windows have the `even` posteriors, each with its share of new
    /// speech in windows of [`crate::timeline::WINDOW`] (`seconds` long). Sums to 1 over the classes; even where none of them has a
    /// share.
    pub fn of_voice(&self, even: &[(f64, &Posterior)], window: f64, asked: EmotionSet) -> Row {
        match self {
            Prior::Auto => of_recording(even, window, asked),
            Prior::Even => masked([1.0; Emotion::ALL.len()], asked),
            Prior::Conversation => masked(CONVERSATION, asked),
            Prior::Given(Shares(shares)) => masked(*shares, asked),
        }
    }
}

impl Shares {
    /// Reads a file: a JSON object, emotion → share.
    ///
    /// # Errors
    /// `Io` where it cannot be read; `TooLarge` beyond 64 kB; `Malformed` where it is no such object, names a class that there is not,
    /// or its shares are not of 0…1 or do not sum to 1.
    pub fn open(path: &Path) -> Result<Shares> {
        let here = |error: std::io::Error| Error::from(error).at(path);
        if std::fs::metadata(path).map_err(here)?.len() > LARGEST {
            return Err(Error::new(ErrorKind::TooLarge, "is larger than any prior (64 kB)").at(path));
        }
        let json = std::fs::read_to_string(path).map_err(here)?;
        let shares: BTreeMap<String, f32> = serde_json::from_str(&json).map_err(|error| {
            let message =
                format!("is no prior ({error}); expected JSON such as {{\"neutral\": 0.8, \"angry\": 0.2}}");
            Error::malformed(message).at(path)
        })?;
        Shares::try_from(shares).map_err(|error| error.at(path))
    }

    /// The share of one emotion.
    pub fn of(&self, emotion: Emotion) -> f32 {
        self.0[emotion as usize]
    }
}

impl TryFrom<BTreeMap<String, f32>> for Shares {
    type Error = Error;

    fn try_from(named: BTreeMap<String, f32>) -> Result<Shares> {
        let mut shares = [0.0; Emotion::ALL.len()];
        for (name, share) in named {
            let emotion: Emotion = name
                .parse()
                .map_err(|error: Error| Error::malformed(format!("cannot be used: {}", error.message())))?;
            if !(0.0..=1.0).contains(&share) {
                let message = format!("gives {name} a share of {share}; shares are of 0 to 1");
                return Err(Error::malformed(message));
            }
            shares[emotion as usize] = share;
        }
        let sum: f32 = shares.iter().sum();
        if (sum - 1.0).abs() > SLACK {
            return Err(Error::malformed(format!("its shares sum to {sum}, expected 1")));
        }
        Ok(Shares(shares.map(|share| share / sum)))
    }
}

impl From<Shares> for BTreeMap<String, f32> {
    fn from(shares: Shares) -> Self {
        Emotion::ALL.into_iter().map(|emotion| (emotion.name().to_string(), shares.of(emotion))).collect()
    }
}

/// A posterior for classes that are equally common, where they are as common as in `prior`: `p ∝ posterior · prior`. It stays where
/// nothing is left of it.
pub fn apply(even: &Posterior, prior: &Row) -> Posterior {
    let product: Row = std::array::from_fn(|i| even.probabilities()[i] * prior[i]);
    let sum: f32 = product.iter().sum();
    if sum <= 0.0 {
        return even.clone();
    }
    Posterior::of(even.classes(), product.map(|p| p / sum))
}

/// How common emotions are by the seconds of one voice's speech beyond a single utterance.
fn situation(seconds: f64) -> Row {
    let conversation = MOST * seconds.powi(2) / (seconds.powi(2) + SOON.powi(2));
    let even = (1.0 - conversation) / Emotion::ALL.len() as f64;
    CONVERSATION.map(|share| (even + conversation * f64::from(share)) as f32)
}

/// From the prior for the situation to what the windows show: `q = (α·first + m·mean p)/(α + m)`, where `m` are the windows of
/// speech beyond a single utterance.
fn of_recording(even: &[(f64, &Posterior)], window: f64, asked: EmotionSet) -> Row {
    let n: f64 = even.iter().map(|(share, _)| share).sum();
    let beyond = (n * window - UTTERANCE).max(0.0);
    let first = masked(situation(beyond), asked);
    let learned = beyond / window;
    if learned <= 0.0 {
        return first;
    }
    let mut prior = first;
    for _ in 0..ROUNDS {
        let mut mean = [0.0f64; Emotion::ALL.len()];
        for (share, posterior) in even {
            let adjusted = apply(posterior, &prior);
            let row = mean.iter_mut().zip(adjusted.probabilities());
            row.for_each(|(mean, &p)| *mean += share / n * f64::from(p));
        }
        let row = first.iter().zip(mean);
        let mixed = row.map(|(&first, mean)| (ALPHA * f64::from(first) + learned * mean) / (ALPHA + learned));
        prior.iter_mut().zip(mixed).for_each(|(prior, mixed)| *prior = mixed as f32);
    }
    prior
}

/// Of the classes that compete, summing to 1; even where none of them has a share.
fn masked(row: Row, asked: EmotionSet) -> Row {
    let of =
        |row: Row| Emotion::ALL.map(|class| if asked.contains(class) { row[class as usize] } else { 0.0 });
    let own = of(row);
    let own = if own.iter().sum::<f32>() > 0.0 { own } else { of([1.0; Emotion::ALL.len()]) };
    let sum: f32 = own.iter().sum();
    own.map(|share| if sum > 0.0 { share / sum } else { 0.0 })
}

#[cfg(test)]
mod tests;
