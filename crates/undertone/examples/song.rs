//! How well a sung voice is found over music, and what is heard in it: RAVDESS's songs of actors that the built-in model never heard.
//!
//! `UNDERTONE_CORPORA=DIR cargo run --release -p undertone --example song`
#![allow(clippy::print_stdout)]

use undertone::analyzer::Options;
use undertone::audio::Source;
use undertone::corpus::Corpus;
use undertone::corpus::held::{HeldOut, SONG};
use undertone::corpus::protocol::Protocol;
use undertone::corrupt::Corruption;
use undertone::model::Model;
use undertone::{Analyzer, Error};

/// The fold whose actors the built-in model never heard.
const FOLD: usize = 2;

fn wav(samples: &[f32]) -> Result<Vec<u8>, hound::Error> {
    let format = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, format)?;
    samples.iter().try_for_each(|&x| writer.write_sample(x))?;
    writer.finalize()?;
    Ok(bytes.into_inner())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::var_os("UNDERTONE_CORPORA")
        .ok_or_else(|| Error::new(undertone::ErrorKind::Config, "UNDERTONE_CORPORA names no folder"))?;
    let corpora = Corpus::open(folder.as_ref())?;
    let held = HeldOut::fold(&[Protocol::known("emobox-ravdess")?], FOLD, false, &corpora)?;
    let sung = held.parts.iter().find(|part| part.protocol == SONG);
    let clips = sung.map(|part| part.clips.clone()).unwrap_or_default();
    println!(
        "| | song found % | instrumental called voice % | right % of what is found |\n|---|---|---|---|"
    );
    for song in [false, true] {
        let analyzer = Analyzer::new(Model::embedded()?, Options { song, ..Options::default() })?;
        for music in [None, Some(20.0), Some(10.0), Some(5.0), Some(0.0)] {
            let (mut whole, mut found, mut right, mut between) = (0.0, 0.0, 0.0, 0.0);
            for (seed, group) in clips.chunks(8).enumerate() {
                // Eight songs, each followed by as much silence; then music over all of it.
                let (mut wave, mut times) = (Vec::new(), Vec::new());
                for clip in group {
                    let samples = clip.samples()?;
                    let seconds = samples.len() as f64 / 16_000.0;
                    let start = wave.len() as f64 / 16_000.0;
                    times.push((start, start + seconds, clip.emotion));
                    wave.extend_from_slice(&samples);
                    wave.resize(wave.len() + samples.len(), 0.0);
                }
                if let Some(snr) = music {
                    wave = Corruption::Music(snr).apply(&wave, &[], seed as u64);
                }
                let result = analyzer.analyze(Source::Bytes(wav(&wave)?), &mut |_, _| {})?;
                for cell in &result.cells {
                    let middle = (cell.start + cell.end) / 2.0;
                    match times.iter().find(|(start, end, _)| *start <= middle && middle < *end) {
                        Some((_, _, emotion)) => {
                            found += cell.duration();
                            right +=
                                if Some(cell.posterior.top().0) == *emotion { cell.duration() } else { 0.0 };
                        }
                        None => between += cell.duration(),
                    }
                }
                whole += times.iter().map(|(start, end, _)| end - start).sum::<f64>();
            }
            let name = music.map_or("alone".to_string(), |snr| format!("music {snr} dB softer"));
            let mode = if song { "--song" } else { "speech" };
            println!(
                "| {mode}, {name} | {:.0} | {:.1} | {:.0} |",
                100.0 * found / whole,
                100.0 * between / whole,
                100.0 * right / f64::max(found, 1e-9)
            );
        }
    }
    Ok(())
}
