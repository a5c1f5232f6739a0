//! The outline of a sound: its extremes over equal steps of time, in memory that does not grow with length.

use crate::units::{SampleRate, Seconds};

/// Steps kept at most; when there are more, pairs join and steps get twice as long.
const MOST: usize = 4096;
/// Samples in one step at first: 10 ms at 16 kHz.
const FIRST: usize = 160;
/// Samples compared side by side.
const LANES: usize = 8;

/// Smallest and largest sample of every step, channel by channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    samples: usize,
    channels: Vec<Vec<[f32; 2]>>,
    open: Vec<([f32; 2], usize)>,
}

impl Default for Envelope {
    fn default() -> Self {
        Envelope { samples: FIRST, channels: Vec::new(), open: Vec::new() }
    }
}

impl Envelope {
    /// Takes samples at 16 kHz, one vector a channel, all of one length.
    pub fn push(&mut self, channels: &[Vec<f32>]) {
        self.channels.resize(channels.len().max(self.channels.len()), Vec::new());
        self.open.resize(self.channels.len(), ([0.0; 2], 0));
        for (number, samples) in channels.iter().enumerate() {
            let mut rest = samples.as_slice();
            while !rest.is_empty() {
                let (open, filled) = &mut self.open[number];
                let (now, later) = rest.split_at(rest.len().min(self.samples - *filled));
                *open = join(*open, extremes(now));
                *filled += now.len();
                rest = later;
                if *filled == self.samples {
                    self.channels[number].push(std::mem::take(open));
                    *filled = 0;
                }
            }
        }
        while self.channels.iter().any(|steps| steps.len() > MOST) {
            self.halve();
        }
    }

    /// Joins pairs of steps; an odd last one goes back to being open.
    fn halve(&mut self) {
        for (steps, (open, filled)) in self.channels.iter_mut().zip(&mut self.open) {
            if steps.len() % 2 == 1
                && let Some(last) = steps.pop()
            {
                *open = join(*open, last);
                *filled += self.samples;
            }
            *steps = steps.chunks_exact(2).map(|pair| join(pair[0], pair[1])).collect();
        }
        self.samples *= 2;
    }

    /// Time in one step.
    pub fn step(&self) -> Seconds {
        SampleRate::MODEL.seconds(self.samples as u64)
    }

    /// `[smallest, largest]` sample of every whole step, channel by channel.
    pub fn channels(&self) -> &[Vec<[f32; 2]>] {
        &self.channels
    }
}

fn join(a: [f32; 2], b: [f32; 2]) -> [f32; 2] {
    [a[0].min(b[0]), a[1].max(b[1])]
}

/// Smallest and largest of some samples, and 0; in lanes, as the compiler does not reorder comparisons of floats.
fn extremes(samples: &[f32]) -> [f32; 2] {
    let (lanes, rest) = samples.as_chunks::<LANES>();
    let (mut low, mut high) = ([0.0f32; LANES], [0.0f32; LANES]);
    for samples in lanes {
        for (i, &x) in samples.iter().enumerate() {
            low[i] = if x < low[i] { x } else { low[i] };
            high[i] = if x > high[i] { x } else { high[i] };
        }
    }
    low.iter().chain(&high).chain(rest).fold([0.0; 2], |ends, &x| join(ends, [x, x]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_are_kept_however_the_samples_come_and_steps_never_pass_their_number() {
        let wave: Vec<f32> = (0..3 * MOST * FIRST).map(|i| ((i / FIRST) as f32 * 0.37).sin()).collect();
        let (mut whole, mut parts) = (Envelope::default(), Envelope::default());
        whole.push(std::slice::from_ref(&wave));
        wave.chunks(12_345).for_each(|part| parts.push(&[part.to_vec()]));
        assert_eq!(whole.channels(), parts.channels());
        assert_eq!((whole.step().0, whole.channels()[0].len()), (0.04, 3 * MOST / 4));
        let four = &wave[4 * FIRST..8 * FIRST];
        let want = [four.iter().copied().fold(0.0, f32::min), four.iter().copied().fold(0.0, f32::max)];
        assert_eq!(whole.channels()[0][1], want);
    }
}
