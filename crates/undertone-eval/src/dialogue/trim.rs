//! Where a clip's speech lies: corpus clips have silence at both ends.

use std::ops::Range;

/// Samples of one frame: 20 ms at 16 kHz.
const FRAME: usize = 320;
/// Frames further below the loudest one are no speech …
const BELOW_DB: f32 = 30.0;
/// … nor are those that rise less than this above the quietest twentieth of the clip, its background …
const ABOVE_DB: f32 = 9.0;
/// … but those within this of the loudest always are: a clip may be speech throughout.
const SURE_DB: f32 = 18.0;
/// So many loud frames in a row are speech; fewer are a click.
const RUN: usize = 3;

/// The samples (16 kHz) from the first to the last run of 60 ms of loud frames (20 ms); none where there is no such run. Loud is
/// what lies within 30 dB of the loudest frame, and 9 dB above the clip's background (but no more than 18 dB below the loudest
/// is asked for).
///
/// By energy and not by the speech detector: the detector is a part of what the dialogues measure, and a truth made by it would
/// forgive its mistakes.
pub(super) fn speech(samples: &[f32]) -> Option<Range<usize>> {
    let power = |frame: &[f32]| frame.iter().map(|x| x * x).sum::<f32>() / frame.len() as f32;
    let powers: Vec<f32> = samples.chunks(FRAME).map(power).collect();
    let mut sorted = powers.clone();
    sorted.sort_by(f32::total_cmp);
    let (background, loudest) = (*sorted.get(sorted.len() / 20)?, *sorted.last()?);
    let ratio = |db: f32| 10f32.powf(db / 10.0);
    let threshold =
        (loudest * ratio(-BELOW_DB)).max((background * ratio(ABOVE_DB)).min(loudest * ratio(-SURE_DB)));
    let loud = |run: &[f32]| run.iter().all(|&power| power > 0.0 && power >= threshold);
    let first = powers.windows(RUN).position(loud)?;
    let last = powers.windows(RUN).rposition(loud)? + RUN;
    Some(first * FRAME..(last * FRAME).min(samples.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_and_clicks_at_both_ends_are_left_out() {
        let tone =
            |n: usize, level: f32| -> Vec<f32> { (0..n).map(|i| level * (i as f32 * 0.2).sin()).collect() };
        let clip = [tone(3200, 0.001), vec![0.3; 320], tone(3200, 0.001), tone(6400, 0.5), tone(640, 0.001)]
            .concat();
        assert_eq!(speech(&clip), Some(6720..13_120));
    }

    #[test]
    fn a_loud_background_is_left_out_too() {
        let noise = |n: usize, level: f32| -> Vec<f32> {
            (0..n).map(|i| level * ((i * i % 97) as f32 / 48.5 - 1.0)).collect()
        };
        let clip = [noise(3200, 0.05), noise(6400, 0.5), noise(3200, 0.05)].concat();
        assert_eq!(speech(&clip), Some(3200..9600));
    }

    #[test]
    fn silence_has_no_speech_and_speech_throughout_is_kept_whole() {
        assert_eq!((speech(&[]), speech(&[0.0; 16_000])), (None, None));
        assert_eq!(speech(&[0.5; 1000]), Some(0..1000));
    }
}
