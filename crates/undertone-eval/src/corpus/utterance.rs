//! The unit of training and evaluation: a segment with a speaker and a label.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use undertone::audio;
use undertone::emotion::Emotion;
use undertone::error::{Error, Result};
use undertone::units::{Seconds, Segment};

/// A segment with a speaker and a label: the unit of training and evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Utterance {
    /// The corpus it belongs to: `ravdess`, `ravdess_song`, `tess`, `cremad`, `savee`, or a manifest's name.
    pub corpus: String,
    /// Its name within the corpus, that of the protocol files.
    pub clip: String,
    /// The audio file.
    pub path: PathBuf,
    /// The part of the file; the whole file where not given.
    pub segment: Option<Segment>,
    /// `corpus/speaker`, the unit of independence; RAVDESS speech and song share theirs.
    pub speaker: String,
    /// The corpus's own label.
    pub label: String,
    /// What the label map makes of it; none where the manifest gives no label.
    pub emotion: Option<Emotion>,
    /// Expressed strength 0…1, where the corpus tells.
    pub intensity: Option<f32>,
    /// Listeners' votes as shares in the order of [`Emotion::ALL`], where the corpus has them.
    pub votes: Option<[f32; 8]>,
    /// What else the corpus says of it, by name: `sex`, `age` (years), `sentence`, `strength`, or a manifest's other columns.
    pub about: BTreeMap<String, String>,
    /// Why it is left out of training and dev, where it is.
    pub defect: Option<String>,
}

impl Utterance {
    /// Its samples at 16 kHz.
    ///
    /// # Errors
    /// As [`samples`].
    pub fn samples(&self) -> Result<Vec<f32>> {
        samples(&self.path, self.segment)
    }
}

/// How far a segment may reach beyond the end of its file: times in manifests are rounded.
const BEYOND: Seconds = Seconds(0.1);

/// The samples of a file, or of a segment of it, at 16 kHz.
///
/// # Errors
/// What decoding answers; `Malformed` where there are no samples, `Config` where the segment reaches beyond the end.
pub fn samples(path: &Path, segment: Option<Segment>) -> Result<Vec<f32>> {
    let waveform = audio::read(path)?;
    let (rate, mut samples) = (waveform.rate(), waveform.into_samples());
    if let Some(segment) = segment {
        let end = rate.seconds(samples.len() as u64);
        if segment.end.0 > end.0 + BEYOND.0 {
            let Segment { start, end: to } = segment;
            let message = format!("the segment from {start} to {to} reaches beyond its end at {end}");
            return Err(Error::config(message).at(path));
        }
        samples.truncate(rate.samples(segment.end) as usize);
        samples.drain(..(rate.samples(segment.start) as usize).min(samples.len()));
    }
    if samples.is_empty() {
        return Err(Error::malformed("there are no samples in it").at(path));
    }
    Ok(samples)
}
