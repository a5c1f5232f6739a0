//! Utterances → one vector each.

use rayon::prelude::*;
use undertone::Result;
use undertone::features::Frames;
use undertone::features::{Spectrogram, functionals, log_mel, prosody};
use undertone_eval::augment::Corruption;
use undertone_eval::corpus::Utterance;
use undertone_eval::predict;

use crate::data::teacher::Teacher;

/// What of an utterance is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Features {
    /// Nothing.
    None,
    /// Functionals of the 64 log-mel bands: 384 values.
    LogMel,
    /// Functionals of pitch, energy, voicing and the spectrum's shape: 120 values.
    Prosody,
    /// Functionals of the teacher's frame features: six a feature.
    Teacher,
}

/// A vector an utterance, in their order; each corrupted first where a corruption is given, as [`predict::corrupted`] does it.
pub fn vectors(
    features: Features,
    utterances: &[&Utterance],
    teacher: Option<&Teacher>,
    corruption: Option<Corruption>,
) -> Result<Vec<Vec<f64>>> {
    let of = |row: usize| -> Result<Vec<f64>> {
        if features == Features::None {
            return Ok(Vec::new());
        }
        let waveform = match corruption {
            Some(corruption) => predict::corrupted(utterances, row, corruption)?,
            None => utterances[row].samples()?,
        };
        let vector = match (features, teacher) {
            (Features::LogMel, _) => functionals::of_frames(&mel(&waveform)),
            (Features::Teacher, Some(teacher)) => functionals::of_frames(&teacher.features(&waveform)?),
            _ => functionals::of_prosody(&prosody::prosody(&waveform)),
        };
        Ok(vector.into_iter().map(f64::from).collect())
    };
    match features {
        // The teacher's runtime spreads over the cores by itself.
        Features::Teacher => (0..utterances.len()).map(of).collect(),
        _ => (0..utterances.len()).into_par_iter().map(of).collect(),
    }
}

fn mel(waveform: &[f32]) -> Frames {
    let spectrogram = Spectrogram::default().compute(waveform);
    let bands = spectrogram.rows().flat_map(|row| row[..log_mel::BANDS].to_vec()).collect();
    Frames::new(bands, log_mel::BANDS).unwrap_or_default()
}
