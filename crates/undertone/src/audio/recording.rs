//! An open recording: samples at 16 kHz, chunk after chunk, whatever it was found as.

use super::channels::{self, Channels, clean, sound};
use super::clipping::Clipping;
use super::decode::{Block, Decoder};
use super::gaps::Gaps;
use super::pair::Pair;
use super::resample::Resample;
use super::source::{Again, Source};
use crate::error::{Error, ErrorKind, Result, Warning, WarningCode};
use crate::units::{SampleRate, Seconds};

/// How to open a recording.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// What becomes of several channels.
    pub channels: Channels,
    /// Which audio track, counted from 0; the container's default track where not given.
    pub track: Option<usize>,
    /// Decode by an installed ffmpeg instead.
    pub ffmpeg: bool,
    /// Decode by an installed ffmpeg what is not read here, and warn that it did.
    pub ffmpeg_fallback: bool,
}

/// What is known of a recording before it is decoded.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Info {
    /// The container's short name: `wave`, `ogg`, `isomp4`, …
    pub container: &'static str,
    /// The codec's short name: `flac`, `opus`, …
    pub codec: &'static str,
    /// The rate it is stored at.
    pub rate: SampleRate,
    /// The channels it is stored with.
    pub channels: usize,
    /// How long it claims to be, if it says.
    pub duration: Option<Seconds>,
}

/// About a quarter of a second of samples at 16 kHz, nominal −1…1: one vector a channel, all of one length.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Chunk {
    /// Samples channel by channel; never empty, the vectors may be.
    pub channels: Vec<Vec<f32>>,
}

/// An open recording.
pub struct Recording {
    decoder: Decoder,
    resample: Resample,
    /// The rate of the samples that go into it.
    rate: SampleRate,
    info: Info,
    clipping: Clipping,
    gaps: Gaps,
    /// The two channels that are averaged.
    pair: Pair,
    split: bool,
    warnings: Vec<Warning>,
    /// Changes of the rate, and the last of them.
    changes: u64,
    change: Option<(SampleRate, SampleRate)>,
    replaced: u64,
    /// Sound decoded so far, without the silence of gaps.
    sound: Seconds,
    silence: u64,
    pending: Option<Block>,
    done: bool,
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recording").field("info", &self.info).finish_non_exhaustive()
    }
}

impl Recording {
    /// Opens a recording and finds its audio track.
    ///
    /// # Errors
    /// `Io` where it cannot be read, `Unsupported` for known formats that are not read here (the message says how to
    /// convert them), `Malformed` for anything else, `TooLarge` beyond 32 channels or outside 1–768 kHz.
    pub fn open(source: impl Into<Source>, options: &Options) -> Result<Recording> {
        let source = source.into();
        let path = source.path().map(std::path::Path::to_path_buf);
        let opened = Recording::opened(source, options);
        match path {
            Some(path) => opened.map_err(|error| error.at(path)),
            None => opened,
        }
    }

    fn opened(source: Source, options: &Options) -> Result<Recording> {
        if options.ffmpeg {
            let (_, again) = source.open_twice()?;
            return Recording::of(by_ffmpeg(again, options.track)?, options);
        }
        if !options.ffmpeg_fallback {
            return Recording::of(Decoder::open(source.open()?, options.track)?, options);
        }
        let (opened, again) = source.open_twice()?;
        let here = Decoder::open(opened, options.track);
        let what = match &here {
            Ok(decoder) if decoder.partial() => "half the band of HE-AAC".to_owned(),
            Ok(_) => {
                again.forget();
                return Recording::of(here?, options);
            }
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                error.message().split(" is not read here").next().unwrap_or_default().to_owned()
            }
            Err(_) => return Recording::of(here?, options),
        };
        match by_ffmpeg(again, options.track) {
            Err(_) => Recording::of(here?, options),
            Ok(decoder) => {
                let mut recording = Recording::of(decoder, options)?;
                let message = format!("ffmpeg decoded it, since {what} is not read here");
                recording.warnings.push(Warning::new(WarningCode::Ffmpeg, message));
                Ok(recording)
            }
        }
    }

    fn of(decoder: Decoder, options: &Options) -> Result<Recording> {
        let info = decoder.info().clone();
        channels::check(info.rate, info.channels)?;
        let split = options.channels == Channels::Split;
        let channels = if split { info.channels } else { 1 };
        Ok(Recording {
            resample: Resample::new(decoder.rate(), SampleRate::MODEL, channels)?,
            rate: decoder.rate(),
            decoder,
            info,
            clipping: Clipping::default(),
            gaps: Gaps::default(),
            pair: Pair::default(),
            split,
            warnings: Vec::new(),
            changes: 0,
            change: None,
            replaced: 0,
            sound: Seconds(0.0),
            silence: 0,
            pending: None,
            done: false,
        })
    }

    /// What is known of it before it is decoded.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// Channels in every chunk.
    pub fn channels(&self) -> usize {
        if self.split { self.info.channels } else { 1 }
    }

    /// What was tolerated so far; complete once [`Recording::next_chunk`] has given `None`.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The next samples, or `None` after the last.
    ///
    /// # Errors
    /// `Malformed` where nothing at all could be decoded, `Io` where reading fails.
    pub fn next_chunk(&mut self) -> Result<Option<Chunk>> {
        if self.done {
            return Ok(None);
        }
        let mut out = vec![Vec::new(); self.channels()];
        let mut channels = out.clone();
        while channels[0].len() < self.rate.0.div_ceil(4) as usize {
            if self.silence > 0 {
                let n = self.silence.min(u64::from(self.rate.0));
                self.silence -= n;
                channels.iter_mut().for_each(|channel| channel.resize(channel.len() + n as usize, 0.0));
                continue;
            }
            match self.pending.take() {
                Some(block) if block.rate != self.rate => {
                    let before = std::mem::replace(&mut channels, vec![Vec::new(); out.len()]);
                    self.change_rate(before, &mut out, block.rate)?;
                    self.pending = Some(block);
                }
                Some(block) => self.take(&block, &mut channels),
                None => match self.decoder.next_block()? {
                    Some(block) => self.bridge(block),
                    None => {
                        self.done = true;
                        break;
                    }
                },
            }
        }
        append(&mut out, self.resample.push(channels)?);
        if self.done {
            append(&mut out, self.resample.finish(self.channels())?);
            self.finish()?;
        }
        Ok(Some(Chunk { channels: out }))
    }

    /// Ends resampling from the rate so far and begins anew from another.
    fn change_rate(&mut self, before: Vec<Vec<f32>>, out: &mut [Vec<f32>], rate: SampleRate) -> Result<()> {
        append(out, self.resample.push(before)?);
        append(out, self.resample.finish(self.channels())?);
        (self.changes, self.change) = (self.changes + 1, Some((self.rate, rate)));
        self.resample = Resample::new(rate, SampleRate::MODEL, self.channels())?;
        self.rate = rate;
        Ok(())
    }

    /// Puts silence where the container's clock jumps ahead.
    fn bridge(&mut self, block: Block) {
        let silence = match self.sound.0 {
            0.0 => self.gaps.lead(block.gap),
            _ => self.gaps.silence(block.gap, self.sound),
        };
        self.silence = self.rate.samples(silence);
        self.pending = Some(block);
    }

    /// Averages or splits a block's channels; numbers that are none become 0 and are counted.
    fn take(&mut self, block: &Block, out: &mut [Vec<f32>]) {
        let n = block.channels;
        self.sound.0 += block.rate.seconds((block.samples.len() / n) as u64).0;
        self.clipping.push(&block.samples, n);
        self.replaced += block.samples.iter().filter(|&&x| !sound(x)).count() as u64;
        let frames = block.samples.chunks_exact(n);
        let mean = |frame: &[f32]| frame.iter().map(|&x| clean(x)).sum::<f32>() / n as f32;
        if self.split && n == out.len() {
            for (number, out) in out.iter_mut().enumerate() {
                out.extend(frames.clone().map(|frame| clean(frame[number])));
            }
        } else if self.split {
            // The channels change on the way: every one hears all of what is new.
            out.iter_mut().for_each(|out| out.extend(frames.clone().map(mean)));
        } else if n == 1 {
            out[0].extend(block.samples.iter().map(|&x| clean(x)));
        } else {
            if n == 2 {
                self.pair.push(&block.samples);
            }
            out[0].extend(frames.map(mean));
        }
    }

    fn finish(&mut self) -> Result<()> {
        let damage = self.decoder.damage();
        if self.sound.0 == 0.0 {
            let message = if damage.skipped > 0 || damage.truncated {
                "nothing in it could be decoded: it is damaged or cut off; try another copy"
            } else {
                "it holds no samples"
            };
            return Err(Error::malformed(message));
        }
        if damage.skipped > 0 {
            let message = format!("{} damaged packets were skipped", damage.skipped);
            self.warnings.push(Warning::new(WarningCode::Damaged, message));
        }
        if damage.truncated {
            let message = "the file ends too early; what could be decoded was analysed";
            self.warnings.push(Warning::new(WarningCode::Truncated, message));
        }
        if let Some((from, to)) = self.change {
            let message = match self.changes {
                1 => format!("the rate changes from {from} to {to} on the way; both parts were analysed"),
                n => format!("the rate changes {n} times on the way, last to {to}; all parts were analysed"),
            };
            self.warnings.push(Warning::new(WarningCode::RateChange, message));
        }
        if let Some(scale) = self.decoder.unscaled() {
            let message = format!("its samples are no fractions of 1 and were divided by {scale}");
            self.warnings.push(Warning::new(WarningCode::Unscaled, message));
        }
        if self.replaced > 0 {
            let message = format!("{} samples were not numbers and count as 0", self.replaced);
            self.warnings.push(Warning::new(WarningCode::NotFinite, message));
        }
        self.warnings.extend(self.gaps.warnings());
        self.warnings.extend(self.pair.warning());
        self.warnings.extend(self.clipping.warning());
        Ok(())
    }
}

#[cfg(feature = "ffmpeg")]
fn by_ffmpeg(again: Again, track: Option<usize>) -> Result<Decoder> {
    Decoder::open(super::ffmpeg::through(again, track)?.open()?, None)
}

#[cfg(not(feature = "ffmpeg"))]
fn by_ffmpeg(again: Again, _: Option<usize>) -> Result<Decoder> {
    drop(again.reader());
    Err(Error::config("decoding by ffmpeg is not built in (feature `ffmpeg`)"))
}

fn append(out: &mut [Vec<f32>], more: Vec<Vec<f32>>) {
    out.iter_mut().zip(more).for_each(|(out, more)| out.extend(more));
}
