//! Values frame by frame, one row a frame.

/// Row-major `frames × width` values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frames {
    data: Vec<f32>,
    width: usize,
}

impl Frames {
    /// Rows of `width` values; `data` holds whole rows.
    pub fn new(data: Vec<f32>, width: usize) -> Self {
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
