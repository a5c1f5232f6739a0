//! Test clips with a corruption applied, the same way every time.

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

use crate::augment::{Corruption, to_unit_power};
use crate::corpus::Utterance;
use undertone::error::Result;

/// Speakers in a babble.
const SPEAKERS: usize = 6;

/// The samples of one of `utterances` with a corruption applied; what is random follows from the clip's name. Babble is made of clips of other
/// speakers among `utterances` (of any speaker where there is one alone).
///
/// # Errors
/// What decoding a clip answers.
pub fn corrupted(utterances: &[&Utterance], row: usize, corruption: Corruption) -> Result<Vec<f32>> {
    let utterance = utterances[row];
    let name = format!("{corruption} {}/{}", utterance.corpus, utterance.clip);
    let mut rng = ChaCha8Rng::from_seed(Sha256::digest(name).into());
    let clean = utterance.samples()?;
    let other = match corruption {
        Corruption::Other(_) => babble(utterances, utterance, clean.len(), &mut rng)?,
        _ => Vec::new(),
    };
    Ok(corruption.apply(&clean, &other, rng.random()))
}

/// Voices of equal power, each repeated to the length, summed.
fn babble(utterances: &[&Utterance], own: &Utterance, n: usize, rng: &mut ChaCha8Rng) -> Result<Vec<f32>> {
    let others: Vec<&Utterance> =
        utterances.iter().copied().filter(|other| other.speaker != own.speaker).collect();
    let pool = if others.is_empty() { utterances } else { &others };
    let mut sum = vec![0.0; n];
    for _ in 0..SPEAKERS {
        let Some(voice) = pool.choose(rng) else { break };
        let voice = voice.samples()?;
        let (scale, start) = (to_unit_power(&voice), rng.random_range(0..voice.len()));
        for (sum, x) in sum.iter_mut().zip(voice.iter().cycle().skip(start)) {
            *sum += scale * x;
        }
    }
    Ok(sum)
}
