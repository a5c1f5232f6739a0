//! Samples → frames: the two views of the spectrogram that the network reads, and classical prosody beside them.

mod exponential;
mod filter;
mod frames;
pub mod functionals;
mod lanes;
pub mod log_mel;
mod modulation;
pub mod pitch_view;
pub mod prosody;
mod texture;

pub(crate) use exponential::exp;
pub use frames::Frames;
use log_mel::LogMel;
pub use modulation::{Modulation, Modulations};
use pitch_view::PitchView;
pub use texture::MEASURES;

/// Samples between two frames of a spectrogram at 16 kHz: 10 ms.
pub const HOP: usize = 160;
/// Values in one frame of a spectrogram: 64 log-mel bands, then 64 of the pitch view.
pub const ROWS: usize = log_mel::BANDS + pitch_view::BANDS;

/// Frames in the spectrogram of `samples` samples: one every 10 ms, the first centred on the first sample.
pub fn frame_count(samples: usize) -> usize {
    samples / HOP + 1
}

/// Computes spectrograms; holds the plans, windows and scratch of both views, so make one a thread and keep it.
pub struct Spectrogram {
    log_mel: LogMel,
    pitch_view: PitchView,
}

impl Default for Spectrogram {
    fn default() -> Self {
        Spectrogram { log_mel: LogMel::new(), pitch_view: PitchView::new() }
    }
}

impl std::fmt::Debug for Spectrogram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spectrogram").finish_non_exhaustive()
    }
}

impl Spectrogram {
    /// The spectrogram of a waveform at 16 kHz: `[frame_count(samples), 128]`, natural logarithms of powers (64 log-mel
    /// bands, then 64 bands of the pitch view). Samples outside the waveform count as 0; an empty one gives one frame.
    ///
    /// ```
    /// let tone: Vec<f32> = (0..16_000).map(|i| 0.5 * (i as f32 * 0.1).sin()).collect();
    /// let frames = undertone::features::Spectrogram::default().compute(&tone);
    /// assert_eq!((frames.len(), frames.width()), (101, 128));
    /// ```
    pub fn compute(&mut self, waveform: &[f32]) -> Frames {
        let mut data = vec![0.0; frame_count(waveform.len()) * ROWS];
        self.log_mel.compute(waveform, &mut data, ROWS);
        self.pitch_view.compute(waveform, &mut data[log_mel::BANDS..], ROWS);
        Frames::of_rows(data, ROWS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    fn voice(n: usize) -> Vec<f32> {
        let wave = |i: usize, hz: f64| (2.0 * PI * hz * i as f64 / 16_000.0).sin();
        let sample = |i| (0.3 * wave(i, 200.0) + 0.2 * wave(i, 400.0) + 0.1 * wave(i, 2500.0)) as f32;
        (0..n).map(sample).collect()
    }

    /// Power of one bin by the sum that defines it.
    fn bin_power(signal: &dyn Fn(isize) -> f64, start: isize, window: &[f32], fft: usize, bin: usize) -> f64 {
        let (mut re, mut im) = (0.0, 0.0);
        for (n, &w) in window.iter().enumerate() {
            let x = signal(start + n as isize) * f64::from(w);
            let turn = 2.0 * PI * (bin * n) as f64 / fft as f64;
            re += x * turn.cos();
            im -= x * turn.sin();
        }
        re * re + im * im
    }

    #[test]
    fn both_views_equal_their_definition() {
        let wave = voice(3000);
        let at = |i: isize| usize::try_from(i).ok().and_then(|i| wave.get(i)).map_or(0.0, |&x| f64::from(x));
        let low = |m: isize| -> f64 {
            let taps = pitch_view::taps();
            if !(0..=3000 / 4).contains(&m) {
                return 0.0;
            }
            (0..33).map(|k| f64::from(taps[k]) * at(4 * m + k as isize - 16)).sum()
        };
        let frames = Spectrogram::default().compute(&wave);
        assert_eq!(frames.len(), 3000 / 160 + 1);
        for (frame, band) in [(0, 3), (5, 10), (9, 40), (18, 63)] {
            let row: Vec<f32> = frames.rows().nth(frame).map(<[f32]>::to_vec).unwrap_or_default();
            let mel: f64 = (0..257)
                .map(|bin| {
                    let start = 160 * frame as isize - 200;
                    f64::from(log_mel::weight(band, bin))
                        * bin_power(&at, start, &log_mel::window(), 512, bin)
                })
                .sum();
            assert!((f64::from(row[band]) - (mel + 1e-6).ln()).abs() < 1e-3, "log-mel {frame} {band}");
            let pitch: f64 = (0..258)
                .map(|bin| {
                    let start = 40 * frame as isize - 128;
                    let power = bin_power(&low, start, &pitch_view::window(), 1024, bin);
                    16.0 * f64::from(pitch_view::weight(band, bin)) * power
                })
                .sum();
            let got = f64::from(row[64 + band]);
            assert!(
                (got - (pitch + 1e-6).ln()).abs() < 1e-3,
                "pitch {frame} {band}: {got} {}",
                (pitch + 1e-6).ln()
            );
        }
    }

    #[test]
    fn a_tone_lights_the_bands_around_it() {
        let wave: Vec<f32> =
            (0..16_000).map(|i| (2.0 * PI * 220.0 * i as f64 / 16_000.0).sin() as f32).collect();
        let frames = Spectrogram::default().compute(&wave);
        let row = frames.rows().nth(50).map(<[f32]>::to_vec).unwrap_or_default();
        let loudest = (64..128).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap_or(0) - 64;
        let centre = 60.0 * (1000.0f64 / 60.0).powf((loudest + 1) as f64 / 65.0);
        assert!((centre / 220.0 - 1.0).abs() < 0.03, "{centre}");
    }

    #[test]
    fn any_length_gives_a_frame_every_ten_milliseconds() {
        let mut spectrogram = Spectrogram::default();
        for n in [0, 1, 159, 160, 401, 1601] {
            let frames = spectrogram.compute(&voice(n));
            assert_eq!(frames.len(), n / 160 + 1, "{n} samples");
            assert!(frames.data().iter().all(|x| x.is_finite()));
        }
    }
}
