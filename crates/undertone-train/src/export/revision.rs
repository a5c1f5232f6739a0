//! The git revision of the code, as a model's metadata names it.

use std::path::Path;
use std::process::Command;

/// The revision of the checkout that this program was built from, with `-dirty` where tracked files differ from it; `unknown`
/// where the sources are not in a git repository or git is not installed.
pub fn revision() -> String {
    revision_of(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_or_else(|| "unknown".to_string())
}

fn revision_of(sources: &Path) -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(sources).args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_string()).filter(|text| !text.is_empty())
    };
    // A repository that happens to lie around the sources says nothing of them.
    git(&["ls-files", "--error-unmatch", "Cargo.toml"])?;
    git(&["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn outside_a_repository_there_is_none() {
        assert_eq!(revision_of(tempfile::tempdir().unwrap().path()), None);
    }

    #[test]
    fn a_revision_is_a_hash() {
        let revision = revision();
        let hash = revision.trim_end_matches("-dirty");
        assert!(
            hash == "unknown" || hash.len() == 12 && hash.bytes().all(|x| x.is_ascii_hexdigit()),
            "{revision}"
        );
    }
}
