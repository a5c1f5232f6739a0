//! A source → its container: told by the first bytes, mended where its header would stop the library, spooled where it must rewind.

use std::io::{Cursor, Read, Seek, SeekFrom, Write};

use symphonia::core::errors::Error as Symphonia;
use symphonia::core::formats::FormatOptions;
use symphonia::core::formats::probe::Hint;
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions, ReadOnlySource};
use symphonia::core::meta::MetadataOptions;

use super::super::magic;
use super::super::source::Opened;
use super::ahead::Ahead;
use super::demux::{Demux, Library};
use super::flac::Flac;
use super::frames::Frames;
use super::joined::Joined;
use super::mp4::Mp4;
use super::wave::Wave;
use super::{choose, failed, joined, names};
use crate::error::{Error, ErrorKind, Result};

/// Bytes of a stream that may be spooled to a temporary file: an mp4 whose index may come last.
const MOST_SPOOLED: u64 = 4 << 30;
/// Bytes of a file's beginning in which its codec is looked for, to name it.
const NAMES: usize = 64 << 10;

/// Opens the container of a source, and tells the number of the sound track that is read, as [`choose`] says it.
pub(super) fn open(source: Opened, wanted: Option<usize>) -> Result<(Box<dyn Demux>, usize)> {
    let source: Box<dyn MediaSource> = match source {
        Opened::File(file) => Box::new(file),
        Opened::Bytes(bytes) => Box::new(Cursor::new(bytes)),
        Opened::Reader(reader) => Box::new(ReadOnlySource::new(reader)),
    };
    let mut look = magic::LOOK;
    if source.is_seekable() {
        look = NAMES;
    }
    let mut input = Ahead::new(source);
    let head = input.peek(look)?.to_vec();
    if head.is_empty() {
        return Err(Error::malformed("the file is empty"));
    }
    if let Some(name) = magic::unreadable(&head) {
        return Err(unread(name));
    }
    if let Some(name) = magic::no_recording(&head) {
        return Err(Error::malformed(format!("it is {name}, not a recording")));
    }
    let demux = container(input, &head, wanted);
    demux.map_err(|error| explain(&head, error)).and_then(|demux| {
        let chosen = choose(demux.sounds(), wanted)?;
        Ok((demux, chosen))
    })
}

/// That something is not read here, with what reads it.
pub(super) fn unread(name: &str) -> Error {
    let message = format!(
        "{name} is not read here; install ffmpeg, or convert it first (ffmpeg -i FILE -ac 1 -ar 16000 out.wav)"
    );
    Error::unsupported(message)
}

fn container(mut input: Ahead, head: &[u8], wanted: Option<usize>) -> Result<Box<dyn Demux>> {
    if Wave::begins(head) {
        return Wave::open(input);
    }
    if Mp4::begins(head) {
        let source = match input.rewound()? {
            Ok(source) => source,
            Err(stream) => spool(stream)?,
        };
        return Ok(Box::new(Mp4::open(source, wanted)?));
    }
    if head.starts_with(b"OggS") {
        let unread = names::ogg(head).unwrap_or_default();
        let opened = library(input.into_source()?, &unread);
        let named = opened.map_err(|error| if unread.is_empty() { error } else { self::unread(&unread) });
        return Ok(Box::new(named?));
    }
    if head.starts_with(joined::MAGIC) {
        return Ok(Box::new(Joined::open(Box::new(input), head.len())?));
    }
    if head.starts_with(b"caff") {
        return Ok(Box::new(library(input.into_source()?, "")?));
    }
    let found = Frames::find(&mut input)?;
    if found.is_none() && input.peek(4)? == b"fLaC" {
        return Ok(Box::new(Flac::open(input)?));
    }
    match found {
        Some(found) => Ok(Box::new(Frames::open(input, found, "")?)),
        None => Err(unknown()),
    }
}

fn unknown() -> Error {
    Error::malformed(
        "no format known here is recognised in it; if it is a recording, convert it first \
         (ffmpeg -i FILE -ac 1 -ar 16000 out.wav) or use --ffmpeg",
    )
}

/// Opens a container that the library reads; a codec that it does not know is called `unread`.
pub(super) fn library(source: Box<dyn MediaSource>, unread: &str) -> Result<Library> {
    let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
    let format = symphonia::default::get_probe()
        .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|error| match error {
            Symphonia::Unsupported(what) if what.contains("probe") => unknown(),
            other => failed(other),
        })?;
    Ok(Library::new(format, unread))
}

/// Makes an error of opening say what the file looks like.
fn explain(head: &[u8], error: Error) -> Error {
    if error.kind() == ErrorKind::Malformed && magic::is_text(head) {
        return Error::malformed("it is text, not a recording").because(error);
    }
    error
}

/// Copies a stream into a temporary file, so that its end can be read first.
fn spool(stream: impl Read) -> Result<Box<dyn MediaSource>> {
    let mut file = tempfile::tempfile()?;
    let copied = std::io::copy(&mut stream.take(MOST_SPOOLED), &mut file)?;
    if copied == MOST_SPOOLED {
        let message = "more than 4 GiB of mp4 from a stream; save it to a file first";
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    file.flush()?;
    file.seek(SeekFrom::Start(0))?;
    Ok(Box::new(file))
}
