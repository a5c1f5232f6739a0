//! Container and codec → blocks of samples. The only folder that names the decoding libraries.

mod aac;
mod ahead;
mod demux;
mod flac;
mod frames;
mod input;
mod joined;
mod matroska;
mod mp4;
mod names;
#[cfg(feature = "opus")]
mod opus;
mod scale;
mod section;
mod wave;

use std::panic::{AssertUnwindSafe, catch_unwind};

use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_AAC, CODEC_ID_OPUS, CODEC_ID_PCM_ALAW, CODEC_ID_PCM_F32BE, CODEC_ID_PCM_F32LE,
    CODEC_ID_PCM_F64BE, CODEC_ID_PCM_F64LE, CODEC_ID_PCM_MULAW, CODEC_ID_VORBIS,
};
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as Symphonia;
use symphonia::core::packet::Packet;
use symphonia::core::units::TimeBase;

use self::demux::{Demux, Sound};
#[cfg(feature = "opus")]
use self::opus::Opus;
use self::scale::Scale;
use super::recording::Info;
use super::source::Opened;
use crate::error::{Error, Result};
use crate::units::{SampleRate, Seconds};

pub(super) use self::demux::Damage;

/// Damaged packets in a row after which the rest is given up.
const MOST_DAMAGED: u64 = 5_000;

/// Samples of one packet, sample frame after sample frame.
pub(super) struct Block {
    pub samples: Vec<f32>,
    /// Their rate: some streams change it on their way.
    pub rate: SampleRate,
    /// Their channels: some streams change them too.
    pub channels: usize,
    /// How far the container's clock jumped ahead before it.
    pub gap: Seconds,
}

enum Codec {
    Symphonia(Box<dyn AudioDecoder>),
    #[cfg(feature = "opus")]
    Opus(Box<Opus>),
}

/// One audio track of an open recording.
pub(super) struct Decoder {
    demux: Box<dyn Demux>,
    codec: Codec,
    params: AudioCodecParameters,
    /// The track's id, and its number as asked for.
    track: u32,
    wanted: Option<usize>,
    info: Info,
    /// The rate and channels of what is decoded now.
    rate: SampleRate,
    channels: usize,
    partial: bool,
    clock: Clock,
    scale: Option<Scale>,
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
    /// Whether nothing was heard yet.
    first: bool,
}

impl Clock {
    fn new(base: Option<TimeBase>) -> Clock {
        Clock { base, expected: None, first: true }
    }

    /// Its ticks mean nothing any more, or something else: it is followed anew.
    fn restart(&mut self, base: Option<TimeBase>) {
        (self.base, self.expected, self.first) = (base, None, false);
    }

    /// How far the packet's time stamp lies ahead of where the one before ended; of the first, of the container's start.
    fn gap(&mut self, packet: &Packet, seconds: f64, start: Option<f64>) -> Seconds {
        let Some(time) = self.base.and_then(|base| base.calc_time(packet.pts)) else { return Seconds(0.0) };
        let now = time.as_secs_f64();
        let before = if self.first { start } else { self.expected };
        self.first = false;
        let gap = before.map_or(0.0, |before| now - before);
        // A clock that stands still or runs back is not followed.
        self.expected = Some(now.max(self.expected.unwrap_or(now)) + seconds);
        Seconds(gap.max(0.0))
    }
}

impl Decoder {
    /// Finds the container and the audio track (`track` counts audio tracks from 0).
    pub(super) fn open(source: Opened, track: Option<usize>) -> Result<Decoder> {
        guarded(move || open(source, track))
    }

    pub(super) fn info(&self) -> &Info {
        &self.info
    }

    /// The rate of the blocks, which for Opus is not the rate it claims.
    pub(super) fn rate(&self) -> SampleRate {
        self.rate
    }

    /// Whether the decoder here gives less than there is.
    pub(super) fn partial(&self) -> bool {
        self.partial
    }

    pub(super) fn damage(&self) -> Damage {
        let below = self.demux.damage();
        Damage {
            skipped: self.damage.skipped + below.skipped,
            truncated: self.damage.truncated || below.truncated,
        }
    }

    /// The full scale of floating-point samples that were not scaled.
    pub(super) fn unscaled(&self) -> Option<f32> {
        self.scale.and_then(Scale::found)
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
                    let frames = samples.len() / self.channels.max(1);
                    if frames > 0 {
                        let seconds = self.rate.seconds(frames as u64).0;
                        let gap = self.clock.gap(&packet, seconds, self.demux.start());
                        let (rate, channels) = (self.rate, self.channels);
                        return Ok(Some(Block { samples, rate, channels, gap }));
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
                self.rate = SampleRate(buffer.spec().rate());
                self.channels = buffer.spec().channels().count();
                (self.info.rate, self.info.channels) = (self.rate, self.channels);
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
        loop {
            let demux = &mut self.demux;
            let next = catch_unwind(AssertUnwindSafe(|| demux.next()));
            match next {
                Ok(Ok(packet)) => return Ok(packet),
                Ok(Err(Symphonia::IoError(error))) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
                    return Err(Error::from(error));
                }
                Ok(Err(Symphonia::ResetRequired)) if guarded(|| self.restart()).is_ok() => continue,
                Ok(Err(Symphonia::DecodeError(_))) => self.damage.skipped += 1,
                _ => {}
            }
            self.damage.truncated = true;
            self.ended = true;
            return Ok(None);
        }
    }

    /// Goes on where the stream begins anew: another file behind the first, other channels, another rate.
    fn restart(&mut self) -> Result<()> {
        let sounds = self.demux.sounds();
        let sound = &sounds[choose(sounds, self.wanted)?];
        let params = known(sound)?;
        let (codec, _) = codec(&params)?;
        self.track = sound.id;
        self.clock.restart(sound.base);
        (self.rate, self.channels) = spec(&codec, &params);
        self.scale = is_float(params.codec).then(|| self.scale.unwrap_or_default());
        (self.codec, self.params) = (codec, params);
        Ok(())
    }

    fn decode(&mut self, packet: &Packet) -> Result<Vec<f32>> {
        match &mut self.codec {
            #[cfg(feature = "opus")]
            Codec::Opus(opus) => opus.decode(&packet.data, packet.trim_end.get()),
            Codec::Symphonia(decoder) => {
                if let Err(error) = decoder.decode(packet) {
                    // A stream that changes its rate or channels needs a decoder of its own from there on.
                    let mut fresh = anew(&self.params).ok_or_else(|| failed(error))?;
                    let spec = fresh.decode(packet).map_err(failed)?.spec().clone();
                    if (spec.rate(), spec.channels().count()) == (self.rate.0, self.channels) {
                        return Err(Error::malformed("a packet is damaged"));
                    }
                    *decoder = fresh;
                    self.clock.restart(None);
                }
                let buffer = decoder.last_decoded();
                let mut samples = Vec::new();
                self.channels = buffer.spec().channels().count();
                self.rate = SampleRate(buffer.spec().rate());
                buffer.copy_to_vec_interleaved(&mut samples);
                if self.params.codec != CODEC_ID_VORBIS {
                    trim(&mut samples, packet, self.channels);
                }
                if let Some(scale) = &mut self.scale {
                    scale.apply(&mut samples);
                }
                Ok(samples)
            }
        }
    }
}

/// Drops what a packet says is no sound, as Vorbis does by itself.
fn trim(samples: &mut Vec<f32>, packet: &Packet, channels: usize) {
    let frames = samples.len() / channels.max(1);
    let of = |ticks: u64| usize::try_from(ticks).unwrap_or(usize::MAX).min(frames) * channels;
    samples.truncate(samples.len() - of(packet.trim_end.get()));
    samples.drain(..of(packet.trim_start.get()).min(samples.len()));
}

/// Another decoder of the same codec.
fn anew(params: &AudioCodecParameters) -> Option<Box<dyn AudioDecoder>> {
    symphonia::default::get_codecs().make_audio_decoder(params, &decoder_options(params.codec)).ok()
}

/// Only Vorbis has to know what is dropped.
fn decoder_options(codec: AudioCodecId) -> AudioDecoderOptions {
    AudioDecoderOptions::default().gapless(codec == CODEC_ID_VORBIS)
}

fn is_float(codec: AudioCodecId) -> bool {
    [CODEC_ID_PCM_F32BE, CODEC_ID_PCM_F32LE, CODEC_ID_PCM_F64BE, CODEC_ID_PCM_F64LE].contains(&codec)
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
        Symphonia::Unsupported(what) => input::unread(what),
        other => Error::malformed(other.to_string()),
    }
}

fn open(source: Opened, wanted: Option<usize>) -> Result<Decoder> {
    let (demux, chosen) = input::open(source, wanted)?;
    let sound = &demux.sounds()[chosen];
    let params = known(sound)?;
    let (codec, name) = codec(&params)?;
    let (rate, channels) = spec(&codec, &params);
    let stored = match &codec {
        #[cfg(feature = "opus")]
        Codec::Opus(_) => SampleRate(48_000),
        Codec::Symphonia(_) => rate,
    };
    let info =
        Info { container: demux.name(), codec: name, rate: stored, channels, duration: sound.duration };
    let mut decoder = Decoder {
        clock: Clock::new(sound.base),
        track: sound.id,
        partial: sound.partial,
        scale: is_float(params.codec).then(Scale::default),
        demux,
        codec,
        params,
        wanted,
        info,
        rate,
        channels,
        damage: Damage::default(),
        in_a_row: 0,
        ended: false,
        first: None,
    };
    if decoder.channels == 0 || decoder.rate.0 == 0 {
        decoder.ask_first_packet()?;
    }
    Ok(decoder)
}

/// The number of the sound track that is read: the one asked for, or the one the container prefers among those that can
/// be read here.
fn choose(sounds: &[Sound], track: Option<usize>) -> Result<usize> {
    if sounds.is_empty() {
        return Err(Error::malformed("it has no audio track"));
    }
    match track {
        None => {
            let first = |wanted: &dyn Fn(&Sound) -> bool| sounds.iter().position(wanted);
            let best = first(&|sound| sound.default && sound.codec.is_ok());
            Ok(best.or_else(|| first(&|sound| sound.codec.is_ok())).unwrap_or(0))
        }
        Some(number) if number < sounds.len() => Ok(number),
        Some(number) => {
            let message =
                format!("there is no audio track {number}; it has {} (counted from 0)", sounds.len());
            Err(Error::config(message))
        }
    }
}

/// What a track's decoder has to know, or an error that names the codec.
fn known(sound: &Sound) -> Result<AudioCodecParameters> {
    match &sound.codec {
        Ok(params) => {
            let channels = params.channels.as_ref().map_or(0, |channels| channels.count());
            // Some containers say 0 for what the stream itself tells.
            let rate = params.sample_rate.filter(|&rate| rate > 0).unwrap_or(8_000);
            super::channels::check(SampleRate(rate), channels)?;
            let mut params = params.clone();
            if [CODEC_ID_PCM_ALAW, CODEC_ID_PCM_MULAW].contains(&params.codec) {
                // Containers count the bits that are stored, the decoder those that come out.
                (params.bits_per_sample, params.bits_per_coded_sample) = (None, None);
            }
            Ok(params)
        }
        Err(name) if name == names::ENCRYPTED => {
            Err(Error::malformed("its sound is encrypted (DRM): only its own player hears it"))
        }
        Err(name) => Err(input::unread(name)),
    }
}

/// The rate and channels of what a codec decodes to, 0 where it does not say.
fn spec(codec: &Codec, params: &AudioCodecParameters) -> (SampleRate, usize) {
    match codec {
        #[cfg(feature = "opus")]
        Codec::Opus(opus) => (SampleRate(opus::RATE), opus.channels()),
        Codec::Symphonia(_) => {
            let channels = params.channels.as_ref().map_or(0, |channels| channels.count());
            (SampleRate(params.sample_rate.unwrap_or(0)), channels)
        }
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
        .make_audio_decoder(params, &decoder_options(params.codec))
        .map_err(|error| match error {
            Symphonia::Unsupported(_) if params.codec == CODEC_ID_AAC => input::unread("this kind of AAC"),
            Symphonia::Unsupported(_) => input::unread(&names::known(params.codec)),
            other => failed(other),
        })?;
    let name = decoder.codec_info().short_name;
    Ok((Codec::Symphonia(decoder), name))
}
