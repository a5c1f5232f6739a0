//! Which reactions are told: those of enough turns and beyond chance.

use super::*;
use crate::analysis::Reaction;

/// Valences of turns of two speakers, one after the other, 4 s each.
fn call(valences: &[(f32, f32)]) -> Vec<Span> {
    let one = |speaker: &str, at: f64, valence: f32| Span {
        valence,
        arousal: 0.0,
        ..mostly(speaker, at, at + 4.0, Emotion::Neutral)
    };
    let pair = |(n, &(agent, caller)): (usize, &(f32, f32))| {
        [one("agent", 10.0 * n as f64, agent), one("caller", 10.0 * n as f64 + 5.0, caller)]
    };
    valences.iter().enumerate().flat_map(pair).collect()
}

fn reactions(valences: &[(f32, f32)]) -> Vec<Reaction> {
    summarise(&call(valences), 10.0 * valences.len() as f64).reactions
}

/// `turns` valences of the agent, each with the caller's as `say` makes it.
fn drawn_call(seed: u64, turns: usize, say: impl Fn(f32, f32, usize) -> (f32, f32)) -> Vec<(f32, f32)> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..turns).map(|n| say(rng.random_range(-0.5..0.5), rng.random_range(-0.5..0.5), n)).collect()
}

#[test]
fn a_caller_who_follows_is_heard_to_follow_and_r_is_pearsons() {
    let valences = drawn_call(3, 24, |agent, noise, _| (agent, 0.8 * agent + 0.3 * noise));
    let got = reactions(&valences);
    assert_eq!(got.len(), 1, "the agent does not follow the caller: {got:?}");
    let Reaction { from, to, turns, valence, arousal } = &got[0];
    assert_eq!((from.as_str(), to.as_str(), *turns, *arousal), ("agent", "caller", 24, None));
    let mean = |of: &dyn Fn(&(f32, f32)) -> f64| valences.iter().map(of).sum::<f64>() / 24.0;
    let (x, y) = (mean(&|one| f64::from(one.0)), mean(&|one| f64::from(one.1)));
    let covariance = mean(&|one| (f64::from(one.0) - x) * (f64::from(one.1) - y));
    let (xx, yy) = (mean(&|one| (f64::from(one.0) - x).powi(2)), mean(&|one| (f64::from(one.1) - y).powi(2)));
    assert!((f64::from(valence.unwrap()) - covariance / (xx * yy).sqrt()).abs() < 1e-5, "{valence:?}");
    let against = drawn_call(3, 24, |agent, noise, _| (agent, -0.8 * agent + 0.3 * noise));
    assert!(reactions(&against)[0].valence.unwrap() < -0.8);
    assert_eq!(got, reactions(&valences), "the same permutations each time");
}

#[test]
fn fewer_than_twenty_turns_and_steady_voices_have_none() {
    let follow = |agent: f32, _: f32, _: usize| (agent, agent);
    assert_eq!(reactions(&drawn_call(1, 19, follow)), []);
    assert_eq!(reactions(&drawn_call(1, 20, follow)).len(), 1);
    assert_eq!(reactions(&drawn_call(1, 40, |agent, _, _| (agent, 0.1))), []);
    assert_eq!(reactions(&call(&[])[..0].iter().map(|_| (0.0, 0.0)).collect::<Vec<_>>()), []);
}

/// Of calls without any reaction, at most 5 % may be said to have one: whether speakers are independent or grow angry together.
#[test]
fn chance_and_a_shared_drift_are_no_reaction() {
    for drift in [0.0, 1.0] {
        let told = (0..100).filter(|&seed| {
            let say = |agent: f32, caller: f32, n: usize| {
                let by = drift * (0.5 - n as f32 / 24.0);
                (agent + by, caller + by)
            };
            !reactions(&drawn_call(seed, 24, say)).is_empty()
        });
        let told = told.count();
        assert!(told <= 8, "drift {drift}: {told} of 100");
    }
}

#[test]
fn a_turn_is_a_run_of_spans_of_one_speaker() {
    let spans = [
        mostly("agent", 0.0, 1.0, Emotion::Happy),
        mostly("agent", 1.0, 4.0, Emotion::Sad),
        mostly("caller", 5.0, 6.0, Emotion::Sad),
    ];
    let spans: Vec<&Span> = spans.iter().collect();
    let turns = crate::analysis::summary::reaction::turns(&spans);
    assert_eq!(turns.iter().map(|turn| turn.id).collect::<Vec<_>>(), ["agent", "caller"]);
    let mean = 0.8 * (0.81 - 3.0 * 0.63) / 4.0;
    assert!((turns[0].valence - mean).abs() < 1e-6, "{turns:?}");
}
