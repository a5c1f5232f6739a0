//! Priors: what they are by name, by seconds of speech, and from files.
#![allow(clippy::unwrap_used)]

use super::*;

fn sum(row: &Row) -> f32 {
    row.iter().sum()
}

fn posterior(of: Emotion, p: f32) -> Posterior {
    let mut row = [(1.0 - p) / 7.0; 8];
    row[of as usize] = p;
    Posterior::of(EmotionSet::ALL, row)
}

#[test]
fn conversation_sums_to_one_and_is_mostly_neutral() {
    assert!((sum(&CONVERSATION) - 1.0).abs() < 1e-6);
    assert!((CONVERSATION[0] - 0.352).abs() < 1e-3 && (CONVERSATION[1] - 0.117).abs() < 1e-3);
}

#[test]
fn auto_begins_even_and_moves_to_conversation_and_a_steady_mood_wins_over_it() {
    let doubtful = posterior(Emotion::Sad, 0.3);
    let after = |windows: usize, posterior: &Posterior| {
        let heard = vec![(1.0, posterior); windows];
        Prior::Auto.of_voice(&heard, 2.4, EmotionSet::ALL)
    };
    let utterance = Prior::Auto.of_voice(&[(2.4, &doubtful)], 2.4, EmotionSet::ALL);
    assert_eq!(utterance, [0.125; 8], "5.8 s");
    let flat = Posterior::of(EmotionSet::ALL, [0.125; 8]);
    assert!(after(6, &flat)[0] > 0.2);
    let sad = after(100, &posterior(Emotion::Sad, 0.6));
    assert!(sad[Emotion::Sad as usize] > 0.8, "{sad:?}");
    assert!((sum(&sad) - 1.0).abs() < 1e-5);
    assert_eq!(after(0, &flat), [0.125; 8]);
}

#[test]
fn only_classes_asked_for_have_a_share() {
    let two: EmotionSet = [Emotion::Neutral, Emotion::Angry].into_iter().collect();
    let heard = Posterior::of(two, [0.5, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0]);
    for prior in [Prior::Auto, Prior::Even, Prior::Conversation] {
        let own = prior.of_voice(&[(8.0, &heard)], 2.4, two);
        assert!((sum(&own) - 1.0).abs() < 1e-5 && own[Emotion::Happy as usize] == 0.0, "{own:?}");
    }
    let happy: Shares = serde_json::from_str(r#"{"happy":1.0}"#).unwrap();
    let own = Prior::Given(happy).of_voice(&[(1.0, &heard)], 2.4, two);
    assert_eq!((own[0], own[4]), (0.5, 0.5), "none of the classes asked for has a share");
}

#[test]
fn a_prior_that_cannot_be_is_refused_with_the_class_it_is_about() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prior.json");
    let refused = |json: &str| {
        std::fs::write(&path, json).unwrap();
        Shares::open(&path).unwrap_err().to_string()
    };
    assert!(refused(r#"{"joy": 1.0}"#).contains("no emotion is called 'joy'"));
    assert!(refused(r#"{"happy": 0.5, "sad": 0.4}"#).contains("sum to 0.9"));
    assert!(refused(r#"{"happy": 1.5, "sad": -0.5}"#).contains("gives happy a share of 1.5"));
    assert!(refused("neutral = 1").contains("is no prior"));
    std::fs::write(&path, r#"{"neutral": 0.75, "angry": 0.25}"#).unwrap();
    let shares = Shares::open(&path).unwrap();
    assert_eq!((shares.of(Emotion::Neutral), shares.of(Emotion::Calm)), (0.75, 0.0));
    let json = serde_json::to_string(&Prior::Given(shares)).unwrap();
    assert_eq!(serde_json::from_str::<Prior>(&json).unwrap(), Prior::Given(shares));
}
