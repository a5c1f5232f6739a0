//! Decoding by an installed ffmpeg, for what is not read here; only when asked for.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::source::Source;
use crate::error::{Error, ErrorKind, Result};

/// ffmpeg's output as a stream of WAV; ends the process when dropped.
struct Output {
    child: Child,
    stdout: ChildStdout,
}

impl Read for Output {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.stdout.read(buffer)
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
pub(super) fn through(source: Source, track: Option<usize>) -> Result<Source> {
    let input = match &source {
        Source::Path(path) => argument(path),
        _ => "pipe:0".into(),
    };
    let mut child = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-i"])
        .arg(input)
        .args(["-map", &format!("0:a:{}", track.unwrap_or(0)), "-c:a", "pcm_f32le", "-f", "wav", "pipe:1"])
        .stdin(if source.path().is_some() { Stdio::null() } else { Stdio::piped() })
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| {
            let remedy = "ffmpeg cannot be run; install it, or leave out --ffmpeg";
            Error::new(ErrorKind::Config, remedy).because(error)
        })?;
    if let Some(mut stdin) = child.stdin.take() {
        std::thread::spawn(move || {
            // ffmpeg closes its end when it has enough.
            let _ = match source {
                Source::Bytes(bytes) => stdin.write_all(&bytes),
                Source::Reader(mut reader) => std::io::copy(&mut reader, &mut stdin).map(|_| ()),
                Source::Path(_) => Ok(()),
            };
        });
    }
    let stdout = child.stdout.take().ok_or_else(|| Error::new(ErrorKind::Io, "ffmpeg has no output"))?;
    Ok(Source::Reader(Box::new(Output { child, stdout })))
}

/// A path that ffmpeg takes for a file, whatever it is called.
fn argument(path: &Path) -> std::ffi::OsString {
    let mut argument = std::ffi::OsString::from("file:");
    argument.push(path);
    argument
}
