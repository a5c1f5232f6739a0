//! Live audio from standard input → events as they are heard. Raw 16-bit samples, mono, 16 kHz:
//!
//! `ffmpeg -v error -i FILE -ac 1 -ar 16000 -f s16le - | cargo run --release -p undertone --example live`
#![allow(clippy::print_stdout)]

use std::io::Read;

use undertone::analysis::Label;
use undertone::engine::{Event, StreamOptions};
use undertone::{Engine, Result};

fn main() -> Result<()> {
    let mut stream = Engine::embedded()?.stream(StreamOptions { channels: 1, rate: 16_000.into() })?;
    let (mut input, mut tenth) = (std::io::stdin().lock(), [0u8; 3200]);
    while input.read_exact(&mut tenth).is_ok() {
        let sample = |b: &[u8]| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0;
        let samples: Vec<f32> = tenth.chunks_exact(2).map(sample).collect();
        stream.push(&[samples])?.into_iter().for_each(tell);
    }
    let analysis = stream.finish_with(tell)?;
    println!("{}", analysis.summary.line);
    Ok(())
}

fn tell(event: Event) {
    match event {
        Event::SpeechStarted { at, .. } => println!("{at}: speech"),
        Event::Provisional(span) => println!("  since {:.1} s: {} so far", span.start, Label::from(&span)),
        Event::Span(span) => println!("{:.1}–{:.1} s: {}", span.start, span.end, Label::from(&span)),
        Event::SpeechEnded { at, .. } => println!("{at}: silence"),
        _ => {}
    }
}
