//! A dialogue as samples, in any of its variants, with its reference annotation.

use super::plan::{Dialogue, Line};
use super::{Spoken, Variant};
use crate::augment::Corruption;
use undertone::units::SampleRate;

/// Samples of a clip before and after its speech that are kept, and fade: 50 ms at 16 kHz.
const MARGIN: usize = 800;
/// Silence after the last word: half a second.
const TAIL: usize = 8000;
/// How much softer the other voice is where stereo channels leak.
const LEAK_DB: f32 = -25.0;
/// Noise lies so far below the speech.
const NOISE_DB: f32 = 15.0;
/// The largest sample; louder dialogues are scaled down as a whole.
const PEAK: f32 = 0.99;

impl Dialogue<'_> {
    /// Its samples at 16 kHz, channel by channel: clips as loud as in their corpus, their speech untouched, unless the sum would be
    /// clipped (then all is scaled to a peak of 0.99).
    pub fn samples(&self, variant: Variant) -> Vec<Vec<f32>> {
        let length = self.lines.iter().map(Line::end).max().unwrap_or(0) + TAIL;
        let count = if variant == Variant::Stereo { 2 } else { 1 };
        let mut channels = vec![vec![0.0; length]; count];
        let leak = if self.leaks { 10f32.powf(LEAK_DB / 20.0) } else { 0.0 };
        for line in &self.lines {
            for (number, channel) in channels.iter_mut().enumerate() {
                let gain = if count == 1 || number == line.voice { 1.0 } else { leak };
                line.add(channel, gain);
            }
        }
        unclipped(&mut channels);
        let corrupt = |corruption: Corruption| vec![corruption.apply(&channels[0], &[], self.seed)];
        let mut corrupted = match variant {
            Variant::Mono | Variant::Stereo => return channels,
            Variant::Telephone => corrupt(Corruption::MuLaw),
            Variant::Noise => corrupt(Corruption::Pink(NOISE_DB)),
        };
        unclipped(&mut corrupted);
        corrupted
    }

    /// Who speaks when, how: a row a clip from the start to the end of its speech, in order.
    pub fn truth(&self, variant: Variant) -> Vec<Spoken> {
        let seconds = |sample: usize| SampleRate::MODEL.seconds(sample as u64).0;
        let row = |line: &Line<'_>| Spoken {
            start: seconds(line.at),
            end: seconds(line.end()),
            channel: if variant == Variant::Stereo { line.voice } else { 0 },
            speaker: self.speakers[line.voice].to_string(),
            label: line.emotion,
        };
        let mut rows: Vec<Spoken> = self.lines.iter().map(row).collect();
        rows.sort_by(|a, b| a.start.total_cmp(&b.start));
        rows
    }
}

impl Line<'_> {
    /// Adds the clip to a channel: its speech as it is, what lies before and after fading within the margin.
    fn add(&self, channel: &mut [f32], gain: f32) {
        let before = MARGIN.min(self.speech.start).min(self.at);
        let after = MARGIN.min(self.samples.len() - self.speech.end);
        let from = self.speech.start - before;
        for (i, x) in self.samples[from..self.speech.end + after].iter().enumerate() {
            let outside = before.saturating_sub(i).max((i + 1).saturating_sub(before + self.speech.len()));
            let fade = 1.0 - outside as f32 / (MARGIN + 1) as f32;
            channel[self.at - before + i] += gain * fade * x;
        }
    }
}

/// Scales all channels together where a sample would be clipped.
fn unclipped(channels: &mut [Vec<f32>]) {
    let peak = channels.iter().flatten().fold(0.0f32, |peak, x| peak.max(x.abs()));
    if peak > PEAK {
        channels.iter_mut().flatten().for_each(|x| *x *= PEAK / peak);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::SpeakerClips;
    use super::*;
    use crate::corpus::{Corpus, Utterance};

    /// Clips of `speakers` voices in a folder of their own: a tone of the speaker's between silences, three emotions.
    fn clips(speakers: usize) -> (tempfile::TempDir, Vec<Utterance>) {
        let folder = tempfile::tempdir().unwrap();
        for speaker in 1..=speakers {
            for (emotion, take) in (1..=3).flat_map(|emotion| (1..=2).map(move |take| (emotion + 2, take))) {
                let name = format!("03-01-0{emotion}-01-01-0{take}-{speaker:02}.wav");
                let spec = hound::WavSpec {
                    channels: 1,
                    sample_rate: 16_000,
                    bits_per_sample: 16,
                    sample_format: hound::SampleFormat::Int,
                };
                let mut wav = hound::WavWriter::create(folder.path().join(name), spec).unwrap();
                let loud = 3200..3200 + 16_000 + 1600 * emotion;
                for i in 0..30_000usize {
                    let tone = 9000.0 * (i as f32 * 0.05 * speaker as f32).sin();
                    wav.write_sample(if loud.contains(&i) { tone as i16 } else { 0 }).unwrap();
                }
                wav.finalize().unwrap();
            }
        }
        let utterances = Corpus::open(folder.path()).unwrap().remove(0).utterances;
        (folder, utterances)
    }

    #[test]
    fn the_samples_of_every_clip_lie_where_the_truth_says() {
        let (_folder, utterances) = clips(2);
        let dialogue = Dialogue::draw(&SpeakerClips::of(&utterances).unwrap(), 5).unwrap();
        let (stereo, truth) = (dialogue.samples(Variant::Stereo), dialogue.truth(Variant::Stereo));
        assert_eq!(truth.len(), dialogue.clips().count());
        let mut checked = 0;
        for (row, line) in truth.iter().zip(&dialogue.lines) {
            let (start, end) =
                ((row.start * 16_000.0).round() as usize, (row.end * 16_000.0).round() as usize);
            assert_eq!(end - start, line.speech.len());
            assert_eq!((row.label, row.speaker.as_str()), (line.emotion, dialogue.speakers[line.voice]));
            if !dialogue.leaks {
                assert_eq!(stereo[row.channel][start..end], line.samples[line.speech.clone()]);
                checked += 1;
            }
        }
        assert!(dialogue.leaks || checked == truth.len());
    }

    #[test]
    fn a_dialogue_is_long_enough_has_both_voices_changes_and_sometimes_overlaps() {
        let (_folder, utterances) = clips(3);
        let voices = SpeakerClips::of(&utterances).unwrap();
        let (mut overlaps, mut changes, mut leaks) = (0, 0, 0);
        for seed in 0..8 {
            let dialogue = Dialogue::draw(&voices, seed).unwrap();
            let truth = dialogue.truth(Variant::Mono);
            let last = truth.iter().map(|row| row.end).fold(0.0, f64::max);
            assert!((60.0..97.0).contains(&last), "{last}");
            for voice in dialogue.speakers {
                let own: Vec<&Spoken> = truth.iter().filter(|row| row.speaker == voice).collect();
                assert!(own.len() > 5, "{voice}: {}", own.len());
                assert!(own.windows(2).all(|pair| pair[0].end <= pair[1].start), "nobody overlaps himself");
                changes += own.windows(2).filter(|pair| pair[0].label != pair[1].label).count();
            }
            overlaps += truth.windows(2).filter(|pair| pair[1].start < pair[0].end).count();
            leaks += usize::from(dialogue.leaks);
        }
        assert!(overlaps > 5 && changes > 20 && (1..8).contains(&leaks), "{overlaps} {changes} {leaks}");
    }

    #[test]
    fn a_seed_gives_the_same_dialogue_and_every_variant_is_as_long_and_never_clipped() {
        let (_folder, utterances) = clips(2);
        let voices = SpeakerClips::of(&utterances).unwrap();
        let of = |seed| Dialogue::draw(&voices, seed).unwrap();
        let mono = of(1).samples(Variant::Mono);
        assert_eq!(mono, of(1).samples(Variant::Mono));
        assert_ne!(mono, of(2).samples(Variant::Mono));
        for variant in Variant::ALL {
            let samples = of(1).samples(variant);
            assert_eq!(samples.len(), if variant == Variant::Stereo { 2 } else { 1 });
            assert!(samples.iter().flatten().all(|x| x.abs() <= PEAK), "{variant}");
            assert!(samples.iter().all(|channel| channel.len() == mono[0].len()), "{variant}");
            assert!(variant == Variant::Mono || samples[0] != mono[0], "{variant}");
        }
    }

    #[test]
    fn one_speaker_alone_makes_no_dialogue() {
        let (_folder, utterances) = clips(1);
        let error = SpeakerClips::of(&utterances).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("two speakers"), "{error}");
    }
}
