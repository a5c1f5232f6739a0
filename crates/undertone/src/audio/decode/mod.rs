//! Container and codec → blocks of samples. The only folder that names the decoding libraries.

mod input;
#[cfg(feature = "opus")]
mod opus;

use std::panic::{AssertUnwindSafe, catch_unwind};

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_AAC, CODEC_ID_OPUS};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as Symphonia;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;
use symphonia::core::units::TimeBase;

#[cfg(feature = "opus")]
use self::opus::Opus;
use super::recording::Info;
use super::source::Opened;
use crate::error::{Error, Result};
use crate::units::{SampleRate, Seconds};

/// Damaged packets in a row after which the rest is given up.
const MOST_DAMAGED: u64 = 5_000;

/// Samples of one packet, sample frame after sample frame.
pub(super) struct Block {
    pub samples: Vec<f32>,
    /// Their rate: some streams change it on their way.
    pub rate: SampleRate,
    /// How far the container's clock jumped ahead before it.
    pub gap: Seconds,
}

/// What was tolerated while decoding.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Damage {
    pub skipped: u64,
    pub truncated: bool,
}

enum Codec {
    Symphonia(Box<dyn AudioDecoder>),
    #[cfg(feature = "opus")]
    Opus(Box<Opus>),
}

/// One audio track of an open recording.
pub(super) struct Decoder {
    format: Box<dyn FormatReader>,
    codec: Codec,
    params: AudioCodecParameters,
    track: u32,
    info: Info,
    clock: Clock,
    damage: Damage,
    in_a_row: u64,
    ended: bool,
    /// A packet read ahead, because the container does not say rate or channels.
    first: Option<Packet>,
}

/// Follows the container's time stamps.
struct Clock {
    base: Option<TimeBase>,
    expected: Option<f64>,
}

impl Clock {
    /// Its ticks mean nothing any more: it is not followed from here on.
    fn stop(&mut self) {
        self.base = None;
    }

    /// How far the packet's time stamp lies ahead of where the one before ended.
    fn gap(&mut self, packet: &Packet, seconds: f64) -> Seconds {
        let Some(time) = self.base.and_then(|base| base.calc_time(packet.pts)) else { return Seconds(0.0) };
        let start = time.as_secs_f64();
        let gap = self.expected.map_or(0.0, |expected| start - expected);
        // A clock that stands still or runs back is not followed.
        self.expected = Some(start.max(self.expected.unwrap_or(start)) + seconds);
        Seconds(gap.max(0.0))
    }
}

impl Decoder {
    /// Finds the container and the audio track (`track` counts audio tracks from 0).
    pub(super) fn open(source: Opened, track: Option<usize>) -> Result<Decoder> {
        let input = input::prepare(source)?;
        let head = input.head.clone();
        let opened = guarded(move || open(input, track));
        opened.map_err(|error| input::explain(&head, error))
    }

    pub(super) fn info(&self) -> &Info {
        &self.info
    }

    /// The rate of the blocks, which for Opus is not the rate it claims.
    pub(super) fn rate(&self) -> SampleRate {
        match self.codec {
            #[cfg(feature = "opus")]
            Codec::Opus(_) => SampleRate(opus::RATE),
            Codec::Symphonia(_) => self.info.rate,
        }
    }

    pub(super) fn damage(&self) -> Damage {
        self.damage
    }

    /// The next packet's samples; damaged packets are skipped and counted; `None` at the end.
    pub(super) fn next_block(&mut self) -> Result<Option<Block>> {
        while !self.ended {
            let Some(packet) = self.next_packet()? else { break };
            if packet.track_id != self.track {
                continue;
            }
            match guarded(|| self.decode(&packet)) {
                Ok(samples) => {
                    self.in_a_row = 0;
                    let frames = samples.len() / self.info.channels;
                    let rate = self.rate();
                    let gap = self.clock.gap(&packet, rate.seconds(frames as u64).0);
                    if frames > 0 {
                        return Ok(Some(Block { samples, rate, gap }));
                    }
                }
                Err(_) => {
                    self.damage.skipped += 1;
                    self.in_a_row += 1;
                    if self.in_a_row >= MOST_DAMAGED {
                        self.ended = true;
                    }
                }
            }
        }
        Ok(None)
    }

    /// Decodes ahead to the first sound packet for the rate and channels that the container does not tell.
    fn ask_first_packet(&mut self) -> Result<()> {
        while let Some(packet) = self.next_packet()? {
            #[cfg_attr(not(feature = "opus"), expect(irrefutable_let_patterns))]
            let Codec::Symphonia(decoder) = &mut self.codec else { break };
            if packet.track_id != self.track {
                continue;
            }
            if let Ok(buffer) = decoder.decode(&packet) {
                self.info.rate = SampleRate(buffer.spec().rate());
                self.info.channels = buffer.spec().channels().count();
                decoder.reset();
                self.first = Some(packet);
                return Ok(());
            }
            self.damage.skipped += 1;
        }
        Err(Error::malformed("it does not say its rate and channels, and nothing in it could be decoded"))
    }

    /// The next packet of any track; a damaged or cut-off container ends the recording.
    fn next_packet(&mut self) -> Result<Option<Packet>> {
        if let Some(packet) = self.first.take() {
            return Ok(Some(packet));
        }
        let format = &mut self.format;
        let next = catch_unwind(AssertUnwindSafe(|| format.next_packet()));
        match next {
            Ok(Ok(packet)) => return Ok(packet),
            Ok(Err(Symphonia::IoError(error))) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
                return Err(Error::from(error));
            }
            Ok(Err(Symphonia::ResetRequired)) => {}
            Ok(Err(Symphonia::DecodeError(_))) => self.damage.skipped += 1,
            _ => {}
        }
        self.damage.truncated = true;
        self.ended = true;
        Ok(None)
    }

    fn decode(&mut self, packet: &Packet) -> Result<Vec<f32>> {
        match &mut self.codec {
            #[cfg(feature = "opus")]
            Codec::Opus(opus) => opus.decode(&packet.data, packet.trim_end.get()),
            Codec::Symphonia(decoder) => {
                if let Err(error) = decoder.decode(packet) {
                    // A stream that changes its rate needs a decoder of its own from there on.
                    let mut fresh = anew(&self.params).ok_or_else(|| failed(error))?;
                    let rate = fresh.decode(packet).map_err(failed)?.spec().rate();
                    if rate == self.info.rate.0 {
                        return Err(Error::malformed("a packet is damaged"));
                    }
                    *decoder = fresh;
                    self.clock.stop();
                }
                let buffer = decoder.last_decoded();
                let mut samples = Vec::new();
                if buffer.spec().channels().count() != self.info.channels {
                    return Err(Error::malformed("the number of channels changes in mid-stream"));
                }
                self.info.rate = SampleRate(buffer.spec().rate());
                buffer.copy_to_vec_interleaved(&mut samples);
                Ok(samples)
            }
        }
    }
}

/// Another decoder of the same codec.
fn anew(params: &AudioCodecParameters) -> Option<Box<dyn AudioDecoder>> {
    symphonia::default::get_codecs().make_audio_decoder(params, &AudioDecoderOptions::default()).ok()
}

/// Runs foreign code: a panic inside is a malformed file, not the end of the process.
fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Error::malformed("its contents cannot be decoded")))
}

fn failed(error: Symphonia) -> Error {
    match error {
        Symphonia::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Error::malformed("it ends in the middle of its header; it is cut off")
        }
        Symphonia::IoError(error) => Error::from(error),
        Symphonia::Unsupported(what) => {
            Error::unsupported(format!("it needs {what}, which is not read here"))
        }
        other => Error::malformed(other.to_string()),
    }
}

fn open(input: input::Input, track: Option<usize>) -> Result<Decoder> {
    let stream = MediaSourceStream::new(input.source, MediaSourceStreamOptions::default());
    let format = symphonia::default::get_probe()
        .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(failed)?;
    let container = format.format_info().short_name;
    let track = choose(format.as_ref(), track)?;
    let Some(CodecParameters::Audio(params)) = track.codec_params.clone() else {
        return Err(Error::unsupported("its audio track is of a codec that is not known here"));
    };
    let (codec, name) = codec(&params)?;
    let rate = match &codec {
        #[cfg(feature = "opus")]
        Codec::Opus(_) => 48_000,
        Codec::Symphonia(_) => params.sample_rate.unwrap_or(0),
    };
    let channels = match &codec {
        #[cfg(feature = "opus")]
        Codec::Opus(opus) => opus.channels(),
        Codec::Symphonia(_) => params.channels.as_ref().map_or(0, |channels| channels.count()),
    };
    let duration = track
        .time_base
        .zip(track.duration)
        .and_then(|(base, duration)| base.calc_duration(duration))
        .map(|time| Seconds(time.as_secs_f64()));
    let clock = Clock { base: track.time_base, expected: None };
    let info = Info { container, codec: name, rate: SampleRate(rate), channels, duration };
    let track = track.id;
    let mut decoder = Decoder {
        format,
        codec,
        params,
        track,
        info,
        clock,
        damage: Damage::default(),
        in_a_row: 0,
        ended: false,
        first: None,
    };
    decoder.damage.truncated = input.cut_short;
    if decoder.info.channels == 0 || decoder.info.rate.0 == 0 {
        decoder.ask_first_packet()?;
    }
    Ok(decoder)
}

fn choose(format: &dyn FormatReader, track: Option<usize>) -> Result<&Track> {
    let audio: Vec<&Track> =
        format.tracks().iter().filter(|track| track.track_type() == Some(TrackType::Audio)).collect();
    if audio.is_empty() {
        return Err(Error::malformed("it has no audio track"));
    }
    match track {
        None => Ok(format.default_track(TrackType::Audio).unwrap_or(audio[0])),
        Some(number) => audio.get(number).copied().ok_or_else(|| {
            let message =
                format!("there is no audio track {number}; it has {} (counted from 0)", audio.len());
            Error::config(message)
        }),
    }
}

#[cfg(feature = "opus")]
fn opus_codec(params: &AudioCodecParameters) -> Result<(Codec, &'static str)> {
    let header = opus::Header::parse(params.extra_data.as_deref().unwrap_or_default())?;
    Ok((Codec::Opus(Box::new(Opus::new(header)?)), "opus"))
}

fn codec(params: &AudioCodecParameters) -> Result<(Codec, &'static str)> {
    if params.codec == CODEC_ID_OPUS {
        #[cfg(not(feature = "opus"))]
        return Err(Error::unsupported("Opus is not built in (feature `opus`)"));
        #[cfg(feature = "opus")]
        return opus_codec(params);
    }
    let decoder = symphonia::default::get_codecs()
        .make_audio_decoder(params, &AudioDecoderOptions::default())
        .map_err(|error| match error {
            Symphonia::Unsupported(_) if params.codec == CODEC_ID_AAC => {
                Error::unsupported("it is AAC of a kind that is not read here (HE-AAC?)")
            }
            Symphonia::Unsupported(_) => Error::unsupported("its codec is not read here"),
            other => failed(other),
        })?;
    let name = decoder.codec_info().short_name;
    Ok((Codec::Symphonia(decoder), name))
}
