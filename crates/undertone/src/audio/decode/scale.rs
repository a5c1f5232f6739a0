//! Floating-point samples that were never scaled to −1…1: integers of 16, 24 or 32 bits, written as they were.

/// What no scaled recording has in more than a moment.
const FAR_BEYOND: f32 = 32.0;
/// One of so many samples has to be beyond.
const SHARE: usize = 8;
/// Full scales.
const SCALES: [f32; 3] = [32_768.0, 8_388_608.0, 2_147_483_648.0];

/// What the samples are divided by.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scale(Option<f32>);

impl Scale {
    /// The full scale that was found, if it is not 1.
    pub(super) fn found(self) -> Option<f32> {
        self.0
    }

    /// Scales a block, once samples show that it is needed.
    pub(super) fn apply(&mut self, samples: &mut [f32]) {
        let most = SCALES[2] * 1.001;
        let within = samples.iter().map(|x| x.abs()).filter(|x| *x <= most);
        let beyond = within.clone().filter(|x| *x > FAR_BEYOND).count();
        let peak = within.fold(0.0, f32::max);
        let integers = || {
            let loud = samples.iter().filter(|x| x.abs() >= 2.0).count();
            loud * SHARE > samples.len() && samples.iter().all(|x| x.fract() == 0.0)
        };
        if beyond * SHARE > samples.len() || integers() {
            let scale = SCALES.into_iter().find(|scale| peak <= scale * 1.001).unwrap_or(SCALES[2]);
            self.0 = Some(self.0.map_or(scale, |before| before.max(scale)));
        }
        if let Some(scale) = self.0 {
            samples.iter_mut().for_each(|x| *x /= scale);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_scaled_and_a_glitch_is_not_taken_for_them() {
        let mut scale = Scale::default();
        let mut block: Vec<f32> = (0..100).map(|i| f32::from(i as i16 - 50) * 300.0).collect();
        scale.apply(&mut block);
        assert_eq!(scale.found(), Some(32_768.0));
        assert!(block.iter().all(|x| x.abs() < 1.0));
        let mut quiet = vec![3.0, -2.0, 4.0, 2.0];
        let mut scale = Scale::default();
        scale.apply(&mut quiet);
        assert!(scale.found().is_some());
        let mut glitch = vec![0.25; 100];
        glitch[3] = 1e9;
        let mut scale = Scale::default();
        scale.apply(&mut glitch);
        assert_eq!(scale.found(), None);
        let mut loud = vec![1.0, -1.0, 0.0, 1.0];
        scale.apply(&mut loud);
        assert_eq!((scale.found(), loud[1]), (None, -1.0));
    }
}
