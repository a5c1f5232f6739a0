//! An open recording: samples at 16 kHz, chunk after chunk, whatever it was found as.

use super::clipping::Clipping;
use super::decode::{Block, Decoder};
use super::ffmpeg;
use super::resample::Resample;
use super::source::Source;
use crate::error::{Error, ErrorKind, Result, Warning};
use crate::units::{SampleRate, Seconds};

/// What becomes of several channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Channels {
    /// One channel: their mean.
    #[default]
    Average,
    /// Each apart: agent and caller.
    Split,
}

/// How to open a recording.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// What becomes of several channels.
    pub channels: Channels,
    /// Which audio track, counted from 0; the container's default track where not given.
    pub track: Option<usize>,
    /// Decode by an installed ffmpeg instead.
    pub ffmpeg: bool,
}

/// What is known of a recording before it is decoded.
#[derive(Clone, Debug, PartialEq)]
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
pub struct Chunk {
    /// Samples channel by channel; never empty, the vectors may be.
    pub channels: Vec<Vec<f32>>,
}

/// Lowest rate read.
const LOWEST: SampleRate = SampleRate(1_000);
/// Highest rate read.
const HIGHEST: SampleRate = SampleRate(768_000);
/// Most channels read.
pub(super) const MOST_CHANNELS: usize = 32;
/// A jump of the container's clock longer than this is silence, not jitter.
const GAP: Seconds = Seconds(0.1);
/// A longer jump is a broken clock; it is told and left out.
const LONGEST_GAP: Seconds = Seconds(6.0 * 3600.0);

/// An open recording.
pub struct Recording {
    decoder: Decoder,
    resample: Resample,
    /// The rate of the samples that go into it.
    rate: SampleRate,
    info: Info,
    clipping: Clipping,
    split: bool,
    warnings: Vec<Warning>,
    replaced: u64,
    heard: u64,
    silence: u64,
    pending: Option<Block>,
    done: bool,
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
        let (source, track) = match options.ffmpeg {
            true => (ffmpeg::through(source, options.track)?, None),
            false => (source, options.track),
        };
        let decoder = Decoder::open(source.open()?, track)?;
        let info = decoder.info().clone();
        if !(LOWEST..=HIGHEST).contains(&info.rate) {
            let message = format!("a rate of {} is outside {LOWEST} to {HIGHEST}", info.rate);
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        if info.channels > MOST_CHANNELS {
            let message = format!("{} channels; at most {MOST_CHANNELS} are read", info.channels);
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        let split = options.channels == Channels::Split;
        let channels = if split { info.channels } else { 1 };
        Ok(Recording {
            resample: Resample::new(decoder.rate(), SampleRate::MODEL, channels)?,
            rate: decoder.rate(),
            decoder,
            info,
            clipping: Clipping::default(),
            split,
            warnings: Vec::new(),
            replaced: 0,
            heard: 0,
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
        self.heard += channels[0].len() as u64;
        append(&mut out, self.resample.push(channels)?);
        if self.done {
            append(&mut out, self.resample.finish(self.channels())?);
            self.finish()?;
        }
        Ok(Some(Chunk { channels: out }))
    }

    /// Ends resampling from the rate so far and begins anew from another.
    fn change_rate(&mut self, before: Vec<Vec<f32>>, out: &mut [Vec<f32>], rate: SampleRate) -> Result<()> {
        self.heard += before[0].len() as u64;
        append(out, self.resample.push(before)?);
        append(out, self.resample.finish(self.channels())?);
        let message =
            format!("the rate changes from {} to {rate} on the way; both parts were analysed", self.rate);
        self.warnings.push(Warning::new("rate_change", message));
        self.resample = Resample::new(rate, SampleRate::MODEL, self.channels())?;
        self.rate = rate;
        Ok(())
    }

    /// Puts silence where the container's clock jumps ahead.
    fn bridge(&mut self, block: Block) {
        if block.gap > LONGEST_GAP {
            let message = format!("the container's clock jumps by {}; the jump is left out", block.gap);
            self.warnings.push(Warning::new("clock", message));
        } else if block.gap > GAP {
            self.silence = self.rate.samples(block.gap);
            let message = format!("a gap of {} was kept as silence", block.gap);
            self.warnings.push(Warning::new("gap", message));
        }
        self.pending = Some(block);
    }

    /// Averages or splits a block's channels; numbers that are none become 0 and are counted.
    fn take(&mut self, block: &Block, out: &mut [Vec<f32>]) {
        let n = self.info.channels;
        self.clipping.push(&block.samples, n);
        self.replaced += block.samples.iter().filter(|&&x| !sound(x)).count() as u64;
        let frames = block.samples.chunks_exact(n);
        if self.split {
            for (number, out) in out.iter_mut().enumerate() {
                out.extend(frames.clone().map(|frame| clean(frame[number])));
            }
        } else if n == 1 {
            out[0].extend(block.samples.iter().map(|&x| clean(x)));
        } else {
            out[0].extend(frames.map(|frame| frame.iter().map(|&x| clean(x)).sum::<f32>() / n as f32));
        }
    }

    fn finish(&mut self) -> Result<()> {
        let damage = self.decoder.damage();
        if self.heard == 0 {
            let message = if damage.skipped > 0 || damage.truncated {
                "nothing in it could be decoded: it is damaged or cut off; try another copy"
            } else {
                "it holds no samples"
            };
            return Err(Error::malformed(message));
        }
        if damage.skipped > 0 {
            let message = format!("{} damaged packets were skipped", damage.skipped);
            self.warnings.push(Warning::new("damaged", message));
        }
        if damage.truncated {
            let message = "the file ends too early; what could be decoded was analysed";
            self.warnings.push(Warning::new("truncated", message));
        }
        if self.replaced > 0 {
            let message = format!("{} samples were not numbers and count as 0", self.replaced);
            self.warnings.push(Warning::new("not_finite", message));
        }
        self.warnings.extend(self.clipping.warning());
        Ok(())
    }
}

/// Whether it is a number that a sample can be.
fn sound(x: f32) -> bool {
    x.abs() < 1e6
}

fn clean(x: f32) -> f32 {
    if sound(x) { x } else { 0.0 }
}

fn append(out: &mut [Vec<f32>], more: Vec<Vec<f32>>) {
    out.iter_mut().zip(more).for_each(|(out, more)| out.extend(more));
}
