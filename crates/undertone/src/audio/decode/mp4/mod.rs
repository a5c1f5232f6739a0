//! MP4 and QuickTime: the sound of a file, whatever else is in it and however much of it is there.

mod boxes;
mod entry;
mod fragment;
mod table;

use std::io::{BufReader, Read, Seek, SeekFrom};

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3};
use symphonia::core::errors::{Error as Symphonia, Result};
use symphonia::core::io::MediaSource;
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, TimeBase, Timestamp};

use self::boxes::{boxes, first, header, inside, number, table, word};
use self::entry::Entry;
use self::fragment::{File, Fragments};
use self::table::{Sample, Table};
use super::choose;
use super::demux::{Damage, Demux, Sound};
use super::section::Section;
use crate::error::{Error, Result as Answer};
use crate::units::Seconds;

/// Names that a file of this kind begins with.
const BEGINNINGS: [&[u8; 4]; 11] =
    [b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp", b"moof", b"sidx", b"uuid"];
/// Bytes that an index may have.
const LONGEST_INDEX: u64 = 1 << 28;
/// Bytes read at once.
const BUFFER: usize = 32 << 10;
/// Bytes that a sample may have.
const LONGEST_SAMPLE: u64 = 1 << 24;

/// A sound track.
struct Track {
    id: u32,
    /// What its sound is coded as, one after the other; never empty.
    entries: Vec<Entry>,
    /// Ticks of its clock a second.
    scale: u32,
    samples: Table,
    /// Seconds of the movie before it starts.
    lead: f64,
    /// Ticks of it that are left out at its start.
    skip: i64,
    enabled: bool,
    length: u64,
}

impl Track {
    /// A `trak` box that holds sound.
    fn read(trak: &[u8], movie_scale: u32) -> Option<Track> {
        let media = first(trak, b"mdia")?;
        if first(media, b"hdlr")?.get(8..12)? != b"soun" {
            return None;
        }
        let head = first(trak, b"tkhd")?;
        let id = word(head, if head.first() == Some(&1) { 20 } else { 12 });
        let clock = first(media, b"mdhd")?;
        let (scale, length) = match clock.first() {
            Some(1) => (word(clock, 20), number(clock, 24, 8).unwrap_or(0)),
            _ => (word(clock, 12), u64::from(word(clock, 16))),
        };
        let stbl = inside(media, &[b"minf", b"stbl"])?;
        let entries = Entry::read(first(stbl, b"stsd").unwrap_or_default());
        let samples = Table::read(stbl, entries[0].frame);
        let (lead, skip) = edits(inside(trak, &[b"edts", b"elst"]).unwrap_or_default());
        let lead = lead as f64 / f64::from(movie_scale.max(1));
        Some(Track {
            id,
            scale: scale.max(1),
            samples,
            lead,
            skip,
            enabled: head.get(3).is_some_and(|flags| flags & 1 == 1),
            length,
            entries,
        })
    }

    fn sound(&self) -> Sound {
        Sound {
            id: self.id,
            codec: self.entries[0].codec.clone(),
            base: TimeBase::try_new(1, self.scale),
            duration: (self.length > 0).then(|| Seconds(self.length as f64 / f64::from(self.scale))),
            default: self.enabled,
            partial: self.entries[0].partial,
        }
    }
}

/// An edit list: ticks of the movie before the first sound, and ticks of the track that are left out there.
fn edits(elst: &[u8]) -> (u64, i64) {
    let long = elst.first() == Some(&1);
    let mut lead = 0u64;
    for edit in table(elst, 4, if long { 20 } else { 12 }) {
        let (length, start) = match long {
            true => (number(edit, 0, 8).unwrap_or(0), number(edit, 8, 8).unwrap_or(0) as i64),
            false => (u64::from(word(edit, 0)), i64::from(word(edit, 4) as i32)),
        };
        if start >= 0 {
            return (lead, start);
        }
        lead = lead.saturating_add(length);
    }
    (lead, 0)
}

/// What is called MP3 may be of another layer: the first frame says so.
fn layer(source: &mut File, at: u64, params: &mut AudioCodecParameters) -> std::io::Result<()> {
    if params.codec == CODEC_ID_MP3 {
        let mut head = Vec::new();
        source.seek(SeekFrom::Start(at))?;
        source.take(2).read_to_end(&mut head)?;
        match head.get(1).map(|byte| byte >> 1 & 3) {
            Some(3) => params.for_codec(CODEC_ID_MP1),
            Some(2) => params.for_codec(CODEC_ID_MP2),
            _ => params,
        };
    }
    Ok(())
}

/// A file, of which one track is read.
pub(super) struct Mp4 {
    source: File,
    /// Where its reading stands, where that is known.
    at: Option<u64>,
    /// Bytes of the source.
    length: u64,
    sounds: Vec<Sound>,
    tracks: Vec<Track>,
    fragments: Fragments,
    /// The track that is read, as asked for and its number.
    wanted: Option<usize>,
    chosen: usize,
    /// Which of its entries is decoded, and a sample that waits for the decoder of another.
    entry: usize,
    waiting: Option<Sample>,
    /// Bytes that samples may still have together: no more than the file has.
    budget: u64,
    truncated: bool,
}

impl Mp4 {
    /// Whether a file that begins like this is one.
    pub(super) fn begins(head: &[u8]) -> bool {
        let names = |name: &[u8]| BEGINNINGS.iter().any(|known| name == known.as_slice());
        let Some((name, header, size)) = header(head) else { return false };
        // A box with a common name, and another behind it where that can be seen.
        let next =
            size.and_then(|size| head.get(usize::try_from(size).ok()?..)).filter(|next| next.len() >= 8);
        names(&name) && header <= 16 && next.is_none_or(|next| next[4..8].iter().all(u8::is_ascii))
    }

    /// Opens a file, of which one sound track is read, as [`choose`] says it.
    pub(super) fn open(source: Box<dyn MediaSource>, wanted: Option<usize>) -> Answer<Mp4> {
        Mp4::section(Section::whole(source), wanted)
    }

    fn section(section: Section, wanted: Option<usize>) -> Answer<Mp4> {
        let mut source = BufReader::with_capacity(BUFFER, section);
        let mut length = source.seek(SeekFrom::End(0))?;
        let mut fragments = Fragments::new();
        let mut index = None;
        let mut at = 0;
        while let Some(found) = fragment::top(&mut source, at, length)? {
            if found.is_next() {
                (fragments.next_file, length) = (Some(at), at);
                break;
            }
            match &found.name {
                b"moov" if index.is_none() => {
                    index = Some(fragment::body(&mut source, &found, LONGEST_INDEX)?)
                }
                b"moof" => {
                    fragments.at = fragments.at.or(Some(at));
                    if index.is_some() {
                        break;
                    }
                }
                _ => {}
            }
            at = found.end;
        }
        let index = match index {
            Some(index) => index,
            None => fragment::find_index(&mut source, length, LONGEST_INDEX)?.ok_or_else(|| {
                Error::malformed(
                    "its index (moov) is missing: it was cut off before that was written; try another copy",
                )
            })?,
        };
        let movie = first(&index, b"mvhd").unwrap_or_default();
        let scale = word(movie, if movie.first() == Some(&1) { 20 } else { 12 });
        let traks = boxes(&index).filter(|(name, _)| name == b"trak");
        let tracks: Vec<Track> = traks.filter_map(|(_, trak)| Track::read(trak, scale)).collect();
        if tracks.is_empty() {
            return Err(Error::malformed("it has no audio track"));
        }
        let mut tracks = tracks;
        for track in &mut tracks {
            if let (Ok(params), Some(at)) = (&mut track.entries[0].codec, track.samples.begin()) {
                layer(&mut source, at, params)?;
            }
        }
        let sounds: Vec<Sound> = tracks.iter().map(Track::sound).collect();
        let chosen = choose(&sounds, wanted)?;
        fragments.of(
            first(&index, b"mvex").unwrap_or_default(),
            tracks[chosen].id,
            tracks[chosen].entries[0].frame,
        );
        Ok(Mp4 {
            source,
            at: None,
            length,
            sounds,
            tracks,
            fragments,
            wanted,
            chosen,
            entry: 0,
            waiting: None,
            budget: length,
            truncated: false,
        })
    }

    /// Where the next sample lies.
    fn next_sample(&mut self) -> Result<Option<Sample>> {
        if let Some(sample) = self.tracks[self.chosen].samples.next() {
            return Ok(Some(sample));
        }
        if !self.fragments.waiting() {
            self.at = None;
        }
        Ok(self.fragments.next(&mut self.source, self.length)?)
    }

    /// Goes on with the file behind this one, where there is one.
    fn go_on(&mut self) -> Result<Option<Packet>> {
        let Some(at) = self.fragments.next_file.take() else { return Ok(None) };
        let source = std::mem::replace(&mut self.source, BufReader::new(Section::empty()));
        match Mp4::section(source.into_inner().from(at), self.wanted) {
            Ok(next) => *self = Mp4 { truncated: self.truncated, ..next },
            Err(_) => {
                self.truncated = true;
                return Ok(None);
            }
        }
        Err(Symphonia::ResetRequired)
    }
}

impl Demux for Mp4 {
    fn name(&self) -> &'static str {
        "isomp4"
    }

    fn sounds(&self) -> &[Sound] {
        &self.sounds
    }

    fn next(&mut self) -> Result<Option<Packet>> {
        let next = match self.waiting.take() {
            Some(sample) => Some(sample),
            None => self.next_sample()?,
        };
        let Some(sample) = next else { return self.go_on() };
        let track = &self.tracks[self.chosen];
        let wanted = sample.entry.min(track.entries.len() - 1);
        if wanted != self.entry {
            (self.entry, self.waiting) = (wanted, Some(sample));
            self.sounds[self.chosen].codec = track.entries[wanted].codec.clone();
            return Err(Symphonia::ResetRequired);
        }
        let entry = &track.entries[wanted];
        let there = self.length.saturating_sub(sample.at).min(sample.bytes);
        if there < sample.bytes {
            self.truncated = true;
        }
        // Part of a packet is no packet; part of plain samples is.
        let bytes = match entry.frame {
            Some(frame) => there / frame * frame,
            None if there < sample.bytes => 0,
            None => there,
        };
        if bytes == 0 || bytes > LONGEST_SAMPLE || bytes > self.budget {
            self.truncated = true;
            return Ok(None);
        }
        self.budget -= bytes;
        let mut data = vec![0; bytes as usize];
        match self.at {
            Some(at) => self.source.seek_relative(sample.at.wrapping_sub(at) as i64)?,
            None => drop(self.source.seek(SeekFrom::Start(sample.at))?),
        }
        self.at = Some(sample.at + bytes);
        self.source.read_exact(&mut data)?;
        // The movie's time of what is heard of the sample.
        let start = sample.time as i64 - track.skip;
        let lead = (track.lead * f64::from(track.scale)) as i64;
        let time = Timestamp::new(start.max(0).saturating_add(lead));
        let mut packet = Packet::new(track.id, time, Duration::new(u64::from(sample.ticks)), data);
        if start < 0 {
            let rate = entry.codec.as_ref().ok().and_then(|params| params.sample_rate).unwrap_or(0);
            let frames = u128::from(start.unsigned_abs()) * u128::from(rate) / u128::from(track.scale);
            packet.trim_start = Duration::new(frames.min(u128::from(u32::MAX)) as u64);
        }
        Ok(Some(packet))
    }

    fn start(&self) -> Option<f64> {
        (!self.fragments.cut_out()).then_some(0.0)
    }

    fn damage(&self) -> Damage {
        Damage { skipped: 0, truncated: self.truncated }
    }
}
