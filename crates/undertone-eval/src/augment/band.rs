//! A band limit, done in the frequency domain over the whole waveform.

use realfft::RealFftPlanner;

/// Hz over which the edges of the band fall to nothing.
const EDGE: f32 = 100.0;

/// Keeps `low`…`high` Hz of a waveform at 16 kHz; the edges fall as half a cosine.
pub(super) fn limit(waveform: &[f32], low: f32, high: f32) -> Vec<f32> {
    let n = waveform.len();
    if n == 0 {
        return Vec::new();
    }
    let length = (n + 1600).next_power_of_two();
    let mut planner = RealFftPlanner::new();
    let (forward, inverse) = (planner.plan_fft_forward(length), planner.plan_fft_inverse(length));
    let (mut time, mut spectrum) = (forward.make_input_vec(), forward.make_output_vec());
    time[..n].copy_from_slice(waveform);
    // The lengths are the plans' own, so the transforms cannot fail.
    let mut done = forward.process(&mut time, &mut spectrum).is_ok();
    for (bin, value) in spectrum.iter_mut().enumerate() {
        let hz = bin as f32 * 16_000.0 / length as f32;
        let inside = ((hz - low) / EDGE + 1.0).min((high - hz) / EDGE + 1.0).clamp(0.0, 1.0);
        *value *= (0.5 - 0.5 * (std::f32::consts::PI * inside).cos()) / length as f32;
    }
    done &= inverse.process(&mut spectrum, &mut time).is_ok();
    debug_assert!(done);
    time.truncate(n);
    time
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_outside_the_band_is_gone() {
        let tone = |hz: f32| -> Vec<f32> {
            (0..16_000).map(|i| (i as f32 * hz * std::f32::consts::TAU / 16_000.0).sin()).collect()
        };
        let kept = |hz: f32| {
            let power = |x: &[f32]| x.iter().map(|x| x * x).sum::<f32>();
            10.0 * (power(&limit(&tone(hz), 300.0, 3400.0)) / 8000.0).log10()
        };
        assert!(kept(1000.0) > -0.1 && kept(3300.0) > -0.5);
        assert!(kept(100.0) < -30.0 && kept(4000.0) < -30.0);
    }
}
