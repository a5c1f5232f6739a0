//! What can be pulled: encoders by name, and repositories of the Hugging Face hub.

use std::fmt;
use std::str::FromStr;

use undertone::{Error, Result};

/// An encoder that is known by name.
#[derive(Debug)]
#[non_exhaustive]
pub struct Known {
    /// The name.
    pub name: &'static str,
    /// The repository on the hub.
    pub repository: &'static str,
    /// Blocks of the whole encoder.
    pub depth: usize,
    /// Width of its layers.
    pub width: usize,
    /// The licence of its weights, as their makers state it.
    pub licence: &'static str,
    /// Where they state it.
    pub stated_by: &'static str,
    /// SHA-256 of the ONNX file that these weights become.
    pub encoder_sha256: &'static str,
}

/// Encoders that are known by name.
pub const KNOWN: [Known; 2] = [
    Known {
        name: "whisper-base",
        repository: "openai/whisper-base",
        depth: 6,
        width: 512,
        licence: "MIT",
        stated_by: "github.com/openai/whisper",
        encoder_sha256: "00dba0aeaf45e55d1218414632ad4f7a4702f70850fbe3956adabfec3352d051",
    },
    Known {
        name: "whisper-tiny.en",
        repository: "openai/whisper-tiny.en",
        depth: 4,
        width: 384,
        licence: "MIT",
        stated_by: "github.com/openai/whisper",
        encoder_sha256: "e257977d76bb76c4b74fab71deddee07473e2658270bfed1654231afea4d0244",
    },
];

/// A repository of the hub at a revision.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Source {
    /// The name of the encoder in the cache.
    pub name: String,
    /// `org/repo`.
    pub repository: String,
    /// A branch, tag or commit.
    pub revision: String,
    /// What is known of it.
    pub known: Option<&'static Known>,
}

impl FromStr for Source {
    type Err = Error;

    fn from_str(text: &str) -> Result<Source> {
        if let Some(known) = KNOWN.iter().find(|known| known.name == text) {
            let (repository, revision) = (known.repository.to_string(), "main".to_string());
            return Ok(Source { name: known.name.to_string(), repository, revision, known: Some(known) });
        }
        let wrong = || {
            let names: Vec<&str> = KNOWN.iter().map(|known| known.name).collect();
            Error::config(format!(
                "'{text}' cannot be pulled; name {}, or a repository as hf:org/repo or hf:org/repo@revision",
                names.join(" or ")
            ))
        };
        let rest = text.strip_prefix("hf:").ok_or_else(wrong)?;
        let (repository, revision) = rest.split_once('@').unwrap_or((rest, "main"));
        let (org, repo) = repository.split_once('/').ok_or_else(wrong)?;
        let plain = |part: &str| {
            let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            !part.is_empty() && part.chars().all(allowed) && !part.starts_with('.')
        };
        let branch = revision.split('/').all(plain);
        if !plain(org) || !plain(repo) || !branch {
            return Err(wrong());
        }
        Ok(Source {
            name: repo.to_string(),
            repository: repository.to_string(),
            revision: revision.to_string(),
            known: None,
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hf:{}@{}", self.repository, self.revision)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_and_repositories_are_read() {
        let base: Source = "whisper-base".parse().unwrap();
        assert_eq!(base.to_string(), "hf:openai/whisper-base@main");
        assert!(base.known.is_some());
        let other: Source = "hf:some-org/net_2.0@v1/x".parse().unwrap();
        assert_eq!(
            (other.name.as_str(), other.to_string().as_str()),
            ("net_2.0", "hf:some-org/net_2.0@v1/x")
        );
    }

    #[test]
    fn what_cannot_be_pulled_is_named_with_what_can() {
        for text in
            ["whisper-huge", "hf:x", "hf:a/b/c", "hf:../b", "hf:a/..", "hf:a/b@", "hf:a/b@../c", "hf:a/b?c"]
        {
            let error = text.parse::<Source>().unwrap_err().to_string();
            assert!(error.contains(text) && error.contains("whisper-tiny.en"), "{error}");
        }
    }
}
