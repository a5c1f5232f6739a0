//! Escaping for HTML, SVG and XML.

use std::path::Path;

/// Text as it may stand between tags and in attributes: what XML 1.0 forbids becomes �, line breaks and tabs survive in attributes.
///
/// ```
/// assert_eq!(undertone::report::escape("a < \"b\"\n"), "a &lt; &quot;b&quot;&#10;");
/// ```
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            '\n' => out += "&#10;",
            '\r' => out += "&#13;",
            '\t' => out += "&#9;",
            '\0'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// A path as the part of a URL that names it: everything but letters, digits and `-._~/` is percent-encoded, byte by byte:
/// a name that is no UTF-8 is found too.
pub fn url(path: &Path) -> String {
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let bytes = path.as_os_str().as_encoded_bytes().iter().copied();
    let bytes = bytes.map(|byte| if cfg!(windows) && byte == b'\\' { b'/' } else { byte });
    bytes.map(|byte| if kept(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_taken_for_markup_and_nothing_forbidden_is_left() {
        assert_eq!(escape("<b a='1'>&\u{1}\u{fffe}\t"), "&lt;b a=&#39;1&#39;&gt;&amp;\u{fffd}\u{fffd}&#9;");
        assert_eq!(escape("größer 音"), "größer 音");
    }

    #[test]
    fn a_url_names_the_same_bytes() {
        assert_eq!(url(Path::new("a b/ü#?%.wav")), "a%20b/%C3%BC%23%3F%25.wav");
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;
            assert_eq!(url(Path::new(std::ffi::OsStr::from_bytes(b"caf\xe9.wav"))), "caf%E9.wav");
        }
    }
}
