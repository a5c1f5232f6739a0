//! The curve: at every step of time the window around it, answered alone.

use std::ops::Range;

use half::f16;
use half::slice::HalfFloatSliceExt;

use super::prediction::answers;
use super::setup::Setup;
use super::told::Told;
use super::voice::{HeardSpeaker, Known};
use crate::analysis::CurvePoint;
use crate::emotion::Affect;
use crate::error::{Error, Result};
use crate::prior::apply;
use crate::timeline::WINDOW;
use crate::units::{Seconds, Segment};

/// The shortest and the longest step.
const STEPS: [Seconds; 2] = [Seconds(0.02), Seconds(10.0)];

/// Checks a step.
///
/// # Errors
/// `Config` where it is not within [`STEPS`].
pub(super) fn check(step: Option<Seconds>) -> Result<()> {
    let [shortest, longest] = STEPS;
    match step {
        Some(step) if !(shortest.0..=longest.0).contains(&step.0) => {
            let message =
                format!("a curve has a step of {} to {} seconds, not {}", shortest.0, longest.0, step.0);
            Err(Error::config(message))
        }
        _ => Ok(()),
    }
}

/// The moments of a segment of speech, with the embeddings of the windows around them in half precision.
#[derive(Clone, Debug, Default)]
pub(super) struct Moments {
    times: Vec<f64>,
    pooled: Vec<f16>,
}

impl Moments {
    /// Those of a segment of `count` frames, where they are asked for.
    pub(super) fn of(
        setup: &Setup,
        speech: Segment,
        count: usize,
        pooled: impl Fn(Range<usize>) -> Vec<f32>,
    ) -> Moments {
        let mut moments = Moments::default();
        let (Some(step), frame) = (setup.options.curve, setup.metadata().frame_seconds.0) else {
            return moments;
        };
        let window = ((WINDOW.0 / frame).round().max(1.0) as usize).min(count);
        let first = (speech.start.0 / step.0).ceil() as u64;
        // As it would be written: 0.3, not 0.30000000000000004.
        let at = |number: u64| (number as f64 * step.0 * 1e6).round() / 1e6;
        let times = (first..).map(at).take_while(|time| *time < speech.end.0);
        for time in times {
            let middle = ((time - speech.start.0) / frame) as usize;
            // At the edges it is the nearest window that lies in the segment.
            let start = middle.saturating_sub(window / 2).min(count - window);
            let row = pooled(start..start + window);
            let at = moments.pooled.len();
            moments.pooled.resize(at + row.len(), f16::ZERO);
            moments.pooled[at..].convert_from_f32_slice(&row);
            moments.times.push(time);
        }
        moments
    }

    fn row(&self, number: usize) -> Vec<f32> {
        let width = self.pooled.len() / self.times.len();
        self.pooled[number * width..][..width].to_f32_vec()
    }
}

/// The points of a channel, in the order of time.
///
/// # Errors
/// `Model` where the network refuses its input.
pub(super) fn points(setup: &Setup, told: &Told) -> Result<Vec<CurvePoint>> {
    let nobody = HeardSpeaker::new(None, told.number, Known::Nothing);
    let speaker = |owner: Option<usize>| owner.and_then(|owner| told.speakers.get(owner)).unwrap_or(&nobody);
    let within = |segment: Segment, time: f64| segment.start.0 <= time && time < segment.end.0;
    let mut asked = Vec::new();
    for (analysed, parts) in told.heard.iter().zip(told.parts) {
        for (number, &time) in analysed.curve.times.iter().enumerate() {
            // What was left out as no speech has no window.
            if analysed.windows.iter().any(|window| within(*window, time)) {
                let owner = parts.iter().find(|part| within(part.segment, time)).map(|part| part.speaker);
                asked.push((analysed, number, owner));
            }
        }
    }
    let known: Vec<_> = told.speakers.iter().map(|speaker| speaker.adaptation(setup)).collect();
    let population = setup.model.population();
    let adaptation = |owner: Option<usize>| owner.and_then(|owner| known.get(owner)).unwrap_or(&population);
    let rows =
        asked.iter().map(|(analysed, number, owner)| (analysed.curve.row(*number), adaptation(*owner)));
    let answered = answers(setup, rows)?;
    let point =
        |((analysed, number, owner), answer): (&(&super::segment::Analysed, usize, Option<usize>), _)| {
            let speaker = speaker(*owner);
            let posterior = apply(&speaker.prediction(setup, answer).posterior, &speaker.prior(setup));
            let Affect { valence, arousal } = posterior.affect();
            CurvePoint {
                time: analysed.curve.times[*number],
                channel: told.number,
                speaker: speaker.name.clone(),
                posterior,
                valence,
                arousal,
            }
        };
    Ok(asked.iter().zip(answered).map(point).collect())
}
