//! Who speaks, on dialogues made from real clips of speakers the projection of voices never heard.

use std::collections::BTreeMap;
use std::path::Path;

use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use undertone::features::Spectrogram;
use undertone::speakers::{Count, SpeakerProjection, SpeakerVector, Turn, cluster};
use undertone::speech;
use undertone::units::{Seconds, Segment};
use undertone_eval::augment::Corruption;
use undertone_eval::corpus::{Corpus, Utterance};
use undertone_eval::protocol::Protocol;

/// Samples of one step of the truth: 10 ms.
const STEP: usize = 160;

/// A mono recording and who speaks in it.
struct Dialogue {
    samples: Vec<f32>,
    /// Stretches of speech as they are known, pauses of up to 0.4 s joined, in samples.
    speech: Vec<(usize, usize)>,
    /// Every 10 ms: who speaks.
    truth: Vec<Vec<usize>>,
}

/// Which voices a dialogue has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cast {
    One,
    SameSex,
    BothSexes,
    Three,
}

/// Clips of the speakers of a fold, by speaker.
fn held(corpora: &[Corpus], protocol: &str, fold: usize) -> BTreeMap<String, Vec<Utterance>> {
    let folds = Protocol::known(protocol).unwrap().cut(corpora).unwrap();
    let mut speakers = BTreeMap::<String, Vec<Utterance>>::new();
    for utterance in folds[fold - 1].test.iter().filter(|utterance| utterance.defect.is_none()) {
        speakers.entry(utterance.speaker.clone()).or_default().push((*utterance).clone());
    }
    speakers
}

/// Some speakers as wanted; none where the fold has only women or only men and both are wanted.
fn cast<'a>(
    speakers: &'a BTreeMap<String, Vec<Utterance>>,
    cast: Cast,
    rng: &mut ChaCha8Rng,
) -> Option<Vec<&'a [Utterance]>> {
    let sex = |clips: &[Utterance]| clips[0].about["sex"].clone();
    let mut all: Vec<&[Utterance]> = speakers.values().map(Vec::as_slice).collect();
    for _ in 0..1000 {
        all.shuffle(rng);
        let alike = sex(all[0]) == sex(all[1]);
        match cast {
            Cast::One => return Some(all[..1].to_vec()),
            Cast::Three => return Some(all[..3].to_vec()),
            Cast::SameSex if alike => return Some(all[..2].to_vec()),
            Cast::BothSexes if !alike => return Some(all[..2].to_vec()),
            _ => {}
        }
    }
    None
}

/// Fourteen turns of one to three clips, of emotions as they come; a pause of 0.2 to 0.8 s before each clip, one turn in five without a pause, one in
/// ten beginning half a second before the last has ended; all at the same level.
fn dialogue(cast: &[&[Utterance]], rng: &mut ChaCha8Rng) -> Dialogue {
    let mut samples: Vec<f32> = Vec::new();
    let mut spoken: Vec<(usize, usize, usize)> = Vec::new();
    let mut last = usize::MAX;
    for _ in 0..14 {
        let others: Vec<usize> = (0..cast.len()).filter(|&who| cast.len() == 1 || who != last).collect();
        let who = *others.choose(rng).unwrap();
        for clip in 0..rng.random_range(1..=3) {
            let voice = voice(cast[who].choose(rng).unwrap());
            let joined: f64 = rng.random_range(0.0..1.0);
            let start = match clip {
                0 if joined < 0.1 && last != who => samples.len().saturating_sub(8000),
                0 if joined < 0.3 => samples.len(),
                _ => samples.len() + rng.random_range(3200..12_800),
            };
            samples.resize(samples.len().max(start + voice.len()), 0.0);
            samples[start..].iter_mut().zip(&voice).for_each(|(sum, x)| *sum += x);
            spoken.push((start, start + voice.len(), who));
        }
        last = who;
    }
    let mut truth = vec![Vec::new(); samples.len() / STEP];
    let mut speech: Vec<(usize, usize)> = Vec::new();
    for (start, end, who) in spoken {
        truth[start / STEP..(end / STEP).min(samples.len() / STEP)].iter_mut().for_each(|now| now.push(who));
        match speech.last_mut() {
            Some(last) if start <= last.1 + 6400 => last.1 = last.1.max(end),
            _ => speech.push((start, end)),
        }
    }
    truth.iter_mut().for_each(|now| {
        now.sort_unstable();
        now.dedup();
    });
    Dialogue { samples, speech, truth }
}

/// The clip from where its speech begins to where it ends, at a deviation of 0.05.
fn voice(clip: &Utterance) -> Vec<f32> {
    let samples = clip.samples().unwrap();
    let found = speech::segments(&samples, &speech::Options::default());
    let at = |time: Seconds| ((time.0 * 16_000.0) as usize).min(samples.len());
    let voice = match (found.first(), found.last()) {
        (Some(first), Some(last)) => &samples[at(first.start)..at(last.end)],
        _ => &samples[..],
    };
    let power = voice.iter().map(|x| x * x).sum::<f32>() / voice.len() as f32;
    let gain = 0.05 / power.sqrt().max(1e-6);
    voice.iter().map(|x| gain * x).collect()
}

fn turns(voices: &SpeakerProjection, dialogue: &Dialogue, samples: &[f32], count: Count) -> Vec<Turn> {
    let mut views = Spectrogram::default();
    let mut windows = Vec::new();
    for &(start, end) in &dialogue.speech {
        let spectrogram = views.compute(&samples[start..end]);
        let time = |frame: usize| Seconds((start as f64 + (frame * STEP) as f64).min(end as f64) / 16_000.0);
        for window in voices.windows(&spectrogram, 0..spectrogram.len()) {
            let segment = Segment { start: time(window.frames.start), end: time(window.frames.end) };
            windows.push(SpeakerVector { segment, vector: window.vector });
        }
    }
    cluster(&windows, count)
}

/// Diarization error rate: missed, false and confused speech in speaker time over all speaker time, under the best assignment of names; steps
/// within `collar` seconds of a true change do not count.
fn error_rate(dialogue: &Dialogue, turns: &[Turn], collar: f64) -> f64 {
    let mut answer: Vec<Option<usize>> = vec![None; dialogue.truth.len()];
    for turn in turns {
        let [start, end] =
            [turn.segment.start, turn.segment.end].map(|time| (time.0 * 100.0).round() as usize);
        let end = end.min(answer.len());
        answer[start.min(end)..end].fill(Some(turn.speaker));
    }
    let reach = (collar * 100.0) as usize;
    let truth = &dialogue.truth;
    let mut counted = vec![true; truth.len()];
    if reach > 0 {
        for at in (0..=truth.len()).filter(|&at| at == 0 || at == truth.len() || truth[at] != truth[at - 1]) {
            counted[at.saturating_sub(reach)..(at + reach).min(truth.len())].fill(false);
        }
    }
    let steps: Vec<usize> = (0..truth.len()).filter(|&at| counted[at]).collect();
    let total: usize = steps.iter().map(|&at| truth[at].len()).sum();
    let slots: usize = steps.iter().map(|&at| truth[at].len().max(usize::from(answer[at].is_some()))).sum();
    let names = truth.iter().flatten().max().map_or(0, |most| most + 1);
    let found = turns.iter().map(|turn| turn.speaker + 1).max().unwrap_or(0);
    let mut shared = vec![vec![0; found]; names];
    for &at in &steps {
        if let Some(who) = answer[at] {
            truth[at].iter().for_each(|&name| shared[name][who] += 1);
        }
    }
    (slots - best_assignment(&shared, 0, &mut vec![false; found])) as f64 / total as f64
}

/// The largest sum with every column taken once at most.
fn best_assignment(shared: &[Vec<usize>], row: usize, taken: &mut Vec<bool>) -> usize {
    if row == shared.len() {
        return 0;
    }
    let mut best = best_assignment(shared, row + 1, taken);
    for column in 0..taken.len() {
        if !taken[column] {
            taken[column] = true;
            best = best.max(shared[row][column] + best_assignment(shared, row + 1, taken));
            taken[column] = false;
        }
    }
    best
}

/// What is measured of the dialogues of one cast: error rates for the count given (no collar, 0.25 s) and `auto`, speakers found by `auto`.
type Measured = BTreeMap<Cast, Vec<[f64; 4]>>;

fn measure(
    corpora: &[Corpus],
    protocol: &str,
    fold: usize,
    each: usize,
    line: Option<Corruption>,
) -> Measured {
    let voices = SpeakerProjection::embedded().unwrap();
    let speakers = held(corpora, protocol, fold);
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let mut measured = Measured::new();
    for who in [Cast::One, Cast::SameSex, Cast::BothSexes, Cast::Three] {
        for _ in 0..each {
            let Some(cast) = cast(&speakers, who, &mut rng) else { continue };
            let dialogue = dialogue(&cast, &mut rng);
            let samples = line.map_or(dialogue.samples.clone(), |line| line.apply(&dialogue.samples, &[], 3));
            let given = turns(&voices, &dialogue, &samples, Count::Exactly(cast.len()));
            let auto = turns(&voices, &dialogue, &samples, Count::Auto);
            let found = auto.iter().map(|turn| turn.speaker + 1).max().unwrap_or(0) as f64;
            let rate = |turns: &[Turn], collar| error_rate(&dialogue, turns, collar);
            measured.entry(who).or_default().push([
                rate(&given, 0.0),
                rate(&given, 0.25),
                rate(&auto, 0.25),
                found,
            ]);
        }
    }
    measured
}

fn mean(rows: &[[f64; 4]], column: usize) -> f64 {
    rows.iter().map(|row| row[column]).sum::<f64>() / rows.len() as f64
}

#[test]
fn two_voices_never_heard_before_are_told_apart() {
    let Some(folder) = std::env::var_os("UNDERTONE_CORPORA") else {
        return crate::skipped("two_voices_never_heard_before_are_told_apart", "UNDERTONE_CORPORA");
    };
    let corpora = Corpus::open(Path::new(&folder)).unwrap();
    let measured = measure(&corpora, "emosuperb-cremad", 2, 6, None);
    let both = mean(&measured[&Cast::BothSexes], 1);
    // A coin would be wrong about half of the time, one speaker for all about 0.45.
    assert!(both < 0.25, "a woman and a man: {both}");
    let alone = mean(&measured[&Cast::One], 3);
    assert!(alone < 2.0, "one speaker alone is {alone} speakers");
}

#[test]
#[ignore = "prints the figures of docs/decisions/0009-who-speaks.md: cargo test -p undertone --test it who_speaks -- --ignored --nocapture"]
fn who_speaks_is_measured() {
    let folder =
        std::env::var_os("UNDERTONE_CORPORA").expect("set UNDERTONE_CORPORA to the folder of corpora");
    let corpora = Corpus::open(Path::new(&folder)).unwrap();
    for (protocol, fold) in
        [("emosuperb-cremad", 3), ("emosuperb-cremad", 2), ("emobox-ravdess", 3), ("emobox-ravdess", 2)]
    {
        for line in [None, Some(Corruption::MuLaw), Some(Corruption::Pink(15.0))] {
            for (who, rows) in measure(&corpora, protocol, fold, 20, line) {
                let name = line.map_or("clean".to_string(), |line| line.to_string());
                let [given, collar, auto] = [0, 1, 2].map(|column| 100.0 * mean(&rows, column));
                let found = mean(&rows, 3);
                eprintln!(
                    "{protocol} {fold} {name} {who:?}: given {given:.1} collar {collar:.1} auto {auto:.1} found {found:.2}"
                );
            }
        }
    }
}

#[test]
fn the_error_rate_counts_what_it_says() {
    let truth: Vec<Vec<usize>> = (0..400).map(|at| if at < 200 { vec![0] } else { vec![1] }).collect();
    let dialogue = Dialogue { samples: vec![], speech: vec![], truth };
    let turn = |start: f64, end: f64, speaker| Turn {
        segment: Segment { start: Seconds(start), end: Seconds(end) },
        speaker,
    };
    assert_eq!(error_rate(&dialogue, &[turn(0.0, 2.0, 1), turn(2.0, 4.0, 0)], 0.0), 0.0);
    assert_eq!(error_rate(&dialogue, &[turn(0.0, 4.0, 0)], 0.0), 0.5);
    assert_eq!(error_rate(&dialogue, &[turn(0.0, 1.0, 0), turn(2.0, 4.0, 1)], 0.0), 0.25);
    assert_eq!(error_rate(&dialogue, &[turn(0.0, 2.2, 0), turn(2.2, 4.0, 1)], 0.25), 0.0);
}
