//! What a training reads of its clips, computed once and kept in a file: spectrograms, degraded copies, the teacher's features, and waveforms where
//! the front end reads them.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

use half::f16;
use half::slice::HalfFloatSliceExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use undertone::Result;
use undertone::features::{Frames, Spectrogram, log_mel};

use crate::data::clip::Clip;
use crate::data::teacher::Teacher;
use undertone_eval::atomic_file::AtomicFile;

/// Rows of each of the two views of a spectrogram.
pub const BANDS: usize = log_mel::BANDS;
/// Rows of a spectrogram: log-mel, then the pitch view.
pub const ROWS: usize = 2 * BANDS;
/// Raised when what is stored changes its meaning.
const VERSION: u32 = 4;

/// Where one clip's frames lie.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Place {
    /// First of its rows in every copy of the views.
    pub view: usize,
    /// Frames of 10 ms.
    pub frames: usize,
    /// First of its rows in the teacher's features.
    pub teacher: usize,
    /// The teacher's frames.
    pub teacher_frames: usize,
    /// First of its samples.
    #[serde(default)]
    pub wave: usize,
    /// Its samples, where they are kept.
    #[serde(default)]
    pub samples: usize,
}

/// The frames of all clips, in half precision.
#[derive(Default)]
pub struct FeatureCache {
    /// One a clip, in the clips' order.
    pub places: Vec<Place>,
    /// `[frames, 128]`: the clean views first, then the degraded copies.
    pub copies: Vec<Vec<f16>>,
    /// `[teacher's frames, width]`; empty without a teacher.
    pub teacher: Vec<f16>,
    /// Width of the teacher's features; 0 without one.
    pub teacher_width: usize,
    /// Samples at 16 kHz; empty where they were not wanted.
    pub waves: Vec<i16>,
}

/// What is to be computed of every clip.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// Whose features, where any.
    pub teacher: Option<&'a Teacher>,
    /// Degraded copies beside the clean one.
    pub degraded_copies: usize,
    /// Makes the degraded copy of a waveform that a seed stands for.
    pub augment: fn(&[f32], u64) -> Vec<f32>,
    /// Whether samples are kept.
    pub waveforms: bool,
    /// Seed of what degrades the copies.
    pub seed: u64,
}

/// The first line of a stored file: sizes, and where each clip lies.
#[derive(Serialize, Deserialize)]
struct Header {
    key: String,
    places: Vec<Place>,
    copies: usize,
    teacher_width: usize,
}

/// What one clip contributes.
struct Part {
    views: Vec<Vec<f16>>,
    teacher: Vec<f16>,
    wave: Vec<i16>,
}

impl FeatureCache {
    /// Reads the features of `clips` from `cache`, or computes them and leaves them there.
    ///
    /// # Errors
    /// What decoding a clip answers, naming the clip; `Io` where the cache cannot be written.
    pub fn prepare(
        clips: &[Clip],
        wanted: Wanted,
        cache: &Path,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<FeatureCache> {
        let key = key(clips, wanted);
        if let Some(features) = FeatureCache::read(cache, &key) {
            return Ok(features);
        }
        let features = FeatureCache::compute(clips, wanted, progress)?;
        features.write(cache, &key).map_err(|error| error.at(cache))?;
        Ok(features)
    }

    fn compute(clips: &[Clip], wanted: Wanted, progress: &(dyn Fn(usize) + Sync)) -> Result<FeatureCache> {
        let width = wanted.teacher.map_or(0, Teacher::width);
        let mut features = FeatureCache {
            copies: vec![Vec::new(); 1 + wanted.degraded_copies],
            teacher_width: width,
            ..FeatureCache::default()
        };
        for (at, group) in clips.chunks(256).enumerate() {
            let parts: Vec<Result<Part>> = group
                .par_iter()
                .enumerate()
                .map_init(Spectrogram::default, |views, (i, clip)| {
                    let seed = wanted.seed ^ spread(at * 256 + i);
                    part(clip, views, Wanted { seed, ..wanted })
                })
                .collect();
            for part in parts {
                features.append(part?);
            }
            progress(at * 256 + group.len());
        }
        Ok(features)
    }

    fn append(&mut self, part: Part) {
        let width = self.teacher_width.max(1);
        self.places.push(Place {
            view: self.copies[0].len() / ROWS,
            frames: part.views[0].len() / ROWS,
            teacher: self.teacher.len() / width,
            teacher_frames: part.teacher.len() / width,
            wave: self.waves.len(),
            samples: part.wave.len(),
        });
        self.waves.extend(part.wave);
        for (copy, view) in self.copies.iter_mut().zip(part.views) {
            copy.extend(view);
        }
        self.teacher.extend(part.teacher);
    }

    /// Frame `at` of the clip at `place` in one copy: 128 values.
    pub fn frame(&self, copy: usize, place: Place, at: usize) -> &[f16] {
        &self.copies[copy][(place.view + at) * ROWS..][..ROWS]
    }

    /// Frame `at` of the teacher.
    pub fn teacher_frame(&self, place: Place, at: usize) -> &[f16] {
        &self.teacher[(place.teacher + at) * self.teacher_width..][..self.teacher_width]
    }

    /// The samples of the clip at `place`; none where they are not kept.
    pub fn samples(&self, place: Place) -> &[i16] {
        &self.waves[place.wave..][..place.samples]
    }

    fn read(cache: &Path, key: &str) -> Option<FeatureCache> {
        let mut file = BufReader::new(File::open(cache).ok()?);
        let mut length = [0; 8];
        file.read_exact(&mut length).ok()?;
        let mut header = vec![0; usize::try_from(u64::from_le_bytes(length)).ok()?.min(1 << 28)];
        file.read_exact(&mut header).ok()?;
        let header: Header =
            serde_json::from_slice(&header).ok().filter(|header: &Header| header.key == key)?;
        let last = header.places.last()?;
        let frames = (last.view + last.frames) * ROWS;
        let teacher = (last.teacher + last.teacher_frames) * header.teacher_width;
        let mut waves = vec![0i16; last.wave + last.samples];
        let mut block = |n: usize| -> Option<Vec<f16>> {
            let mut values = vec![f16::ZERO; n];
            file.read_exact(bytemuck::cast_slice_mut(&mut values)).ok()?;
            Some(values)
        };
        let copies = (0..header.copies).map(|_| block(frames)).collect::<Option<Vec<_>>>()?;
        let teacher = block(teacher)?;
        file.read_exact(bytemuck::cast_slice_mut(&mut waves)).ok()?;
        let Header { places, teacher_width, .. } = header;
        Some(FeatureCache { places, copies, teacher, teacher_width, waves })
    }

    fn write(&self, cache: &Path, key: &str) -> Result<()> {
        std::fs::create_dir_all(cache.parent().unwrap_or(Path::new(".")))?;
        let header = Header {
            key: key.to_string(),
            places: self.places.clone(),
            copies: self.copies.len(),
            teacher_width: self.teacher_width,
        };
        let header = serde_json::to_vec(&header).map_err(std::io::Error::from)?;
        AtomicFile::save(cache, |file| {
            file.write_all(&(header.len() as u64).to_le_bytes())?;
            file.write_all(&header)?;
            for block in self.copies.iter().chain([&self.teacher]) {
                file.write_all(bytemuck::cast_slice(block))?;
            }
            Ok(file.write_all(bytemuck::cast_slice(&self.waves))?)
        })
    }
}

/// Names what the features were made from; another key means they must be computed anew.
fn key(clips: &[Clip], wanted: Wanted) -> String {
    let Wanted { teacher, degraded_copies, waveforms, seed, .. } = wanted;
    let mut hash = Sha256::new();
    let seed = if degraded_copies > 0 { seed } else { 0 };
    hash.update(format!("{VERSION} {degraded_copies} {seed} {:?}", teacher.map(Teacher::sha256)));
    if waveforms {
        hash.update(" waveforms");
    }
    for clip in clips {
        let size = std::fs::metadata(&clip.path).map(|data| data.len()).unwrap_or(0);
        hash.update(format!("\n{} {} {size} {:?}", clip.corpus, clip.name, clip.segment));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Spreads an index over 64 bits.
fn spread(index: usize) -> u64 {
    (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn part(clip: &Clip, views: &mut Spectrogram, wanted: Wanted) -> Result<Part> {
    let clean = undertone_eval::corpus::samples(&clip.path, clip.segment)?;
    let mut copies = vec![half(&views.compute(&clean))];
    for copy in 0..wanted.degraded_copies {
        let degraded = (wanted.augment)(&clean, wanted.seed.wrapping_add(copy as u64));
        copies.push(half(&views.compute(&degraded)));
    }
    let teacher = match wanted.teacher {
        Some(teacher) => half(&teacher.features(&clean)?),
        None => Vec::new(),
    };
    let wave = if wanted.waveforms { clean.iter().map(whole).collect() } else { Vec::new() };
    Ok(Part { views: copies, teacher, wave })
}

/// A sample in 16 bits: the rounding of quiet ones lies below the floor that is added to every power.
fn whole(sample: &f32) -> i16 {
    (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16
}

fn half(frames: &Frames) -> Vec<f16> {
    let mut values = vec![f16::ZERO; frames.data().len()];
    values.convert_from_f32_slice(frames.data());
    values
}
