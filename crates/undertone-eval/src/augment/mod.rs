//! Corruptions of a waveform: noise, telephone, reverberation, level. For training, and to measure what each costs.
//!
//! All functions take and return waveforms at 16 kHz. The length stays the same except for a change of speed, and the same seed
//! gives the same samples.

mod band;
mod codec;
mod music;
mod noise;
mod room;
mod speed;
mod synthetic_babble;
mod telephone;

use std::fmt;
use std::str::FromStr;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub use noise::{active_level, add, to_unit_power};

use undertone::error::{Error, Result};

/// A corruption with its strength. Reads and prints as `white:10`, `g711`, `reverb:0.6`, …
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Corruption {
    /// White noise at so many dB below the active speech level.
    White(f32),
    /// Pink noise (equal power per octave), likewise.
    Pink(f32),
    /// A second waveform, likewise: speech of other speakers.
    Other(f32),
    /// Synthetic music (chords, a melody and drums), likewise.
    Music(f32),
    /// Synthetic babble: voices of a formant synthesiser, likewise.
    SyntheticBabble(f32),
    /// Telephone: 300–3400 Hz, 8 kHz, G.711 µ-law.
    MuLaw,
    /// Telephone with G.711 A-law.
    ALaw,
    /// The codec Opus at so many kilobits per second.
    Codec(f32),
    /// Band limit in Hz.
    Band(f32, f32),
    /// A room whose reverberation falls by 60 dB in so many seconds.
    Reverb(f32),
    /// Gain in dB.
    Gain(f32),
    /// Clipped at this share of its own peak.
    Clip(f32),
    /// So many times faster, pitch and all.
    Speed(f32),
}

impl Corruption {
    /// The corrupted waveform, as long as the clean one (but for [`Corruption::Speed`]); `other` is what [`Corruption::Other`] mixes in.
    pub fn apply(self, waveform: &[f32], other: &[f32], seed: u64) -> Vec<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        match self {
            Corruption::White(snr) => add(waveform, &noise::white(waveform.len(), &mut rng), snr),
            Corruption::Pink(snr) => add(waveform, &noise::pink(waveform.len(), &mut rng), snr),
            Corruption::Other(snr) => {
                let start = if other.is_empty() { 0 } else { rng.random_range(0..other.len()) };
                let looped: Vec<f32> =
                    other.iter().cycle().skip(start).take(waveform.len()).copied().collect();
                add(waveform, &looped, snr)
            }
            Corruption::Music(snr) => add(waveform, &music::music(waveform.len(), &mut rng), snr),
            Corruption::SyntheticBabble(snr) => {
                add(waveform, &synthetic_babble::babble(waveform.len(), &mut rng), snr)
            }
            Corruption::MuLaw => telephone::through(waveform, telephone::mu_law),
            Corruption::ALaw => telephone::through(waveform, telephone::a_law),
            Corruption::Codec(kilobits) => codec::through(waveform, kilobits),
            Corruption::Band(low, high) => band::limit(waveform, low, high),
            Corruption::Reverb(seconds) => room::reverberate(waveform, seconds, &mut rng),
            Corruption::Gain(db) => waveform.iter().map(|x| x * 10f32.powf(db / 20.0)).collect(),
            Corruption::Clip(share) => {
                let peak = waveform.iter().fold(0.0f32, |peak, x| peak.max(x.abs())) * share;
                waveform.iter().map(|x| x.clamp(-peak, peak)).collect()
            }
            Corruption::Speed(factor) => speed::speed(waveform, factor),
        }
    }

    /// Its name for use in file names (`white-10`), since not every file system accepts a colon.
    pub fn file_name(self) -> String {
        self.to_string().replace(':', "-")
    }
}

impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Corruption::White(snr) => write!(f, "white:{snr}"),
            Corruption::Pink(snr) => write!(f, "pink:{snr}"),
            Corruption::Other(snr) => write!(f, "babble:{snr}"),
            Corruption::Music(snr) => write!(f, "music:{snr}"),
            Corruption::SyntheticBabble(snr) => write!(f, "synthetic-babble:{snr}"),
            Corruption::MuLaw => write!(f, "g711"),
            Corruption::ALaw => write!(f, "g711a"),
            Corruption::Codec(kilobits) => write!(f, "codec:{kilobits}"),
            Corruption::Band(low, high) => write!(f, "band:{low}-{high}"),
            Corruption::Reverb(seconds) => write!(f, "reverb:{seconds}"),
            Corruption::Gain(db) => write!(f, "gain:{db}"),
            Corruption::Clip(share) => write!(f, "clip:{share}"),
            Corruption::Speed(factor) => write!(f, "speed:{factor}"),
        }
    }
}

impl FromStr for Corruption {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, strength) = text.split_once(':').unwrap_or((text, ""));
        let refuse = || {
            let known = "white:dB, pink:dB, babble:dB, music:dB, synthetic-babble:dB, g711, g711a, codec:kbit/s (6 to 64), \
                         band:low-high, reverb:seconds, gain:dB, clip:share, speed:factor (0.5 to 2)";
            Error::config(format!("'{text}' is not a corruption; known are {known}"))
        };
        let number = |text: &str| text.parse::<f32>().ok().filter(|x| x.is_finite()).ok_or_else(refuse);
        let within = |text: &str, low: f32, high: f32| {
            number(text).and_then(|x| if (low..=high).contains(&x) { Ok(x) } else { Err(refuse()) })
        };
        match name {
            "white" => number(strength).map(Corruption::White),
            "pink" => number(strength).map(Corruption::Pink),
            "babble" => number(strength).map(Corruption::Other),
            "music" => number(strength).map(Corruption::Music),
            "synthetic-babble" => number(strength).map(Corruption::SyntheticBabble),
            "codec" => within(strength, 6.0, 64.0).map(Corruption::Codec),
            "speed" => within(strength, 0.5, 2.0).map(Corruption::Speed),
            "g711" if strength.is_empty() => Ok(Corruption::MuLaw),
            "g711a" if strength.is_empty() => Ok(Corruption::ALaw),
            "band" => {
                let (low, high) = strength.split_once('-').ok_or_else(refuse)?;
                Ok(Corruption::Band(number(low)?, number(high)?))
            }
            "reverb" => number(strength).map(Corruption::Reverb),
            "gain" => number(strength).map(Corruption::Gain),
            "clip" => number(strength).map(Corruption::Clip),
            _ => Err(refuse()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ALL: [&str; 13] = [
        "white:10",
        "pink:5",
        "babble:0",
        "music:10",
        "synthetic-babble:3",
        "codec:8",
        "g711",
        "g711a",
        "band:300-3400",
        "reverb:0.6",
        "gain:-6",
        "clip:0.3",
        "speed:1.25",
    ];

    fn tone(n: usize, hz: f32) -> Vec<f32> {
        (0..n).map(|i| 0.5 * (i as f32 * hz * std::f32::consts::TAU / 16_000.0).sin()).collect()
    }

    #[test]
    fn every_corruption_reads_back_keeps_the_length_and_repeats() {
        let wave = tone(8000, 300.0);
        for text in ALL {
            let corruption: Corruption = text.parse().unwrap();
            assert_eq!(corruption.to_string(), text);
            let once = corruption.apply(&wave, &tone(3000, 700.0), 7);
            let length = if text == "speed:1.25" { 6400 } else { wave.len() };
            assert_eq!(once.len(), length, "{text}");
            assert_eq!(once, corruption.apply(&wave, &tone(3000, 700.0), 7), "{text}");
            assert!(once.iter().all(|x| x.is_finite()), "{text}");
            assert!(corruption.apply(&[], &[], 7).is_empty(), "{text}");
        }
        for text in ["white", "fog:3", "codec:1", "speed:9", "band:300"] {
            assert!(text.parse::<Corruption>().unwrap_err().to_string().contains("speed:factor"), "{text}");
        }
    }

    #[test]
    fn noise_lies_as_far_below_the_speech_as_asked() {
        let wave = tone(16_000, 440.0);
        for text in ["white:10", "pink:10", "babble:10", "music:10", "synthetic-babble:10"] {
            let noisy = text.parse::<Corruption>().unwrap().apply(&wave, &tone(5000, 123.0), 1);
            let power = |x: &mut dyn Iterator<Item = f32>| x.map(|x| x * x).sum::<f32>();
            let noise = power(&mut noisy.iter().zip(&wave).map(|(a, b)| a - b));
            let snr = 10.0 * (power(&mut wave.iter().copied()) / noise).log10();
            assert!((snr - 10.0).abs() < 0.2, "{text}: {snr} dB");
        }
    }

    #[test]
    fn a_codec_keeps_a_voice_in_its_place_and_speed_moves_its_pitch() {
        let wave = tone(16_000, 250.0);
        let coded = Corruption::Codec(24.0).apply(&wave, &[], 0);
        let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let alike = product(&wave, &coded) / (product(&wave, &wave) * product(&coded, &coded)).sqrt();
        assert!(alike > 0.9, "{alike}");
        let fast = Corruption::Speed(2.0).apply(&wave, &[], 0);
        let expected = tone(8000, 500.0);
        let worst = fast[100..7900].iter().zip(&expected[100..7900]).map(|(a, b)| (a - b).abs());
        assert!(worst.fold(0.0, f32::max) < 0.01);
    }
}
