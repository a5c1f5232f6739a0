//! The composition of a dialogue: which speaker says which clip when, drawn from a seed.

use std::collections::BTreeMap;
use std::ops::Range;

use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::trim;
use crate::corpus::Utterance;
use crate::holdout::SONGS;
use undertone::emotion::Emotion;
use undertone::error::{Error, Result};
use undertone::units::{SampleRate, Seconds};

/// Seconds of a dialogue; the last turn is spoken to its end.
const LENGTH: Range<f64> = 60.0..90.0;
/// Clips in one turn, at most.
const LONGEST_TURN: usize = 3;
/// How often the next clip of a speaker has another emotion: one is held for five clips, about ten seconds of speech.
const CHANGE: f64 = 0.2;
/// Seconds between the clips of one turn.
const PAUSE_WITHIN: Range<f64> = 0.1..0.7;
/// Seconds between turns.
const PAUSE_BETWEEN: Range<f64> = 0.1..1.5;
/// How often a turn begins before the other's has ended …
const OVERLAPS: f64 = 0.15;
/// … by so many seconds, at most half of either clip.
const OVERLAP: Range<f64> = 0.2..1.0;
/// How often both speakers are of one corpus, where it has two.
const SAME_CORPUS: f64 = 0.5;
/// How often the channels of a stereo recording leak into each other.
const LEAKS: f64 = 0.5;

/// The clips of one speaker by emotion.
type Clips<'a> = BTreeMap<Emotion, Vec<&'a Utterance>>;

/// The speakers whose clips a dialogue may use.
pub struct SpeakerClips<'a>(BTreeMap<&'a str, Clips<'a>>);

impl<'a> SpeakerClips<'a> {
    /// Those of `utterances`; clips that are sung, defective or without an emotion are left out.
    ///
    /// # Errors
    /// `Config` where there are fewer than two speakers.
    pub fn of(utterances: impl IntoIterator<Item = &'a Utterance>) -> Result<SpeakerClips<'a>> {
        let mut voices = BTreeMap::<&str, Clips<'_>>::new();
        for utterance in utterances {
            if let Some(emotion) = utterance.emotion
                && utterance.defect.is_none()
                && utterance.corpus != SONGS
            {
                voices.entry(&utterance.speaker).or_default().entry(emotion).or_default().push(utterance);
            }
        }
        match voices.len() {
            0 | 1 => Err(Error::config(format!(
                "a dialogue needs two speakers with labelled speech; there are {}",
                voices.len()
            ))),
            _ => Ok(SpeakerClips(voices)),
        }
    }

    /// Two speakers; each is the first as often as any other.
    fn pair(&self, rng: &mut ChaCha8Rng) -> [&'a str; 2] {
        let names: Vec<&str> = self.0.keys().copied().collect();
        let first = names[rng.random_range(0..names.len())];
        let corpus = |name: &str| name.split_once('/').map(|(corpus, _)| corpus.to_string());
        let same = rng.random_bool(SAME_CORPUS);
        let others: Vec<&str> = names.iter().copied().filter(|name| *name != first).collect();
        let wanted: Vec<&str> =
            others.iter().copied().filter(|name| (corpus(name) == corpus(first)) == same).collect();
        let second = wanted.choose(rng).or_else(|| others.choose(rng));
        [first, second.copied().unwrap_or(first)]
    }
}

/// One clip as it is said.
pub(super) struct Line<'a> {
    /// Of which of the two speakers.
    pub voice: usize,
    /// The clip's emotion.
    pub emotion: Emotion,
    /// All of the clip at 16 kHz.
    pub samples: Vec<f32>,
    /// Where its speech lies in it.
    pub speech: Range<usize>,
    /// The dialogue's sample at which its speech begins.
    pub at: usize,
    /// The clip's name.
    pub clip: &'a str,
}

impl Line<'_> {
    /// The dialogue's sample at which its speech ends.
    pub fn end(&self) -> usize {
        self.at + self.speech.len()
    }
}

/// A dialogue of two speakers: which clips they say, and when.
pub struct Dialogue<'a> {
    pub(super) seed: u64,
    pub(super) speakers: [&'a str; 2],
    pub(super) lines: Vec<Line<'a>>,
    /// Whether stereo channels leak into each other.
    pub(super) leaks: bool,
}

impl<'a> Dialogue<'a> {
    /// The dialogue of a seed: the same clips and seed give the same samples.
    ///
    /// # Errors
    /// What decoding a clip answers; `Malformed` where a speaker's clips hold no sound.
    pub fn draw(voices: &SpeakerClips<'a>, seed: u64) -> Result<Dialogue<'a>> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let speakers = voices.pair(&mut rng);
        let mut moods = speakers.map(|name| Mood::new(&voices.0[name], &mut rng));
        let leaks = rng.random_bool(LEAKS);
        let samples = |seconds: f64| SampleRate::MODEL.samples(Seconds(seconds)) as usize;
        let until = samples(rng.random_range(LENGTH));
        let mut lines: Vec<Line<'a>> = Vec::new();
        let mut voice = rng.random_range(0..2);
        while lines.last().is_none_or(|last| last.end() < until) {
            for number in 0..rng.random_range(1..=LONGEST_TURN) {
                let mut line = moods[voice].next(voice, &mut rng)?;
                let between = number == 0 && !lines.is_empty();
                let pause = samples(rng.random_range(if between { PAUSE_BETWEEN } else { PAUSE_WITHIN }));
                let overlap = samples(rng.random_range(OVERLAP));
                let overlaps = between && rng.random_bool(OVERLAPS);
                line.at = match lines.last() {
                    Some(last) if overlaps => {
                        last.end() - overlap.min(last.speech.len() / 2).min(line.speech.len() / 2)
                    }
                    last => last.map_or(0, Line::end) + pause,
                };
                lines.push(line);
            }
            voice = 1 - voice;
        }
        Ok(Dialogue { seed, speakers, lines, leaks })
    }

    /// The clips said, in order.
    pub fn clips(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(|line| line.clip)
    }
}

/// A speaker's emotion, and the clips not said yet.
struct Mood<'v, 'a> {
    clips: &'v Clips<'a>,
    left: Clips<'a>,
    emotion: Option<Emotion>,
}

impl<'v, 'a> Mood<'v, 'a> {
    fn new(clips: &'v Clips<'a>, rng: &mut ChaCha8Rng) -> Mood<'v, 'a> {
        let mut left = clips.clone();
        left.values_mut().for_each(|clips| clips.shuffle(rng));
        Mood { clips, left, emotion: None }
    }

    /// The next clip with speech in it: mostly of the emotion that is held, and no clip again before all were said.
    fn next(&mut self, voice: usize, rng: &mut ChaCha8Rng) -> Result<Line<'a>> {
        let all: usize = self.clips.values().map(Vec::len).sum();
        for _ in 0..all {
            let Some(utterance) = self.pick(rng) else { break };
            let samples = utterance.samples()?;
            if let (Some(speech), Some(emotion)) = (trim::speech(&samples), utterance.emotion) {
                return Ok(Line { voice, emotion, samples, speech, at: 0, clip: &utterance.clip });
            }
        }
        Err(Error::malformed(format!("no speech in {all} clips of a speaker")))
    }

    fn pick(&mut self, rng: &mut ChaCha8Rng) -> Option<&'a Utterance> {
        if self.left.is_empty() {
            self.left = self.clips.clone();
            self.left.values_mut().for_each(|clips| clips.shuffle(rng));
        }
        let held = self.emotion.filter(|emotion| self.left.contains_key(emotion));
        let changes = rng.random_bool(CHANGE);
        let others: Vec<Emotion> =
            self.left.keys().copied().filter(|emotion| Some(*emotion) != self.emotion).collect();
        let next = if changes || held.is_none() { others.choose(rng).copied().or(held) } else { held };
        self.emotion = next;
        let clips = self.left.get_mut(&next?)?;
        let clip = clips.pop();
        if clips.is_empty() {
            self.left.remove(&next?);
        }
        clip
    }
}
