//! The sample entry of an MP4 or QuickTime track: which codec, and what its decoder has to know.

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known::*;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};

use super::super::{aac, names};
use super::boxes::{boxes, first, number, word};

/// Entries of a table that are looked at.
const MOST: usize = 64;

/// What a track's sound is coded as.
pub(super) struct Entry {
    /// What its decoder has to know, or the codec's name where it is not read here.
    pub codec: Result<AudioCodecParameters, String>,
    /// Bytes of one sample frame, for plain samples.
    pub frame: Option<u64>,
    /// Whether only half of the band is decoded here.
    pub partial: bool,
}

/// The fields that all audio entries have.
struct Fields<'a> {
    name: [u8; 4],
    channels: u32,
    bits: u32,
    rate: u32,
    /// Flags of QuickTime's version 2.
    flags: Option<u32>,
    /// The boxes behind the fields.
    parts: &'a [u8],
}

impl<'a> Fields<'a> {
    /// `body` is what follows the entry's header; `version` is that of the table of entries.
    fn of(name: [u8; 4], body: &'a [u8], version: u8) -> Option<Fields<'a>> {
        let mut fields = Fields {
            name,
            channels: number(body, 16, 2)? as u32,
            bits: number(body, 18, 2)? as u32,
            rate: number(body, 24, 2)? as u32,
            flags: None,
            parts: body.get(28..)?,
        };
        match number(body, 8, 2)? {
            1 if version == 0 => fields.parts = body.get(44..)?,
            2 if version == 0 => {
                fields.rate = f64::from_bits(number(body, 32, 8)?) as u32;
                fields.channels = word(body, 40);
                fields.bits = word(body, 48);
                fields.flags = Some(word(body, 52));
                fields.parts = body.get(64..)?;
            }
            _ => {}
        }
        Some(fields)
    }

    /// A box behind the fields or, in QuickTime, inside `wave`.
    fn part(&self, name: &[u8; 4]) -> Option<&'a [u8]> {
        first(self.parts, name).or_else(|| first(first(self.parts, b"wave")?, name))
    }

    fn params(&self, codec: AudioCodecId) -> AudioCodecParameters {
        let mut params = AudioCodecParameters::new();
        params.for_codec(codec).with_sample_rate(self.rate);
        params.with_channels(Channels::Discrete(self.channels.min(1 << 10) as u16));
        params
    }

    /// Plain samples: the codec, and bytes of one sample.
    fn plain(&self) -> Option<(AudioCodecId, u64)> {
        // QuickTime is big-endian, unless a box says otherwise.
        let little = self.part(b"enda").is_some_and(|body| body.last() == Some(&1));
        let iso = self.part(b"pcmC").map(|body| (body.get(4) == Some(&1), body.get(5).copied().unwrap_or(0)));
        let (little, bits) = match (iso, self.flags) {
            (Some((little, bits)), _) => (little, u32::from(bits)),
            (None, Some(flags)) => (flags & 2 == 0, self.bits),
            (None, None) => (little || self.name == *b"sowt", self.bits),
        };
        let signed = self.flags.is_none_or(|flags| flags & 4 != 0);
        let float = self.flags.map_or(self.name == *b"fpcm", |flags| flags & 1 != 0);
        let integer = |bits: u32| match (bits, little) {
            (8, _) if signed => Some((CODEC_ID_PCM_S8, 1)),
            (8, _) => Some((CODEC_ID_PCM_U8, 1)),
            (16, true) => Some((CODEC_ID_PCM_S16LE, 2)),
            (16, false) => Some((CODEC_ID_PCM_S16BE, 2)),
            (24, true) => Some((CODEC_ID_PCM_S24LE, 3)),
            (24, false) => Some((CODEC_ID_PCM_S24BE, 3)),
            (32, true) => Some((CODEC_ID_PCM_S32LE, 4)),
            (32, false) => Some((CODEC_ID_PCM_S32BE, 4)),
            _ => None,
        };
        let floating = |bits: u32| match (bits, little) {
            (32, true) => Some((CODEC_ID_PCM_F32LE, 4)),
            (32, false) => Some((CODEC_ID_PCM_F32BE, 4)),
            (64, true) => Some((CODEC_ID_PCM_F64LE, 8)),
            (64, false) => Some((CODEC_ID_PCM_F64BE, 8)),
            _ => None,
        };
        match &self.name {
            b"raw " | b"NONE" if bits <= 8 => Some((CODEC_ID_PCM_U8, 1)),
            b"raw " | b"NONE" | b"twos" | b"sowt" => integer(bits),
            b"in24" => integer(24),
            b"in32" => integer(32),
            b"fl32" => floating(32),
            b"fl64" => floating(64),
            b"lpcm" | b"ipcm" | b"fpcm" if float => floating(bits),
            b"lpcm" | b"ipcm" => integer(bits),
            b"alaw" => Some((CODEC_ID_PCM_ALAW, 1)),
            b"ulaw" => Some((CODEC_ID_PCM_MULAW, 1)),
            _ => None,
        }
    }

    /// MPEG-4 audio, by its elementary stream descriptor.
    fn mpeg4(&self) -> Entry {
        let Some((object, config)) = self.part(b"esds").and_then(descriptor) else {
            return Entry::unread("MPEG-4 audio without its description".to_owned());
        };
        let codec = match object {
            0x40 | 0x66..=0x68 => aac::codec(config, self.params(CODEC_ID_AAC)),
            0x69 | 0x6b => Ok(self.params(CODEC_ID_MP3)),
            0xa5 => Err("AC-3".to_owned()),
            0xa6 => Err("E-AC-3".to_owned()),
            0xa9 | 0xaa => Err("DTS".to_owned()),
            0xdd => Err("Vorbis in MP4".to_owned()),
            0xe1 => Err("QCELP".to_owned()),
            other => Err(format!("MPEG-4 audio of kind {other:#04x}")),
        };
        let partial =
            codec.as_ref().is_ok_and(|params| params.codec == CODEC_ID_AAC) && aac::is_partial(config);
        Entry { codec, frame: None, partial }
    }

    fn entry(&self) -> Entry {
        if let Some((codec, bytes)) = self.plain() {
            let frame = Some(bytes * u64::from(self.channels)).filter(|&bytes| bytes > 0);
            return Entry { codec: Ok(self.params(codec)), frame, partial: false };
        }
        let with = |codec, extra: Option<&[u8]>| match extra {
            None => Entry::unread(format!("{} without its description", names::four(&self.name))),
            Some(extra) => {
                let mut params = self.params(codec);
                params.with_extra_data(extra.into());
                Entry { codec: Ok(params), frame: None, partial: false }
            }
        };
        match &self.name {
            b"mp4a" => self.mpeg4(),
            b".mp3" | b"ms\0\x55" => {
                Entry { codec: Ok(self.params(CODEC_ID_MP3)), frame: None, partial: false }
            }
            b"alac" => with(CODEC_ID_ALAC, self.part(b"alac").and_then(|body| body.get(4..))),
            b"fLaC" => with(CODEC_ID_FLAC, self.part(b"dfLa").and_then(|body| body.get(8..42))),
            b"Opus" => with(CODEC_ID_OPUS, self.part(b"dOps")),
            b"enca" => Entry::unread(names::ENCRYPTED.to_owned()),
            other => Entry::unread(names::four(other)),
        }
    }
}

impl Entry {
    fn unread(name: String) -> Entry {
        Entry { codec: Err(name), frame: None, partial: false }
    }

    /// Reads a table of sample entries (`stsd`); there is always one.
    pub(super) fn read(stsd: &[u8]) -> Vec<Entry> {
        let version = stsd.first().copied().unwrap_or(0);
        let unknown = || Entry::unread("sound without a description".to_owned());
        let read = |(name, body)| {
            Fields::of(name, body, version).map_or_else(unknown, |fields: Fields<'_>| fields.entry())
        };
        let mut entries: Vec<Entry> = boxes(stsd.get(8..).unwrap_or_default()).take(MOST).map(read).collect();
        if entries.is_empty() {
            entries.push(unknown());
        }
        entries
    }
}

/// The object type of an elementary stream, and its decoder's configuration (ISO/IEC 14496-1, section 7.2.6).
fn descriptor(esds: &[u8]) -> Option<(u8, &[u8])> {
    let mut bytes = esds.get(4..)?;
    let mut object = None;
    loop {
        let tag = *bytes.first()?;
        let (mut size, mut at) = (0usize, 1);
        loop {
            let byte = *bytes.get(at)?;
            size = size << 7 | usize::from(byte & 0x7f);
            at += 1;
            if byte & 0x80 == 0 || at > 4 {
                break;
            }
        }
        let body = bytes.get(at..)?;
        bytes = match tag {
            3 => {
                let flags = *body.get(2)?;
                let url = if flags & 0x40 != 0 { 1 + usize::from(*body.get(3)?) } else { 0 };
                let dependent = if flags & 0x80 != 0 { 2 } else { 0 };
                let clock = if flags & 0x20 != 0 { 2 } else { 0 };
                body.get(3 + dependent + url + clock..)?
            }
            4 => {
                object = body.first().copied();
                if size <= 13 {
                    return object.map(|object| (object, &body[..0]));
                }
                body.get(13..)?
            }
            5 => return object.map(|object| (object, &body[..size.min(body.len())])),
            _ => return object.map(|object| (object, &body[..0])),
        };
    }
}
