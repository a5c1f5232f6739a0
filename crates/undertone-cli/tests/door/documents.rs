//! The documents: links lead somewhere, the README stays short.

use std::path::{Path, PathBuf};

/// Every Markdown file of the repository.
fn documents(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name());
        let skipped = name == "target" || name.to_string_lossy().starts_with('.');
        if path.is_dir() && !skipped {
            documents(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

/// The targets of links and images: `](target)`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
}

/// The anchors that a page's headings make, as GitHub names them.
fn anchors(text: &str) -> Vec<String> {
    let heading =
        |line: &str| line.starts_with('#').then(|| line.trim_start_matches('#').trim().to_lowercase());
    let kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
    let anchor = |heading: String| heading.chars().filter(kept).collect::<String>().replace(' ', "-");
    text.lines().filter_map(heading).map(anchor).collect()
}

#[test]
fn every_relative_link_in_a_document_leads_to_a_file_and_a_heading() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut pages = Vec::new();
    documents(&repository, &mut pages);
    assert!(pages.len() > 20, "{pages:?}");
    let mut broken = Vec::new();
    for page in &pages {
        let text = std::fs::read_to_string(page).unwrap();
        for target in links(&text).filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
        {
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            let there = path.exists()
                && (anchor.is_empty()
                    || anchors(&std::fs::read_to_string(&path).unwrap()).iter().any(|one| one == anchor));
            if !there {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
}

#[test]
fn the_readme_is_short() {
    let readme = include_str!("../../../../README.md");
    assert!(readme.lines().count() <= 120, "{} lines", readme.lines().count());
    let mut in_code = false;
    for line in readme.lines() {
        in_code ^= line.starts_with("```");
        let prose = !in_code && !line.starts_with('|') && !line.starts_with("![");
        assert!(!prose || line.chars().count() <= 100, "{line}");
    }
}
