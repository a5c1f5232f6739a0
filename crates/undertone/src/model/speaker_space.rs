//! The space in which a speaker's offset is estimated, and the statistics that the estimate rests on.

use serde::{Deserialize, Serialize, Serializer};

use crate::error::{Error, Result};

use super::Population;

/// Most dimensions a space may have.
const MOST: usize = 64;

/// A low-dimensional projection of `pooled` with the distribution of speakers' offsets in it.
///
/// With `z = (pooled − population mean) / population scale` a window's coordinates are `y = z · to`; within a class of one speaker
/// their covariance is the identity. A speaker's offset `o` is Gaussian with mean 0 and variances [`SpeakerSpace::between`]; it
/// moves `z` by `o · back` and the logits of the head for unknown speakers by `o · alone`. Matrices are row-major. How the
/// statistics are fitted: `docs/lab-log/adaptation.md`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpeakerSpace {
    /// `[pooled, d]`: standardised `pooled` → coordinates.
    #[serde(serialize_with = "rounded")]
    pub to: Vec<f32>,
    /// `[d, pooled]`: coordinates → standardised `pooled`.
    #[serde(serialize_with = "rounded")]
    pub back: Vec<f32>,
    /// `[d, classes]`: what an offset adds to the logits of the head for unknown speakers.
    #[serde(serialize_with = "rounded")]
    pub alone: Vec<f32>,
    /// Variance of offsets between speakers, `d` values above 0.
    #[serde(serialize_with = "rounded")]
    pub between: Vec<f32>,
    /// Variance of a class's mean from speaker to speaker, `d` values.
    #[serde(serialize_with = "rounded")]
    pub class_variance: Vec<f32>,
    /// `[classes, d]`: the classes' means.
    #[serde(serialize_with = "rounded")]
    pub class_means: Vec<f32>,
    /// Share of all classes together in a recording that is mostly of one class, 0…1.
    pub composition: f32,
    /// Evidence per window, in nats, above which a recording counts as of one class …
    pub threshold: f32,
    /// … and how sharply it does so.
    pub slope: f32,
    /// What [`SpeakerSpace::class_variance`] is multiplied by.
    pub trust: f32,
}

impl SpeakerSpace {
    /// Dimensions.
    pub fn dimensions(&self) -> usize {
        self.between.len()
    }

    /// The coordinates `y` of one embedding.
    pub fn coordinates(&self, pooled: &[f32], population: &Population) -> Vec<f32> {
        let mut y = vec![0.0f64; self.dimensions()];
        let standardised = pooled
            .iter()
            .zip(population.mean.iter().zip(&population.scale))
            .map(|(x, (mean, scale))| f64::from((x - mean) / scale));
        for (z, row) in standardised.zip(self.to.chunks_exact(self.dimensions())) {
            y.iter_mut().zip(row).for_each(|(y, &to)| *y += z * f64::from(to));
        }
        y.into_iter().map(|y| y as f32).collect()
    }

    /// Whether its parts fit embeddings of `pooled` values and so many classes.
    ///
    /// # Errors
    /// `Model`, naming the part that does not.
    pub(super) fn check(&self, pooled: usize, classes: usize) -> Result<()> {
        let d = self.dimensions();
        if d == 0 || d > MOST {
            return Err(Error::model(format!("its adaptation has {d} dimensions, expected 1 to {MOST}")));
        }
        for (name, values, expected) in [
            ("to", &self.to, pooled * d),
            ("back", &self.back, d * pooled),
            ("alone", &self.alone, d * classes),
            ("class_variance", &self.class_variance, d),
            ("class_means", &self.class_means, classes * d),
            ("between", &self.between, d),
        ] {
            if values.len() != expected {
                let message =
                    format!("'{name}' of its adaptation has {} values, expected {expected}", values.len());
                return Err(Error::model(message));
            }
            if !values.iter().all(|x| x.is_finite()) {
                return Err(Error::model(format!("'{name}' of its adaptation is not finite")));
            }
        }
        if !self.between.iter().all(|x| *x > 0.0) || !self.class_variance.iter().all(|x| *x >= 0.0) {
            return Err(Error::model("the variances of its adaptation must be above 0"));
        }
        let positive = [self.slope, self.trust].iter().all(|x| x.is_finite() && *x > 0.0);
        if !positive || !self.threshold.is_finite() || !(0.0..=1.0).contains(&self.composition) {
            return Err(Error::model("the constants of its adaptation are out of range"));
        }
        Ok(())
    }
}

/// Writes five significant digits: the block is text, and most of it is these numbers.
fn rounded<S: Serializer>(values: &[f32], serializer: S) -> Result<S::Ok, S::Error> {
    // A number in scientific notation always reads back.
    let short = |x: &f32| format!("{x:.4e}").parse::<f32>().unwrap_or(*x);
    serializer.collect_seq(values.iter().map(short))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space() -> SpeakerSpace {
        SpeakerSpace {
            to: vec![0.123_456_78, 1.0, -2.0, 0.0],
            back: vec![0.5; 4],
            alone: vec![0.25; 6],
            between: vec![2.0, 1.0],
            class_variance: vec![0.0, 0.5],
            class_means: vec![0.0; 6],
            composition: 0.2,
            threshold: 0.3,
            slope: 10.0,
            trust: 0.3,
        }
    }

    #[test]
    fn a_part_that_does_not_fit_is_named() {
        assert!(space().check(2, 3).is_ok());
        let refused = |change: &dyn Fn(&mut SpeakerSpace)| {
            let mut space = space();
            change(&mut space);
            space.check(2, 3).err().map(|error| error.to_string()).unwrap_or_default()
        };
        assert!(refused(&|space| space.to.truncate(3)).contains("'to' of its adaptation has 3 values"));
        assert!(refused(&|space| space.class_means.push(0.0)).contains("'class_means'"));
        assert!(refused(&|space| space.alone[0] = f32::NAN).contains("'alone'"));
        assert!(refused(&|space| space.between[1] = 0.0).contains("variances"));
        assert!(refused(&|space| space.between.clear()).contains("0 dimensions"));
        assert!(refused(&|space| space.slope = 0.0).contains("constants"));
    }

    #[test]
    fn five_digits_are_written_and_read_back() {
        let json = serde_json::to_string(&space()).unwrap_or_default();
        assert!(json.contains("\"to\":[0.12346,1.0,-2.0,0.0]"), "{json}");
        let read: SpeakerSpace = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(SpeakerSpace { to: read.to.clone(), ..space() }, read);
    }

    #[test]
    fn coordinates_are_of_the_standardised_embedding() {
        let population = Population { mean: vec![1.0, 2.0], scale: vec![2.0, 0.5] };
        // z = (1, -2).
        let y = space().coordinates(&[3.0, 1.0], &population);
        assert!((y[0] - 4.123_457).abs() < 1e-5 && (y[1] - 1.0).abs() < 1e-6, "{y:?}");
    }
}
