//! Timelines against reference annotations: one recording's errors, and the figures of many.

use serde::{Deserialize, Serialize};

use super::{Der, Eder, Figure, FrameRecall, Stretch, der, eder, frame_recall, interval};
use crate::dialogue::Spoken;
use undertone::analysis::{Analysis, Span};
use undertone::emotion::Emotion;
use undertone::error::{Error, Result};

/// Seconds around a true start or end within which speakers are not scored, as NIST does.
pub const COLLAR: f64 = 0.25;
/// Seconds by which a truth may go beyond the recording's end: rounding.
const ROUNDING: f64 = 0.05;

/// What one recording's timeline gave.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineScore {
    /// What it is put together with: recordings of one kind.
    pub group: String,
    /// Its own name.
    pub recording: String,
    /// Emotions over the whole recording.
    pub eder: Eder,
    /// Emotions within the speech.
    pub frames: FrameRecall,
    /// Speakers; none where the timeline names none.
    pub der: Option<Der>,
}

/// The figures of a group of recordings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimelineFigures {
    /// The group.
    pub group: String,
    /// How many recordings.
    pub recordings: usize,
    /// Their length together.
    pub seconds: f64,
    /// Emotion diarization error rate, 0…1, over all recordings together; interval over recordings.
    pub eder: Figure,
    /// Its part by emotions where there are none.
    pub false_alarm: f64,
    /// Its part by missed emotions.
    pub missed: f64,
    /// Its part by emotions beside the right one.
    pub overlap: f64,
    /// Its part by wrong emotions.
    pub confusion: f64,
    /// Unweighted average recall over frames of speech, 0…1.
    pub frame_uar: Figure,
    /// Diarization error rate; none unless every timeline names speakers.
    pub der: Option<Figure>,
}

/// Scores a timeline. Channels are scored apart for emotions (errors added, the recording's length counted once), together for
/// speakers. `merge` counts one emotion as another on both sides: the probabilities are added and the largest is taken.
///
/// # Errors
/// `Config` where the truth goes beyond the recording's end or names a channel it does not have.
pub fn score_timeline(
    group: &str,
    truth: &[Spoken],
    result: &Analysis,
    merge: &[(Emotion, Emotion)],
) -> Result<TimelineScore> {
    for (number, row) in truth.iter().enumerate() {
        let row_number = number + 2;
        if row.end > result.seconds + ROUNDING {
            let (end, whole) = (row.end, result.seconds);
            let message = format!("row {row_number} ends at {end:.2} s; the recording ends at {whole:.2} s");
            return Err(Error::config(message));
        }
        if row.channel >= result.channels {
            let (channel, count) = (row.channel, result.channels);
            let message =
                format!("row {row_number} is on channel {channel}; the recording has {count}, from 0");
            return Err(Error::config(message));
        }
    }
    let (mut emotions, mut frames) = (Eder::default(), FrameRecall::default());
    for channel in 0..result.channels {
        let there: Vec<Stretch<Emotion>> =
            truth.iter().filter(|row| row.channel == channel).map(|row| meant(row, merge)).collect();
        let named: Vec<Stretch<Emotion>> = result
            .spans
            .iter()
            .filter(|span| span.channel == channel)
            .map(|span| told(span, merge))
            .collect();
        emotions += eder(&there, &named, if channel == 0 { result.seconds } else { 0.0 });
        frames += frame_recall(&there, &named);
    }
    let there: Vec<Stretch<&str>> = truth
        .iter()
        .map(|row| Stretch { start: row.start, end: row.end, what: row.speaker.as_str() })
        .collect();
    let named: Vec<Stretch<&str>> = result
        .spans
        .iter()
        .filter_map(|span| Some(Stretch { start: span.start, end: span.end, what: span.speaker.as_deref()? }))
        .collect();
    let told = named.len() == result.spans.len();
    Ok(TimelineScore {
        group: group.to_string(),
        recording: result.path.display().to_string(),
        eder: emotions,
        frames,
        der: told.then(|| der(&there, &named, COLLAR)),
    })
}

fn merged(emotion: Emotion, merge: &[(Emotion, Emotion)]) -> Emotion {
    merge.iter().fold(emotion, |emotion, &(from, to)| if emotion == from { to } else { emotion })
}

fn meant(row: &Spoken, merge: &[(Emotion, Emotion)]) -> Stretch<Emotion> {
    Stretch { start: row.start, end: row.end, what: merged(row.label, merge) }
}

fn told(span: &Span, merge: &[(Emotion, Emotion)]) -> Stretch<Emotion> {
    let mut posterior = [0.0f32; Emotion::ALL.len()];
    span.posterior().iter().for_each(|(emotion, p)| posterior[merged(emotion, merge) as usize] += p);
    let mut top = merged(span.emotion, merge);
    for emotion in Emotion::ALL {
        if posterior[emotion as usize] > posterior[top as usize] {
            top = emotion;
        }
    }
    Stretch { start: span.start, end: span.end, what: top }
}

/// The figures of each group, in the order in which groups first come: seconds of all recordings added, then divided; intervals
/// by drawing recordings.
pub fn timeline_figures(scores: &[TimelineScore]) -> Vec<TimelineFigures> {
    let mut groups: Vec<&str> = Vec::new();
    for score in scores {
        if !groups.contains(&score.group.as_str()) {
            groups.push(&score.group);
        }
    }
    groups.into_iter().map(|group| of_group(group, scores)).collect()
}

fn of_group(group: &str, scores: &[TimelineScore]) -> TimelineFigures {
    let scores: Vec<&TimelineScore> = scores.iter().filter(|score| score.group == group).collect();
    let names: Vec<&str> = scores.iter().map(|score| score.recording.as_str()).collect();
    let all: Vec<usize> = (0..scores.len()).collect();
    let figure = |metric: &dyn Fn(&[usize]) -> f64| Figure {
        value: metric(&all),
        interval: interval(&names, 0, metric),
    };
    let errors = |rows: &[usize]| {
        let mut sum = Eder::default();
        rows.iter().for_each(|&row| sum += scores[row].eder);
        sum
    };
    let recall = |rows: &[usize]| {
        let mut sum = FrameRecall::default();
        rows.iter().for_each(|&row| sum += scores[row].frames);
        sum.uar()
    };
    let speakers: Option<Vec<Der>> = scores.iter().map(|score| score.der).collect();
    let whole = errors(&all);
    TimelineFigures {
        group: group.to_string(),
        recordings: scores.len(),
        seconds: whole.duration,
        eder: figure(&|rows| errors(rows).rate()),
        false_alarm: whole.false_alarm / whole.duration,
        missed: whole.missed / whole.duration,
        overlap: whole.overlap / whole.duration,
        confusion: whole.confusion / whole.duration,
        frame_uar: figure(&recall),
        der: speakers.map(|speakers| {
            figure(&|rows| {
                let mut sum = Der::default();
                rows.iter().for_each(|&row| sum += speakers[row]);
                sum.rate()
            })
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use Emotion::{Calm, Happy, Neutral, Sad};
    use undertone::model::Prediction;

    fn span(start: f64, end: f64, channel: usize, speaker: Option<&str>, top: &[(Emotion, f32)]) -> Span {
        let prediction = Prediction::new(top.iter().copied().collect());
        let mut span = Span::new((start, end), channel, speaker.map(str::to_string), prediction, None);
        span.emotion = top[0].0;
        span
    }

    fn said(start: f64, end: f64, channel: usize, label: Emotion) -> Spoken {
        Spoken { start, end, channel, speaker: format!("s{channel}"), label }
    }

    fn result(channels: usize, spans: Vec<Span>) -> Analysis {
        let mut result = Analysis::default();
        (result.path, result.seconds) = ("a.wav".into(), 10.0);
        (result.channels, result.spans) = (channels, spans);
        result
    }

    #[test]
    fn channels_add_their_errors_and_the_length_counts_once() {
        let truth = [said(0.0, 4.0, 0, Happy), said(2.0, 6.0, 1, Sad)];
        let spans = vec![
            span(0.0, 4.0, 0, Some("x"), &[(Happy, 1.0)]),
            span(2.0, 6.0, 1, Some("y"), &[(Happy, 1.0)]),
        ];
        let score = score_timeline("stereo", &truth, &result(2, spans), &[]).unwrap();
        assert_eq!((score.eder.confusion, score.eder.rate()), (4.0, 0.4));
        assert_eq!((score.frames.uar(), score.der.unwrap().rate()), (0.5, 0.0));
    }

    #[test]
    fn merged_emotions_count_as_one_with_their_probabilities_added() {
        let truth = [said(0.0, 4.0, 0, Calm)];
        let spans = vec![span(0.0, 4.0, 0, None, &[(Sad, 0.4), (Calm, 0.3), (Neutral, 0.3)])];
        let score = |merge: &[(Emotion, Emotion)]| {
            score_timeline("", &truth, &result(1, spans.clone()), merge).unwrap()
        };
        assert_eq!((score(&[]).frames.uar(), score(&[]).der), (0.0, None));
        assert_eq!(score(&[(Calm, Neutral)]).frames.uar(), 1.0);
    }

    #[test]
    fn a_truth_that_does_not_fit_the_recording_is_refused_by_row() {
        let late = [said(0.0, 4.0, 0, Happy), said(9.0, 11.0, 0, Happy)];
        let error = score_timeline("", &late, &result(1, vec![]), &[]).unwrap_err().to_string();
        assert!(error.contains("row 3") && error.contains("10.00 s"), "{error}");
        let aside = [said(0.0, 4.0, 1, Happy)];
        let error = score_timeline("", &aside, &result(1, vec![]), &[]).unwrap_err().to_string();
        assert!(error.contains("row 2") && error.contains("channel 1"), "{error}");
    }

    #[test]
    fn groups_come_apart_and_long_recordings_weigh_more() {
        let one = |group: &str, recording: &str, missed: f64, duration: f64| TimelineScore {
            group: group.into(),
            recording: recording.into(),
            eder: Eder { missed, duration, ..Eder::default() },
            frames: FrameRecall::default(),
            der: None,
        };
        let scores = [one("b", "1", 1.0, 2.0), one("a", "1", 1.0, 1.0), one("b", "2", 0.0, 8.0)];
        let figures = timeline_figures(&scores);
        assert_eq!((figures[0].group.as_str(), figures[0].recordings, figures[0].eder.value), ("b", 2, 0.1));
        assert_eq!((figures[0].eder.interval, figures[0].missed), ([0.0, 0.5], 0.1));
        assert_eq!((figures[1].eder.value, figures[1].der), (1.0, None));
        assert!(figures[1].frame_uar.value.is_nan());
    }
}
