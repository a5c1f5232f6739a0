//! A telephone line, for tests in here and beside the code.

/// The samples without what lies above 3.4 kHz, as a telephone line leaves them: a windowed sinc of 129 taps.
pub fn telephone(samples: &[f32]) -> Vec<f32> {
    let tap = |i: i32| {
        let (x, turn) = (i as f32 * std::f32::consts::PI, 2.0 * 3400.0 / 16_000.0);
        let sinc = if i == 0 { turn } else { (x * turn).sin() / x };
        sinc * (0.5 + 0.5 * (x / 65.0).cos())
    };
    let taps: Vec<f32> = (-64..=64).map(tap).collect();
    let at =
        |i: usize, k: usize| (i + k).checked_sub(64).and_then(|j| samples.get(j)).copied().unwrap_or(0.0);
    (0..samples.len()).map(|i| taps.iter().enumerate().map(|(k, tap)| tap * at(i, k)).sum()).collect()
}
