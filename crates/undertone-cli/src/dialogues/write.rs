//! `undertone corpus dialogues`: recordings made of corpus clips, and the truth about them.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use undertone::corpus::dialogue::{Dialogue, Variant, Voices, write_rttm, write_truth};
use undertone::corpus::protocol::Protocol;
use undertone::corpus::{Corpus, Utterance};
use undertone::{Error, ErrorKind, Result};

/// What was typed.
pub struct Asked {
    /// Where dialogues go.
    pub out: PathBuf,
    /// How many, in each variant.
    pub count: u64,
    /// The seed of the first; the next has the next.
    pub seed: u64,
    /// Protocols whose test speakers may speak; everybody where none is named.
    pub protocol: Vec<String>,
    /// Their fold.
    pub fold: usize,
    /// Who of them may speak; all where none is named.
    pub speakers: Vec<String>,
}

pub fn write(corpora: &[Corpus], asked: &Asked) -> Result<ExitCode> {
    let utterances = allowed(corpora, asked)?;
    let voices = Voices::of(utterances)?;
    for variant in Variant::ALL {
        let folder = asked.out.join(variant.to_string());
        std::fs::create_dir_all(&folder).map_err(|error| Error::from(error).at(&folder))?;
    }
    for number in 0..asked.count {
        let dialogue = Dialogue::draw(&voices, asked.seed.wrapping_add(number))?;
        for variant in Variant::ALL {
            let name = format!("dialogue-{:03}", number + 1);
            let path = asked.out.join(variant.to_string()).join(&name);
            wav(&path.with_extension("wav"), &dialogue.samples(variant))?;
            let truth = dialogue.truth(variant);
            file(&path.with_extension("csv"), |to| write_truth(to, &truth))?;
            file(&path.with_extension("rttm"), |to| write_rttm(to, &name, &truth))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The clips of those who may speak.
fn allowed<'a>(corpora: &'a [Corpus], asked: &Asked) -> Result<Vec<&'a Utterance>> {
    let mut utterances: Vec<&Utterance> = Vec::new();
    for name in &asked.protocol {
        let fold = Protocol::known(name)?.cut(corpora)?.into_iter().nth(asked.fold.wrapping_sub(1));
        let missing = || Error::new(ErrorKind::Config, format!("{name} has no fold {}", asked.fold));
        utterances.extend(fold.ok_or_else(missing)?.test);
    }
    if asked.protocol.is_empty() {
        utterances.extend(corpora.iter().flat_map(|corpus| &corpus.utterances));
    }
    let there: BTreeSet<&str> = utterances.iter().map(|utterance| utterance.speaker.as_str()).collect();
    if let Some(stranger) = asked.speakers.iter().find(|speaker| !there.contains(speaker.as_str())) {
        let names = there.iter().take(5).copied().collect::<Vec<_>>().join(", ");
        let message =
            format!("no speaker is called '{stranger}' here; there are {} ({names}, …)", there.len());
        return Err(Error::new(ErrorKind::Config, message));
    }
    if !asked.speakers.is_empty() {
        utterances.retain(|utterance| asked.speakers.contains(&utterance.speaker));
    }
    Ok(utterances)
}

fn file(path: &Path, write: impl FnOnce(BufWriter<File>) -> Result<()>) -> Result<()> {
    let file = File::create(path).map_err(|error| Error::from(error).at(path))?;
    write(BufWriter::new(file)).map_err(|error| error.at(path))
}

/// Channels of one length as WAV: 16 kHz, 16 bits.
fn wav(path: &Path, channels: &[Vec<f32>]) -> Result<()> {
    let spec = hound::WavSpec {
        channels: channels.len() as u16,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let length = channels.first().map_or(0, Vec::len);
    let written = || -> hound::Result<()> {
        let mut wav = hound::WavWriter::create(path, spec)?;
        for at in 0..length {
            for channel in channels {
                wav.write_sample((channel[at] * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16)?;
            }
        }
        wav.finalize()
    };
    written().map_err(|error| match error {
        hound::Error::IoError(error) => Error::from(error).at(path),
        other => Error::new(ErrorKind::Io, other.to_string()).at(path),
    })
}
