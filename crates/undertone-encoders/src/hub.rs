//! Files of repositories on the Hugging Face hub, or a server that answers as it does.
//!
//! A download that is cut off goes on where it was, in this run or a later one, and is checked against the checksum that the hub states.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ureq::http::{HeaderMap, Response, StatusCode};
use ureq::{Agent, Body};

use undertone::model::file_sha256;
use undertone::{Error, ErrorKind, Result};

use crate::source::Source;

/// The environment variable that names another server.
pub const VARIABLE: &str = "UNDERTONE_HUB";
/// The environment variable with an access token, as the hub's own tools read it.
pub const TOKEN: &str = "HF_TOKEN";
const ENDPOINT: &str = "https://huggingface.co";

/// Times in a row that a download may be cut off without a byte more.
const TRIES: u32 = 5;
/// Redirections of one request.
const REDIRECTS: usize = 10;
/// A server that is silent for so long has gone.
const SILENCE: Duration = Duration::from_secs(60);

/// A server.
#[derive(Debug)]
pub struct Hub {
    endpoint: String,
    token: Option<String>,
    agent: Agent,
    pause: Duration,
}

/// A file that was downloaded whole.
#[derive(Debug)]
#[non_exhaustive]
pub struct Download {
    /// Where it is.
    pub path: PathBuf,
    /// Its SHA-256.
    pub sha256: String,
    /// Whether the server stated the checksum.
    pub checked: bool,
    /// The commit that the revision stood for, where the hub says so.
    pub commit: Option<String>,
}

/// What the hub says of a file before it is downloaded.
#[derive(Debug, Default)]
struct Facts {
    /// Changes with the file.
    tag: Option<String>,
    sha256: Option<String>,
    size: Option<u64>,
    commit: Option<String>,
}

/// How far an attempt came.
enum Attempt {
    Whole,
    /// It was cut off.
    CutOff(String),
}

impl Hub {
    /// The server that `UNDERTONE_HUB` names, else the Hugging Face hub; with the token in `HF_TOKEN` where there is one.
    ///
    /// # Errors
    /// `Config` where the variable is no address.
    pub fn open() -> Result<Hub> {
        let variable = |name| std::env::var(name).ok().filter(|text| !text.trim().is_empty());
        let mut hub = Hub::at(&variable(VARIABLE).unwrap_or_else(|| ENDPOINT.to_string()))?;
        hub.token = variable(TOKEN);
        Ok(hub)
    }

    /// The server at this address.
    ///
    /// # Errors
    /// `Config` where it is no address.
    pub fn at(endpoint: &str) -> Result<Hub> {
        let endpoint = endpoint.trim_end_matches('/');
        if !endpoint.starts_with("https://") && !endpoint.starts_with("http://") {
            let message = format!(
                "'{endpoint}' is no address of a hub; {VARIABLE} must begin with https:// or http://"
            );
            return Err(Error::config(message));
        }
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(SILENCE))
            .timeout_recv_response(Some(SILENCE))
            .timeout_per_read(Some(SILENCE))
            .user_agent(concat!("undertone/", env!("CARGO_PKG_VERSION")));
        // A server on this machine is not behind a proxy.
        if ["http://127.0.0.1", "http://localhost", "http://[::1]"]
            .iter()
            .any(|own| endpoint.starts_with(own))
        {
            config = config.proxy(None);
        }
        let agent = config.build().new_agent();
        Ok(Hub { endpoint: endpoint.to_string(), token: None, agent, pause: Duration::from_secs(1) })
    }

    /// Waits so long before it goes on with a download that was cut off; a second where this is not called.
    #[must_use]
    pub fn with_pause(self, pause: Duration) -> Hub {
        Hub { pause, ..self }
    }

    /// The address of a file.
    pub fn address(&self, source: &Source, file: &str) -> String {
        format!("{}/{}/resolve/{}/{file}", self.endpoint, source.repository, source.revision)
    }

    /// Downloads a file of a repository into a folder; none where the repository has no such file. `progress` hears how many bytes
    /// are there, of how many where that is known.
    ///
    /// # Errors
    /// `Io` where the server cannot be reached, refuses, or the folder cannot be written; `Malformed` where the checksum is wrong.
    pub fn download(
        &self,
        source: &Source,
        file: &str,
        folder: &Path,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<Option<Download>> {
        let address = self.address(source, file);
        let Some(facts) = self.facts(&address, source)? else { return Ok(None) };
        let path = folder.join(partial_name(source, file, facts.tag.as_deref()));
        if facts.tag.is_none() {
            // What is there may be of another version.
            let _ = std::fs::remove_file(&path);
        }
        let mut failures = 0;
        loop {
            let before = length(&path);
            match self.attempt(&address, source, &path, facts.size, progress)? {
                Attempt::Whole => break,
                Attempt::CutOff(why) => {
                    failures = if length(&path) > before { 1 } else { failures + 1 };
                    if failures >= TRIES {
                        let message = format!(
                            "the download of {address} was cut off at byte {} ({why}); run the command again: it goes on from there",
                            length(&path)
                        );
                        return Err(Error::new(ErrorKind::Io, message));
                    }
                    std::thread::sleep(self.pause * failures);
                }
            }
        }
        let sha256 = file_sha256(&path)?;
        if facts.sha256.as_ref().is_some_and(|expected| *expected != sha256) {
            let _ = std::fs::remove_file(&path);
            let message = format!(
                "{address} arrived with a wrong checksum (SHA-256 {sha256}, expected {}) and was removed; run the command again",
                facts.sha256.unwrap_or_default()
            );
            return Err(Error::malformed(message));
        }
        Ok(Some(Download { path, sha256, checked: facts.sha256.is_some(), commit: facts.commit }))
    }

    /// Asks for the head of a file, through redirections on the way to where it lies: the hub states its facts before the last one.
    fn facts(&self, address: &str, source: &Source) -> Result<Option<Facts>> {
        let mut address = address.to_string();
        let mut facts = Facts::default();
        for _ in 0..REDIRECTS {
            let mut request =
                self.agent.head(&address).config().max_redirects(0).max_redirects_will_error(false).build();
            if let Some(token) = self.token.as_ref().filter(|_| same_host(&address, &self.endpoint)) {
                request = request.header("Authorization", format!("Bearer {token}"));
            }
            let response = request.call().map_err(|error| self.unreachable(source, &error))?;
            if response.status() == StatusCode::NOT_FOUND
                && text(response.headers(), "x-error-code") != Some("RepoNotFound")
            {
                return match text(response.headers(), "x-error-code") {
                    Some("RevisionNotFound") => Err(self.refused(response.status(), source)),
                    _ => Ok(None),
                };
            }
            if response.status().is_client_error() || response.status().is_server_error() {
                return Err(self.refused(response.status(), source));
            }
            facts.read(response.headers(), response.status());
            match text(response.headers(), "location").filter(|_| response.status().is_redirection()) {
                Some(next) if facts.sha256.is_none() => address = joined(&address, next),
                _ => return Ok(Some(facts)),
            }
        }
        Err(Error::new(ErrorKind::Io, format!("{address}: too many redirections; is {VARIABLE} right?")))
    }

    /// Gets what is missing of a file.
    fn attempt(
        &self,
        address: &str,
        source: &Source,
        path: &Path,
        size: Option<u64>,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<Attempt> {
        let there = length(path);
        if size == Some(there) && there > 0 {
            return Ok(Attempt::Whole);
        }
        let mut request = self.agent.get(address);
        if there > 0 {
            request = request.header("Range", format!("bytes={there}-"));
        }
        if let Some(token) = &self.token {
            // The library sends it to no other host it is redirected to.
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let mut response = match request.call() {
            Ok(response) => response,
            Err(error) if there > 0 => return Ok(Attempt::CutOff(error.to_string())),
            Err(error) => return Err(self.unreachable(source, &error)),
        };
        let status = response.status();
        let resumed = status == StatusCode::PARTIAL_CONTENT && begins_at(&response, there);
        if status == StatusCode::RANGE_NOT_SATISFIABLE || (status == StatusCode::PARTIAL_CONTENT && !resumed)
        {
            // What is there is no beginning of this file.
            std::fs::remove_file(path).map_err(|error| Error::from(error).at(path))?;
            return Ok(Attempt::CutOff("the server could not go on with it".to_string()));
        }
        if status.is_server_error() {
            return Ok(Attempt::CutOff(format!("the server answered {status}")));
        }
        if !status.is_success() {
            return Err(self.refused(status, source));
        }
        let named = |error: std::io::Error| Error::from(error).at(path);
        let mut file = match resumed {
            true => OpenOptions::new().append(true).open(path).map_err(named)?,
            false => File::create(path).map_err(named)?,
        };
        let mut done = if resumed { there } else { 0 };
        let announced = text(response.headers(), "content-length").and_then(|text| text.parse::<u64>().ok());
        let whole = announced.map(|rest| done + rest).or(size);
        let mut body = response.body_mut().with_config().limit(u64::MAX).reader();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = match body.read(&mut buffer) {
                Ok(read) => read,
                Err(error) => return Ok(Attempt::CutOff(error.to_string())),
            };
            if read == 0 {
                break;
            }
            file.write_all(&buffer[..read]).map_err(named)?;
            done += read as u64;
            progress(done, whole);
        }
        match whole.or(size) {
            Some(whole) if whole != done => Ok(Attempt::CutOff(format!("{done} of {whole} bytes came"))),
            _ => Ok(Attempt::Whole),
        }
    }

    fn refused(&self, status: StatusCode, source: &Source) -> Error {
        let Source { repository, revision, .. } = source;
        let page = format!("{}/{repository}", self.endpoint);
        let message = match status.as_u16() {
            401 | 403 => format!(
                "{page} may not be read (status {status}): it is gated, private, or does not exist; accept its terms on that page and give \
                 an access token by {TOKEN}"
            ),
            404 => format!(
                "{page} has no revision '{revision}', or does not exist; look at the page for its name"
            ),
            429 => format!("{page}: the server asks to wait (status {status}); run the command again later"),
            _ => format!("{page}: the server answered {status}; run the command again later"),
        };
        Error::new(ErrorKind::Io, message)
    }

    fn unreachable(&self, source: &Source, error: &ureq::Error) -> Error {
        let message = format!("{} cannot be reached ({error}). {}", self.endpoint, self.by_hand(source));
        Error::new(ErrorKind::Io, message)
    }

    /// What to do on a machine that does not reach the hub.
    pub fn by_hand(&self, source: &Source) -> String {
        let name = source.known.map_or_else(|| source.to_string(), |known| known.name.to_string());
        let onnx = match source.known {
            Some(_) => "",
            None => " (an encoder in ONNX instead: undertone model import FILE)",
        };
        format!(
            "Fetch {} and config.json beside it by hand into one folder, then run: undertone model pull {name} --from FOLDER{onnx}",
            self.address(source, "model.safetensors")
        )
    }
}

impl Facts {
    fn read(&mut self, headers: &HeaderMap, status: StatusCode) {
        let own = |name: &str| {
            text(headers, name).map(|text| text.trim_start_matches("W/").trim_matches('"').to_string())
        };
        let tag = own("x-linked-etag").or_else(|| own("etag"));
        let hexadecimal = |tag: &String| tag.len() == 64 && tag.bytes().all(|byte| byte.is_ascii_hexdigit());
        self.sha256 =
            tag.clone().filter(hexadecimal).map(|tag| tag.to_ascii_lowercase()).or(self.sha256.take());
        self.tag = self.tag.take().or(tag);
        self.commit = self.commit.take().or_else(|| own("x-repo-commit"));
        // A redirection has a length of its own.
        let length = own("x-linked-size").or_else(|| own("content-length").filter(|_| status.is_success()));
        self.size = self.size.or_else(|| length?.parse().ok().filter(|size| *size > 0));
    }
}

/// A name for what has been downloaded of this version of the file.
fn partial_name(source: &Source, file: &str, tag: Option<&str>) -> String {
    let text = format!("{}--{file}--{}", source.repository, tag.unwrap_or("unknown"));
    text.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect()
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |data| data.len())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Whether an answer in part begins at this byte.
fn begins_at(response: &Response<Body>, start: u64) -> bool {
    let range = text(response.headers(), "content-range").and_then(|text| text.strip_prefix("bytes "));
    range.and_then(|range| range.split_once('-')?.0.trim().parse().ok()) == Some(start)
}

/// `https://host:port` of an address.
fn origin(address: &str) -> &str {
    let after = address.find("://").map_or(0, |at| at + 3);
    let end = address[after..].find(['/', '?']).map_or(address.len(), |at| after + at);
    &address[..end]
}

fn same_host(a: &str, b: &str) -> bool {
    origin(a) == origin(b)
}

/// Where a redirection leads.
fn joined(address: &str, location: &str) -> String {
    match location {
        _ if location.contains("://") => location.to_string(),
        _ if location.starts_with("//") => {
            format!("{}:{location}", address.split(':').next().unwrap_or("https"))
        }
        _ if location.starts_with('/') => format!("{}{location}", origin(address)),
        _ => {
            let folder = address.rfind('/').map_or(address, |at| &address[..at]);
            format!("{folder}/{location}")
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn redirections_lead_where_they_say() {
        let from = "https://hub.test/org/repo/resolve/main/a.bin?x=1";
        for (location, to) in [
            ("https://cdn.test/b", "https://cdn.test/b"),
            ("//cdn.test/b", "https://cdn.test/b"),
            ("/api/b", "https://hub.test/api/b"),
            ("b", "https://hub.test/org/repo/resolve/main/b"),
        ] {
            assert_eq!(joined(from, location), to);
        }
        assert!(!same_host("https://hub.test.evil/x", "https://hub.test"));
        assert!(same_host("https://hub.test/x", "https://hub.test"));
    }

    #[test]
    fn an_address_is_one() {
        assert!(Hub::at("https://hub.test/").is_ok());
        assert!(Hub::at("hub.test").unwrap_err().to_string().contains(VARIABLE));
    }

    #[test]
    fn whoever_is_offline_is_shown_what_to_fetch() {
        // Nobody listens on this port of the machine.
        let hub = Hub::at("http://127.0.0.1:9").unwrap();
        let source: Source = "whisper-base".parse().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let error =
            hub.download(&source, "config.json", folder.path(), &mut |_, _| {}).unwrap_err().to_string();
        for part in [
            "http://127.0.0.1:9/openai/whisper-base/resolve/main/model.safetensors",
            "undertone model pull whisper-base --from FOLDER",
        ] {
            assert!(error.contains(part), "{error}");
        }
    }
}
