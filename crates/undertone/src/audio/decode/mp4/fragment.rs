//! The top of an MP4 file, box by box, and its fragments: samples that each carry a table of their own.

use std::collections::VecDeque;
use std::io::{BufReader, Read, Result, Seek, SeekFrom};

use super::super::section::Section;
use super::boxes::{boxes, first, header, number, word};
use super::table::Sample;

/// A file that is read here and there.
pub(super) type File = BufReader<Section>;

/// A box at the top of a file.
pub(super) struct Top {
    pub name: [u8; 4],
    pub at: u64,
    body: u64,
    /// Where the next box begins; never behind the file's end.
    pub end: u64,
}

impl Top {
    /// Whether another file begins with it.
    pub(super) fn is_next(&self) -> bool {
        self.at > 0 && &self.name == b"ftyp"
    }
}

/// The box at a place of the file, none at its end.
pub(super) fn top(source: &mut File, at: u64, length: u64) -> Result<Option<Top>> {
    let mut head = Vec::new();
    if at >= length {
        return Ok(None);
    }
    source.seek(SeekFrom::Start(at))?;
    source.take(16).read_to_end(&mut head)?;
    let Some((name, header, size)) = header(&head) else { return Ok(None) };
    let end = size.map_or(length, |size| at.saturating_add(size).min(length));
    Ok(Some(Top { name, at, body: at + header as u64, end }))
}

/// A box's body, or as much of it as may be.
pub(super) fn body(source: &mut File, found: &Top, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.seek(SeekFrom::Start(found.body))?;
    source.take(found.end.saturating_sub(found.body).min(most)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Looks for the index in the whole file, for where sizes do not lead to it.
pub(super) fn find_index(source: &mut File, length: u64, most: u64) -> Result<Option<Vec<u8>>> {
    const WINDOW: u64 = 1 << 20;
    let mut at = 0;
    while at < length {
        let mut window = Vec::new();
        source.seek(SeekFrom::Start(at))?;
        source.take(WINDOW + 16).read_to_end(&mut window)?;
        let here = |bytes: &[u8]| &bytes[4..8] == b"moov" && &bytes[12..16] == b"mvhd";
        if let Some(found) = window.windows(16).position(here) {
            let Some(found) = top(source, at + found as u64, length)? else { return Ok(None) };
            return body(source, &found, most).map(Some);
        }
        at += WINDOW;
    }
    Ok(None)
}

/// The fragments of a track.
pub(super) struct Fragments {
    /// Where the first of them, then the next begins; none where there are none.
    pub at: Option<u64>,
    track: u32,
    frame: Option<u64>,
    /// Ticks and bytes of a sample for which nothing else is said.
    defaults: (u32, u32),
    samples: VecDeque<Sample>,
    time: u64,
    /// Whether the first of them is a part cut out of something longer.
    cut_out: bool,
    /// Where another file begins behind them.
    pub next_file: Option<u64>,
}

impl Fragments {
    pub(super) fn new() -> Fragments {
        Fragments {
            at: None,
            track: 0,
            frame: None,
            defaults: (0, 0),
            samples: VecDeque::new(),
            time: 0,
            cut_out: false,
            next_file: None,
        }
    }

    /// Whether its clock starts anywhere: the first fragment is not the first that was made.
    pub(super) fn cut_out(&self) -> bool {
        self.cut_out
    }

    /// Whether a sample is there without reading on.
    pub(super) fn waiting(&self) -> bool {
        !self.samples.is_empty()
    }

    /// Says whose samples are wanted.
    pub(super) fn of(&mut self, mvex: &[u8], track: u32, frame: Option<u64>) {
        (self.track, self.frame) = (track, frame);
        let own = |(name, body): &(_, &[u8])| name == b"trex" && word(body, 4) == track;
        if let Some((_, trex)) = boxes(mvex).find(own) {
            self.defaults = (word(trex, 12), word(trex, 16));
        }
    }

    /// Where the next sample lies.
    pub(super) fn next(&mut self, source: &mut File, length: u64) -> Result<Option<Sample>> {
        loop {
            if let Some(sample) = self.samples.pop_front() {
                return Ok(Some(sample));
            }
            let Some(at) = self.at else { return Ok(None) };
            let Some(found) = top(source, at, length)? else { return Ok(None) };
            if found.is_next() {
                (self.at, self.next_file) = (None, Some(at));
                return Ok(None);
            }
            if found.name == *b"moof" {
                let moof = body(source, &found, length)?;
                let number = first(&moof, b"mfhd").map_or(1, |body| word(body, 4));
                self.cut_out |= self.time == 0 && number > 1;
                self.read(&moof, found.at, length);
            }
            self.at = (found.end > at).then_some(found.end);
        }
    }

    fn read(&mut self, moof: &[u8], at: u64, length: u64) {
        for (_, traf) in boxes(moof).filter(|(name, _)| name == b"traf") {
            let Some(tfhd) = first(traf, b"tfhd").filter(|tfhd| word(tfhd, 4) == self.track) else {
                continue;
            };
            let flags = word(tfhd, 0);
            let mut field = 8;
            let mut next = |flag: u32, bytes: usize| {
                let value = (flags & flag != 0).then(|| number(tfhd, field, bytes)).flatten();
                field += if flags & flag != 0 { bytes } else { 0 };
                value
            };
            let base = next(1, 8).unwrap_or(at);
            next(2, 4);
            let ticks = next(8, 4).map_or(self.defaults.0, |ticks| ticks as u32);
            let size = next(16, 4).map_or(self.defaults.1, |size| size as u32);
            if let Some(tfdt) = first(traf, b"tfdt") {
                let time = if tfdt.first() == Some(&1) { number(tfdt, 4, 8) } else { number(tfdt, 4, 4) };
                self.time = time.unwrap_or(self.time);
            }
            let mut place = base;
            for (_, trun) in boxes(traf).filter(|(name, _)| name == b"trun") {
                place = self.run(trun, base, place, (ticks, size), length);
            }
        }
    }

    /// Takes up a run of samples; gives the place behind it.
    fn run(&mut self, trun: &[u8], base: u64, mut place: u64, defaults: (u32, u32), length: u64) -> u64 {
        let (flags, count) = (word(trun, 0), word(trun, 4));
        let mut field = 8;
        if flags & 1 != 0 {
            place = base.saturating_add_signed(i64::from(word(trun, field) as i32));
            field += 4;
        }
        field += if flags & 4 != 0 { 4 } else { 0 };
        let width = [0x100, 0x200, 0x400, 0x800].iter().filter(|flag| flags & **flag != 0).count() * 4;
        for number in 0..count as usize {
            let at = field + number * width;
            if width > 0 && at + width > trun.len() {
                break;
            }
            let ticks = if flags & 0x100 != 0 { word(trun, at) } else { defaults.0 };
            let size = match flags & 0x200 {
                0 => defaults.1,
                _ => word(trun, at + if flags & 0x100 != 0 { 4 } else { 0 }),
            };
            // A sample of no bytes ends nothing, but so many of them are a lie.
            if size == 0 && width == 0 || place > length || self.samples.len() as u64 > length {
                break;
            }
            let bytes = self.frame.map_or(u64::from(size), |frame| u64::from(size).max(frame));
            let sample = Sample { at: place, bytes, time: self.time, ticks, entry: 0 };
            place = place.saturating_add(bytes);
            self.time = self.time.saturating_add(u64::from(ticks));
            match self.samples.back_mut().filter(|_| self.frame.is_some()) {
                // Plain samples go together.
                Some(last) if last.at + last.bytes == sample.at && last.bytes < 1 << 14 => {
                    last.bytes += bytes;
                    last.ticks = last.ticks.saturating_add(ticks);
                }
                _ if bytes > 0 => self.samples.push_back(sample),
                _ => {}
            }
        }
        place
    }
}
