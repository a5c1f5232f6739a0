//! WAV, RF64, Wave64, AIFF and AU: chunks walked with doubt, since their sizes are often wrong, and the samples handed on.

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known::*;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};
use symphonia::core::errors::{Error as Symphonia, Result};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

use super::ahead::Ahead;
use super::demux::{Damage, Demux, Sound};
use super::frames::Frames;
use super::names;
use crate::error::{Error, Result as Answer};
use crate::units::Seconds;

/// Sample frames of a packet of plain samples.
const FRAMES: u64 = 1152;
/// Bytes of a chunk before the samples that are looked through for samples, where the chunk's size is wrong.
const SEARCHED: usize = 1 << 20;
/// Sizes from here on mean "not known": what writers to a pipe put there.
const UNKNOWN: u64 = 0x7fff_0000;
/// Chunks that are no samples, whatever the size of the samples before them says.
const NO_SAMPLES: [&[u8]; 9] =
    [b"LIST", b"id3 ", b"ID3 ", b"cue ", b"bext", b"fact", b"JUNK", b"smpl", b"_PMX"];

/// How a family of files writes its chunks.
#[derive(Clone, Copy, PartialEq)]
struct Family {
    name: &'static str,
    big: bool,
    /// Wave64: names of 16 bytes, sizes of 8 that include both, all of it at multiples of 8.
    long: bool,
}

const WAVE: Family = Family { name: "wave", big: false, long: false };
const AIFF: Family = Family { name: "aiff", big: true, long: false };

impl Family {
    /// The family that a file's first bytes belong to, and the bytes before its first chunk.
    fn of(head: &[u8]) -> Option<(Family, usize)> {
        let form = head.get(8..12).unwrap_or_default();
        Some(match head.get(..4)? {
            b"RIFF" | b"RF64" | b"BW64" if form == b"WAVE" => (WAVE, 12),
            b"RIFX" if form == b"WAVE" => (Family { big: true, ..WAVE }, 12),
            b"FORM" if form == b"AIFF" || form == b"AIFC" => (AIFF, 12),
            b"riff" => (Family { name: "w64", long: true, ..WAVE }, 40),
            _ => return None,
        })
    }

    /// A number of up to 8 bytes.
    fn number(self, bytes: &[u8]) -> u64 {
        let add = |sum: u64, &byte: &u8| sum << 8 | u64::from(byte);
        if self.big { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) }
    }

    fn header(self) -> usize {
        if self.long { 24 } else { 8 }
    }

    /// The size of a chunk's body, by its header.
    fn size(self, header: &[u8]) -> u64 {
        match self.long {
            true => self.number(&header[16..24]).saturating_sub(24),
            false => self.number(&header[4..8]),
        }
    }

    /// The bytes after a body that make the next chunk begin where chunks do.
    fn padding(self, size: u64) -> u64 {
        if self.long { size.wrapping_neg() % 8 } else { size % 2 }
    }
}

/// Whether these bytes can be the header of a chunk.
fn plausible(header: &[u8]) -> bool {
    header.len() >= 8 && header[..4].iter().all(|byte| (b' '..=b'~').contains(byte))
}

/// How samples are coded.
#[derive(Clone, Debug, PartialEq)]
struct Format {
    codec: Coding,
    rate: u32,
    channels: u16,
    /// Bytes of a block.
    block: u64,
    /// Sample frames of a block.
    frames: u64,
}

#[derive(Clone, Debug, PartialEq)]
enum Coding {
    Samples(AudioCodecId),
    /// MPEG audio, which brings its own headers.
    Mpeg,
    Unread(String),
}

impl Format {
    /// Samples of `width` bytes, or as many as the codec has.
    fn plain(codec: AudioCodecId, rate: u32, channels: u16, width: u64) -> Format {
        let block = width * u64::from(channels);
        Format { codec: Coding::Samples(codec), rate, channels, block, frames: 1 }
    }

    /// The body of WAV's `fmt ` chunk, however long it is.
    fn wave(body: &[u8], family: Family) -> Option<Format> {
        let number = |at: usize, n: usize| body.get(at..at + n).map(|bytes| family.number(bytes));
        let mut tag = number(0, 2)?;
        let (channels, rate, block) = (number(2, 2)? as u16, number(4, 4)? as u32, number(12, 2)?);
        let mut bits = number(14, 2).unwrap_or(8);
        if tag == 0xfffe {
            tag = number(24, 2)?;
        }
        if bits == 0 {
            bits = 8 * block / u64::from(channels.max(1));
        }
        // What a sample takes, by the block's size where that can be, else by its bits.
        let (per_channel, least) = (block / u64::from(channels.max(1)), bits.div_ceil(8));
        let width = if per_channel >= least && per_channel <= 8 { per_channel } else { least };
        let pcm = |codec| Some(Format::plain(codec, rate, channels, width));
        let blocks = |codec, overhead: u64, first: u64| {
            let body = block.checked_sub(overhead * u64::from(channels))?;
            let frames = 8 * body / (4 * u64::from(channels.max(1))) + first;
            Some(Format { codec: Coding::Samples(codec), rate, channels, block, frames })
        };
        let big = family.big;
        let either = |little, large| if big { large } else { little };
        match (tag, width) {
            (1, 1) => pcm(CODEC_ID_PCM_U8),
            (1, 2) => pcm(either(CODEC_ID_PCM_S16LE, CODEC_ID_PCM_S16BE)),
            (1, 3) => pcm(either(CODEC_ID_PCM_S24LE, CODEC_ID_PCM_S24BE)),
            (1, 4) => pcm(either(CODEC_ID_PCM_S32LE, CODEC_ID_PCM_S32BE)),
            (3, 4) => pcm(either(CODEC_ID_PCM_F32LE, CODEC_ID_PCM_F32BE)),
            (3, 8) => pcm(either(CODEC_ID_PCM_F64LE, CODEC_ID_PCM_F64BE)),
            (6, _) => Some(Format::plain(CODEC_ID_PCM_ALAW, rate, channels, 1)),
            (7, _) => Some(Format::plain(CODEC_ID_PCM_MULAW, rate, channels, 1)),
            (2, _) if bits == 4 && channels <= 2 && !big => blocks(CODEC_ID_ADPCM_MS, 7, 2),
            (0x11, _) if bits == 4 && channels <= 2 && !big => blocks(CODEC_ID_ADPCM_IMA_WAV, 4, 1),
            (0x50 | 0x55, _) => Some(Format { codec: Coding::Mpeg, rate, channels, block: 1, frames: 1 }),
            _ => {
                let name = names::wave(tag, bits);
                Some(Format { codec: Coding::Unread(name), rate, channels, block: 1, frames: 1 })
            }
        }
    }

    /// The body of AIFF's `COMM` chunk.
    fn aiff(body: &[u8]) -> Option<Format> {
        let channels = u16::from_be_bytes(body.get(..2)?.try_into().ok()?);
        let bits = u16::from_be_bytes(body.get(6..8)?.try_into().ok()?);
        let rate = extended(body.get(8..18)?);
        let width = u64::from(bits.div_ceil(8));
        let kind = body.get(18..22).unwrap_or(b"NONE");
        let codec = match (kind, width) {
            (b"NONE" | b"twos" | b"sowt", 1) => CODEC_ID_PCM_S8,
            (b"raw ", 1) => CODEC_ID_PCM_U8,
            (b"NONE" | b"twos", 2) => CODEC_ID_PCM_S16BE,
            (b"NONE" | b"twos" | b"in24", 3) => CODEC_ID_PCM_S24BE,
            (b"NONE" | b"twos" | b"in32", 4) => CODEC_ID_PCM_S32BE,
            (b"sowt", 2) => CODEC_ID_PCM_S16LE,
            (b"sowt" | b"42ni", 3) => CODEC_ID_PCM_S24LE,
            (b"sowt" | b"23ni", 4) => CODEC_ID_PCM_S32LE,
            (b"fl32" | b"FL32", _) => return Some(Format::plain(CODEC_ID_PCM_F32BE, rate, channels, 4)),
            (b"fl64" | b"FL64", _) => return Some(Format::plain(CODEC_ID_PCM_F64BE, rate, channels, 8)),
            (b"alaw" | b"ALAW", _) => return Some(Format::plain(CODEC_ID_PCM_ALAW, rate, channels, 1)),
            (b"ulaw" | b"ULAW", _) => return Some(Format::plain(CODEC_ID_PCM_MULAW, rate, channels, 1)),
            _ => {
                let codec = Coding::Unread(names::four(kind));
                return Some(Format { codec, rate, channels, block: 1, frames: 1 });
            }
        };
        Some(Format::plain(codec, rate, channels, width))
    }

    fn sound(&self) -> Sound {
        let codec = match &self.codec {
            Coding::Samples(codec) => *codec,
            Coding::Mpeg => CODEC_ID_MP3,
            Coding::Unread(name) => return Sound::only(Err(name.clone())),
        };
        let mut params = AudioCodecParameters::new();
        params.for_codec(codec).with_sample_rate(self.rate).with_channels(Channels::Discrete(self.channels));
        params.with_max_frames_per_packet(FRAMES.max(self.frames)).with_frames_per_block(self.frames);
        Sound::only(Ok(params))
    }
}

/// A rate in the 80-bit floats of AIFF; 0 for what is none.
fn extended(bytes: &[u8]) -> u32 {
    let exponent = i32::from(u16::from_be_bytes([bytes[0] & 0x7f, bytes[1]])) - 16_383 - 63;
    let mantissa = bytes[2..10].iter().fold(0u64, |sum, &byte| sum << 8 | u64::from(byte));
    (mantissa as f64 * f64::from(exponent.clamp(-200, 200)).exp2()) as u32
}

/// A file of chunks.
pub(super) struct Wave {
    input: Ahead,
    family: Family,
    format: Format,
    sounds: Vec<Sound>,
    /// Bytes of samples still to come in this chunk; none to the source's end.
    left: Option<u64>,
    /// Bytes after this chunk before the next.
    padding: u64,
    time: i64,
    truncated: bool,
}

/// Samples found: their format, and the size that their chunk claims.
struct Found {
    format: Format,
    size: Option<u64>,
    padding: u64,
}

impl Wave {
    /// Whether a file that begins like this is read here.
    pub(super) fn begins(head: &[u8]) -> bool {
        Family::of(head).is_some() || head.starts_with(b".snd")
    }

    pub(super) fn open(mut input: Ahead) -> Answer<Box<dyn Demux>> {
        let (family, found) = match Family::of(input.peek(40)?) {
            Some((family, before)) => {
                input.skip(before as u64)?;
                (family, find(&mut input, family)?)
            }
            None => (Family { name: "au", ..AIFF }, au(&mut input)?),
        };
        let Found { format, size, padding } = found;
        if format.channels == 0 {
            return Err(Error::malformed("it says that it has no channels"));
        }
        let truncated = input.left().zip(size).is_some_and(|(there, claimed)| there < claimed);
        let mut sound = format.sound();
        let bytes = size.into_iter().chain(input.left()).min();
        sound.duration = bytes
            .filter(|_| format.rate > 0 && format.block > 0)
            .map(|bytes| Seconds((bytes / format.block * format.frames) as f64 / f64::from(format.rate)));
        if format.codec == Coding::Mpeg {
            return match Frames::find(&mut input)? {
                Some(found) => Ok(Box::new(Frames::open(input, found, "wave")?)),
                None => Err(Error::malformed("its samples should be MP3, and are not")),
            };
        }
        let sounds = vec![sound];
        Ok(Box::new(Wave { input, family, format, sounds, left: size, padding, time: 0, truncated }))
    }

    /// What follows this chunk of samples: true for more samples.
    fn go_on(&mut self) -> Result<bool> {
        loop {
            self.input.skip(self.padding)?;
            let header = self.input.peek(self.family.header().max(12))?;
            if header.len() < self.family.header() {
                return Ok(false);
            }
            if let Some((family, before)) = Family::of(header) {
                // Another file, joined to the first.
                self.input.skip(before as u64)?;
                let Ok(Found { format, size, padding }) = find(&mut self.input, family) else {
                    return Ok(false);
                };
                (self.family, self.left, self.padding) = (family, size, padding);
                let changed = format != self.format;
                self.sounds = vec![format.sound()];
                self.format = format;
                return if changed { Err(Symphonia::ResetRequired) } else { Ok(true) };
            }
            let (name, size) = ([header[0], header[1], header[2], header[3]], self.family.size(header));
            let padding = self.family.padding(size);
            let fits = self.input.left().is_none_or(|left| size <= left);
            if !plausible(self.input.peek(8)?) || (!fits && !NO_SAMPLES.contains(&name.as_slice())) {
                // No chunk: the size was too small, as where it has 32 bits and the file more than 4 GiB.
                self.left = None;
                return Ok(true);
            }
            self.input.skip(self.family.header() as u64)?;
            if name == *b"data" {
                self.left = known(size);
                self.padding = self.left.map_or(0, |_| padding);
                return Ok(true);
            }
            self.input.skip(size)?;
            self.padding = padding;
        }
    }
}

/// A size that means something.
fn known(size: u64) -> Option<u64> {
    (size != 0 && !(UNKNOWN..=u64::from(u32::MAX)).contains(&size) && size < 1 << 62).then_some(size)
}

/// Walks from the first chunk to the samples.
fn find(input: &mut Ahead, family: Family) -> Answer<Found> {
    let mut format = None;
    let mut whole = None;
    let missing = || Error::malformed("it has no samples: its data chunk is missing or empty");
    loop {
        let header = input.peek(family.header())?.to_vec();
        if header.len() < family.header() {
            return Err(missing());
        }
        let size = family.size(&header);
        let padding = family.padding(size);
        let looks_like = |input: &mut Ahead, n: u64| -> std::io::Result<bool> {
            if input.left().is_some_and(|left| n > left) {
                return Ok(false);
            }
            let after = usize::try_from(n).unwrap_or(usize::MAX).min(SEARCHED);
            let seen = input.peek(after + 8)?;
            Ok(after as u64 != n || plausible(seen.get(after..).unwrap_or_default()))
        };
        match &header[..4] {
            b"data" | b"SSND" => {
                input.skip(family.header() as u64)?;
                let format =
                    format.ok_or_else(|| Error::malformed("its format chunk is missing or damaged"))?;
                let mut size = size;
                if header.starts_with(b"SSND") {
                    let offset = family.number(input.peek(4)?);
                    let before = 8 + if offset < size { offset } else { 0 };
                    input.skip(before)?;
                    size = size.saturating_sub(before);
                }
                let claimed = if size == u64::from(u32::MAX) { whole.or(known(size)) } else { known(size) };
                if size == 0 && NO_SAMPLES.iter().any(|name| input.peek(4).is_ok_and(|next| next == *name)) {
                    return Err(missing());
                }
                let padding = claimed.map_or(0, |size| family.padding(size));
                return Ok(Found { format, size: claimed, padding });
            }
            b"fmt " | b"COMM" => {
                let n = (family.header() as u64 + size).min(4096) as usize;
                let body = input.peek(n)?[family.header()..].to_vec();
                format = match family.name {
                    "aiff" => Format::aiff(&body),
                    _ => Format::wave(&body, family),
                };
            }
            b"ds64" => {
                let body = input.peek(8 + 16)?;
                whole = body.get(16..24).map(|bytes| family.number(bytes)).filter(|&size| size > 0);
            }
            _ => {}
        }
        let next = family.header() as u64 + size;
        if looks_like(input, next + padding)? {
            input.skip(next + padding)?;
        } else if padding > 0 && looks_like(input, next)? {
            // A writer that knows of no padding.
            input.skip(next)?;
        } else {
            // The size is wrong: the samples are looked for.
            let name: &[u8] = if family.name == "aiff" { b"SSND" } else { b"data" };
            let wanted: &[u8] = if format.is_none() && family.name == "wave" { b"fmt " } else { name };
            let seen = input.peek(SEARCHED)?;
            let at = seen[4..].windows(4).position(|four| four == wanted).ok_or_else(missing)?;
            input.skip(at as u64 + 4)?;
        }
    }
}

/// The header of a Sun AU file.
fn au(input: &mut Ahead) -> Answer<Found> {
    let header = input.peek(24)?.to_vec();
    let word = |at: usize| header.get(at..at + 4).map_or(0, |bytes| AIFF.number(bytes));
    let (offset, size, rate, channels) = (word(4), word(8), word(16) as u32, word(20) as u16);
    let plain = |codec, width| Format::plain(codec, rate, channels, width);
    let format = match word(12) {
        1 => plain(CODEC_ID_PCM_MULAW, 1),
        2 => plain(CODEC_ID_PCM_S8, 1),
        3 => plain(CODEC_ID_PCM_S16BE, 2),
        4 => plain(CODEC_ID_PCM_S24BE, 3),
        5 => plain(CODEC_ID_PCM_S32BE, 4),
        6 => plain(CODEC_ID_PCM_F32BE, 4),
        7 => plain(CODEC_ID_PCM_F64BE, 8),
        27 => plain(CODEC_ID_PCM_ALAW, 1),
        other => {
            let codec = Coding::Unread(format!("AU audio of kind {other}"));
            Format { codec, rate, channels, block: 1, frames: 1 }
        }
    };
    input.skip(offset.max(24))?;
    Ok(Found { format, size: known(size), padding: 0 })
}

impl Demux for Wave {
    fn name(&self) -> &'static str {
        self.family.name
    }

    fn sounds(&self) -> &[Sound] {
        &self.sounds
    }

    fn next(&mut self) -> Result<Option<Packet>> {
        let Format { block, frames, .. } = self.format;
        let blocks = (FRAMES / frames.max(1)).max(1);
        loop {
            let n = (blocks * block).min(self.left.unwrap_or(u64::MAX));
            let mut data = self.input.next_bytes(usize::try_from(n).unwrap_or(usize::MAX).min(1 << 24))?;
            self.left = self.left.map(|left| left - data.len() as u64);
            if (data.len() as u64) < n {
                self.truncated |= self.left.is_some();
            }
            let count = data.len() as u64 / block.max(1);
            if count > 0 {
                data.truncate((count * block) as usize);
                let packet = Packet::new(0, Timestamp::new(self.time), Duration::new(count * frames), data);
                self.time = self.time.saturating_add((count * frames) as i64);
                return Ok(Some(packet));
            }
            let ended = (data.len() as u64) < n || self.left.is_none();
            if ended || !self.go_on()? {
                return Ok(None);
            }
        }
    }

    fn damage(&self) -> Damage {
        Damage { skipped: 0, truncated: self.truncated }
    }
}
