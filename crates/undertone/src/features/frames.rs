//! Values frame by frame, one row a frame.

use crate::error::{Error, Result};

/// Row-major `frames × width` values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frames {
    data: Vec<f32>,
    width: usize,
}

impl Frames {
    /// Rows of `width` values.
    ///
    /// # Errors
    /// `Config` where `data` does not hold whole rows.
    pub fn new(data: Vec<f32>, width: usize) -> Result<Self> {
        if width == 0 && !data.is_empty() || !data.len().is_multiple_of(width.max(1)) {
            return Err(Error::config(format!("{} values are no whole rows of {width}", data.len())));
        }
        Ok(Frames { data, width })
    }

    /// Rows of `width` values that are known to be whole.
    pub(crate) fn of_rows(data: Vec<f32>, width: usize) -> Self {
        debug_assert!(data.len().is_multiple_of(width.max(1)), "{} values in rows of {width}", data.len());
        Frames { data, width }
    }

    /// How many frames.
    pub fn len(&self) -> usize {
        self.data.len() / self.width.max(1)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Values in a frame.
    pub fn width(&self) -> usize {
        self.width
    }

    /// All values, row after row.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// The frames in order.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.data.chunks_exact(self.width.max(1))
    }

    /// The values, given away.
    pub fn into_data(self) -> Vec<f32> {
        self.data
    }
}
