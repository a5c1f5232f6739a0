//! Contents and defects of a corpus.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::{Corpus, Utterance};
use undertone::error::Error;
use undertone::units::{SampleRate, Seconds};

/// Below this RMS (−70 dB of full scale) a file counts as silent.
const SILENT: f64 = 3.2e-4;
/// Names shown of each finding.
const SHOWN: usize = 5;

/// The findings of [`check`].
#[derive(Debug, Default)]
pub struct Check {
    /// The corpus.
    pub name: String,
    /// Its licence.
    pub licence: String,
    /// Clips found.
    pub clips: usize,
    /// Speakers, and how many clips each has.
    pub speakers: BTreeMap<String, usize>,
    /// Labels as mapped (or as found, where there is no emotion), and how many clips each has.
    pub classes: BTreeMap<String, usize>,
    /// Of all that could be read.
    pub duration: Seconds,
    /// Groups of clips with the same samples.
    pub duplicates: Vec<Vec<String>>,
    /// Those among them whose labels differ.
    pub conflicts: Vec<Vec<String>>,
    /// Clips with next to no sound.
    pub silent: Vec<String>,
    /// Clips that could not be decoded.
    pub unreadable: Vec<Error>,
    /// Clips left out of training, and why.
    pub left_out: BTreeMap<String, String>,
    /// Audio files that belong to no layout.
    pub unrecognised: Vec<PathBuf>,
}

struct Sound {
    seconds: f64,
    rms: f64,
    hash: [u8; 32],
}

fn sound(utterance: &Utterance) -> Result<Sound, Error> {
    let samples = utterance.samples()?;
    let (mut hash, mut power) = (Sha256::new(), 0.0);
    for sample in &samples {
        hash.update(sample.to_le_bytes());
        power += f64::from(*sample).powi(2);
    }
    let rms = (power / samples.len() as f64).sqrt();
    let seconds = SampleRate::MODEL.seconds(samples.len() as u64).0;
    Ok(Sound { seconds, rms, hash: hash.finalize().into() })
}

/// Decodes every clip of a corpus and looks for what a training would stumble over.
pub fn check(corpus: &Corpus) -> Check {
    let mut found = Check {
        name: corpus.name.clone(),
        licence: corpus.card.licence.clone(),
        clips: corpus.utterances.len(),
        unrecognised: corpus.unrecognised.clone(),
        ..Check::default()
    };
    let sounds: Vec<_> = corpus.utterances.par_iter().map(sound).collect();
    let mut same: BTreeMap<[u8; 32], Vec<&Utterance>> = BTreeMap::new();
    for (utterance, sounds) in corpus.utterances.iter().zip(sounds) {
        *found.speakers.entry(utterance.speaker.clone()).or_default() += 1;
        let class = utterance.emotion.map_or(utterance.label.clone(), |emotion| emotion.to_string());
        *found.classes.entry(class).or_default() += 1;
        if let Some(defect) = &utterance.defect {
            found.left_out.insert(utterance.clip.clone(), defect.clone());
        }
        match sounds {
            Err(error) => found.unreadable.push(error.at(&utterance.path)),
            Ok(sounds) => {
                found.duration = found.duration + Seconds(sounds.seconds);
                if sounds.rms < SILENT {
                    found.silent.push(utterance.clip.clone());
                }
                // Two segments of one file are no duplicates.
                if utterance.segment.is_none() {
                    same.entry(sounds.hash).or_default().push(utterance);
                }
            }
        }
    }
    for group in same.into_values().filter(|group| group.len() > 1) {
        let names: Vec<String> = group.iter().map(|utterance| utterance.clip.clone()).collect();
        let labels: BTreeSet<&str> = group.iter().map(|utterance| utterance.label.as_str()).collect();
        if labels.len() > 1 {
            found.conflicts.push(names.clone());
        }
        found.duplicates.push(names);
    }
    found
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = self.duration.0 / 3600.0;
        let Check { name, clips, speakers, classes, .. } = self;
        writeln!(f, "{name}: {clips} clips, {} speakers, {hours:.2} h ({})", speakers.len(), self.licence)?;
        let classes: Vec<String> = classes.iter().map(|(class, n)| format!("{class} {n}")).collect();
        writeln!(f, "  classes       {}", classes.join(", "))?;
        let groups =
            |groups: &[Vec<String>]| groups.iter().map(|group| group.join(" = ")).collect::<Vec<_>>();
        list(f, "duplicates", &groups(&self.duplicates))?;
        list(f, "conflicting", &groups(&self.conflicts))?;
        list(f, "silent", &self.silent)?;
        list(f, "unreadable", &self.unreadable.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        let left_out: Vec<String> =
            self.left_out.iter().map(|(clip, why)| format!("{clip} ({why})")).collect();
        list(f, "left out", &left_out)?;
        let unrecognised: Vec<String> =
            self.unrecognised.iter().map(|path| path.display().to_string()).collect();
        list(f, "not recognised", &unrecognised)
    }
}

fn list(f: &mut fmt::Formatter<'_>, name: &str, items: &[String]) -> fmt::Result {
    if items.is_empty() {
        return writeln!(f, "  {name:<13} none");
    }
    let more =
        if items.len() > SHOWN { format!(", and {} more", items.len() - SHOWN) } else { String::new() };
    writeln!(f, "  {name:<13} {}: {}{more}", items.len(), items[..items.len().min(SHOWN)].join("; "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A WAV file of a tone; `level` 0 is silence.
    fn tone(path: &std::path::Path, hz: f32, level: f32) {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 16_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(path, spec).unwrap();
        for i in 0..8000 {
            let x = level * (i as f32 * hz * std::f32::consts::TAU / 16_000.0).sin();
            writer.write_sample((x * 32_767.0) as i16).unwrap();
        }
        writer.finalize().unwrap();
    }

    #[test]
    fn duplicates_conflicts_silence_and_damage_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        tone(&at("1001_DFA_ANG_XX.wav"), 200.0, 0.5);
        tone(&at("1001_DFA_SAD_XX.wav"), 200.0, 0.5);
        tone(&at("1002_DFA_SAD_XX.wav"), 300.0, 0.0);
        std::fs::write(at("1003_DFA_NEU_XX.wav"), "not a recording at all").unwrap();
        let corpus = Corpus::open(folder.path()).unwrap().remove(0);
        let found = check(&corpus);
        assert_eq!((found.clips, found.speakers.len()), (4, 3));
        assert_eq!(found.conflicts, [["1001_DFA_ANG_XX", "1001_DFA_SAD_XX"]]);
        assert_eq!(found.silent, ["1002_DFA_SAD_XX"]);
        assert_eq!(found.unreadable.len(), 1);
        assert!((found.duration.0 - 1.5).abs() < 1e-9);
        let text = found.to_string();
        assert!(text.contains("4 clips, 3 speakers") && text.contains("1003_DFA_NEU_XX.wav"), "{text}");
    }
}
