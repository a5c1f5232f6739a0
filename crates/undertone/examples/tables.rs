//! Writes the tables of results into README and model cards from the predictions behind them:
//! `cargo run --release -p undertone --example tables`
use std::path::Path;

use undertone::eval::Evaluation;
use undertone::report::evaluation::results;
use undertone::{Error, ErrorKind, Result, predict};

/// Folders of predictions, and the pages that show each.
const SHOWN: [(&str, &[&str]); 2] = [
    ("results", &["README.md", "crates/undertone/models/default.md"]),
    ("results/large", &["crates/undertone-cli/models/large.md"]),
];
const BEGIN: &str = "<!-- results:begin, by `cargo run --release -p undertone --example tables` -->\n";
const END: &str = "<!-- results:end -->";

fn main() -> Result<()> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (folder, pages) in SHOWN {
        let table = table(&repository.join(folder))?;
        for page in pages {
            let path = repository.join(page);
            let text = std::fs::read_to_string(&path)?;
            let marked =
                || Error::new(ErrorKind::Malformed, format!("expected {BEGIN:?} and {END:?}")).at(&path);
            let (before, rest) = text.split_once(BEGIN).ok_or_else(marked)?;
            let (_, after) = rest.split_once(END).ok_or_else(marked)?;
            std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}"))?;
        }
    }
    Ok(())
}

/// A row a protocol, from the predictions in a folder.
fn table(folder: &Path) -> Result<String> {
    let mut files: Vec<_> = std::fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "csv"));
    files.sort();
    let mut evaluations = Vec::new();
    for path in files {
        let rows = predict::open(&path)?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        evaluations.push(Evaluation::of(&name, &rows, false).map_err(|error| error.at(&path))?);
    }
    Ok(results(&evaluations))
}
