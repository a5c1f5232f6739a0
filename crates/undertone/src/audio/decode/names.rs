//! Names of codecs that are not read here, so that the answer says what a recording is.

use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::well_known::*;

/// What stands for a codec whose sound is encrypted.
pub(super) const ENCRYPTED: &str = "encrypted sound";

/// A codec that the library knows by name alone.
pub(super) fn known(codec: AudioCodecId) -> String {
    let name = match codec {
        CODEC_ID_AC3 => "AC-3",
        CODEC_ID_EAC3 => "E-AC-3",
        CODEC_ID_DCA => "DTS",
        CODEC_ID_TRUEHD => "TrueHD",
        CODEC_ID_WAVPACK => "WavPack",
        CODEC_ID_TTA => "TTA",
        CODEC_ID_MUSEPACK => "Musepack",
        CODEC_ID_SPEEX => "Speex",
        CODEC_ID_COOK => "RealAudio (Cook)",
        _ => "its codec",
    };
    name.to_owned()
}

/// The codec of a WAV format tag.
pub(super) fn wave(tag: u64, bits: u64) -> String {
    let name = match tag {
        1 => return format!("PCM of {bits} bits"),
        3 => return format!("floating-point PCM of {bits} bits"),
        2 | 0x11 => return format!("ADPCM of {bits} bits"),
        0x14 | 0x40 | 0x45 | 0x64 | 0x65 => "G.72x ADPCM",
        0x22 => "TrueSpeech",
        0x31 => "GSM 6.10",
        0x42 => "G.723.1",
        0x69 => "IMA ADPCM (Xbox)",
        0x70..=0x73 => "AMR",
        0xff | 0x1600 | 0x1601 | 0x1602 | 0x1610 => "AAC",
        0x160..=0x163 => "Windows Media Audio",
        0x200 => "Creative ADPCM",
        0x2000 => "AC-3",
        0x2001 => "DTS",
        0xa109 => "Speex",
        0xf1ac => "FLAC in WAV",
        0x674f..=0x6771 => "Vorbis in WAV",
        _ => return format!("WAV format {tag:#06x}"),
    };
    name.to_owned()
}

/// The codec of a Matroska codec id.
pub(super) fn matroska(id: &str) -> String {
    let name = match id {
        "A_AC3" => "AC-3",
        "A_EAC3" => "E-AC-3",
        "A_TRUEHD" => "TrueHD",
        "A_WAVPACK4" => "WavPack",
        "A_MS/ACM" => "a Windows audio codec (A_MS/ACM)",
        id if id.starts_with("A_DTS") => "DTS",
        id if id.starts_with("A_PCM") => return format!("PCM ({id})"),
        id => return id.to_owned(),
    };
    name.to_owned()
}

/// The codec of four letters: a sample entry of mp4, or a compression of AIFF.
pub(super) fn four(code: &[u8]) -> String {
    let name = match code {
        b"samr" => "AMR",
        b"sawb" => "AMR-WB",
        b"sawp" => "AMR-WB+",
        b"ac-3" => "AC-3",
        b"ec-3" => "E-AC-3",
        b"mlpa" => "TrueHD",
        b"dtsc" | b"dtse" | b"dtsh" | b"dtsl" => "DTS",
        b"agsm" | b"GSM " => "GSM 6.10",
        b"ima4" => "IMA ADPCM (QuickTime)",
        b"QDM2" | b"QDMC" => "QDesign Music",
        b"sqcp" | b"Qclp" => "QCELP",
        b"sevc" => "EVRC",
        b"spex" => "Speex",
        b"MAC3" | b"MAC6" => "MACE",
        b"ac-4" => "AC-4",
        b"mhm1" | b"mha1" => "MPEG-H",
        other => {
            let text: String =
                other.iter().map(|&b| if b.is_ascii_graphic() { b as char } else { '?' }).collect();
            return format!("codec {text}");
        }
    };
    name.to_owned()
}

/// The codec of a first packet in Ogg that is not read here.
pub(super) fn ogg(head: &[u8]) -> Option<String> {
    let page = head.strip_prefix(b"OggS")?;
    let packet = page.get(23 + usize::from(*page.get(22)?)..)?;
    let opus_family = packet.starts_with(b"OpusHead").then(|| packet.get(18).copied().unwrap_or(0));
    let known: [(&[u8], &str); 5] = [
        (b"Speex   ", "Speex"),
        (b"CELT    ", "CELT"),
        (b"PCM     ", "PCM in Ogg"),
        (b"\x80theora", "Theora video"),
        (b"fishead", "several streams (skeleton)"),
    ];
    match opus_family {
        Some(0 | 1) => None,
        Some(family) => Some(format!("Opus with channel mapping {family}")),
        None => known.iter().find(|(magic, _)| packet.starts_with(magic)).map(|(_, name)| (*name).to_owned()),
    }
}
