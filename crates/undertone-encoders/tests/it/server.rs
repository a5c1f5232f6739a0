//! A server on this machine that answers as the hub does, and as it should not.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sha2::{Digest, Sha256};
use undertone_encoders::Hub;

/// What a client asked for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: BTreeMap<String, String>,
}

/// A file of the server.
#[derive(Clone, Debug)]
pub struct Served {
    pub bytes: Vec<u8>,
    /// Kept elsewhere: the answer is a redirection, which states the checksum.
    pub stored: bool,
    /// The checksum that is stated.
    pub sha256: String,
}

#[derive(Default)]
pub struct State {
    /// By `org/repo/resolve/rev/file`.
    pub files: BTreeMap<String, Served>,
    /// Status that every request for a repository gets instead.
    pub refuse: Option<u16>,
    /// What the hub says is not there.
    pub missing: &'static str,
    /// The next answers end after so many bytes of their body.
    pub cuts: Vec<usize>,
    /// Whether it can answer with a part.
    pub ranges: bool,
    pub requests: Vec<Request>,
}

/// A running server; its thread goes with the program.
pub struct Server {
    pub address: String,
    pub state: Arc<Mutex<State>>,
}

impl Server {
    pub fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state =
            Arc::new(Mutex::new(State { ranges: true, missing: "EntryNotFound", ..State::default() }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away is no failure of the server.
                let _ = answer(stream, &shared);
            }
        });
        Server { address, state }
    }

    pub fn hub(&self) -> Hub {
        Hub::at(&self.address).unwrap().with_pause(Duration::ZERO)
    }

    /// A large file with its checksum, which lies elsewhere.
    pub fn stored(&self, path: &str, bytes: &[u8]) {
        let sha256 = format!("{:x}", Sha256::digest(bytes));
        self.put(path, Served { bytes: bytes.to_vec(), stored: true, sha256 });
    }

    /// A small file.
    pub fn plain(&self, path: &str, text: &str) {
        self.put(path, Served { bytes: text.as_bytes().to_vec(), stored: false, sha256: String::new() });
    }

    fn put(&self, path: &str, served: Served) {
        self.state.lock().unwrap().files.insert(path.to_string(), served);
    }

    /// The ranges that were asked for where the files are stored.
    pub fn ranges(&self) -> Vec<String> {
        let state = self.state.lock().unwrap();
        let gets = state.requests.iter().filter(|request| request.method == "GET");
        let gets = gets.filter(|request| request.path.starts_with("/store/"));
        gets.filter_map(|request| request.headers.get("range").cloned()).collect()
    }
}

fn answer(stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split(' ').map(str::to_string);
    let mut request = Request {
        method: words.next().unwrap(),
        path: words.next().unwrap_or_default(),
        ..Request::default()
    };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        request.headers.insert(name.to_ascii_lowercase(), value.trim().to_string());
    }
    let mut state = state.lock().unwrap();
    state.requests.push(request.clone());
    let path = request.path.trim_start_matches('/');
    let stored = path.strip_prefix("store/");
    let found = state.files.get(stored.unwrap_or(path)).cloned();
    let (mut status, mut headers, mut body) = (200, Vec::new(), Vec::new());
    match (state.refuse, found) {
        (Some(refused), _) => status = refused,
        (None, None) => {
            status = 404;
            headers.push(format!("X-Error-Code: {}", state.missing));
        }
        (None, Some(file)) if file.stored && stored.is_none() => {
            status = 302;
            headers.push(format!("Location: /store/{path}"));
            headers.push(format!("X-Linked-Etag: \"{}\"", file.sha256));
            headers.push(format!("X-Linked-Size: {}", file.bytes.len()));
            headers.push("X-Repo-Commit: 0123abcd".to_string());
        }
        (None, Some(file)) => {
            headers.push("ETag: W/\"abcdef\"".to_string());
            let range = request.headers.get("range").filter(|_| state.ranges);
            let start =
                range.map(|range| range["bytes=".len()..].trim_end_matches('-').parse::<usize>().unwrap());
            match start {
                Some(start) if start >= file.bytes.len() => status = 416,
                Some(start) => {
                    status = 206;
                    let all = file.bytes.len();
                    headers.push(format!("Content-Range: bytes {start}-{}/{all}", all - 1));
                    body = file.bytes[start..].to_vec();
                }
                None => body = file.bytes,
            }
        }
    }
    let mut out = format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for header in headers {
        out += &format!("{header}\r\n");
    }
    let mut stream = stream;
    stream.write_all((out + "\r\n").as_bytes())?;
    if request.method == "GET" {
        let cut = if body.is_empty() || state.cuts.is_empty() { body.len() } else { state.cuts.remove(0) };
        stream.write_all(&body[..cut.min(body.len())])?;
    }
    stream.flush()
}
