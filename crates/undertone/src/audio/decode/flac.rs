//! FLAC without what is no sound: pictures, cue sheets and tags never stop the reading, nor does the end of the first of
//! several files behind one another.

use std::io::{Cursor, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use symphonia::core::errors::{Error as Symphonia, Result as Answer};
use symphonia::core::io::ReadOnlySource;
use symphonia::core::packet::Packet;

use super::ahead::Ahead;
use super::demux::{Damage, Demux, Library, Sound};
use super::input::library;
use crate::error::{Error, Result};

/// Bytes of the block that describes the stream.
const INFO: usize = 34;

/// Takes the head; gives one with the description alone, and the samples it claims to come.
///
/// The claim is left out of the new head, so that it ends nothing.
fn head(input: &mut Ahead) -> Result<(Vec<u8>, Option<u64>)> {
    let damaged = || Error::malformed("its FLAC header is damaged or cut off");
    input.skip(4)?;
    let mut info = None;
    loop {
        let header = input.peek(4)?;
        // Sound begins, or no block can be here.
        if header.len() < 4 || header[0] & 0x7f == 0x7f {
            break;
        }
        let (last, kind) = (header[0] & 0x80 != 0, header[0] & 0x7f);
        let size = u64::from(header[1]) << 16 | u64::from(header[2]) << 8 | u64::from(header[3]);
        input.skip(4)?;
        if kind == 0 && info.is_none() && size >= INFO as u64 {
            info = Some(input.next_bytes(INFO)?);
            input.skip(size - INFO as u64)?;
        } else {
            input.skip(size)?;
        }
        if last {
            break;
        }
    }
    let mut info = info.filter(|info| info.len() == INFO).ok_or_else(damaged)?;
    let claimed = info[13..18].iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)) & 0xf_ffff_ffff;
    info[13] &= 0xf0;
    info[14..18].fill(0);
    let head = [b"fLaC\x80\0\0".as_slice(), &[INFO as u8], &info].concat();
    Ok((head, Some(claimed).filter(|&claimed| claimed > 0)))
}

/// Whether a FLAC file begins here.
fn begins(bytes: &[u8]) -> bool {
    bytes.len() >= 8
        && bytes.starts_with(b"fLaC")
        && bytes[4] & 0x7f == 0
        && bytes[5..8] == [0, 0, INFO as u8]
}

/// One file of several that are joined: its bytes to where the next begins.
struct Part(Arc<Mutex<Ahead>>);

fn held(input: &Mutex<Ahead>) -> MutexGuard<'_, Ahead> {
    input.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Read for Part {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        const MARK: usize = 8;
        let mut input = held(&self.0);
        let seen = input.peek(into.len() + MARK - 1)?;
        let next = seen.iter().enumerate().filter(|(_, byte)| **byte == b'f').map(|(at, _)| at);
        let next = next.into_iter().find(|&at| begins(&seen[at..]));
        // What is seen behind the wanted bytes stays for the next look.
        let n = next.unwrap_or(seen.len()).min(into.len());
        input.read(&mut into[..n])
    }
}

/// FLAC files behind one another, mostly one.
pub(super) struct Flac {
    input: Arc<Mutex<Ahead>>,
    part: Library,
    truncated: bool,
}

impl Flac {
    pub(super) fn open(input: Ahead) -> Result<Flac> {
        let input = Arc::new(Mutex::new(input));
        let part = Flac::part(&input)?;
        Ok(Flac { input, part, truncated: false })
    }

    fn part(input: &Arc<Mutex<Ahead>>) -> Result<Library> {
        let (head, claimed) = head(&mut held(input))?;
        let source = Cursor::new(head).chain(Part(Arc::clone(input)));
        Ok(library(Box::new(ReadOnlySource::new(source)), "")?.claims(claimed))
    }
}

impl Demux for Flac {
    fn name(&self) -> &'static str {
        self.part.name()
    }

    fn sounds(&self) -> &[Sound] {
        self.part.sounds()
    }

    fn next(&mut self) -> Answer<Option<Packet>> {
        let ended = match self.part.next() {
            Ok(Some(packet)) => return Ok(Some(packet)),
            ended => ended,
        };
        if !begins(held(&self.input).peek(8)?) {
            return ended;
        }
        self.truncated |= self.part.damage().truncated;
        match Flac::part(&self.input) {
            Ok(part) => self.part = part,
            Err(_) => return ended,
        }
        Err(Symphonia::ResetRequired)
    }

    fn damage(&self) -> Damage {
        Damage { truncated: self.truncated || self.part.damage().truncated, ..Damage::default() }
    }
}
