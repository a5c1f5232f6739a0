//! A speaker's own profile, kept in a file and used for a recording:
//! `cargo run --release -p undertone --example profile -- NAME OWN_SPEECH RECORDING`
#![allow(clippy::print_stdout)]

use std::ops::ControlFlow;
use std::path::Path;

use undertone::analysis::Label;
use undertone::speakers::Profile;
use undertone::{Engine, Result};

fn main() -> Result<()> {
    let example = "examples/conversation.wav".to_string();
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "agent".to_string());
    let (own, recording) =
        (arguments.next().unwrap_or_else(|| example.clone()), arguments.next().unwrap_or(example));

    let engine = Engine::embedded()?;
    let sources = vec![Path::new(&own).into()];
    let profile = engine.enroll(&name, sources, false, |_| ControlFlow::Continue(()))?;
    let file = std::env::temp_dir().join(format!("{name}.profile.json"));
    std::fs::write(&file, profile.json()?)?;
    println!("{:.1} s of speech of {name} are kept in {}", profile.seconds, file.display());

    // Any later run reads it back; a profile serves every model of the same embedding space.
    let adapted = engine.with_profiles(vec![Some(Profile::open(&file)?)])?;
    let analysis = adapted.analyze_path(recording)?;
    for span in &analysis.spans {
        let speaker = span.speaker.as_deref().unwrap_or("somebody");
        println!("{:.1}–{:.1} s  {speaker}: {}", span.start, span.end, Label::from(span));
    }
    Ok(())
}
