//! Every recording below a folder → one JSON line each: `cargo run --release -p undertone --example folder -- FOLDER`
//!
//! One engine serves all of them; what cannot be read has its line too.
#![allow(clippy::print_stdout)]

use std::path::PathBuf;

use undertone::{Analysis, Engine, Result, audio, report};

fn main() -> Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "examples".to_string()));
    let engine = Engine::embedded()?;
    for path in audio::files_below(&folder)?.complete()? {
        let analysis = engine.analyze_path(&path).unwrap_or_else(|error| Analysis::failed(path, &error));
        println!("{}", report::json_line(&analysis)?);
    }
    Ok(())
}
