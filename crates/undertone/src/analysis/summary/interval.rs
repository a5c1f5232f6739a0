//! How sure the sentiment is: a 95 % interval of the mean valence of the speech in a recording.
//!
//! What is in doubt is what the model heard. The posterior of a span leaves its valence open by the variance `w` = Σ p·a² − (Σ p·a)²,
//! `a` the valence of each emotion. These errors do not average out as the spans grow more: what the model mishears in a voice it
//! mishears again, most of all where the voice sounds the same. With `d` the seconds of a span, `D` their sum and `s` = √w:
//!
//! - Var = Σ over pairs of spans i, j of c(i, j) · dᵢ sᵢ · dⱼ sⱼ / D², where the correlation of errors c is 1 for a span with itself, 0.65
//!   for spans of one speaker with one emotion, 0.3 for other spans of one speaker, 0 for different speakers;
//! - the interval is m ± 1.96·√Var about the mean valence m, kept inside −1…1.
//!
//! A bootstrap over spans or a standard error from their scatter takes the errors for independent. On recordings put together from 14
//! clips of one unseen speaker, with one emotion, two emotions, or as they come, such a standard error (posterior's variance and
//! scatter over the number of clips) holds the true mean far less often than it says; see decision 18 for the figures.
//! What the model mishears in all voices alike is not in it.

use std::collections::BTreeMap;

use super::speaker::SpeakerSpans;
use crate::analysis::{Label, Span};
use crate::emotion::Emotion;

/// The correlation of the errors of two spans of one speaker with one emotion: 0.57–0.70 between clips on CREMA-D, RAVDESS and SAVEE.
const SAME_EMOTION: f64 = 0.65;
/// That of other spans of one speaker. Between clips of all emotions it is 0.03–0.06; more, as two labels may stand for one mood.
const SAME_SPEAKER: f64 = 0.3;
/// 97.5th percentile of the normal distribution.
const NORMAL: f64 = 1.96;

/// The 95 % interval of the mean valence of all `speakers`, which is `sentiment` and always inside.
pub(super) fn of_sentiment(speakers: &[SpeakerSpans], sentiment: f32) -> [f32; 2] {
    let seconds: f64 = speakers.iter().map(SpeakerSpans::seconds).sum();
    let half = NORMAL * speakers.iter().map(error).sum::<f64>().sqrt() / seconds;
    let [low, high] = [f64::from(sentiment) - half, f64::from(sentiment) + half];
    [(low.max(-1.0) as f32).min(sentiment), (high.min(1.0) as f32).max(sentiment)]
}

/// Σ c(i, j) · dᵢ sᵢ · dⱼ sⱼ over the spans of one speaker.
fn error(speaker: &SpeakerSpans) -> f64 {
    let (mut alone, mut together, mut by_emotion) = (0.0, 0.0, BTreeMap::<Emotion, f64>::new());
    for &span in &speaker.spans {
        let error = span.duration() * variance(span).sqrt();
        alone += error * error;
        together += error;
        *by_emotion.entry(Label::from(span).emotion).or_default() += error;
    }
    let same: f64 = by_emotion.values().map(|error| error * error).sum();
    (1.0 - SAME_EMOTION) * alone + (SAME_EMOTION - SAME_SPEAKER) * same + SAME_SPEAKER * together * together
}

/// The variance of valence under a span's posterior.
fn variance(span: &Span) -> f64 {
    let moment = |power: i32| -> f64 {
        let part =
            |(emotion, p): (Emotion, f32)| f64::from(p) * f64::from(emotion.affect().valence).powi(power);
        span.prediction.posterior.iter().map(part).sum()
    };
    (moment(2) - moment(1).powi(2)).max(0.0)
}
