//! Tells by their first bytes the formats that cannot be read here, so that the answer names them and a remedy.

/// Bytes of a file's beginning that [`unreadable`] wants to see.
pub(super) const LOOK: usize = 1024;

/// The name of a known format that is not read here, or none.
pub(super) fn unreadable(head: &[u8]) -> Option<&'static str> {
    let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    let transport_stream =
        head.len() > 3 * 188 && [0, 188, 2 * 188, 3 * 188].iter().all(|&offset| head[offset] == 0x47);
    let known: [(bool, &str); 10] = [
        (at(0, b"RIFF") && at(8, b"AVI "), "AVI video"),
        (at(0, b"FLV\x01"), "Flash video (flv)"),
        (transport_stream, "MPEG transport stream (ts)"),
        (at(0, b".snd") || at(0, b"dns."), "Sun audio (au)"),
        (at(0, b"riff\x2e\x91\xcf\x11"), "Sony Wave64 (w64)"),
        (at(0, b"RF64") || at(0, b"BW64"), "RF64 wave"),
        (at(0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"), "Windows Media (wma, asf)"),
        (at(0, b"#!AMR"), "AMR speech"),
        (at(0, b"MThd"), "MIDI"),
        (at(0, b"\x00\x00\x01\xba"), "MPEG program stream (mpg)"),
    ];
    known.iter().find(|(found, _)| *found).map(|(_, name)| *name)
}

/// Whether the bytes read as text.
pub(super) fn is_text(head: &[u8]) -> bool {
    let text = std::str::from_utf8(head).or_else(|error| std::str::from_utf8(&head[..error.valid_up_to()]));
    text.is_ok_and(|text| {
        text.len() + 4 > head.len() && !text.chars().any(|c| c.is_control() && !c.is_whitespace())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_formats_are_named_and_wave_is_not_among_them() {
        assert_eq!(unreadable(b"RIFF\x00\x00\x00\x00AVI LIST"), Some("AVI video"));
        assert_eq!(unreadable(b"#!AMR-WB\n"), Some("AMR speech"));
        assert_eq!(unreadable(b"RIFF\x00\x00\x00\x00WAVEfmt "), None);
        let mut stream = vec![0u8; 800];
        (0..4).for_each(|packet| stream[packet * 188] = 0x47);
        assert_eq!(unreadable(&stream), Some("MPEG transport stream (ts)"));
        assert_eq!(unreadable(b""), None);
    }

    #[test]
    fn text_is_told_from_sound() {
        assert!(is_text("Ein Brief, kein Ton: äöü\n".as_bytes()));
        assert!(!is_text(b"RIFF\x24\x00\x00\x00WAVEfmt "));
    }
}
