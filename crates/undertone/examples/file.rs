//! A recording → its emotions over time: `cargo run --release -p undertone --example file -- FILE`
#![allow(clippy::print_stdout)]

use undertone::{Engine, Result};

fn main() -> Result<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "examples/conversation.wav".to_string());
    let analysis = Engine::embedded()?.analyze_path(path)?;
    for span in &analysis.spans {
        let (start, end, p) = (span.start, span.end, 100.0 * span.probability());
        println!("{start:6.1}–{end:.1} s  {} {p:.0} %", span.emotion);
    }
    for warning in &analysis.warnings {
        println!("{}: {}", warning.code, warning.message);
    }
    println!("{}", analysis.summary.line);
    Ok(())
}
