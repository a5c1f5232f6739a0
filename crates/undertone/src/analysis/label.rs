//! The label of a posterior: the emotion that is displayed.

use std::fmt;

use super::Span;
use crate::emotion::Emotion;
use crate::model::Posterior;

/// The second emotion is named too where it is at least this share of the first; neutral and calm are one where neither is twice
/// the other.
const CLOSE: f32 = 0.5;

/// The emotion that is displayed for a posterior. The data keeps both neutral and calm: only labels join them.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Label {
    /// The most probable; neutral for neutral and calm together, where they are the most probable and neither is twice the other.
    pub emotion: Emotion,
    /// Its probability, that of both together for the two.
    pub probability: f32,
    /// Another emotion that is at least half as probable.
    pub second: Option<(Emotion, f32)>,
}

impl Label {
    /// The label of a posterior.
    ///
    /// ```
    /// use undertone::{Emotion, analysis::Label};
    ///
    /// let posterior = [(Emotion::Neutral, 0.4), (Emotion::Calm, 0.3), (Emotion::Angry, 0.3)].into_iter().collect();
    /// let label = Label::of(&posterior);
    /// assert_eq!((label.emotion, label.second), (Emotion::Neutral, None));
    /// assert!((label.probability - 0.7).abs() < 1e-6);
    /// ```
    pub fn of(posterior: &Posterior) -> Label {
        Label::ranked(&joined(posterior.ranked()))
    }

    /// The label of emotions that [`joined`] has ranked.
    pub(crate) fn ranked(ranked: &[(Emotion, f32)]) -> Label {
        let (emotion, probability) = ranked.first().copied().unwrap_or((Emotion::Neutral, 0.0));
        let second = ranked.get(1).copied().filter(|second| second.1 >= CLOSE * probability);
        Label { emotion, probability, second }
    }
}

impl fmt::Display for Label {
    /// `angry 82 %`, or `sad or angry` where the second is at least half as probable.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.second {
            Some((second, _)) => write!(f, "{} or {second}", self.emotion),
            None => write!(f, "{} {:.0} %", self.emotion, 100.0 * self.probability),
        }
    }
}

impl From<&Span> for Label {
    fn from(span: &Span) -> Label {
        Label::of(span.posterior())
    }
}

/// Emotions with probabilities or shares, most first: calm counts as neutral where [`Label`] says so, and is left out then.
pub(crate) fn joined(mut ranked: Vec<(Emotion, f32)>) -> Vec<(Emotion, f32)> {
    let of = |emotion: Emotion| ranked.iter().find(|one| one.0 == emotion).map_or(0.0, |one| one.1);
    let (neutral, calm) = (of(Emotion::Neutral), of(Emotion::Calm));
    let both = neutral + calm;
    if neutral.min(calm) > CLOSE * neutral.max(calm) && ranked.iter().all(|one| one.1 <= both) {
        ranked.retain(|one| one.0 != Emotion::Calm);
        ranked.iter_mut().filter(|one| one.0 == Emotion::Neutral).for_each(|one| one.1 = both);
    }
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;
    use Emotion::{Angry, Calm, Neutral, Sad};

    #[test]
    fn neutral_and_calm_are_neutral_where_neither_is_twice_the_other_and_nothing_is_more_probable() {
        let of = |posterior: &[(Emotion, f32)]| {
            let Label { emotion, probability, second } = Label::of(&posterior.iter().copied().collect());
            (emotion, (100.0 * probability).round(), second.map(|second| second.0))
        };
        assert_eq!(of(&[(Calm, 0.4), (Neutral, 0.35), (Sad, 0.25)]), (Neutral, 75.0, None));
        assert_eq!(of(&[(Calm, 0.3), (Neutral, 0.2), (Sad, 0.3), (Angry, 0.2)]), (Neutral, 50.0, Some(Sad)));
        assert_eq!(of(&[(Calm, 0.7), (Neutral, 0.3)]), (Calm, 70.0, None));
        assert_eq!(
            of(&[(Calm, 0.5), (Neutral, 0.25), (Sad, 0.25)]),
            (Calm, 50.0, Some(Neutral)),
            "just twice"
        );
        assert_eq!(of(&[(Angry, 0.6), (Calm, 0.2), (Neutral, 0.2)]), (Angry, 60.0, None));
        assert_eq!(of(&[(Angry, 0.45), (Calm, 0.25), (Neutral, 0.3)]), (Neutral, 55.0, Some(Angry)));
        assert_eq!(of(&[]), (Neutral, 0.0, None));
    }
}
