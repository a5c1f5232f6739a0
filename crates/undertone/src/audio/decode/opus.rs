//! Opus, decoded straight to 16 kHz: one or two channels, or several streams side by side.

use ropus::OpusMSDecoder;

use crate::error::{Error, Result};

/// The rate Opus is decoded to; its own clock runs at 48 kHz.
pub(super) const RATE: u32 = 16_000;
/// Ticks of Opus's clock for one sample at [`RATE`].
const TICKS: u32 = 48_000 / RATE;
/// Samples per channel of the longest packet, 120 ms.
const LONGEST: usize = RATE as usize * 120 / 1000;

/// What the identification header says (RFC 7845, section 5.1).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Header {
    pub channels: usize,
    /// Samples at 48 kHz to drop at the start.
    pub pre_skip: u32,
    /// Gain in dB / 256.
    gain: i16,
    streams: i32,
    coupled: i32,
    mapping: Vec<u8>,
}

impl Header {
    /// Reads `OpusHead` (Ogg, Matroska: version 1, little-endian) or what the `dOps` box of an mp4 holds (version 0,
    /// big-endian; the magic may stand before it or not).
    pub(super) fn parse(bytes: &[u8]) -> Result<Header> {
        let bad = || Error::malformed("the Opus header is damaged");
        let body = bytes.strip_prefix(b"OpusHead").unwrap_or(bytes);
        let big_endian = body.first() == Some(&0);
        let pair = |at: usize| -> Result<[u8; 2]> {
            body.get(at..at + 2).and_then(|pair| pair.try_into().ok()).ok_or_else(bad)
        };
        let word = |at: usize| pair(at).map(if big_endian { u16::from_be_bytes } else { u16::from_le_bytes });
        let channels = usize::from(*body.get(1).ok_or_else(bad)?);
        let family = *body.get(10).ok_or_else(bad)?;
        let (streams, coupled, mapping) = match (family, channels) {
            (_, 0) => return Err(bad()),
            (0, 1) => (1, 0, vec![0]),
            (0, 2) => (1, 1, vec![0, 1]),
            (0, _) => return Err(bad()),
            _ => {
                let mapping = body.get(13..13 + channels).ok_or_else(bad)?.to_vec();
                (i32::from(body[11]), i32::from(body[12]), mapping)
            }
        };
        Ok(Header {
            channels,
            pre_skip: u32::from(word(2)?),
            gain: word(8)? as i16,
            streams,
            coupled,
            mapping,
        })
    }
}

/// A decoder of one Opus track.
pub(super) struct Opus {
    decoder: OpusMSDecoder,
    header: Header,
    skip: usize,
    gain: f32,
    pcm: Vec<i16>,
}

impl Opus {
    pub(super) fn new(header: Header) -> Result<Opus> {
        let decoder = OpusMSDecoder::new(
            RATE as i32,
            header.channels as i32,
            header.streams,
            header.coupled,
            &header.mapping,
        )
        .map_err(|code| {
            Error::malformed(format!("the Opus header asks for what is not possible ({code})"))
        })?;
        Ok(Opus {
            decoder,
            skip: (header.pre_skip / TICKS) as usize,
            gain: 10f32.powf(f32::from(header.gain) / 256.0 / 20.0) / 32768.0,
            pcm: vec![0; LONGEST * header.channels],
            header,
        })
    }

    pub(super) fn channels(&self) -> usize {
        self.header.channels
    }

    /// Decodes a packet; `trim` ticks of Opus's clock are dropped at its end. An error leaves the decoder usable.
    pub(super) fn decode(&mut self, packet: &[u8], trim: u64) -> Result<Vec<f32>> {
        let length = i32::try_from(packet.len()).unwrap_or(i32::MAX);
        let frames = self
            .decoder
            .decode(Some(packet), length, &mut self.pcm, LONGEST as i32, false)
            .map_err(|code| Error::malformed(format!("a damaged Opus packet ({code})")))?;
        let (frames, channels) = (usize::try_from(frames).unwrap_or(0).min(LONGEST), self.header.channels);
        let end = frames.saturating_sub((trim / u64::from(TICKS)) as usize);
        let start = self.skip.min(end);
        self.skip -= self.skip.min(frames);
        let samples = &self.pcm[start * channels..end * channels];
        Ok(samples.iter().map(|&x| f32::from(x) * self.gain).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_header_is_little_endian_in_ogg_and_big_endian_in_mp4() {
        let body = |version: u8, skip: [u8; 2]| [&[version, 2][..], &skip, &[0; 7]].concat();
        let ogg = Header::parse(&[b"OpusHead", body(1, [0x38, 0x01]).as_slice()].concat()).unwrap();
        let mp4 = Header::parse(&body(0, [0x01, 0x38])).unwrap();
        assert_eq!((ogg.channels, ogg.pre_skip), (2, 312));
        assert_eq!(ogg, mp4);
        assert!(Header::parse(b"OpusHead\x01").is_err());
        assert!(Header::parse(&[]).is_err());
    }
}
