//! The projection for diarization: linear discriminant analysis over speakers, one class per speaker over all emotions.
//!
//! Of every clip (at most 200 a speaker, no songs) the windows of its speech are taken twice: as it is, and at another level through a telephone codec or under
//! noise, so that neither separates speakers. Speakers are compared within their corpus alone: corpora differ by more than speakers.
//! `A = argmax tr((Aᵀ·W·A)⁻¹·Aᵀ·B·A)`, W the scatter within speakers (3 % of its trace spread evenly), B that of speakers around their corpus's mean.

use std::collections::{BTreeMap, BTreeSet};

use faer::Mat;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use undertone::features::Spectrogram;
use undertone::speakers::{ProjectionInfo, SpeakerProjection, WIDTH, statistics};
use undertone::units::SampleRate;
use undertone::{Emotion, Error, ErrorKind, Result, speech};
use undertone_eval::augment::Corruption;
use undertone_eval::corpus::Utterance;
use undertone_eval::holdout::HeldOut;

use crate::train::joint_diagonalisation::Directions;

/// Most clips of one speaker.
const MOST_CLIPS: usize = 200;
/// Dimensions of the vectors.
const DIMENSIONS: usize = 48;
/// Share of the scatter within speakers that is spread evenly over all directions.
const SHRINKAGE: f64 = 0.03;
/// Most windows of a corpus that are compared pair by pair.
const MOST_COMPARED: usize = 1500;

/// The windows of one clip.
struct Clip<'a> {
    utterance: &'a Utterance,
    /// One a window and copy, as it is first.
    windows: Vec<Vec<f32>>,
    /// How many of them are of the clip as it is.
    clean: usize,
}

/// Speaker verification on one held-out part.
#[derive(Clone, Debug, PartialEq)]
pub struct Verification {
    /// The protocol.
    pub protocol: String,
    /// Equal error rate over pairs of windows of different clips and emotions, by the cosine.
    pub equal_error: f64,
    /// Windows compared.
    pub windows: usize,
}

/// Learns from all that is not held out, and measures on what is.
///
/// # Errors
/// What decoding a clip answers, naming it; `Config` where there are fewer than three speakers, or the scatter has no inverse.
pub fn learn(held: &HeldOut<'_>) -> Result<(SpeakerProjection, Vec<Verification>)> {
    let clips = read(&chosen(&held.learned))?;
    let speakers: BTreeSet<&str> = clips.iter().map(|clip| clip.utterance.speaker.as_str()).collect();
    let corpora: BTreeSet<&str> = clips.iter().map(|clip| clip.utterance.corpus.as_str()).collect();
    if speakers.len() < 3 {
        let message =
            format!("the projection is trained on at least three speakers; here are {}", speakers.len());
        return Err(Error::new(ErrorKind::Config, message));
    }
    let about = ProjectionInfo {
        speakers: speakers.len(),
        windows: clips.iter().map(|clip| clip.windows.len()).sum(),
        corpora: corpora.into_iter().map(str::to_string).collect(),
        held_out: held.parts.iter().map(|part| format!("{} {}", part.protocol, part.fold)).collect(),
        ..ProjectionInfo::default()
    };
    let projection = discriminant(&clips, about)?;
    let mut verifications = Vec::new();
    for part in &held.parts {
        let tested: BTreeSet<&str> = part.clips.iter().map(|clip| clip.speaker.as_str()).collect();
        let clips = chosen(&part.clips);
        if tested.len() > 1 && !clips.is_empty() {
            verifications.push(compare(&part.protocol, &projection, &read(&clips)?));
        }
    }
    Ok((projection, verifications))
}

/// At most [`MOST_CLIPS`] clips of each speaker, evenly drawn, no songs.
fn chosen<'a>(utterances: &[&'a Utterance]) -> Vec<&'a Utterance> {
    let mut speakers = BTreeMap::<&str, Vec<&Utterance>>::new();
    for &utterance in utterances {
        if utterance.corpus != "ravdess_song" && utterance.defect.is_none() {
            speakers.entry(&utterance.speaker).or_default().push(utterance);
        }
    }
    let some = |clips: Vec<&'a Utterance>| {
        let count = clips.len().min(MOST_CLIPS);
        (0..count).map(|at| clips[at * clips.len() / count]).collect::<Vec<_>>()
    };
    speakers.into_values().flat_map(some).collect()
}

fn read<'a>(utterances: &[&'a Utterance]) -> Result<Vec<Clip<'a>>> {
    utterances.par_iter().map_init(Spectrogram::default, |views, utterance| clip(views, utterance)).collect()
}

fn clip<'a>(views: &mut Spectrogram, utterance: &'a Utterance) -> Result<Clip<'a>> {
    let clean = utterance.samples()?;
    let segments = speech::segments(&clean, &speech::Options::default());
    let mut windows_of = |wave: &[f32]| -> Vec<Vec<f32>> {
        let mut windows = Vec::new();
        for segment in &segments {
            let [start, end] =
                [segment.start, segment.end].map(|time| SampleRate::MODEL.samples(time) as usize);
            let spectrogram = views.compute(&wave[start.min(wave.len())..end.min(wave.len())]);
            windows.extend(
                statistics(&spectrogram, 0..spectrogram.len()).into_iter().map(|window| window.values),
            );
        }
        windows
    };
    let mut windows = windows_of(&clean);
    let count = windows.len();
    windows.extend(windows_of(&degraded(&clean, &utterance.clip)));
    Ok(Clip { utterance, windows, clean: count })
}

/// At another level, through a telephone codec or under noise; what is random follows from the clip's name.
fn degraded(clean: &[f32], name: &str) -> Vec<f32> {
    let mut rng = ChaCha8Rng::from_seed(Sha256::digest(name).into());
    let wave = Corruption::Gain(rng.random_range(-18.0..6.0)).apply(clean, &[], 0);
    let snr = rng.random_range(10.0..21.0);
    let then: &[Corruption] = match rng.random_range(0..5) {
        0 => &[Corruption::MuLaw],
        1 => &[Corruption::Pink(snr + 3.0), Corruption::ALaw],
        2 => &[Corruption::Pink(snr)],
        3 => &[Corruption::White(snr + 5.0)],
        _ => &[],
    };
    then.iter().fold(wave, |wave, corruption| corruption.apply(&wave, &[], rng.random()))
}

fn discriminant(clips: &[Clip<'_>], about: ProjectionInfo) -> Result<SpeakerProjection> {
    let rows = || clips.iter().flat_map(|clip| clip.windows.iter().map(move |row| (clip.utterance, row)));
    let count = rows().count().max(1) as f64;
    let mut mean = vec![0.0; WIDTH];
    let mut square = vec![0.0; WIDTH];
    for (_, row) in rows() {
        for (at, &x) in row.iter().enumerate() {
            mean[at] += f64::from(x) / count;
            square[at] += f64::from(x) * f64::from(x) / count;
        }
    }
    let deviation: Vec<f64> = mean
        .iter()
        .zip(&square)
        .map(|(mean, square)| (square - mean * mean).max(0.0).sqrt() + 1e-6)
        .collect();
    let standard = |row: &[f32]| -> Vec<f64> {
        row.iter()
            .zip(&mean)
            .zip(&deviation)
            .map(|((&x, mean), deviation)| (f64::from(x) - mean) / deviation)
            .collect()
    };
    let speakers = speaker_means(clips, &standard);
    let mut within = Mat::<f64>::zeros(WIDTH, WIDTH);
    for (utterance, row) in rows() {
        let own = &speakers[&(utterance.corpus.as_str(), utterance.speaker.as_str())];
        let away: Vec<f64> = standard(row).iter().zip(own).map(|(x, mean)| x - mean).collect();
        add_outer(&mut within, &away, 1.0 / count);
    }
    let even = SHRINKAGE * (0..WIDTH).map(|at| within[(at, at)]).sum::<f64>() / WIDTH as f64;
    let within = Mat::from_fn(WIDTH, WIDTH, |a, b| {
        (1.0 - SHRINKAGE) * within[(a, b)] + if a == b { even } else { 0.0 }
    });
    let directions = Directions::of(&within, &between(&speakers))?.columns;
    let projection = (0..WIDTH)
        .flat_map(|at| (0..DIMENSIONS).map(move |direction| (at, direction)))
        .map(|(at, direction)| (directions[(at, direction)] / deviation[at]) as f32);
    SpeakerProjection::new(about, mean.iter().map(|&x| x as f32).collect(), projection.collect())
}

/// Means of the standardised windows, by corpus and speaker.
fn speaker_means<'a>(
    clips: &'a [Clip<'_>],
    standard: &dyn Fn(&[f32]) -> Vec<f64>,
) -> BTreeMap<(&'a str, &'a str), Vec<f64>> {
    let mut sums = BTreeMap::<(&str, &str), (f64, Vec<f64>)>::new();
    for clip in clips {
        let key = (clip.utterance.corpus.as_str(), clip.utterance.speaker.as_str());
        let (count, sum) = sums.entry(key).or_insert_with(|| (0.0, vec![0.0; WIDTH]));
        for row in &clip.windows {
            *count += 1.0;
            sum.iter_mut().zip(standard(row)).for_each(|(sum, x)| *sum += x);
        }
    }
    sums.into_iter()
        .map(|(key, (count, sum))| (key, sum.iter().map(|x| x / count.max(1.0)).collect()))
        .collect()
}

/// The scatter of speakers around the mean of their corpus.
fn between(speakers: &BTreeMap<(&str, &str), Vec<f64>>) -> Mat<f64> {
    let mut scatter = Mat::zeros(WIDTH, WIDTH);
    for (&(corpus, _), own) in speakers {
        let same: Vec<&Vec<f64>> =
            speakers.iter().filter(|(key, _)| key.0 == corpus).map(|(_, mean)| mean).collect();
        let centre = |at: usize| same.iter().map(|mean| mean[at]).sum::<f64>() / same.len() as f64;
        let away: Vec<f64> = own.iter().enumerate().map(|(at, x)| x - centre(at)).collect();
        add_outer(&mut scatter, &away, 1.0 / speakers.len() as f64);
    }
    scatter
}

fn add_outer(scatter: &mut Mat<f64>, away: &[f64], share: f64) {
    for (column, &b) in away.iter().enumerate() {
        for (row, &a) in away.iter().enumerate() {
            scatter[(row, column)] += share * a * b;
        }
    }
}

fn compare(protocol: &str, projection: &SpeakerProjection, clips: &[Clip<'_>]) -> Verification {
    let all: Vec<(&Utterance, Vec<f32>)> = clips
        .iter()
        .flat_map(|clip| {
            clip.windows[..clip.clean].iter().map(|row| (clip.utterance, unit(projection.vector(row))))
        })
        .collect();
    let step = all.len().div_ceil(MOST_COMPARED).max(1);
    let some: Vec<&(&Utterance, Vec<f32>)> = all.iter().step_by(step).collect();
    let (mut same, mut different) = (Vec::new(), Vec::new());
    for (at, (one, a)) in some.iter().enumerate() {
        for (other, b) in &some[at + 1..] {
            let emotion = |utterance: &Utterance| utterance.emotion.unwrap_or(Emotion::Neutral);
            if emotion(one) != emotion(other) {
                let cosine = a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
                if one.speaker == other.speaker { same.push(cosine) } else { different.push(cosine) }
            }
        }
    }
    Verification {
        protocol: protocol.to_string(),
        equal_error: equal_error(same, different),
        windows: some.len(),
    }
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-9);
    vector.iter_mut().for_each(|x| *x /= length);
    vector
}

/// Where as many of `same` lie below the threshold as of `different` above it; 0.5 is chance.
fn equal_error(mut same: Vec<f32>, mut different: Vec<f32>) -> f64 {
    same.sort_unstable_by(f32::total_cmp);
    different.sort_unstable_by(f32::total_cmp);
    let (s, d) = (same.len().max(1) as f64, different.len().max(1) as f64);
    for (missed, threshold) in same.iter().enumerate() {
        let wrong = different.len() - different.partition_point(|x| x < threshold);
        if missed as f64 / s >= wrong as f64 / d {
            return 0.5 * (missed as f64 / s + wrong as f64 / d);
        }
    }
    1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_equal_error_rate_is_what_it_says() {
        assert_eq!(equal_error(vec![3.0, 4.0, 5.0], vec![0.0, 1.0, 2.0]), 0.0);
        assert_eq!(equal_error(vec![0.0, 3.0, 4.0, 5.0], vec![1.0, 1.5, 2.0, 3.5]), 0.25);
        let mixed: Vec<f32> = (0..1000).map(|i| (i * 37 % 1000) as f32).collect();
        assert!((equal_error(mixed.clone(), mixed) - 0.5).abs() < 0.01);
    }
}
