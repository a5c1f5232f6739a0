//! Tiers of values beside a speaker's emotions, for formats that hold tiers: valence, arousal and the posterior of each span.

use super::label::{Tier, distinct, fixed};
use crate::analysis::Span;

/// What the tiers are called after the speaker's name.
const KINDS: [&str; 3] = ["valence", "arousal", "posterior"];

/// The names of the tiers of values beside each of `tiers`, `agent valence`; none is another tier's.
pub(super) fn names(tiers: &[Tier]) -> Vec<[String; 3]> {
    let own = tiers.iter().map(|tier| tier.name.clone());
    let beside = tiers.iter().flat_map(|tier| KINDS.map(|kind| format!("{} {kind}", tier.name)));
    let all = distinct(own.chain(beside));
    let (three, _) = all[tiers.len()..].as_chunks::<3>();
    three.to_vec()
}

/// A span's values in the order of the names: `-0.42`, `0.48`, and `angry 0.82, neutral 0.18`, most probable first without those below
/// 0.005.
pub(super) fn values(span: &Span) -> [String; 3] {
    let probable = span.posterior().ranked().into_iter().filter(|(_, p)| *p >= 0.005);
    let posterior: Vec<String> = probable.map(|(emotion, p)| format!("{emotion} {p:.2}")).collect();
    [fixed(span.valence.into(), 2), fixed(span.arousal.into(), 2), posterior.join(", ")]
}

#[cfg(test)]
mod tests {
    use super::super::label::tiers;
    use super::super::sample::{sample, span};
    use super::*;
    use crate::emotion::Emotion;

    #[test]
    fn every_kind_has_a_tier_and_a_speaker_called_like_one_keeps_the_name() {
        let mut recording = sample();
        recording.speakers[1].id = "agent valence".into();
        recording.spans.iter_mut().for_each(|span| span.speaker = Some("agent".into()));
        let names = names(&tiers(&recording));
        assert_eq!(names[0], ["agent valence-2", "agent arousal", "agent posterior"]);
        assert_eq!(names[1][0], "agent valence valence");
    }

    #[test]
    fn values_are_figures_and_what_is_improbable_is_left_out() {
        let posterior = [(Emotion::Angry, 0.7), (Emotion::Sad, 0.004), (Emotion::Neutral, 0.296)];
        let values = values(&span(0.0, 1.0, 0, None, &posterior));
        assert_eq!(values, ["-0.32", "0.40", "angry 0.70, neutral 0.30"]);
        let neutral = self::values(&span(0.0, 1.0, 0, None, &[(Emotion::Neutral, 1.0)]));
        assert_eq!(neutral, ["0.00", "0.00", "neutral 1.00"]);
    }
}
