//! Matroska files one behind the other in one source: each is read to its end, then the next.

use std::io::{Read, Result as Answer};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use symphonia::core::errors::{Error as Symphonia, Result};
use symphonia::core::io::ReadOnlySource;
use symphonia::core::packet::Packet;

use super::demux::{Damage, Demux, Library, Sound};
use super::{input, matroska};

/// What a file begins with.
pub(super) const MAGIC: &[u8; 4] = b"\x1a\x45\xdf\xa3";
/// Bytes read at once; a pipe gives what it has.
const READ: usize = 32 << 10;
/// Bytes by which a file's beginning is told from its sound.
const BEGINNING: usize = 14;

/// What was read of the source and not given yet.
struct Source {
    read: Box<dyn Read + Send + Sync>,
    held: Vec<u8>,
    ended: bool,
    /// Bytes given of the file that is read now.
    given: u64,
}

impl Source {
    /// Reads some more; at the end nothing comes.
    fn fill(&mut self) -> Answer<()> {
        let held = self.held.len();
        self.held.resize(held + READ, 0);
        let read = self.read.read(&mut self.held[held..]);
        self.held.truncate(held + *read.as_ref().unwrap_or(&0));
        match read {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => Ok(()),
            other => {
                self.ended = other? == 0;
                Ok(())
            }
        }
    }

    /// Reads until `n` bytes are held, or the end.
    fn hold(&mut self, n: usize) -> Answer<()> {
        while self.held.len() < n && !self.ended {
            self.fill()?;
        }
        Ok(())
    }

    /// How many of the first `most` held bytes come before another file's beginning that is not before `from`.
    fn before_next(&self, from: usize, most: usize) -> usize {
        let (held, most) = (&self.held, most.min(self.held.len()));
        let begins = |&at: &usize| {
            let here = &held[at..];
            let magic = MAGIC.len().min(here.len());
            here[..magic] == MAGIC[..magic] && (here.len() >= BEGINNING || !self.ended) && begins(here)
        };
        (from..most).find(begins).unwrap_or(most)
    }
}

/// Whether these bytes begin a file, or are too few to tell: its header, and in it an element that belongs there.
fn begins(bytes: &[u8]) -> bool {
    let Some(&size) = bytes.get(MAGIC.len()) else { return true };
    let at = MAGIC.len() + 1 + size.leading_zeros() as usize;
    match bytes.get(at..at + 2) {
        Some(id) => id[0] == 0x42 && [0x82, 0x85, 0x86, 0x87, 0xf2, 0xf3, 0xf7].contains(&id[1]),
        None => at + 2 <= BEGINNING,
    }
}

/// One of the files.
struct Part {
    source: Arc<Mutex<Source>>,
    begun: bool,
}

impl Read for Part {
    fn read(&mut self, into: &mut [u8]) -> Answer<usize> {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let own = if self.begun { 0 } else { MAGIC.len() };
            let n = source.before_next(own, into.len());
            let told = source.held.len() >= BEGINNING || source.ended;
            if n > 0 || into.is_empty() || told {
                into[..n].copy_from_slice(&source.held[..n]);
                source.held.drain(..n);
                source.given += n as u64;
                self.begun |= n > 0;
                return Ok(n);
            }
            source.fill()?;
        }
    }
}

/// The file that is read now, and those behind it.
pub(super) struct Joined {
    source: Arc<Mutex<Source>>,
    now: Library,
    /// Bytes of that file, where it says so.
    length: Option<u64>,
    look: usize,
    truncated: bool,
}

impl Joined {
    /// Opens the first; tracks are looked for in `look` bytes of each file's beginning.
    pub(super) fn open(source: Box<dyn Read + Send + Sync>, look: usize) -> crate::Result<Joined> {
        let source = Arc::new(Mutex::new(Source { read: source, held: Vec::new(), ended: false, given: 0 }));
        let (now, length) = open(&source, look)?;
        Ok(Joined { source, now, length, look, truncated: false })
    }

    fn source(&self) -> MutexGuard<'_, Source> {
        self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes on with the file behind the one that ended; false where there is none.
    fn go_on(&mut self) -> Answer<bool> {
        std::io::copy(&mut Part { source: Arc::clone(&self.source), begun: true }, &mut std::io::sink())?;
        if self.source().held.is_empty() {
            return Ok(false);
        }
        match open(&self.source, self.look) {
            Ok((next, length)) => (self.now, self.length) = (next, length),
            Err(_) => {
                self.truncated = true;
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Opens the file that the source stands at; gives its length too, where it says so.
fn open(source: &Arc<Mutex<Source>>, look: usize) -> crate::Result<(Library, Option<u64>)> {
    let matroska::Head { entries, length } = {
        let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
        source.given = 0;
        source.hold(look)?;
        matroska::head(&source.held[..source.held.len().min(look)])
    };
    let part = Part { source: Arc::clone(source), begun: false };
    Ok((input::library(Box::new(ReadOnlySource::new(part)), "")?.described(entries), length))
}

impl Demux for Joined {
    fn name(&self) -> &'static str {
        self.now.name()
    }

    fn sounds(&self) -> &[Sound] {
        self.now.sounds()
    }

    fn next(&mut self) -> Result<Option<Packet>> {
        let next = match self.now.next() {
            // The library does not tell the end from being cut off.
            Err(Symphonia::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                self.truncated |= self.length.is_some_and(|length| self.source().given < length);
                Ok(None)
            }
            other => other,
        };
        match next {
            Ok(None) if self.go_on()? => Err(Symphonia::ResetRequired),
            other => other,
        }
    }

    fn start(&self) -> Option<f64> {
        self.now.start()
    }

    fn damage(&self) -> Damage {
        Damage { skipped: 0, truncated: self.truncated }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Gives three bytes at a time.
    struct Slow(Vec<u8>);

    impl Read for Slow {
        fn read(&mut self, into: &mut [u8]) -> Answer<usize> {
            let n = into.len().min(self.0.len()).min(3);
            into[..n].copy_from_slice(&self.0[..n]);
            self.0.drain(..n);
            Ok(n)
        }
    }

    #[test]
    fn files_are_told_apart_wherever_reads_end_and_sound_that_looks_like_a_beginning_stays() {
        let head = [MAGIC.as_slice(), &[0xa3, 0x42, 0x86, 0x81, 1], &[7; 20]].concat();
        let sound = [&[0x1a, 0x45], MAGIC.as_slice(), &[0x81, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], MAGIC].concat();
        let parts = [[head.clone(), sound.clone()].concat(), head.clone(), [head, sound].concat()];
        let read = Box::new(Slow(parts.concat()));
        let source = Arc::new(Mutex::new(Source { read, held: Vec::new(), ended: false, given: 0 }));
        for want in parts {
            let mut got = Vec::new();
            Part { source: Arc::clone(&source), begun: false }.read_to_end(&mut got).unwrap();
            assert_eq!(got, want);
        }
        assert!(source.lock().unwrap().held.is_empty());
    }
}
