//! Statistics of windows → vectors whose direction differs between speakers: one small projection, learned on many speakers.
//!
//! `vector = (statistics − offset) · projection`: linear discriminant analysis, one class a speaker over all emotions, clean and degraded. Within a
//! speaker the vectors have about unit deviation in every dimension, and a filter or gain that acts on a whole recording moves them all alike.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::statistics::{WIDTH, statistics};
use crate::error::{Error, Result};
use crate::features::Frames;

/// The version of the file that this library reads and writes.
const FORMAT: u32 = 1;
/// More dimensions than this no file has.
const MOST_DIMENSIONS: usize = 512;

/// What a projection says of itself: the first line of its file, as JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProjectionInfo {
    /// Version of the file; another one is refused.
    pub format: u32,
    /// Statistics that go in.
    pub statistics: usize,
    /// Dimensions that come out.
    pub dimensions: usize,
    /// Speakers it was learned from.
    pub speakers: usize,
    /// Windows it was learned from.
    pub windows: usize,
    /// Corpora it was learned from.
    pub corpora: Vec<String>,
    /// What was held out: protocols with their folds (`emobox-ravdess 2`).
    pub held_out: Vec<String>,
}

/// Turns windows of speech into vectors whose direction differs between speakers.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeakerProjection {
    about: ProjectionInfo,
    offset: Vec<f32>,
    /// `[statistics, dimensions]`.
    projection: Vec<f32>,
}

/// One window's vector.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectedWindow {
    /// The window, in frames of the spectrogram (10 ms).
    pub frames: Range<usize>,
    /// The vector.
    pub vector: Vec<f32>,
}

impl SpeakerProjection {
    /// The projection that is built in.
    ///
    /// # Errors
    /// None in a released build; `Model` if the embedded file were damaged.
    #[cfg(feature = "embedded")]
    pub fn embedded() -> Result<SpeakerProjection> {
        SpeakerProjection::from_bytes(undertone_models::SPEAKER_PROJECTION)
    }

    /// There is none built in.
    ///
    /// # Errors
    /// `Config`.
    #[cfg(not(feature = "embedded"))]
    pub fn embedded() -> Result<SpeakerProjection> {
        Err(Error::config("diarization needs the projection that is built in (feature `embedded`)"))
    }

    /// From `offset` and `projection` (`[statistics, dimensions]`, row by row); sizes and format in `about` are filled in.
    ///
    /// # Errors
    /// `Model` where the sizes do not fit each other or a value is not finite.
    pub fn new(about: ProjectionInfo, offset: Vec<f32>, projection: Vec<f32>) -> Result<SpeakerProjection> {
        let dimensions = projection.len() / WIDTH;
        let fits = offset.len() == WIDTH && projection.len() == WIDTH * dimensions;
        if !fits || !(1..=MOST_DIMENSIONS).contains(&dimensions) {
            let (rows, values) = (offset.len(), projection.len());
            let message = format!(
                "a speaker projection needs {WIDTH} rows of 1 to {MOST_DIMENSIONS} values, not {rows} and {values}"
            );
            return Err(Error::model(message));
        }
        if offset.iter().chain(&projection).any(|x| !x.is_finite()) {
            return Err(Error::model("the speaker projection holds a value that is not finite"));
        }
        let about = ProjectionInfo { format: FORMAT, statistics: WIDTH, dimensions, ..about };
        Ok(SpeakerProjection { about, offset, projection })
    }

    /// Reads a file's bytes: one line of JSON ([`ProjectionInfo`]), then offset and projection as little-endian `f32`.
    ///
    /// # Errors
    /// `Model` where the first line cannot be read, is of another version, or the rest does not fit it.
    pub fn from_bytes(bytes: &[u8]) -> Result<SpeakerProjection> {
        let cut = bytes.iter().take(1 << 16).position(|&byte| byte == b'\n');
        let (head, body) = bytes
            .split_at(cut.ok_or_else(|| Error::model("the file of a speaker projection has no first line"))?);
        let about: ProjectionInfo = serde_json::from_slice(head).map_err(|error| {
            Error::model(format!("the first line of the file of a speaker projection: {error}"))
        })?;
        if about.format != FORMAT {
            let message = format!(
                "the file of a speaker projection has format {}, this library reads {FORMAT}",
                about.format
            );
            return Err(Error::model(message));
        }
        let body = &body[1..];
        let wanted = about.dimensions.checked_add(1).and_then(|rows| rows.checked_mul(4 * WIDTH));
        if wanted != Some(body.len()) {
            return Err(Error::model(format!(
                "the file of a speaker projection has {} bytes of values, not as many as it says",
                body.len()
            )));
        }
        let mut values = body.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        let offset = values.by_ref().take(WIDTH).collect();
        SpeakerProjection::new(about, offset, values.collect())
    }

    /// The file [`SpeakerProjection::from_bytes`] reads.
    ///
    /// # Errors
    /// `Model` where it cannot be put in words, which does not happen.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec(&self.about).map_err(|error| Error::model(error.to_string()))?;
        bytes.push(b'\n');
        bytes.extend(self.offset.iter().chain(&self.projection).flat_map(|x| x.to_le_bytes()));
        Ok(bytes)
    }

    /// What it says of itself.
    pub fn about(&self) -> &ProjectionInfo {
        &self.about
    }

    /// Vectors of the windows of one stretch of speech, `frames` of `spectrogram`; windows as [`statistics`] cuts them.
    pub fn windows(&self, spectrogram: &Frames, frames: Range<usize>) -> Vec<ProjectedWindow> {
        let windows = statistics(spectrogram, frames).into_iter();
        windows
            .map(|window| ProjectedWindow { vector: self.vector(&window.values), frames: window.frames })
            .collect()
    }

    /// The vector of one window's statistics.
    pub fn vector(&self, statistics: &[f32]) -> Vec<f32> {
        let mut vector = vec![0.0; self.about.dimensions];
        let rows = self.projection.chunks_exact(self.about.dimensions);
        for ((x, offset), row) in statistics.iter().zip(&self.offset).zip(rows) {
            vector.iter_mut().zip(row).for_each(|(sum, weight)| *sum += (x - offset) * weight);
        }
        vector
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn voices() -> SpeakerProjection {
        let projection = (0..WIDTH * 3).map(|i| i as f32 * 0.01).collect();
        SpeakerProjection::new(
            ProjectionInfo { speakers: 7, ..ProjectionInfo::default() },
            vec![0.5; WIDTH],
            projection,
        )
        .unwrap()
    }

    #[test]
    fn a_file_reads_back_and_damage_is_refused() {
        let bytes = voices().to_bytes().unwrap();
        assert_eq!(SpeakerProjection::from_bytes(&bytes).unwrap(), voices());
        let longer = [&bytes[..], &[0]].concat();
        let other =
            String::from_utf8_lossy(&bytes[..20]).replace("\"format\":1", "\"format\":9").into_bytes();
        let other = [&other, &bytes[20..]].concat();
        let mut broken = bytes.clone();
        let end = broken.len();
        broken[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
        for damaged in [&bytes[..bytes.len() - 1], &longer, &other, &broken, b"", b"{}\n"] {
            assert!(SpeakerProjection::from_bytes(damaged).is_err());
        }
    }

    #[test]
    fn a_vector_is_the_projected_difference() {
        let mut statistics = vec![0.5; WIDTH];
        statistics[2] += 2.0;
        let got = voices().vector(&statistics);
        for (got, want) in got.iter().zip([0.12, 0.14, 0.16]) {
            assert!((got - want).abs() < 1e-6, "{got} {want}");
        }
    }

    #[test]
    fn the_built_in_projection_is_small_and_says_what_was_held_out() {
        let voices = SpeakerProjection::embedded().unwrap();
        assert!(
            undertone_models::SPEAKER_PROJECTION.len() <= 150_000,
            "{} bytes",
            undertone_models::SPEAKER_PROJECTION.len()
        );
        assert!(voices.about().held_out.iter().any(|part| part == "emosuperb-cremad 2"));
    }
}
