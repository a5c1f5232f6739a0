//! A source made ready for probing: its first bytes seen, headers of endless streams mended, spooled where it must rewind.

use std::io::{Cursor, Read, Seek, SeekFrom, Write};

use symphonia::core::io::{MediaSource, ReadOnlySource};

use super::super::channels::MOST_CHANNELS;
use super::super::magic;
use super::super::source::Opened;
use crate::error::{Error, ErrorKind, Result};

/// Bytes of a stream that may be spooled to a temporary file: an mp4 whose index may come last.
const MOST_SPOOLED: u64 = 4 << 30;

/// A source to probe.
pub(super) struct Input {
    pub source: Box<dyn MediaSource>,
    /// Its first bytes.
    pub head: Vec<u8>,
    /// Whether its header claims more than the file holds.
    pub cut_short: bool,
}

pub(super) fn prepare(source: Opened) -> Result<Input> {
    match source {
        Opened::File(mut file) => {
            let head = look(&mut file)?;
            file.seek(SeekFrom::Start(0))?;
            let length = file.metadata()?.len();
            ready(head, length, |head| match wave_of_unknown_size(head) {
                None => Ok(Box::new(file)),
                Some(mended) => {
                    file.seek(SeekFrom::Start(mended.len() as u64))?;
                    Ok(Box::new(ReadOnlySource::new(Cursor::new(mended).chain(file))))
                }
            })
        }
        Opened::Bytes(bytes) => {
            let (head, length) =
                (bytes.get_ref()[..bytes.get_ref().len().min(magic::LOOK)].to_vec(), bytes.get_ref().len());
            ready(head, length as u64, |head| {
                let mut bytes = bytes.into_inner();
                if let Some(mended) = wave_of_unknown_size(head) {
                    bytes[..mended.len()].copy_from_slice(&mended);
                    return Ok(Box::new(ReadOnlySource::new(Cursor::new(bytes))));
                }
                Ok(Box::new(Cursor::new(bytes)))
            })
        }
        Opened::Reader(mut reader) => {
            let head = look(&mut reader)?;
            ready(head, u64::MAX, |head| {
                if head.get(4..8) == Some(b"ftyp") {
                    return spool(head, reader);
                }
                let head = wave_of_unknown_size(head).unwrap_or_else(|| head.to_vec());
                Ok(Box::new(ReadOnlySource::new(Cursor::new(head).chain(reader))))
            })
        }
    }
}

fn ready(
    head: Vec<u8>,
    length: u64,
    source: impl FnOnce(&[u8]) -> Result<Box<dyn MediaSource>>,
) -> Result<Input> {
    if head.is_empty() {
        return Err(Error::malformed("the file is empty"));
    }
    if let Some(name) = magic::unreadable(&head) {
        let message = format!(
            "{name} is not read here; convert it first (ffmpeg -i FILE -ac 1 -ar 16000 out.wav) or use --ffmpeg"
        );
        return Err(Error::unsupported(message));
    }
    // The library below cannot count so far.
    if let Some(channels) = wave_channels(&head).filter(|&channels| usize::from(channels) > MOST_CHANNELS) {
        let message = format!("{channels} channels; at most {MOST_CHANNELS} are read");
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    let cut_short = wave_data(&head).is_some_and(|(at, size)| {
        size != u32::MAX && size != 0 && (at as u64 + 4 + u64::from(size)) > length
    });
    Ok(Input { source: source(&head)?, head, cut_short })
}

/// Makes an error of probing say what the file looks like.
pub(super) fn explain(head: &[u8], error: Error) -> Error {
    if error.kind() == ErrorKind::Io || error.kind() == ErrorKind::Config {
        return error;
    }
    if magic::is_text(head) {
        return Error::malformed("it is text, not a recording").because(error);
    }
    if error.kind() == ErrorKind::Unsupported && error.message().contains("core (probe)") {
        let message = "no format known here is recognised in it; if it is a recording, convert it first \
                       (ffmpeg -i FILE -ac 1 -ar 16000 out.wav) or use --ffmpeg";
        return Error::malformed(message).because(error);
    }
    error
}

fn look(reader: &mut impl Read) -> Result<Vec<u8>> {
    let mut head = Vec::new();
    reader.take(magic::LOOK as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// The channels that the first chunk of a WAV file claims.
fn wave_channels(head: &[u8]) -> Option<u16> {
    let format = head.starts_with(b"RIFF") && head.get(12..16) == Some(b"fmt ");
    let bytes = head.get(22..24).filter(|_| format)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

/// Where the size of a WAV file's data chunk stands, and that size.
fn wave_data(head: &[u8]) -> Option<(usize, u32)> {
    if !head.starts_with(b"RIFF") || head.get(8..12) != Some(b"WAVE") {
        return None;
    }
    let mut at = 12;
    loop {
        let name = head.get(at..at + 4)?;
        let size = u32::from_le_bytes(head.get(at + 4..at + 8)?.try_into().ok()?);
        if name == b"data" {
            return Some((at + 4, size));
        }
        at = at.checked_add(8 + size as usize + (size as usize & 1))?;
    }
}

/// The beginning of a WAV stream whose sizes are 0 or not known, with "until the end" for sizes; `None` for others.
fn wave_of_unknown_size(head: &[u8]) -> Option<Vec<u8>> {
    let (at, size) = wave_data(head)?;
    // A data chunk of size 0 with nothing after it is an empty recording.
    let endless = size == u32::MAX || (size == 0 && head.len() > at + 4);
    endless.then(|| {
        let mut mended = head.to_vec();
        mended[4..8].fill(0xff);
        mended[at..at + 4].fill(0xff);
        mended
    })
}

/// Copies a stream into a temporary file, so that its end can be read first.
fn spool(head: &[u8], reader: impl Read) -> Result<Box<dyn MediaSource>> {
    let mut file = tempfile::tempfile()?;
    file.write_all(head)?;
    let copied = std::io::copy(&mut reader.take(MOST_SPOOLED), &mut file)?;
    if copied == MOST_SPOOLED {
        let message = "more than 4 GiB of mp4 from a stream; save it to a file first";
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(Box::new(file))
}
