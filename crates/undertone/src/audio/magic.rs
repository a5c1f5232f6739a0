//! Tells by their first bytes the formats that cannot be read here, so that the answer names them and a remedy.

/// Bytes of a file's beginning that [`unreadable`] wants to see.
pub(super) const LOOK: usize = 1024;

/// The name of a known format that is not read here, or none.
pub(super) fn unreadable(head: &[u8]) -> Option<&'static str> {
    let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    let transport_stream =
        head.len() > 3 * 188 && [0, 188, 2 * 188, 3 * 188].iter().all(|&offset| head[offset] == 0x47);
    let known: [(bool, &str); 17] = [
        (at(0, b"RIFF") && at(8, b"AVI "), "AVI video"),
        (at(0, b"FLV\x01"), "Flash video (flv)"),
        (transport_stream, "MPEG transport stream (ts)"),
        (at(0, b"dns."), "Sun audio of the other byte order (au)"),
        (at(0, b"wvpk"), "WavPack"),
        (at(0, b"MAC "), "Monkey's Audio (ape)"),
        (at(0, b"TTA1") || at(0, b"TTA2"), "True Audio (tta)"),
        (at(0, b"MPCK") || at(0, b"MP+"), "Musepack (mpc)"),
        (at(0, b"OFR "), "OptimFROG"),
        (at(0, b".RMF") || at(0, b".ra\xfd"), "RealAudio"),
        (at(0, b"Creative Voice File"), "Creative Voice (voc)"),
        (at(0, b"\x0b\x77"), "AC-3"),
        (at(0, b"NIST_1A"), "NIST Sphere (sph)"),
        (at(0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"), "Windows Media (wma, asf)"),
        (at(0, b"#!AMR"), "AMR speech"),
        (at(0, b"MThd"), "MIDI"),
        (at(0, b"\x00\x00\x01\xba"), "MPEG program stream (mpg)"),
    ];
    known.iter().find(|(found, _)| *found).map(|(_, name)| *name)
}

/// The name of what is no recording and never becomes one, or none.
pub(super) fn no_recording(head: &[u8]) -> Option<&'static str> {
    let known: [(&[u8], &str); 21] = [
        (b"\x7fELF", "a program"),
        (b"MZ", "a program"),
        (b"\xcf\xfa\xed\xfe", "a program"),
        (b"!<arch>\n", "a library"),
        (b"PK\x03\x04", "an archive (zip)"),
        (b"\x1f\x8b", "an archive (gzip)"),
        (b"BZh", "an archive (bzip2)"),
        (b"\xfd7zXZ", "an archive (xz)"),
        (b"\x28\xb5\x2f\xfd", "an archive (zstd)"),
        (b"7z\xbc\xaf\x27\x1c", "an archive (7z)"),
        (b"Rar!", "an archive (rar)"),
        (b"%PDF", "a PDF document"),
        (b"\x89PNG", "a picture"),
        (b"\xff\xd8\xff", "a picture"),
        (b"GIF8", "a picture"),
        (b"BM", "a picture"),
        (b"II*\0", "a picture"),
        (b"SQLite format 3", "a database"),
        (b"\xd0\xcf\x11\xe0", "a document"),
        (b"\0asm", "a program"),
        (b"\x93NUMPY", "an array"),
    ];
    known.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, name)| *name)
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
