//! An encoder of others with what is said of it: a waveform of any length → its hidden layers side by side, every 40 ms.
//!
//! What is longer than one run takes is cut into pieces of one length that overlap; of each only its middle is kept, so that no frame that
//! is kept lies at a cut, and every second is run once but for the overlap.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use super::encoder_spec::{EncoderSpec, Normalisation};
use super::metadata::EncoderUsed;
use super::onnx::{EncoderNetwork, Worker};
use super::{sha256, unharmed};
use crate::error::{Error, Result};
use crate::features::{Frames, HOP, frame_count};
use crate::units::{SampleRate, Seconds};

/// Samples in one of a model's frames.
const FRAME: usize = 4 * HOP;
/// Frames that a piece reads beyond what is kept of it, on either side: 0.64 s.
const OVERLAP: usize = 16;
/// Longest piece, in frames, whatever one run takes: 15 s. Time and memory of attention grow with its square.
const LONGEST: usize = 375;
/// Shorter waveforms are followed by silence.
const SHORTEST: usize = 1600;
/// Values of each layer in a probe.
const PROBED: usize = 16;

/// A loaded encoder.
pub struct Encoder {
    spec: EncoderSpec,
    network: EncoderNetwork,
    probe: Vec<f32>,
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder").field("spec", &self.spec).finish_non_exhaustive()
    }
}

impl Encoder {
    /// Loads the encoder in a folder, which `model.toml` describes, and tries it on a second of sound.
    ///
    /// # Errors
    /// `Io` where a file is missing; `Model` where the description is damaged or asks for what cannot be run, the file is not the one
    /// described, or it does not give what is described.
    pub fn open(folder: &Path) -> Result<Encoder> {
        let spec = EncoderSpec::describe(folder)?;
        let file = spec.onnx(folder);
        let bytes = std::fs::read(&file).map_err(|error| Error::from(error).at(&file))?;
        Encoder::from_bytes(spec, bytes).map_err(|error| error.at(&file))
    }

    /// An encoder in memory.
    ///
    /// # Errors
    /// As [`Encoder::open`].
    pub fn from_bytes(spec: EncoderSpec, bytes: Vec<u8>) -> Result<Encoder> {
        spec.check_usable()?;
        spec.check_file(&sha256(&bytes))?;
        unharmed(|| {
            let network = EncoderNetwork::load(bytes, &spec)?;
            let mut encoder = Encoder { spec, network, probe: Vec::new() };
            encoder.probe = encoder.tried()?;
            Ok(encoder)
        })
    }

    /// What is said of it.
    pub fn spec(&self) -> &EncoderSpec {
        &self.spec
    }

    /// What it makes of a fixed sound: 16 values of each layer, their means over one second. They tell encoders apart, whatever
    /// the precision of their weights.
    pub fn probe(&self) -> &[f32] {
        &self.probe
    }

    /// How a head refers to it.
    pub fn used(&self) -> EncoderUsed {
        let EncoderSpec { name, layers, widths, frame_seconds, sha256, .. } = self.spec.clone();
        let probe = self.probe.clone();
        let frame_seconds = Seconds(frame_seconds.unwrap_or_default());
        EncoderUsed { name, layers, widths, frame_seconds, sha256, probe }
    }

    /// Its hidden layers side by side, every 40 ms (means of its own frames within these): as many frames as a model has of such a
    /// waveform at 16 kHz.
    ///
    /// # Errors
    /// `Model` where it refuses its input, or answers with values that are not finite.
    pub fn frames(&self, waveform: &[f32]) -> Result<Frames> {
        self.frames_on(waveform, None)
    }

    /// [`Encoder::frames`], run by a worker.
    pub(crate) fn frames_on(&self, waveform: &[f32], by: Option<&Worker>) -> Result<Frames> {
        let count = frame_count(waveform.len()).div_ceil(4);
        let mut waveform = waveform.to_vec();
        waveform.resize(waveform.len().max(SHORTEST), 0.0);
        if self.spec.normalisation == Normalisation::ZeroMeanUnitVariance {
            normalise(&mut waveform);
        }
        let width = self.spec.width();
        let mut frames = Vec::with_capacity(count * width);
        let longest = (self.spec.longest_seconds * f64::from(SampleRate::MODEL.0)) as usize / FRAME;
        for Piece { read, keep } in pieces(count, longest.min(LONGEST)) {
            let end = if read.end == count { waveform.len() } else { read.end * FRAME };
            let samples = read.start * FRAME..end;
            let skip = keep.start - read.start;
            let rows = self.piece(&waveform[samples], by)?;
            for at in skip..skip + keep.len() {
                // There is a sample less than a frame needs where the waveform ends: the last frame stands for it.
                let row = rows.rows().nth(at.min(rows.len() - 1)).unwrap_or_default();
                frames.extend_from_slice(row);
            }
        }
        Ok(Frames::of_rows(frames, width))
    }

    /// Runs one piece: at least one frame.
    fn piece(&self, waveform: &[f32], by: Option<&Worker>) -> Result<Frames> {
        let layers = self.network.run(waveform, by)?;
        let (group, width) = (self.spec.frames_a_frame(), self.spec.width());
        let there = layers.iter().map(|(values, width)| values.len() / (*width).max(1)).min().unwrap_or(0);
        for ((name, &expected), (values, found)) in
            self.spec.layers.iter().zip(&self.spec.widths).zip(&layers)
        {
            if *found != expected || there == 0 {
                return Err(Error::model(format!(
                    "its layer '{name}' has {there} frames of {found} values, expected some of {expected}, as model.toml says"
                )));
            }
            if !values.iter().all(|x| x.is_finite()) {
                return Err(Error::model(format!(
                    "its layer '{name}' has values that are not numbers: its weights are damaged, or half precision is too little \
                     for them; import it in single precision"
                )));
            }
        }
        let mut frames = vec![0.0; there.div_ceil(group) * width];
        let mut from = 0;
        for (values, own) in &layers {
            for (frame, rows) in frames.chunks_exact_mut(width).zip(values[..there * own].chunks(group * own))
            {
                let share = *own as f32 / rows.len() as f32;
                for row in rows.chunks_exact(*own) {
                    frame[from..from + own].iter_mut().zip(row).for_each(|(sum, x)| *sum += share * x);
                }
            }
            from += own;
        }
        Ok(Frames::of_rows(frames, width))
    }

    /// Hears a second of a fixed sound; gives the probe.
    fn tried(&self) -> Result<Vec<f32>> {
        let wave =
            |hz: f32, at: usize| (at as f32 / SampleRate::MODEL.0 as f32 * hz * std::f32::consts::TAU).sin();
        let sound: Vec<f32> = (0..SampleRate::MODEL.0 as usize)
            .map(|at| 0.1 * [180.0, 540.0, 1270.0, 2900.0].iter().map(|&hz| wave(hz, at)).sum::<f32>())
            .collect();
        let worker = Worker::new();
        let frames = self.piece(&sound, Some(&worker))?;
        let (found, expected) = (frames.len(), sound.len() / FRAME);
        if found.abs_diff(expected) > 1 {
            return Err(Error::model(format!(
                "of a second it makes {found} frames of 40 ms, expected {expected}: frame_seconds in model.toml is not its own"
            )));
        }
        let mut probe = Vec::new();
        let mut from = 0;
        for &own in &self.spec.widths {
            let probed = (0..PROBED.min(own)).map(|i| from + i * own / PROBED.min(own));
            probe.extend(
                probed.map(|column| frames.rows().map(|row| row[column]).sum::<f32>() / found as f32),
            );
            from += own;
        }
        Ok(probe)
    }

    /// Whether a head was trained over it.
    ///
    /// # Errors
    /// `Model`, saying what differs.
    pub(super) fn check_used(&self, used: &EncoderUsed) -> Result<()> {
        let EncoderSpec { name, layers, widths, frame_seconds, .. } = &self.spec;
        let fetch = format!("fetch that (undertone model pull {})", used.name);
        if (&used.layers, &used.widths) != (layers, widths)
            || (used.frame_seconds.0 - frame_seconds.unwrap_or_default()).abs() > 1e-9
        {
            return Err(Error::model(format!(
                "it is a head over {} of '{}' ({:?} values); the encoder '{name}' gives {} ({widths:?} values); {fetch}",
                used.layers.join(", "),
                used.name,
                used.widths,
                layers.join(", ")
            )));
        }
        let near = |(a, b): (&f32, &f32)| (a - b).abs() <= 0.05 * (1.0 + b.abs());
        if used.probe.len() != self.probe.len() || !self.probe.iter().zip(&used.probe).all(near) {
            return Err(Error::model(format!(
                "it is a head over '{}' with SHA-256 {}; the encoder '{name}' answers otherwise; {fetch}",
                used.name, used.sha256
            )));
        }
        Ok(())
    }
}

/// Subtracts the mean, divides by the deviation.
fn normalise(waveform: &mut [f32]) {
    let count = waveform.len() as f64;
    let mean = waveform.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
    let variance = waveform.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / count;
    let scale = 1.0 / (variance + 1e-7).sqrt();
    waveform.iter_mut().for_each(|x| *x = ((f64::from(*x) - mean) * scale) as f32);
}

/// A part of a waveform that is run at once, in frames: what is read, and what is kept of it.
#[derive(Debug, PartialEq)]
struct Piece {
    read: Range<usize>,
    keep: Range<usize>,
}

/// Cuts `count` frames into pieces that read at most `longest`, all of about one length.
fn pieces(count: usize, longest: usize) -> Vec<Piece> {
    if count <= longest {
        return vec![Piece { read: 0..count, keep: 0..count }];
    }
    let many = count.div_ceil(longest - 2 * OVERLAP - 1);
    let cut = |at: usize| at * count / many;
    let piece = |at: usize| {
        let keep = cut(at)..cut(at + 1);
        Piece { read: keep.start.saturating_sub(OVERLAP)..(keep.end + OVERLAP).min(count), keep }
    };
    (0..many).map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_keep_every_frame_once_and_read_no_more_than_one_run_takes() {
        for (count, longest) in [(1, 100), (100, 100), (101, 100), (350, 100), (90_000, 375), (1501, 375)] {
            let pieces = pieces(count, longest);
            let mut next = 0;
            for Piece { read, keep } in &pieces {
                assert_eq!(keep.start, next);
                assert!(read.len() <= longest && read.start <= keep.start && keep.end <= read.end);
                let inner = [
                    read.start == 0 || keep.start - read.start == OVERLAP,
                    read.end == count || read.end - keep.end == OVERLAP,
                ];
                assert_eq!(inner, [true; 2], "{read:?} {keep:?}");
                next = keep.end;
            }
            assert_eq!(next, count);
        }
    }

    #[test]
    fn a_normalised_waveform_has_mean_0_and_deviation_1_and_silence_stays_silence() {
        let mut waveform: Vec<f32> = (0..1000).map(|at| 3.0 + (at as f32).sin()).collect();
        normalise(&mut waveform);
        let mean = waveform.iter().sum::<f32>() / 1000.0;
        let square = waveform.iter().map(|x| x * x).sum::<f32>() / 1000.0;
        assert!(mean.abs() < 1e-4 && (square - 1.0).abs() < 1e-3, "{mean} {square}");
        let mut silence = vec![0.0; 100];
        normalise(&mut silence);
        assert_eq!(silence, vec![0.0; 100]);
    }
}
