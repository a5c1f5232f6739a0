//! MPEG audio (MP1–MP3) and ADTS (AAC): streams of frames, each with a header. A header counts where others follow it.

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_AAC, CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3};
use symphonia::core::errors::{Error as Symphonia, Result};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

use super::ahead::Ahead;
use super::demux::{Damage, Demux, Sound};
use crate::units::Seconds;

/// Frames in a row that are asked for before a stream is taken for one.
const IN_A_ROW: usize = 4;
/// The same where something else stands before the first of them.
const IN_A_ROW_AFTER_JUNK: usize = 8;
/// Bytes of something else that may stand before the first frame.
const JUNK: usize = 128 << 10;
/// Samples by which a decoder of layer 3 is late.
const DECODER_DELAY: u64 = 529;

/// What a frame's header says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame {
    kind: Kind,
    /// Bytes, header and all.
    bytes: usize,
    /// Bytes of the header.
    header: usize,
    rate: u32,
    channels: u8,
    samples: u32,
    /// AAC: what its decoder has to know.
    config: [u8; 2],
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// MPEG audio: version (3 is 1, 2 is 2, 0 is 2.5), layer.
    Mpeg(u8, u8),
    Adts,
}

impl Frame {
    fn parse(b: &[u8]) -> Option<Frame> {
        if b.len() < 7 || b[0] != 0xff || b[1] & 0xe0 != 0xe0 {
            return None;
        }
        if b[1] & 0xf6 == 0xf0 { Frame::adts(b) } else { Frame::mpeg(b) }
    }

    fn mpeg(b: &[u8]) -> Option<Frame> {
        let (version, layer) = (b[1] >> 3 & 3, 4 - (b[1] >> 1 & 3));
        let (rate, index) = (b[2] >> 2 & 3, usize::from(b[2] >> 4));
        if version == 1 || layer == 4 || rate == 3 || index == 0 || index == 15 || b[3] & 3 == 2 {
            return None;
        }
        let first = version == 3;
        let table: [u32; 14] = match (first, layer) {
            (true, 1) => [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
            (true, 2) => [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
            (true, _) => [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
            (false, 1) => [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
            (false, _) => [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
        };
        let bits = 1000 * table[index - 1];
        let shift = match version {
            3 => 0,
            2 => 1,
            _ => 2,
        };
        let rate = [44_100, 48_000, 32_000][usize::from(rate)] >> shift;
        let padding = u32::from(b[2] >> 1 & 1);
        let (bytes, samples) = match (layer, first) {
            (1, _) => ((12 * bits / rate + padding) * 4, 384),
            (3, false) => (72 * bits / rate + padding, 576),
            _ => (144 * bits / rate + padding, 1152),
        };
        Some(Frame {
            kind: Kind::Mpeg(version, layer),
            bytes: bytes as usize,
            header: 0,
            rate,
            channels: if b[3] >> 6 == 3 { 1 } else { 2 },
            samples,
            config: [0; 2],
        })
    }

    fn adts(b: &[u8]) -> Option<Frame> {
        let rates = [
            96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
            7_350,
        ];
        let (profile, index) = (b[2] >> 6, b[2] >> 2 & 15);
        let channels = (b[2] & 1) << 2 | b[3] >> 6;
        let bytes = usize::from(b[3] & 3) << 11 | usize::from(b[4]) << 3 | usize::from(b[5] >> 5);
        let header = if b[1] & 1 == 1 { 7 } else { 9 };
        if bytes <= header {
            return None;
        }
        Some(Frame {
            kind: Kind::Adts,
            bytes,
            header,
            rate: *rates.get(usize::from(index))?,
            channels: if channels == 7 { 8 } else { channels },
            samples: 1024 * (u32::from(b[6] & 3) + 1),
            config: [(profile + 1) << 3 | index >> 1, index << 7 | channels << 3],
        })
    }

    /// Whether two frames belong to one stream.
    fn agrees(&self, other: &Frame) -> bool {
        (self.kind, self.rate, self.config[0]) == (other.kind, other.rate, other.config[0])
    }

    /// Whether the decoder of one decodes the other.
    fn same_decoder(&self, other: &Frame) -> bool {
        self.agrees(other) && self.channels == other.channels && self.config == other.config
    }

    fn sound(&self) -> Sound {
        let mut params = AudioCodecParameters::new();
        let codec = match self.kind {
            Kind::Mpeg(_, 1) => CODEC_ID_MP1,
            Kind::Mpeg(_, 2) => CODEC_ID_MP2,
            Kind::Mpeg(..) => CODEC_ID_MP3,
            Kind::Adts => CODEC_ID_AAC,
        };
        params.for_codec(codec).with_sample_rate(self.rate);
        params.with_channels(Channels::Discrete(u16::from(self.channels)));
        let codec = match self.kind {
            Kind::Adts if self.samples != 1024 => Err("AAC with several blocks a frame".to_owned()),
            Kind::Adts => super::aac::codec(&self.config, params),
            Kind::Mpeg(..) => Ok(params),
        };
        Sound::only(codec)
    }
}

/// The first frame of a stream, and where it begins.
pub(super) struct Found {
    first: Frame,
    at: usize,
}

/// A stream of frames.
pub(super) struct Frames {
    input: Ahead,
    name: &'static str,
    now: Frame,
    sounds: Vec<Sound>,
    time: i64,
    claim: Option<Claim>,
    /// Whether a new decoder is wanted before the next frame.
    reset: bool,
    damage: Damage,
}

/// What a Xing or Info header says of the frames after it.
#[derive(Clone, Copy, Debug, Default)]
struct Claim {
    frames: Option<u32>,
    /// Samples still to drop at the start.
    skip: u64,
    /// Samples to drop at the end.
    padding: u64,
    seen: u32,
}

impl Frames {
    /// Looks for a stream of frames; what stands before it may be a tag, or a little of something else.
    pub(super) fn find(input: &mut Ahead) -> std::io::Result<Option<Found>> {
        while let Some(n) = tag(input.peek(10)?) {
            // A tag that claims more than there is hides nothing.
            let n = if input.left().is_some_and(|left| n >= left) { 10 } else { n };
            if input.skip(n)? < n {
                return Ok(None);
            }
        }
        for at in 0..JUNK {
            let seen = input.peek(at + 8)?;
            if seen.len() < at + 4 {
                break;
            }
            let Some(first) = Frame::parse(&seen[at..]) else { continue };
            let wanted = if at == 0 { IN_A_ROW } else { IN_A_ROW_AFTER_JUNK };
            if in_a_row(input, at, &first, wanted, at == 0)? {
                return Ok(Some(Found { first, at }));
            }
        }
        Ok(None)
    }

    pub(super) fn open(mut input: Ahead, found: Found, name: &'static str) -> std::io::Result<Frames> {
        let Found { first, at } = found;
        input.skip(at as u64)?;
        let left = input.left();
        let mut sound = first.sound();
        let head = input.peek(first.bytes)?;
        let claim = claim(&first, head);
        let frames = match claim.and_then(|claim| claim.frames) {
            Some(frames) => Some(f64::from(frames)),
            None => left.map(|left| left as f64 / first.bytes as f64),
        };
        sound.duration =
            frames.map(|frames| Seconds(frames * f64::from(first.samples) / f64::from(first.rate)));
        let sounds = vec![sound];
        Ok(Frames {
            input,
            name,
            now: first,
            sounds,
            time: 0,
            claim: None,
            reset: false,
            damage: Damage::default(),
        })
    }

    /// Goes to the next frame, over tags and over what is no frame.
    fn seek_frame(&mut self) -> Result<Option<Frame>> {
        let mut junk = false;
        loop {
            let head = self.input.peek(10)?;
            if head.len() < 8 {
                self.damage.truncated |= Frame::parse(head).is_some();
                return Ok(None);
            }
            if let Some(frame) = Frame::parse(head) {
                let whole = self.input.peek(frame.bytes)?.len() == frame.bytes;
                if whole
                    && (frame.agrees(&self.now) && !junk || in_a_row(&mut self.input, 0, &frame, 3, true)?)
                {
                    self.damage.skipped += u64::from(junk);
                    return Ok(Some(frame));
                }
                if !whole && frame.agrees(&self.now) && !junk {
                    self.damage.truncated = true;
                    return Ok(None);
                }
            }
            match tag(self.input.peek(10)?) {
                Some(n) => {
                    self.input.skip(n)?;
                }
                None => {
                    junk = true;
                    self.input.skip(1)?;
                }
            }
        }
    }

    /// Whether fewer frames came than were claimed.
    fn close(&mut self) {
        if let Some(claim) = self.claim {
            self.damage.truncated |= claim.frames.is_some_and(|frames| claim.seen + 1 < frames);
        }
    }
}

/// Whether so many frames that agree follow one another, or all there are to the source's end.
fn in_a_row(
    input: &mut Ahead,
    at: usize,
    first: &Frame,
    wanted: usize,
    or_end: bool,
) -> std::io::Result<bool> {
    let mut next = at + first.bytes;
    for _ in 1..wanted {
        let seen = input.peek(next + 8)?;
        if seen.len() < next + 4 {
            return Ok(or_end && seen.len() >= next);
        }
        match Frame::parse(&seen[next..]) {
            Some(frame) if frame.agrees(first) => next += frame.bytes,
            _ => return Ok(or_end && tag(&seen[next..]).is_some() && next > at + 2 * first.bytes),
        }
    }
    Ok(true)
}

/// The length of a tag that begins here.
fn tag(head: &[u8]) -> Option<u64> {
    if head.starts_with(b"TAG") {
        return Some(128);
    }
    let id3 = head.len() >= 10
        && head.starts_with(b"ID3")
        && head[3] < 0xff
        && head[6..10].iter().all(|byte| *byte < 0x80);
    id3.then(|| {
        let body = head[6..10].iter().fold(0, |sum, &byte| sum << 7 | u64::from(byte));
        body + if head[5] & 0x10 != 0 { 20 } else { 10 }
    })
}

/// What a frame says of the frames after it, where it is such a header and no sound.
fn claim(frame: &Frame, bytes: &[u8]) -> Option<Claim> {
    let Kind::Mpeg(version, 3) = frame.kind else { return None };
    let side = match (version == 3, frame.channels) {
        (true, 2) => 32,
        (true, _) | (false, 2) => 17,
        _ => 9,
    };
    if bytes.get(36..40) == Some(b"VBRI") {
        return Some(Claim::default());
    }
    let at = [4 + side, 6 + side]
        .into_iter()
        .find(|&at| matches!(bytes.get(at..at + 4), Some(b"Xing" | b"Info")))?;
    let word = |at: usize| bytes.get(at..at + 4).map(|w| u32::from_be_bytes([w[0], w[1], w[2], w[3]]));
    let flags = word(at + 4)?;
    let has = |bit: u32, bytes: usize| if flags & bit != 0 { bytes } else { 0 };
    let mut claim = Claim::default();
    if flags & 1 != 0 {
        claim.frames = word(at + 8);
    }
    let encoder = at + 8 + has(1, 4) + has(2, 4) + has(4, 100) + has(8, 4);
    if let Some(both) = bytes.get(encoder + 21..encoder + 24).filter(|_| bytes[encoder] != 0) {
        claim.skip = (u64::from(both[0]) << 4 | u64::from(both[1] >> 4)) + DECODER_DELAY;
        let padding = u64::from(both[1] & 15) << 8 | u64::from(both[2]);
        claim.padding = padding.saturating_sub(DECODER_DELAY);
    }
    Some(claim)
}

impl Demux for Frames {
    fn name(&self) -> &'static str {
        match (self.name, self.now.kind) {
            ("", Kind::Adts) => "aac",
            ("", Kind::Mpeg(_, 1)) => "mp1",
            ("", Kind::Mpeg(_, 2)) => "mp2",
            ("", Kind::Mpeg(..)) => "mp3",
            (name, _) => name,
        }
    }

    fn sounds(&self) -> &[Sound] {
        &self.sounds
    }

    fn next(&mut self) -> Result<Option<Packet>> {
        loop {
            let Some(frame) = self.seek_frame()? else {
                self.close();
                return Ok(None);
            };
            if !frame.same_decoder(&self.now) {
                (self.now, self.sounds) = (frame, vec![frame.sound()]);
                self.reset = false;
                return Err(Symphonia::ResetRequired);
            }
            if let Some(claim) = claim(&frame, self.input.peek(frame.bytes)?) {
                self.input.skip(frame.bytes as u64)?;
                self.close();
                self.claim = Some(claim);
                self.reset = self.time > 0;
                continue;
            }
            if std::mem::take(&mut self.reset) {
                return Err(Symphonia::ResetRequired);
            }
            let data = self.input.next_bytes(frame.bytes)?[frame.header..].to_vec();
            let samples = u64::from(frame.samples);
            let mut packet = Packet::new(0, Timestamp::new(self.time), Duration::new(samples), data);
            self.time = self.time.saturating_add(i64::from(frame.samples));
            if let Some(claim) = &mut self.claim {
                claim.seen = claim.seen.saturating_add(1);
                let skip = claim.skip.min(samples);
                claim.skip -= skip;
                packet.trim_start = Duration::new(skip);
                let (last, padding) = (claim.frames == Some(claim.seen), claim.padding.min(samples));
                let next = self.input.peek(10)?;
                if last && (next.len() < 10 || tag(next).is_some()) {
                    packet.trim_end = Duration::new(padding);
                }
            }
            return Ok(Some(packet));
        }
    }

    fn damage(&self) -> Damage {
        self.damage
    }
}
