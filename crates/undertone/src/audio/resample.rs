//! Any rate → 16 kHz, as a stream, with the resampler's delay taken out and no sample lost at the end.

use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Fft, FixedSync, Indexing, Resampler, WindowFunction};

use crate::error::{Error, Result};
use crate::units::SampleRate;

/// Sample frames given to the resampler at a time, about; the longer, the steeper its filter.
const CHUNK: usize = 2048;

/// Resamples all channels of a stream together.
pub(crate) enum Resample {
    /// The rate is right already.
    Same,
    /// It is not.
    Fft(Box<Stream>),
}

pub(crate) struct Stream {
    fft: Fft<f32>,
    waiting: Vec<Vec<f32>>,
    /// Output frames still to drop: the resampler's delay.
    delay: usize,
    taken: u64,
    given: u64,
    ratio: (u64, u64),
}

impl Resample {
    pub(crate) fn new(from: SampleRate, to: SampleRate, channels: usize) -> Result<Resample> {
        if from == to {
            return Ok(Resample::Same);
        }
        let (input, output) = (from.0 as usize, to.0 as usize);
        let (chunk, window) = (chunk(input, output), WindowFunction::BlackmanHarris2);
        let fft = Fft::new_custom(input, output, chunk, 1, channels, window, FixedSync::Input).map_err(
            |error| Error::unsupported(format!("cannot resample from {from} to {to}")).because(error),
        )?;
        Ok(Resample::Fft(Box::new(Stream {
            delay: fft.output_delay(),
            fft,
            waiting: vec![Vec::new(); channels],
            taken: 0,
            given: 0,
            ratio: (u64::from(to.0), u64::from(from.0)),
        })))
    }

    /// Takes samples of every channel, gives what is ready.
    pub(crate) fn push(&mut self, channels: Vec<Vec<f32>>) -> Result<Vec<Vec<f32>>> {
        match self {
            Resample::Same => Ok(channels),
            Resample::Fft(stream) => stream.push(channels),
        }
    }

    /// What is still inside; the whole output is then ⌈input · ratio⌉ long.
    pub(crate) fn finish(&mut self, channels: usize) -> Result<Vec<Vec<f32>>> {
        match self {
            Resample::Same => Ok(vec![Vec::new(); channels]),
            Resample::Fft(stream) => stream.finish(),
        }
    }
}

/// An even number of the smallest blocks that both rates divide into: then the filter's middle falls on a sample, and its
/// delay can be taken out exactly.
fn chunk(input: usize, output: usize) -> usize {
    let (mut a, mut b) = (input, output);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    let block = input / a;
    2 * block * CHUNK.div_ceil(2 * block)
}

impl Stream {
    fn push(&mut self, channels: Vec<Vec<f32>>) -> Result<Vec<Vec<f32>>> {
        self.taken += channels[0].len() as u64;
        for (waiting, new) in self.waiting.iter_mut().zip(channels) {
            waiting.extend(new);
        }
        let mut out = vec![Vec::new(); self.waiting.len()];
        while self.waiting[0].len() >= self.fft.input_frames_next() {
            self.step(None, &mut out)?;
        }
        self.given += out[0].len() as u64;
        Ok(out)
    }

    fn finish(&mut self) -> Result<Vec<Vec<f32>>> {
        let whole = (self.taken * self.ratio.0).div_ceil(self.ratio.1);
        let mut out = vec![Vec::new(); self.waiting.len()];
        while self.given + (out[0].len() as u64) < whole {
            let left = self.waiting[0].len();
            let n = self.fft.input_frames_next();
            self.waiting.iter_mut().for_each(|waiting| waiting.resize(n, 0.0));
            self.step(Some(left), &mut out)?;
        }
        let keep = (whole - self.given) as usize;
        out.iter_mut().for_each(|channel| channel.truncate(keep));
        self.given = whole;
        Ok(out)
    }

    /// One chunk through the resampler, of which `partial` frames are real.
    fn step(&mut self, partial: Option<usize>, out: &mut [Vec<f32>]) -> Result<()> {
        let failed = |error: &dyn std::fmt::Display| Error::malformed(format!("resampling failed: {error}"));
        let (n, frames, channels) =
            (self.fft.input_frames_next(), self.fft.output_frames_next(), self.waiting.len());
        let mut ready = vec![vec![0.0; frames]; channels];
        let input = SequentialSliceOfVecs::new(&self.waiting, channels, n).map_err(|error| failed(&error))?;
        let mut output =
            SequentialSliceOfVecs::new_mut(&mut ready, channels, frames).map_err(|error| failed(&error))?;
        let indexing = partial.map(|frames| Indexing::new().partial_len(frames));
        self.fft
            .process_into_buffer(&input, &mut output, indexing.as_ref())
            .map_err(|error| failed(&error))?;
        let drop = self.delay.min(frames);
        self.delay -= drop;
        for (out, ready) in out.iter_mut().zip(ready) {
            out.extend_from_slice(&ready[drop..]);
        }
        self.waiting.iter_mut().for_each(|waiting| {
            waiting.drain(..n);
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::f64::consts::PI;

    fn tone(rate: u32, n: usize) -> Vec<f32> {
        (0..n).map(|i| (2.0 * PI * 440.0 * i as f64 / f64::from(rate)).sin() as f32).collect()
    }

    #[test]
    fn a_tone_keeps_its_place_and_the_end_is_not_lost() {
        for rate in [8_000u32, 11_025, 22_050, 44_100, 48_000, 96_000] {
            let n = rate as usize + 37;
            let mut resample = Resample::new(SampleRate(rate), SampleRate(16_000), 1).unwrap();
            let mut out = Vec::new();
            for part in tone(rate, n).chunks(777) {
                out.extend(resample.push(vec![part.to_vec()]).unwrap().remove(0));
            }
            out.extend(resample.finish(1).unwrap().remove(0));
            assert_eq!(out.len(), (n * 16_000).div_ceil(rate as usize), "{rate} Hz");
            let want = tone(16_000, out.len());
            for i in 500..out.len() - 500 {
                assert!((out[i] - want[i]).abs() < 0.01, "{rate} Hz at {i}: {} for {}", out[i], want[i]);
            }
        }
    }

    #[test]
    fn nothing_in_nothing_out_and_one_sample_is_kept() {
        let mut resample = Resample::new(SampleRate(44_100), SampleRate(16_000), 2).unwrap();
        assert_eq!(resample.finish(2).unwrap(), [Vec::<f32>::new(), Vec::new()]);
        let mut resample = Resample::new(SampleRate(44_100), SampleRate(16_000), 1).unwrap();
        resample.push(vec![vec![1.0]]).unwrap();
        assert_eq!(resample.finish(1).unwrap()[0].len(), 1);
    }
}
