//! Writes the tables of results into the reference and the model cards, from the predictions in `results/`: `cargo xtask tables`
use std::path::Path;

use undertone::{Error, ErrorKind, Result};
use undertone_eval::metrics::Evaluation;
use undertone_eval::predict;
use undertone_eval::report::results;

/// Folders of predictions, and the pages that show each.
const SHOWN: [(&str, &[&str]); 3] = [
    ("results", &["docs/reference/results.md", "crates/undertone-models/models/default.md"]),
    ("results/large", &["crates/undertone-models/models/large.md"]),
    ("results/whisper-base", &["crates/undertone-models/models/whisper-base.md"]),
];
const BEGIN: &str = "<!-- results:begin, by `cargo xtask tables` -->\n";
const END: &str = "<!-- results:end -->";

/// Rewrites the marked part of each page.
pub fn run() -> Result<()> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
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
    files.retain(|path| path.is_file());
    files.sort();
    let mut evaluations = Vec::new();
    for path in files {
        let rows = predict::open(&path)?;
        evaluations
            .push(Evaluation::of(&predict::name(&path), &rows, false).map_err(|error| error.at(&path))?);
    }
    Ok(results(&evaluations))
}
