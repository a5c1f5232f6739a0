//! Contours over time → one vector an utterance.

use super::Frames;
use super::prosody::{VOICED, WIDTH};

/// Figures of one contour: mean, deviation, 10th, 50th and 90th percentile, mean absolute slope a second.
pub const EACH: usize = 6;
/// Values of [`of_prosody`].
pub const PROSODY: usize = EACH * WIDTH + 6;
/// Frames in a second.
const RATE: f32 = 100.0;

/// Mean, deviation, 10th, 50th and 90th percentile and mean absolute slope (per second) of a contour of 100 values a second. All 0 for an
/// empty one.
pub fn of_contour(contour: &[f32]) -> [f32; EACH] {
    if contour.is_empty() {
        return [0.0; EACH];
    }
    let n = contour.len() as f32;
    let mean = contour.iter().sum::<f32>() / n;
    let variance = contour.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / n;
    let mut sorted = contour.to_vec();
    sorted.sort_by(f32::total_cmp);
    let percentile = |q: f32| sorted[(q * (sorted.len() - 1) as f32).round() as usize];
    let steps = contour.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum::<f32>();
    let slope = RATE * steps / (n - 1.0).max(1.0);
    [mean, variance.sqrt(), percentile(0.1), percentile(0.5), percentile(0.9), slope]
}

/// Functionals of every column, one after the other.
pub fn of_frames(frames: &Frames) -> Vec<f32> {
    (0..frames.width())
        .flat_map(|column| of_contour(&frames.rows().map(|row| row[column]).collect::<Vec<_>>()))
        .collect()
}

/// Functionals of [`prosody`](super::prosody::prosody): [`of_contour`] of each of its 19 contours (pitch over voiced frames
/// alone), then jitter, shimmer, the share of voiced frames, voiced stretches a second, their mean length in seconds, and the
/// utterance's length in seconds.
///
/// Jitter is the mean relative change of the period, shimmer the mean absolute change of the level in dB, both from one voiced frame
/// to the next, 10 ms later; not, as in a phonetician's programme, from one period to the next.
pub fn of_prosody(frames: &Frames) -> Vec<f32> {
    let rows: Vec<&[f32]> = frames.rows().collect();
    let voiced: Vec<bool> = rows.iter().map(|row| row[1] >= VOICED).collect();
    let mut out = Vec::with_capacity(PROSODY);
    for column in 0..frames.width() {
        let counts = |at: &usize| column != 2 || voiced[*at];
        let contour: Vec<f32> = (0..rows.len()).filter(counts).map(|at| rows[at][column]).collect();
        out.extend(of_contour(&contour));
    }
    let (mut jitter, mut shimmer, mut pairs, mut stretches) = (0.0, 0.0, 0.0f32, 0.0f32);
    for at in 0..rows.len() {
        let follows = at > 0 && voiced[at - 1];
        stretches += f32::from(u8::from(voiced[at] && !follows));
        if voiced[at] && follows {
            let period = 2f32.powf((rows[at - 1][2] - rows[at][2]) / 12.0);
            jitter += (period - 1.0).abs();
            shimmer += (rows[at][0] - rows[at - 1][0]).abs();
            pairs += 1.0;
        }
    }
    let (seconds, all) = (rows.len() as f32 / RATE, voiced.iter().filter(|v| **v).count() as f32);
    out.extend([
        jitter / pairs.max(1.0),
        shimmer / pairs.max(1.0),
        all / rows.len().max(1) as f32,
        stretches / seconds.max(0.01),
        all / RATE / stretches.max(1.0),
        seconds,
    ]);
    out
}

#[cfg(test)]
mod tests {
    use super::super::prosody::prosody;
    use super::*;

    #[test]
    fn a_contour_is_summed_up_as_worked_out_by_hand() {
        let [mean, deviation, low, middle, high, slope] = of_contour(&[1.0, 3.0, 5.0, 7.0, 9.0]);
        assert_eq!((mean, low, middle, high), (5.0, 1.0, 5.0, 9.0));
        assert!((deviation - 8f32.sqrt()).abs() < 1e-6 && (slope - 200.0).abs() < 1e-4);
        assert_eq!(of_contour(&[]), [0.0; EACH]);
        assert_eq!(of_contour(&[2.0]), [2.0, 0.0, 2.0, 2.0, 2.0, 0.0]);
    }

    #[test]
    fn a_steady_tone_has_no_jitter_and_pauses_part_it_into_stretches() {
        let wave: Vec<f32> = (0..32_000)
            .map(|i| {
                let on = (i / 8000) % 2 == 0;
                if on { 0.4 * (i as f32 * std::f32::consts::TAU * 160.0 / 16_000.0).sin() } else { 0.0 }
            })
            .collect();
        let all = of_prosody(&prosody(&wave));
        assert_eq!(all.len(), PROSODY);
        let [jitter, _, voiced, rate, length, seconds] = all[PROSODY - 6..] else { return assert_eq!(0, 1) };
        assert!(jitter < 0.02, "{jitter}");
        assert!((voiced - 0.5).abs() < 0.06 && (rate - 1.0).abs() < 0.02, "{voiced} {rate}");
        assert!((length - 0.5).abs() < 0.06 && (seconds - 2.01).abs() < 1e-3, "{length} {seconds}");
    }
}
