//! How a convolution looks at its input: kernel, stride, dilation, and the patches they cut out.

/// The window of a convolution over `[time, bands, channels]`, zero-padded so that time and bands keep their length
/// (divided by the stride, rounded up).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Taps over time and bands, both odd.
    pub kernel: [usize; 2],
    /// Steps over time and bands.
    pub stride: [usize; 2],
    /// Distance of the taps over time.
    pub dilation: usize,
}

impl Window {
    /// One tap: every position by itself.
    pub const POINT: Window = Window { kernel: [1, 1], stride: [1, 1], dilation: 1 };

    /// Taps over time alone, stride 1.
    pub const fn over_time(taps: usize, dilation: usize) -> Window {
        Window { kernel: [taps, 1], stride: [1, 1], dilation }
    }

    /// Zeros put before and after, over time and bands.
    pub fn padding(self) -> [usize; 2] {
        [self.dilation * (self.kernel[0] / 2), self.kernel[1] / 2]
    }

    /// Values in one patch for inputs of `channels`.
    pub fn patch(self, channels: usize) -> usize {
        self.kernel[0] * self.kernel[1] * channels
    }
}

/// A window laid over an input of known size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    window: Window,
    time: usize,
    bands: usize,
    channels: usize,
}

impl Grid {
    pub(super) fn new(window: Window, time: usize, bands: usize, channels: usize) -> Grid {
        Grid { window, time, bands, channels }
    }

    /// Output steps over time and bands.
    pub(super) fn out(self) -> [usize; 2] {
        [self.time.div_ceil(self.window.stride[0]), self.bands.div_ceil(self.window.stride[1])]
    }

    /// Whether the patches are the input itself.
    pub(super) fn is_identity(self) -> bool {
        self.window == Window::POINT
    }

    pub(super) fn patch(self) -> usize {
        self.window.patch(self.channels)
    }

    /// Calls `visit(patch offset, input offset, length)` for every run of a patch that lies inside the input, for the
    /// patches of output times `from..to`; what is not visited is padding.
    fn runs(self, from: usize, to: usize, mut visit: impl FnMut(usize, usize, usize)) {
        let Window { kernel, stride, dilation } = self.window;
        let ([pad_time, pad_bands], bands_out, c) = (self.window.padding(), self.out()[1], self.channels);
        let mut patch = 0;
        for t in from..to {
            for f in 0..bands_out {
                let (first, skipped) =
                    ((f * stride[1]).saturating_sub(pad_bands), pad_bands.saturating_sub(f * stride[1]));
                let last = (f * stride[1] + kernel[1] - pad_bands).min(self.bands);
                for tap in 0..kernel[0] {
                    let at = (t * stride[0] + tap * dilation).wrapping_sub(pad_time);
                    if at < self.time {
                        let offset = patch + (tap * kernel[1] + skipped) * c;
                        visit(offset, (at * self.bands + first) * c, (last - first) * c);
                    }
                }
                patch += self.patch();
            }
        }
    }

    /// Writes the patches of output times `from..to`, one a row, into `patches`; `input` is `[time, bands, channels]`.
    pub(super) fn gather(self, input: &[f32], from: usize, to: usize, patches: &mut [f32]) {
        let mut end = 0;
        self.runs(from, to, |patch, at, n| {
            if end < patch {
                patches[end..patch].fill(0.0);
            }
            end = patch + n;
            patches[patch..end].copy_from_slice(&input[at..at + n]);
        });
        patches[end..].fill(0.0);
    }

    /// Adds the patches back to where [`Grid::gather`] took them from.
    pub(super) fn scatter_add(self, patches: &[f32], from: usize, to: usize, input: &mut [f32]) {
        self.runs(from, to, |patch, at, n| {
            for (sum, &value) in input[at..at + n].iter_mut().zip(&patches[patch..patch + n]) {
                *sum += value;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_at_the_edge_is_padded_with_zeros() {
        let grid = Grid::new(Window { kernel: [3, 3], stride: [1, 1], dilation: 1 }, 2, 2, 1);
        let mut patches = vec![9.0; 4 * 9];
        grid.gather(&[1.0, 2.0, 3.0, 4.0], 0, 2, &mut patches);
        assert_eq!(patches[..9], [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 3.0, 4.0]);
        assert_eq!(patches[27..], [1.0, 2.0, 0.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn dilation_skips_and_stride_halves() {
        let grid = Grid::new(Window { kernel: [3, 1], stride: [2, 1], dilation: 2 }, 5, 1, 1);
        assert_eq!(grid.out(), [3, 1]);
        let mut patches = vec![0.0; 9];
        grid.gather(&[1.0, 2.0, 3.0, 4.0, 5.0], 0, 3, &mut patches);
        assert_eq!(patches, [0.0, 1.0, 3.0, 1.0, 3.0, 5.0, 3.0, 5.0, 0.0]);
    }

    #[test]
    fn scattering_is_the_transpose_of_gathering() {
        let grid = Grid::new(Window { kernel: [3, 3], stride: [2, 2], dilation: 1 }, 5, 6, 2);
        let input: Vec<f32> = (0..60).map(|i| (i as f32).sin()).collect();
        let rows = grid.out()[0] * grid.out()[1];
        let other: Vec<f32> = (0..rows * grid.patch()).map(|i| (i as f32).cos()).collect();
        let (mut patches, mut back) = (vec![0.0; other.len()], vec![0.0; 60]);
        grid.gather(&input, 0, grid.out()[0], &mut patches);
        grid.scatter_add(&other, 0, grid.out()[0], &mut back);
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        assert!((dot(&patches, &other) - dot(&input, &back)).abs() < 1e-4);
    }
}
