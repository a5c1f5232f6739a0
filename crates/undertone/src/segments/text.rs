//! The bytes of a file of segments → text: UTF-8, or UTF-16 with its mark.

use std::borrow::Cow;

use crate::error::{Error, Result};

/// The text, without byte order mark, with line feeds alone.
///
/// # Errors
/// `Malformed` where it is neither UTF-8 nor UTF-16 with a byte order mark.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>> {
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => Cow::Owned(utf16(rest, u16::from_le_bytes)?),
        [0xfe, 0xff, rest @ ..] => Cow::Owned(utf16(rest, u16::from_be_bytes)?),
        _ => Cow::Borrowed(utf8(bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes))?),
    };
    Ok(match text.contains('\r') {
        true => Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")),
        false => text,
    })
}

fn utf8(bytes: &[u8]) -> Result<&str> {
    // Latin letters in UTF-16 are every other byte 0.
    if bytes.iter().take(64).any(|&byte| byte == 0) {
        let message = "it is no text in UTF-8 (perhaps UTF-16 without a byte order mark); save it as UTF-8";
        return Err(Error::malformed(message));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count();
        Error::malformed(format!("line {line}: it is no text in UTF-8; save it as UTF-8"))
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String> {
    let units = bytes.chunks(2).map(|pair| match *pair {
        [a, b] => unit([a, b]),
        // Half a unit: a surrogate alone is refused.
        _ => 0xd800,
    });
    let text: std::result::Result<String, _> = char::decode_utf16(units).collect();
    text.map_err(|_| Error::malformed("it is damaged UTF-16; save it as UTF-8"))
}
