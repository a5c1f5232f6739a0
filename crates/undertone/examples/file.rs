//! A recording → its emotions over time: `cargo run --release -p undertone --example file -- FILE`
#![allow(clippy::print_stdout)]

use undertone::analysis::Label;
use undertone::{Engine, Result};

fn main() -> Result<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "examples/conversation.wav".to_string());
    let analysis = Engine::embedded()?.analyze_path(path)?;
    for span in &analysis.spans {
        println!("{:6.1}–{:.1} s  {}", span.start, span.end, Label::from(span));
    }
    for warning in &analysis.warnings {
        println!("{}: {}", warning.code, warning.message);
    }
    println!("{}", analysis.summary.line);
    Ok(())
}
