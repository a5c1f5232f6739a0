//! Samples → the frames that both halves of a bank read: what one filter sees at a time, row after row.

use burn::prelude::*;
use undertone::features::{HOP, log_mel, pitch_view};

/// Samples that the first frame reaches over before the one it is centred on.
pub const BEFORE: usize = pitch_view::DECIMATION * pitch_view::WINDOW / 2 + pitch_view::TAPS / 2;
/// Value of one step of a stored sample.
const STEP: f32 = 1.0 / 32_768.0;

/// Samples that so many frames reach over.
fn reach(frames: usize) -> usize {
    (frames - 1) * HOP + pitch_view::DECIMATION * (pitch_view::WINDOW - 1) + pitch_view::TAPS
}

/// The frames of one waveform.
#[derive(Clone, Debug)]
pub struct Cut {
    /// `[frames, 400]`: 25 ms each.
    short: Vec<f32>,
    /// `[frames, 256]`: 64 ms each of the signal decimated to 4 kHz as the pitch view's is.
    long: Vec<f32>,
}

impl Cut {
    /// Cuts `frames` frames, 10 ms apart, the first centred on sample 160·`start`; each is times `gain`. Samples outside the
    /// waveform (16 kHz) are 0. (At a clip's two ends the decimated signal goes on as far as its low-pass rings; the built-in
    /// pitch view stops there. A file made of a network with a bank goes on too.)
    pub fn new(samples: &[i16], start: usize, frames: usize, gain: f32) -> Cut {
        let mut span = vec![0.0; reach(frames.max(1))];
        let skip = BEFORE.saturating_sub(start * HOP);
        let from = (start * HOP).saturating_sub(BEFORE).min(samples.len());
        for (value, &sample) in span[skip..].iter_mut().zip(&samples[from..]) {
            *value = f32::from(sample) * STEP * gain;
        }
        let low = pitch_view::decimate(&span, &pitch_view::taps());
        // The low-pass is centred on a sample: the first ones reach out of the span.
        let first = pitch_view::TAPS / 2 / pitch_view::DECIMATION;
        let cut = |signal: &[f32], first: usize, hop: usize, width: usize| {
            let mut rows = Vec::with_capacity(frames * width);
            (0..frames).for_each(|i| rows.extend_from_slice(&signal[first + i * hop..][..width]));
            rows
        };
        Cut {
            short: cut(&span, BEFORE - log_mel::WINDOW / 2, HOP, log_mel::WINDOW),
            long: cut(&low, first, HOP / pitch_view::DECIMATION, pitch_view::WINDOW),
        }
    }
}

/// The frames of a minibatch.
#[derive(Clone, Debug)]
pub struct Frames {
    /// `[batch · frames, 400]`.
    pub short: Tensor<2>,
    /// `[batch · frames, 256]`.
    pub long: Tensor<2>,
    /// Waveforms in it, all of the same number of frames.
    pub batch: usize,
}

impl Frames {
    /// Puts cuts of the same length together.
    pub fn stack(cuts: Vec<Cut>, device: &Device) -> Frames {
        let gather = |part: fn(&Cut) -> &Vec<f32>, width: usize| {
            let rows: usize = cuts.iter().map(|cut| part(cut).len() / width).sum();
            let mut values = Vec::with_capacity(rows * width);
            cuts.iter().for_each(|cut| values.extend_from_slice(part(cut)));
            Tensor::from_data(TensorData::new(values, [rows, width]), device)
        };
        Frames {
            short: gather(|cut| &cut.short, log_mel::WINDOW),
            long: gather(|cut| &cut.long, pitch_view::WINDOW),
            batch: cuts.len(),
        }
    }
}
