//! A source read from front to back, whose next bytes can be seen before they are taken.

use std::io::{Cursor, Read, Result, SeekFrom};

use symphonia::core::io::{MediaSource, ReadOnlySource};

/// Bytes read at once; a pipe gives what it has.
const READ: usize = 32 << 10;

/// A source, and what was read of it and not taken yet.
pub(super) struct Ahead {
    source: Box<dyn MediaSource>,
    buffer: Vec<u8>,
    /// Where in `buffer` what was not taken begins.
    at: usize,
    /// Bytes taken.
    taken: u64,
    ended: bool,
}

impl Ahead {
    pub(super) fn new(source: Box<dyn MediaSource>) -> Ahead {
        Ahead { source, buffer: Vec::new(), at: 0, taken: 0, ended: false }
    }

    /// Bytes of the whole source, where it knows.
    pub(super) fn length(&self) -> Option<u64> {
        self.source.byte_len()
    }

    /// Bytes still to come, where that is known.
    pub(super) fn left(&self) -> Option<u64> {
        self.length().map(|length| length.saturating_sub(self.taken))
    }

    /// The next `n` bytes, or fewer at the source's end; they stay.
    pub(super) fn peek(&mut self, n: usize) -> Result<&[u8]> {
        while self.buffer.len() - self.at < n && !self.ended {
            if self.at > READ {
                self.buffer.drain(..self.at);
                self.at = 0;
            }
            let held = self.buffer.len();
            self.buffer.resize(held + READ, 0);
            let read = match self.source.read(&mut self.buffer[held..]) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {
                    self.buffer.truncate(held);
                    continue;
                }
                other => other,
            };
            self.buffer.truncate(held + *read.as_ref().unwrap_or(&0));
            self.ended = read? == 0;
        }
        let end = self.buffer.len().min(self.at + n);
        Ok(&self.buffer[self.at..end])
    }

    /// Takes the next `n` bytes, or fewer at the source's end.
    pub(super) fn next_bytes(&mut self, n: usize) -> Result<Vec<u8>> {
        let taken = self.peek(n)?.to_vec();
        self.at += taken.len();
        self.taken += taken.len() as u64;
        Ok(taken)
    }

    /// Passes over `n` bytes, or as many as there are; says how many.
    pub(super) fn skip(&mut self, n: u64) -> Result<u64> {
        let held = (self.buffer.len() - self.at) as u64;
        if n > held && self.source.is_seekable() {
            let n = n.min(self.left().unwrap_or(n));
            self.taken += n;
            (self.at, self.ended) = (0, false);
            self.buffer.clear();
            self.source.seek(SeekFrom::Start(self.taken))?;
            return Ok(n);
        }
        let mut skipped = 0;
        while skipped < n {
            let part = self.peek((n - skipped).min(READ as u64) as usize)?.len();
            if part == 0 {
                break;
            }
            self.at += part;
            skipped += part as u64;
        }
        self.taken += skipped;
        Ok(skipped)
    }

    /// The source from here on.
    pub(super) fn into_source(mut self) -> Result<Box<dyn MediaSource>> {
        if self.source.is_seekable() {
            self.source.seek(SeekFrom::Start(self.taken))?;
            return Ok(self.source);
        }
        let held = self.buffer.split_off(self.at);
        Ok(Box::new(ReadOnlySource::new(Cursor::new(held).chain(self.source))))
    }

    /// The source itself, where it can go back to its beginning.
    pub(super) fn rewound(mut self) -> Result<std::result::Result<Box<dyn MediaSource>, Ahead>> {
        if !self.source.is_seekable() {
            return Ok(Err(self));
        }
        self.source.seek(SeekFrom::Start(0))?;
        Ok(Ok(self.source))
    }
}

impl Read for Ahead {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        if self.at == self.buffer.len() {
            return if self.ended { Ok(0) } else { self.source.read(into) };
        }
        let n = into.len().min(self.buffer.len() - self.at);
        into[..n].copy_from_slice(&self.buffer[self.at..self.at + n]);
        self.at += n;
        self.taken += n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_was_seen_is_still_there_to_take() {
        let bytes: Vec<u8> = (0..100_000u32).map(|i| i as u8).collect();
        let seekable: Box<dyn MediaSource> = Box::new(Cursor::new(bytes.clone()));
        let pipe: Box<dyn MediaSource> = Box::new(ReadOnlySource::new(Cursor::new(bytes.clone())));
        for source in [seekable, pipe] {
            let mut ahead = Ahead::new(source);
            assert_eq!(ahead.peek(70_000).unwrap(), &bytes[..70_000]);
            assert_eq!(ahead.next_bytes(10).unwrap(), &bytes[..10]);
            assert_eq!(ahead.skip(80_000).unwrap(), 80_000);
            assert_eq!(ahead.next_bytes(4).unwrap(), &bytes[80_010..80_014]);
            assert_eq!(ahead.peek(50_000).unwrap().len(), 100_000 - 80_014);
            assert_eq!(ahead.skip(50_000).unwrap(), 100_000 - 80_014);
            assert!(ahead.next_bytes(1).unwrap().is_empty());
        }
    }
}
