//! Predictions of the same clips before and after → figures, and whether they differ by more than chance.

use undertone_eval::metrics::{Figure, best, interval, uar};
use undertone_eval::predict::Prediction;

/// Seed of the bootstrap.
const SEED: u64 = 0;

/// Predictions of the same clips in the same order, before and after.
pub(super) type Both<'a> = [&'a [Prediction]; 2];

/// UAR before, after, and the difference.
pub(super) fn figures(both: Both<'_>) -> [Figure; 3] {
    let [before, after] = both.map(|rows| figure(rows, |drawn| uar_of(rows, drawn)));
    [before, after, difference(&[both])]
}

/// How much UAR rose, on average over conditions.
pub(super) fn difference(conditions: &[Both<'_>]) -> Figure {
    let rows = conditions.first().map_or(&[][..], |both| both[0]);
    figure(rows, |drawn| {
        let rise = |[before, after]: &Both<'_>| uar_of(after, drawn) - uar_of(before, drawn);
        conditions.iter().map(rise).sum::<f64>() / conditions.len().max(1) as f64
    })
}

fn uar_of(rows: &[Prediction], drawn: &[usize]) -> f64 {
    let truth: Vec<usize> = drawn.iter().map(|&row| rows[row].truth as usize).collect();
    let predicted: Vec<usize> = drawn.iter().map(|&row| best(&rows[row].posterior)).collect();
    uar(&truth, &predicted)
}

/// A figure with the wider end of two intervals each: over speakers, and over clips. Of few speakers there are few different draws, and
/// their interval alone would be too narrow.
fn figure(rows: &[Prediction], value: impl Fn(&[usize]) -> f64) -> Figure {
    let speakers: Vec<&str> = rows.iter().map(|row| row.speaker.as_str()).collect();
    let clips: Vec<String> = (0..rows.len()).map(|row| row.to_string()).collect();
    let clips: Vec<&str> = clips.iter().map(String::as_str).collect();
    let [over_speakers, over_clips] = [speakers, clips].map(|units| interval(&units, SEED, &value));
    let all: Vec<usize> = (0..rows.len()).collect();
    Figure {
        value: value(&all),
        interval: [over_speakers[0].min(over_clips[0]), over_speakers[1].max(over_clips[1])],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone::Emotion;

    /// Clips of three speakers, of which every `wrong`-th is taken for another class.
    fn rows(wrong: usize) -> Vec<Prediction> {
        let of = |at: usize| {
            let truth = [Emotion::Neutral, Emotion::Angry][at % 2];
            let other = [Emotion::Angry, Emotion::Neutral][at % 2];
            let mut posterior = [0.0; Emotion::ALL.len()];
            posterior[if (at / 2).is_multiple_of(wrong) { other } else { truth } as usize] = 1.0;
            let (protocol, fold) = ("mine".to_string(), "1".to_string());
            Prediction {
                protocol,
                fold,
                clip: at.to_string(),
                draw: None,
                speaker: (at % 3).to_string(),
                truth,
                posterior,
                agreement: None,
            }
        };
        (0..60).map(of).collect()
    }

    #[test]
    fn a_large_rise_leaves_out_0_and_none_does_not() {
        let [poor, good] = [rows(2), rows(10)];
        let [before, after, rise] = figures([&poor, &good]);
        assert!((before.value - 0.5).abs() < 1e-9 && (after.value - 0.9).abs() < 1e-9);
        assert!((rise.value - 0.4).abs() < 1e-9 && rise.interval[0] > 0.0, "{rise:?}");
        let none = difference(&[[&poor, &poor], [&good, &good]]);
        assert_eq!((none.value, none.interval), (0.0, [0.0, 0.0]));
        let half = difference(&[[&poor, &good], [&good, &good]]);
        assert!((half.value - 0.2).abs() < 1e-9, "{half:?}");
        let fall = difference(&[[&good, &poor]]);
        assert!(fall.interval[1] < 0.0, "{fall:?}");
    }

    #[test]
    fn clips_widen_what_few_speakers_leave_too_narrow() {
        // Each speaker has the same share right: speakers alone would leave no doubt.
        let [_, good, _] = figures([&rows(2), &rows(10)]);
        assert!(good.interval[0] < 0.89 && good.interval[1] > 0.91, "{good:?}");
    }
}
