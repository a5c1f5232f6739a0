//! Decoding by an installed ffmpeg, for what is not read here.

use std::fs::File;
use std::io::{Cursor, Read, Seek, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use tempfile::NamedTempFile;

use super::source::{Again, Source};
use crate::error::{Error, ErrorKind, Result};

/// Bytes of ffmpeg's own words that are looked at.
const WORDS: u64 = 4096;
/// Bytes of a stream that may be copied to a temporary file, where ffmpeg has to go to and fro in it.
const MOST_SPOOLED: u64 = 4 << 30;

/// ffmpeg's output as a stream of WAV; ends the process when dropped.
struct Output {
    child: Child,
    stdout: ChildStdout,
    /// What ffmpeg reads, where that is a copy.
    _copy: Option<NamedTempFile>,
}

impl Read for Output {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.stdout.read(buffer)?;
        if n == 0 && !buffer.is_empty() && !self.child.wait()?.success() {
            // It ended before its time: so does the recording.
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(n)
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The source as WAV in 32-bit floats, all channels and the rate as found, by way of ffmpeg.
pub(super) fn through(again: Again, track: Option<usize>) -> Result<Source> {
    let Some((mut input, mut path)) = again.reader() else {
        return Err(Error::unsupported(
            "too much of the stream was read for ffmpeg; save it to a file first",
        ));
    };
    let copy = match path {
        Some(_) => None,
        None => {
            let mut head = Vec::new();
            input.by_ref().take(8).read_to_end(&mut head)?;
            let rewinds = [b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"]
                .iter()
                .any(|name| head.ends_with(*name));
            input = Box::new(Cursor::new(head).chain(input));
            if rewinds { Some(spool(&mut input)?) } else { None }
        }
    };
    path = path.or_else(|| copy.as_ref().map(|copy| copy.path().to_path_buf()));
    let mut words = tempfile::tempfile()?;
    let mut child = Command::new("ffmpeg")
        // Recordings that name others, in playlists, read no network.
        .args(["-v", "error", "-nostdin", "-protocol_whitelist", "file,pipe", "-i"])
        .arg(path.as_deref().map_or_else(|| "pipe:0".into(), argument))
        .args(["-map", &format!("0:a:{}", track.unwrap_or(0))])
        // A track that starts late, or pauses, is silent there.
        .args(["-af", "aresample=async=1:first_pts=0", "-c:a", "pcm_f32le", "-f", "wav", "pipe:1"])
        .stdin(if path.is_some() { Stdio::null() } else { Stdio::piped() })
        .stdout(Stdio::piped())
        .stderr(Stdio::from(words.try_clone()?))
        .spawn()
        .map_err(|error| {
            let remedy = "ffmpeg cannot be run; install it, or leave out --ffmpeg";
            Error::new(ErrorKind::Config, remedy).because(error)
        })?;
    if let Some(mut stdin) = child.stdin.take() {
        std::thread::spawn(move || feed(input, &mut stdin));
    }
    let stdout = child.stdout.take().ok_or_else(|| Error::new(ErrorKind::Io, "ffmpeg has no output"))?;
    let mut output = Output { child, stdout, _copy: copy };
    let mut first = [0; 1];
    match output.read(&mut first) {
        Ok(1..) => Ok(Source::Reader(Box::new(Cursor::new(first).chain(output)))),
        _ => Err(Error::malformed(format!("ffmpeg does not decode it: {}", first_line(&mut words)))),
    }
}

/// Gives a stream to ffmpeg, which closes its end when it has enough.
fn feed(mut input: impl Read, stdin: &mut impl Write) {
    let _ = std::io::copy(&mut input, stdin);
}

/// A copy of a stream in which ffmpeg can go to and fro: the index of an mp4 may come last.
fn spool(input: &mut impl Read) -> Result<NamedTempFile> {
    let mut copy = NamedTempFile::new()?;
    std::io::copy(&mut input.take(MOST_SPOOLED), &mut copy)?;
    copy.flush()?;
    Ok(copy)
}

/// The first thing ffmpeg said.
fn first_line(words: &mut File) -> String {
    let mut bytes = Vec::new();
    let _ = words.rewind().and_then(|()| words.take(WORDS).read_to_end(&mut bytes));
    let text = String::from_utf8_lossy(&bytes);
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("it gives no reason");
    line.chars().filter(|c| !c.is_control()).take(300).collect()
}

/// A path that ffmpeg takes for a file, whatever it is called.
fn argument(path: &Path) -> std::ffi::OsString {
    let mut argument = std::ffi::OsString::from("file:");
    argument.push(path);
    argument
}
