//! What an AAC stream's configuration says: whether its decoder here can read it, and how much of it.

use symphonia::core::codecs::audio::AudioCodecParameters;

/// The configuration's fields that matter (ISO/IEC 14496-3, section 1.6.2.1).
struct Config {
    object: u32,
    channels: u32,
    /// The rate's index, 15 for another rate.
    rate: u32,
    /// Whether spectral band replication is said to be there: HE-AAC.
    replicated: bool,
}

/// Bits of a slice, from the front; zeros behind its end.
struct Bits<'a>(&'a [u8], usize);

impl Bits<'_> {
    fn take(&mut self, n: usize) -> u32 {
        (0..n).fold(0, |sum, _| {
            let bit = self.0.get(self.1 / 8).map_or(0, |byte| byte >> (7 - self.1 % 8) & 1);
            self.1 += 1;
            sum << 1 | u32::from(bit)
        })
    }

    fn object(&mut self) -> u32 {
        match self.take(5) {
            31 => 32 + self.take(6),
            object => object,
        }
    }

    fn rate(&mut self) -> u32 {
        let index = self.take(4);
        if index == 15 {
            self.take(24);
        }
        index
    }
}

fn parse(bytes: &[u8]) -> Config {
    let mut bits = Bits(bytes, 0);
    let mut object = bits.object();
    let rate = bits.rate();
    let channels = bits.take(4);
    let mut replicated = matches!(object, 5 | 29);
    if replicated {
        bits.rate();
        object = bits.object();
    } else if object == 2 {
        // Frame length, core coder, extension; then, where the encoder says so, what lies behind.
        bits.take(3);
        replicated = bits.take(11) == 0x2b7 && bits.object() == 5 && bits.take(1) == 1;
    }
    Config { object, channels, rate, replicated }
}

/// Whether only half of the band is heard by the decoder here.
pub(super) fn is_partial(config: &[u8]) -> bool {
    parse(config).replicated
}

/// The parameters of a stream with this configuration, or the name of what is not read here.
pub(super) fn codec(config: &[u8], mut params: AudioCodecParameters) -> Result<AudioCodecParameters, String> {
    let Config { object, channels, rate, replicated } = parse(config);
    let kind = match object {
        2 => "",
        1 => "AAC Main",
        3 => "AAC SSR",
        4 => "AAC LTP",
        23 => "AAC-LD",
        39 => "AAC-ELD",
        42 => "xHE-AAC",
        _ => return Err(format!("MPEG-4 audio of kind {object}")),
    };
    if !kind.is_empty() {
        return Err(kind.to_owned());
    }
    match channels {
        1 | 2 => {}
        0 => return Err("AAC that tells its channels in the stream".to_owned()),
        7 => return Err("AAC with 8 channels".to_owned()),
        n => return Err(format!("AAC with {n} channels")),
    }
    // The decoder refuses what it hears half of; the core alone it reads.
    let core = (2 << 11 | rate << 7 | channels << 3) as u16;
    let plain = !replicated || rate == 15;
    params.with_extra_data(if plain { config.into() } else { core.to_be_bytes().as_slice().into() });
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_aac_are_told_apart() {
        let codec = |config: &[u8]| codec(config, AudioCodecParameters::new()).err();
        assert_eq!(codec(&[0x12, 0x10]), None);
        assert_eq!(codec(&[0x12, 0x30]), Some("AAC with 6 channels".to_owned()));
        assert_eq!(codec(&[0x0a, 0x10]), Some("AAC Main".to_owned()));
        assert_eq!(codec(&[0xf8, 0xe8, 0x50, 0x00]), Some("AAC-ELD".to_owned()));
        assert!(!is_partial(&[0x12, 0x10]));
        assert!(is_partial(&[0x13, 0x10, 0x56, 0xe5, 0x98]), "signalled behind");
        assert!(is_partial(&[0x2b, 0x11, 0x88, 0x00]), "signalled in front");
    }
}
