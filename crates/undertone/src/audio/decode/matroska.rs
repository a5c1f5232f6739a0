//! What the head of a Matroska or WebM file says of its tracks, where the library says less.

/// A track's entry.
#[derive(Debug, PartialEq)]
pub(super) struct Entry {
    pub number: u32,
    pub sound: bool,
    pub default: bool,
    pub encrypted: bool,
    pub codec: String,
}

/// What is known before the sound begins.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub entries: Vec<Entry>,
    /// Bytes of the file; none where it does not know its own length: what a live recorder writes.
    pub length: Option<u64>,
}

/// The elements in a slice: id, the size where it is known, and as much of the body as there is.
fn elements(mut bytes: &[u8]) -> impl Iterator<Item = (u32, Option<u64>, &[u8])> {
    std::iter::from_fn(move || {
        let length = 1 + bytes.first()?.leading_zeros() as usize;
        let id = bytes.get(..length).filter(|_| length <= 4)?;
        let id = id.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte));
        let rest = &bytes[length..];
        let length = 1 + rest.first()?.leading_zeros() as usize;
        let size = rest.get(..length).filter(|_| length <= 8)?;
        let marked = size.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
        let most = (1u64 << (7 * length)) - 1;
        let size = marked & most;
        let known = (size != most).then_some(size);
        let there = rest.len() - length;
        let n = known.and_then(|size| usize::try_from(size).ok()).unwrap_or(there).min(there);
        let body = &rest[length..length + n];
        bytes = &rest[length + n..];
        Some((id, known, body))
    })
}

fn number(body: &[u8]) -> u64 {
    body.iter().take(8).fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}

/// Whether an element lies somewhere inside these two levels of elements.
fn holds(body: &[u8], path: &[u32]) -> bool {
    match path {
        [] => true,
        [first, rest @ ..] => elements(body).any(|(id, _, body)| id == *first && holds(body, rest)),
    }
}

fn entry(body: &[u8]) -> Entry {
    let mut entry = Entry { number: 0, sound: false, default: true, encrypted: false, codec: String::new() };
    for (id, _, body) in elements(body) {
        match id {
            0xd7 => entry.number = number(body) as u32,
            0x83 => entry.sound = number(body) == 2,
            0x88 => entry.default = number(body) != 0,
            0x86 => {
                let text = body.iter().take(64).take_while(|byte| byte.is_ascii_graphic());
                entry.codec = text.map(|&byte| byte as char).collect();
            }
            0x6d80 => entry.encrypted = holds(body, &[0x6240, 0x5035]),
            _ => {}
        }
    }
    entry
}

/// Reads the head of a file.
pub(super) fn head(bytes: &[u8]) -> Head {
    let Some((_, size, segment)) = elements(bytes).find(|(id, ..)| *id == 0x1853_8067) else {
        return Head::default();
    };
    let tracks = elements(segment).find(|(id, ..)| *id == 0x1654_ae6b);
    let entries = tracks.map(|(_, _, tracks)| {
        elements(tracks).filter(|(id, ..)| *id == 0xae).map(|(_, _, body)| entry(body)).collect()
    });
    let begin = segment.as_ptr().addr() - bytes.as_ptr().addr();
    let length = size.map(|size| size.saturating_add(begin as u64));
    Head { entries: entries.unwrap_or_default(), length }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracks_are_read_from_the_head() {
        let track = [0xd7, 0x81, 2, 0x83, 0x81, 2, 0x86, 0x85, b'A', b'_', b'A', b'C', b'3'];
        let other = [0xd7, 0x81, 1, 0x83, 0x81, 2, 0x88, 0x81, 0];
        let entries = [&[0xae, 0x89][..], &other, &[0xae, 0x8d], &track].concat();
        let segment = [&[0x16, 0x54, 0xae, 0x6b, 0x80 | entries.len() as u8][..], &entries].concat();
        let file = [&[0x1a, 0x45, 0xdf, 0xa3, 0x80, 0x18, 0x53, 0x80, 0x67, 0xff][..], &segment].concat();
        let head = head(&file);
        assert_eq!(head.length, None);
        let sized = [&file[..9], &[0x84], &file[10..]].concat();
        assert_eq!(self::head(&sized).length, Some(14));
        assert_eq!(
            head.entries[0],
            Entry { number: 1, default: false, codec: String::new(), ..entry(&other) }
        );
        assert!(head.entries[1].default && head.entries[1].sound && head.entries[1].codec == "A_AC3");
        assert!(self::head(&file[..20]).entries.len() <= 1);
        assert!(self::head(b"").entries.is_empty());
    }
}
