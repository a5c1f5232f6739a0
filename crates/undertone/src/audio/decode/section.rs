//! A source from one of its places on, as if that were its beginning: a file behind another.

use std::io::{Cursor, Read, Result, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

/// A source that begins at `origin`.
pub(super) struct Section {
    source: Box<dyn MediaSource>,
    origin: u64,
}

impl Section {
    /// All of a source that can seek.
    pub(super) fn whole(source: Box<dyn MediaSource>) -> Section {
        Section { source, origin: 0 }
    }

    /// What begins at `at`.
    pub(super) fn from(self, at: u64) -> Section {
        Section { origin: self.origin.saturating_add(at), ..self }
    }

    /// Nothing.
    pub(super) fn empty() -> Section {
        Section::whole(Box::new(Cursor::new(Vec::new())))
    }
}

impl Read for Section {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        self.source.read(into)
    }
}

impl Seek for Section {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => SeekFrom::Start(self.origin.saturating_add(at)),
            other => other,
        };
        Ok(self.source.seek(to)?.saturating_sub(self.origin))
    }
}
