//! What an encoder makes of clips, computed once and kept in files: its hidden layers every 40 ms, in half precision, a file for some clips.
//! Interrupted, it resumes with the first group of clips that has no file yet.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use half::f16;
use half::slice::HalfFloatSliceExt;
use sha2::{Digest, Sha256};
use undertone::Result;
use undertone::features::Frames;
use undertone::model::Encoder;

use crate::data::clip::Clip;
use undertone_eval::atomic_file::AtomicFile;

/// Clips in one file.
const GROUP: usize = 64;
/// Raised when what is stored changes its meaning.
const VERSION: u32 = 1;

/// A folder of such files, for one encoder.
pub struct LayerCache {
    encoder: Arc<Encoder>,
    folder: PathBuf,
}

impl LayerCache {
    /// The files of an encoder in a folder, which is made where it is missing.
    ///
    /// # Errors
    /// `Io` where it cannot be made.
    pub fn new(encoder: Arc<Encoder>, folder: &Path) -> Result<LayerCache> {
        std::fs::create_dir_all(folder).map_err(|error| undertone::Error::from(error).at(folder))?;
        Ok(LayerCache { encoder, folder: folder.to_path_buf() })
    }

    /// Whose layers they are.
    pub fn encoder(&self) -> &Arc<Encoder> {
        &self.encoder
    }

    /// Calls `each` with the frames of every clip in turn, read from the files or computed and left there.
    ///
    /// # Errors
    /// What decoding a clip answers, naming the clip, the encoder, or `each`; `Io` where a file cannot be written.
    pub fn frames(
        &self,
        clips: &[Clip],
        progress: &dyn Fn(usize),
        mut each: impl FnMut(usize, &Frames) -> Result<()>,
    ) -> Result<()> {
        let mut done = 0;
        // Groups end with their corpus, so that other corpora beside it leave its files valid.
        let corpora = clips.chunk_by(|a, b| a.corpus == b.corpus);
        for group in corpora.flat_map(|corpus| corpus.chunks(GROUP)) {
            let path = self.folder.join(format!("{}.layers", key(&self.encoder, group)));
            let frames = match self.read(&path, group.len()) {
                Some(frames) => frames,
                None => {
                    let frames = group.iter().map(|clip| self.compute(clip)).collect::<Result<Vec<_>>>()?;
                    write(&path, &frames).map_err(|error| error.at(&path))?;
                    frames
                }
            };
            for (inside, frames) in frames.iter().enumerate() {
                let mut values = vec![0.0; frames.len()];
                frames.convert_to_f32_slice(&mut values);
                each(done + inside, &Frames::new(values, self.encoder.spec().width())?)?;
            }
            done += group.len();
            progress(done);
        }
        Ok(())
    }

    fn compute(&self, clip: &Clip) -> Result<Vec<f16>> {
        let waveform = undertone_eval::corpus::samples(&clip.path, clip.segment)?;
        let frames = self.encoder.frames(&waveform).map_err(|error| error.at(&clip.path))?;
        let mut values = vec![f16::ZERO; frames.data().len()];
        values.convert_from_f32_slice(frames.data());
        Ok(values)
    }

    /// A file's clips; none where it is not there or not whole.
    fn read(&self, path: &Path, clips: usize) -> Option<Vec<Vec<f16>>> {
        let mut file = BufReader::new(File::open(path).ok()?);
        let mut lengths = vec![0u32; clips];
        file.read_exact(bytemuck::cast_slice_mut(&mut lengths)).ok()?;
        let width = self.encoder.spec().width();
        let mut read = |frames: u32| {
            let mut values = vec![f16::ZERO; frames as usize * width];
            file.read_exact(bytemuck::cast_slice_mut(&mut values)).ok()?;
            Some(values)
        };
        let frames =
            lengths.into_iter().map(|frames| read(frames / width as u32)).collect::<Option<Vec<_>>>()?;
        matches!(file.read(&mut [0]), Ok(0)).then_some(frames)
    }
}

/// How many values each clip has, then all of them.
fn write(path: &Path, frames: &[Vec<f16>]) -> Result<()> {
    let lengths: Vec<u32> = frames.iter().map(|frames| frames.len() as u32).collect();
    AtomicFile::save(path, |file| {
        file.write_all(bytemuck::cast_slice(&lengths))?;
        frames.iter().try_for_each(|frames| Ok(file.write_all(bytemuck::cast_slice(frames))?))
    })
}

/// Names what the frames of some clips were made from.
fn key(encoder: &Encoder, clips: &[Clip]) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{VERSION} {} {:?}", encoder.spec().sha256, encoder.spec().layers));
    for clip in clips {
        let size = std::fs::metadata(&clip.path).map(|data| data.len()).unwrap_or(0);
        hash.update(format!("\n{} {} {size} {:?}", clip.corpus, clip.name, clip.segment));
    }
    hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}
