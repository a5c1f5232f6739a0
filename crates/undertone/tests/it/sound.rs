//! Sounds made here: a voice-like glide, notes, noise; and WAV files of any kind.

use std::f32::consts::TAU;

/// A cheap voice: gliding harmonics shaped by two moving resonances, in syllables of a quarter of a second.
pub fn voice(seconds: f32) -> Vec<f32> {
    let mut phase = 0.0f32;
    (0..(seconds * 16_000.0) as usize)
        .map(|i| {
            let t = i as f32 / 16_000.0;
            let pitch = 150.0 + 40.0 * (TAU * 0.7 * t).sin() + 12.0 * (TAU * 3.1 * t).sin();
            phase += TAU * pitch / 16_000.0;
            let (f1, f2) = (500.0 + 250.0 * (TAU * 2.1 * t).sin(), 1500.0 + 600.0 * (TAU * 1.3 * t).cos());
            let resonance = |hz: f32, centre: f32| 1.0 / (1.0 + ((hz - centre) / 120.0).powi(2));
            let harmonic = |k: u32| {
                let hz = k as f32 * pitch;
                (k as f32 * phase).sin() * (0.02 + resonance(hz, f1) + 0.6 * resonance(hz, f2))
                    / (1.0 + 0.1 * k as f32)
            };
            let syllable = (TAU * 4.0 * t).sin().max(-0.2) + 0.2;
            0.25 * syllable * (1..=20).map(harmonic).sum::<f32>()
        })
        .collect()
}

/// Noise that is the same everywhere.
pub fn noise(n: usize) -> Vec<f32> {
    let mut state = 0x2545_f491u32;
    (0..n)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as f32 / u32::MAX as f32 - 0.5
        })
        .collect()
}

/// Notes of 0.4 s on a scale, each with harmonics that die away (plucked) or hold (bowed).
pub fn music(seconds: f32, plucked: bool) -> Vec<f32> {
    (0..(seconds * 16_000.0) as usize)
        .map(|i| {
            let t = i as f32 / 16_000.0;
            let note = (t / 0.4) as usize;
            let hz = 220.0 * 2f32.powf([0.0, 4.0, 7.0, 12.0, 5.0, 9.0][note % 6] / 12.0);
            let at = t % 0.4;
            let level =
                if plucked { (-6.0 * at).exp() } else { (at / 0.05).min(1.0) * ((0.4 - at) / 0.05).min(1.0) };
            0.2 * level * (1..=8).map(|k| (TAU * hz * k as f32 * t).sin() / k as f32).sum::<f32>()
        })
        .collect()
}

/// A WAV file of 16-bit samples.
pub fn wav(samples: &[f32], rate: u32, channels: u16) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    for x in samples {
        writer.write_sample((x.clamp(-1.0, 1.0) * 32_767.0) as i16).unwrap();
    }
    writer.finalize().unwrap();
    bytes.into_inner()
}

/// A WAV file of 32-bit floats, whatever they are.
pub fn float_wav(samples: &[f32], rate: u32) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: rate,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    samples.iter().for_each(|&x| writer.write_sample(x).unwrap());
    writer.finalize().unwrap();
    bytes.into_inner()
}
