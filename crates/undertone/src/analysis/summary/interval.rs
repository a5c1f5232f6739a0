//! How sure the sentiment is: a 95 % interval of the mean valence.
//!
//! A standard error rather than a bootstrap over spans: there are often one or two spans, and drawing those again and again says
//! that nothing is in doubt. With `d` the seconds of a span, `v` its valence, `m` the mean valence and all means weighted by time:
//!
//! - *within* = mean of Σ p·a² − (Σ p·a)², `a` the valence of each emotion: how much valence the posterior leaves open. The
//!   posterior is calibrated, so this variance is known and not estimated from the spans;
//! - *pieces* n = (Σ d)² / Σ d·min(d, 10 s): the number of equal pieces worth as much as these spans are. A span of up to 10 s is one piece however
//!   many overlapping windows it has, as they hear the same; a longer one counts for several;
//! - *between* = mean of (v − m)², divided by 1 − 1/n (as a variance from n pieces is too small by that); 0 for one piece;
//! - the interval is m ± 1.96·√((within + between) / n), kept inside −1…1.
//!
//! So it says where the mean valence of such speech of these speakers would lie, not only that of the seconds heard, and gets narrower by the root of
//! the speech. It rests on the model: what the model mishears in a voice throughout is not in it.

use super::voice::Voice;
use crate::analysis::Span;

/// Seconds of one span that are one piece of evidence.
const PIECE: f64 = 10.0;
/// 97.5th percentile of the normal distribution.
const NORMAL: f64 = 1.96;

/// The 95 % interval of [`Voice::sentiment`], which is always inside.
pub(super) fn of_sentiment(voice: &Voice) -> [f32; 2] {
    let mean = voice.mean(|span| f64::from(span.valence));
    let within = voice.mean(doubt);
    let weights = voice.mean(|span| span.duration().min(PIECE));
    let pieces = (voice.seconds() / weights).max(1.0);
    let scatter = voice.mean(|span| (f64::from(span.valence) - mean).powi(2));
    let between = if pieces > 1.0 + 1e-9 { scatter / (1.0 - 1.0 / pieces) } else { 0.0 };
    let half = NORMAL * ((within + between) / pieces).sqrt();
    let sentiment = voice.sentiment();
    [((mean - half).max(-1.0) as f32).min(sentiment), ((mean + half).min(1.0) as f32).max(sentiment)]
}

/// The variance of valence under a span's posterior.
fn doubt(span: &Span) -> f64 {
    let moment = |power: i32| -> f64 {
        let part = |(emotion, p): (crate::Emotion, f32)| {
            f64::from(p) * f64::from(emotion.affect().valence).powi(power)
        };
        span.prediction.posterior.iter().map(part).sum()
    };
    (moment(2) - moment(1).powi(2)).max(0.0)
}
