//! How sure the sentiment is: a 95 % interval of the mean valence.
//!
//! A standard error with autocorrelation rather than a bootstrap over spans: there are often one or two spans, and drawing those
//! again and again says that nothing is in doubt. Spans are cut into equal *pieces* of at most 10 s (a span is one piece however many
//! overlapping windows it has, as they hear the same). With `d` the seconds of a piece, `v` its valence, all means weighted by time:
//!
//! - *within* = mean of Σ p·a² − (Σ p·a)², `a` the valence of each emotion: how much valence the posterior leaves open. The
//!   posterior is calibrated, so this variance is known and not estimated from the pieces;
//! - *scatter* = mean of (v − m)², `m` the mean valence;
//! - *autocorrelation* ρ = (N·max(0, r + 1/N) + 4·0.3) / (N + 4), at most 0.8: `r` that of neighbouring pieces of a speaker, 1/N its
//!   bias, shrunk as by four pieces towards 0.3, since few pieces hardly show it; `N` the number of pieces. Moods last, and what the
//!   model mishears in a voice it mishears again;
//! - *effective pieces* n = (Σ d)² / Σ d² · (1 − ρ)/(1 + ρ), at least 1 (the variance of the mean of an AR(1) sequence);
//! - *between* = scatter / max(1 − 1/n, 1/2), as a variance from n pieces is too small by that; 0 for one piece;
//! - the interval is m ± t·√((within + between) / n), kept inside −1…1: `t` the 97.5th percentile of Student's t with the degrees of
//!   freedom of Welch and Satterthwaite, (within + between)² / (between² / (n − 1)), since only *between* is estimated.
//!
//! So it says where the mean valence of such speech of these speakers would lie, not only that of the seconds heard, and gets
//! narrower by the root of the speech. It rests on the model: what the model mishears in a voice throughout is not in it.

use super::speaker::SpeakerSpans;
use crate::analysis::Span;

/// Seconds of one span that are one piece of evidence.
const PIECE: f64 = 10.0;
/// 97.5th percentile of the normal distribution.
const NORMAL: f64 = 1.96;
/// The autocorrelation that is expected, and how many pieces that expectation is worth.
const EXPECTED: (f64, f64) = (0.3, 4.0);
/// The autocorrelation that is believed at most: more cannot be told from a trend.
const MOST: f64 = 0.8;

/// A stretch of one span.
struct Piece {
    seconds: f64,
    valence: f64,
    within: f64,
}

/// The 95 % interval of the mean valence of all `speakers`, which is `sentiment` and always inside.
pub(super) fn of_sentiment(speakers: &[SpeakerSpans], sentiment: f32) -> [f32; 2] {
    let of_speaker = |speaker: &SpeakerSpans| speaker.spans.iter().flat_map(|span| pieces(span)).collect();
    let pieces: Vec<Vec<Piece>> = speakers.iter().map(of_speaker).collect();
    let all = || pieces.iter().flatten();
    let whole: f64 = all().map(|piece| piece.seconds).sum();
    let mean =
        |value: &dyn Fn(&Piece) -> f64| all().map(|piece| piece.seconds * value(piece)).sum::<f64>() / whole;
    let valence = mean(&|piece| piece.valence);
    let within = mean(&|piece| piece.within);
    let scatter = mean(&|piece| (piece.valence - valence).powi(2));
    let kish = whole / mean(&|piece| piece.seconds);
    let rho = autocorrelation(&pieces, valence, scatter);
    let effective = (kish * (1.0 - rho) / (1.0 + rho)).max(1.0);
    let between = if kish > 1.0 + 1e-9 { scatter / (1.0 - 1.0 / effective).max(0.5) } else { 0.0 };
    let freedom = (within + between).powi(2) * (effective - 1.0).max(1.0) / between.powi(2).max(1e-12);
    let half = student(freedom) * ((within + between) / effective).sqrt();
    [((valence - half).max(-1.0) as f32).min(sentiment), ((valence + half).min(1.0) as f32).max(sentiment)]
}

fn pieces(span: &Span) -> impl Iterator<Item = Piece> {
    let count = (span.duration() / PIECE).ceil().max(1.0);
    let (seconds, valence, within) = (span.duration() / count, f64::from(span.valence), variance(span));
    (0..count as usize).map(move |_| Piece { seconds, valence, within })
}

/// The variance of valence under a span's posterior.
fn variance(span: &Span) -> f64 {
    let moment = |power: i32| -> f64 {
        let part = |(emotion, p): (crate::Emotion, f32)| {
            f64::from(p) * f64::from(emotion.affect().valence).powi(power)
        };
        span.prediction.posterior.iter().map(part).sum()
    };
    (moment(2) - moment(1).powi(2)).max(0.0)
}

/// ρ above, 0…0.8; 0 for one piece.
fn autocorrelation(pieces: &[Vec<Piece>], mean: f64, scatter: f64) -> f64 {
    let count = pieces.iter().map(Vec::len).sum::<usize>() as f64;
    if count < 2.0 {
        return 0.0;
    }
    let product = |pair: &[Piece]| (pair[0].valence - mean) * (pair[1].valence - mean);
    let products: Vec<f64> = pieces.iter().flat_map(|own| own.windows(2).map(product)).collect();
    let neighbours = products.iter().sum::<f64>() / products.len().max(1) as f64;
    // Valences come from f32: smaller scatter than their rounding is none.
    let seen = if scatter > 1e-12 { neighbours / scatter } else { 0.0 };
    let (expected, weight) = EXPECTED;
    ((count * (seen + 1.0 / count).max(0.0) + weight * expected) / (count + weight)).min(MOST)
}

/// The 97.5th percentile of Student's t by its expansion about the normal one (Abramowitz & Stegun 26.7.5, three terms); `freedom`
/// below 2 counts as 2.
fn student(freedom: f64) -> f64 {
    let (z, v) = (NORMAL, freedom.max(2.0));
    let first = (z.powi(3) + z) / 4.0;
    let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
    let third = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0;
    z + first / v + second / v.powi(2) + third / v.powi(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_table() {
        for (freedom, want) in [(3.0, 3.182), (5.0, 2.571), (10.0, 2.228), (30.0, 2.042), (1e9, 1.960)] {
            assert!((student(freedom) - want).abs() < 0.04, "{freedom}: {}", student(freedom));
        }
    }
}
