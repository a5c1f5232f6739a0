//! `undertone corpus dialogues`: dialogues composed of corpus clips, with their reference annotation.

use std::collections::BTreeSet;
use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use undertone::{Error, ErrorKind, Result};
use undertone_eval::atomic_file::AtomicFile;
use undertone_eval::corpus::{Corpus, Utterance};
use undertone_eval::dialogue::{Dialogue, SpeakerClips, Variant, write_rttm, write_truth};
use undertone_eval::protocol::Protocol;

/// What was typed.
pub struct Request {
    /// Where dialogues go.
    pub out: PathBuf,
    /// How many, in each variant.
    pub count: u64,
    /// The seed of the first; the next has the next.
    pub seed: u64,
    /// Protocols whose test speakers are used; all speakers where none is named.
    pub protocol: Vec<String>,
    /// Their fold.
    pub fold: usize,
    /// The speakers to use; all of these where none is named.
    pub speakers: Vec<String>,
}

pub fn write(corpora: &[Corpus], request: &Request) -> Result<ExitCode> {
    let utterances = selected(corpora, request)?;
    let voices = SpeakerClips::of(utterances)?;
    for variant in Variant::ALL {
        let folder = request.out.join(variant.to_string());
        std::fs::create_dir_all(&folder).map_err(|error| Error::from(error).at(&folder))?;
    }
    for number in 0..request.count {
        let dialogue = Dialogue::draw(&voices, request.seed.wrapping_add(number))?;
        for variant in Variant::ALL {
            let name = format!("dialogue-{:03}", number + 1);
            let path = request.out.join(variant.to_string()).join(&name);
            let sound = wav(&dialogue.samples(variant))
                .map_err(|error| Error::new(ErrorKind::Io, error.to_string()))?;
            AtomicFile::save(&path.with_extension("wav"), |file| Ok(file.write_all(&sound)?))?;
            let truth = dialogue.truth(variant);
            AtomicFile::save(&path.with_extension("csv"), |file| write_truth(file, &truth))?;
            AtomicFile::save(&path.with_extension("rttm"), |file| write_rttm(file, &name, &truth))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The clips of the selected speakers.
fn selected<'a>(corpora: &'a [Corpus], request: &Request) -> Result<Vec<&'a Utterance>> {
    let mut utterances: Vec<&Utterance> = Vec::new();
    for name in &request.protocol {
        let fold = Protocol::known(name)?.cut(corpora)?.into_iter().nth(request.fold.wrapping_sub(1));
        let missing = || Error::new(ErrorKind::Config, format!("{name} has no fold {}", request.fold));
        utterances.extend(fold.ok_or_else(missing)?.test);
    }
    if request.protocol.is_empty() {
        utterances.extend(corpora.iter().flat_map(|corpus| &corpus.utterances));
    }
    let there: BTreeSet<&str> = utterances.iter().map(|utterance| utterance.speaker.as_str()).collect();
    if let Some(unknown) = request.speakers.iter().find(|speaker| !there.contains(speaker.as_str())) {
        let names = there.iter().take(5).copied().collect::<Vec<_>>().join(", ");
        let message =
            format!("no speaker is called '{unknown}' here; the {} known are {names}, …", there.len());
        return Err(Error::new(ErrorKind::Config, message));
    }
    if !request.speakers.is_empty() {
        utterances.retain(|utterance| request.speakers.contains(&utterance.speaker));
    }
    Ok(utterances)
}

/// Channels of one length as WAV: 16 kHz, 16 bits.
fn wav(channels: &[Vec<f32>]) -> hound::Result<Vec<u8>> {
    let spec = hound::WavSpec {
        channels: channels.len() as u16,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = Cursor::new(Vec::new());
    let mut wav = hound::WavWriter::new(&mut bytes, spec)?;
    for at in 0..channels.first().map_or(0, Vec::len) {
        for channel in channels {
            wav.write_sample((channel[at] * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16)?;
        }
    }
    wav.finalize()?;
    Ok(bytes.into_inner())
}
