//! How well singing is found over music, and what is recognised in it: RAVDESS's songs of actors held out of the built-in model.

use std::path::Path;

use undertone::Engine;
use undertone::engine::Options;
use undertone::units::SampleRate;
use undertone_eval::augment::Corruption;
use undertone_eval::corpus::Corpus;
use undertone_eval::holdout::{HeldOut, SONG};
use undertone_eval::protocol::Protocol;

/// The fold whose actors are held out of the built-in model.
const FOLD: usize = 2;

/// Prints a table (Markdown).
pub fn run(corpora: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let corpora = Corpus::open(corpora)?;
    let held = HeldOut::fold(&[Protocol::known("emobox-ravdess")?], FOLD, false, &corpora)?;
    let sung = held.parts.iter().find(|part| part.protocol == SONG);
    let clips = sung.map(|part| part.clips.clone()).unwrap_or_default();
    println!(
        "| | song found % | instrumental called voice % | right % of what is found |\n|---|---|---|---|"
    );
    for song in [false, true] {
        let engine = Engine::builder().options(Options { song, ..Options::default() }).build()?;
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
                let result = engine.analyze_samples(&wave, SampleRate::MODEL)?;
                for cell in &result.cells {
                    let middle = (cell.start + cell.end) / 2.0;
                    match times.iter().find(|(start, end, _)| *start <= middle && middle < *end) {
                        Some((_, _, emotion)) => {
                            found += cell.duration();
                            right += if Some(cell.prediction.posterior.top().0) == *emotion {
                                cell.duration()
                            } else {
                                0.0
                            };
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
