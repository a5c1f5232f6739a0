//! Times the stages of an analysis on recordings, as CSV.
//!
//! `what,file,seconds,threads,milliseconds`: the best of several runs; `seconds` is the audio's length.
use std::time::Instant;

use undertone::features::Spectrogram;
use undertone::model::Model;
use undertone::{Result, audio, speech};

/// Runs of each part.
const RUNS: usize = 7;

/// Prints a row per stage and file.
pub fn run(files: &[String]) -> Result<()> {
    println!("what,file,seconds,threads,milliseconds");
    for path in files {
        let waveform = audio::read(path.as_str())?;
        let (seconds, samples) = (waveform.duration().0, waveform.samples());
        let line = |what: &str, threads: usize, milliseconds: f64| {
            println!("{what},{path},{seconds:.2},{threads},{milliseconds:.3}");
        };
        line("decode", 1, best(|| audio::read(path.as_str()).map(drop))?);
        line(
            "speech",
            1,
            best(|| {
                speech::segments(samples, &speech::Options::default());
                Ok(())
            })?,
        );
        let mut views = Spectrogram::default();
        line(
            "spectrogram",
            1,
            best(|| {
                views.compute(samples);
                Ok(())
            })?,
        );
        // The network reads a segment at a time, as the model's card says.
        let piece = &samples[..samples.len().min(60 * 16_000)];
        for threads in [1, 2] {
            let model = Model::embedded()?.with_threads(threads);
            line("frames", threads, best(|| model.frames(piece).map(drop))?);
            line("whole", threads, best(|| model.run_whole(piece, &model.population()).map(drop))?);
        }
    }
    Ok(())
}

/// The best of several runs, in milliseconds.
fn best(mut run: impl FnMut() -> Result<()>) -> Result<f64> {
    let mut best = f64::INFINITY;
    for _ in 0..RUNS {
        let begin = Instant::now();
        run()?;
        best = best.min(begin.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(best)
}
